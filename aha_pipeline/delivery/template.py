"""The approved WhatsApp templates: short one-line values, set into words that Meta has approved.

WhatsApp takes nothing else from a sender to whom the reader has not written within 24 hours. A
value may hold no line break and may not be empty (Twilio error 92007); the whole message may hold
1,024 characters. A template may neither begin nor end with a value.
"""

from collections.abc import Mapping
from datetime import date

# The texts to submit for approval, category UTILITY; docs/connect.md says how.
BRIEFING = (
    "Your sales report for {{1}}: {{2}} At a glance: {{3}}. "
    "Answer this message and the whole report follows here."
)
ALERT = (
    "Notice about your sales report of {{1}}: {{2}} What to do: {{3}} "
    "The last figures stay in your dashboard."
)
VALUE_LIMIT = 100
SENTENCE_LIMIT = 400


def briefing_values(day: date, message: Mapping[str, str], *, is_sandbox: bool) -> dict[str, str]:
    """Return the values of BRIEFING by number: the headline and the glance of a stored message."""
    return _numbered(
        (_date(day, is_sandbox), VALUE_LIMIT),
        (message.get("headline", ""), SENTENCE_LIMIT),
        (message.get("glance", ""), VALUE_LIMIT),
    )


def alert_values(day: date, cause: str, remedy: str, *, is_sandbox: bool) -> dict[str, str]:
    """Return the values of ALERT by number."""
    return _numbered(
        (_date(day, is_sandbox), VALUE_LIMIT), (cause, SENTENCE_LIMIT), (remedy, SENTENCE_LIMIT)
    )


def render(template: str, values: Mapping[str, str]) -> str:
    """Return the message as the reader will see it."""
    for number, value in values.items():
        template = template.replace("{{" + number + "}}", value)
    return template


def _date(day: date, is_sandbox: bool) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}" + (" (sandbox data)" if is_sandbox else "")


def _numbered(*values: tuple[str, int]) -> dict[str, str]:
    return {str(number): _one_line(value, limit) for number, (value, limit) in enumerate(values, 1)}


def _one_line(value: str, limit: int) -> str:
    line = " ".join(value.split()) or "–"
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
