"""The approved WhatsApp template: short one-line values, set into words that Meta has approved.

A value may hold no line break and may not be empty (Twilio error 92007), and the whole message
is limited to 1,024 characters.
"""

from collections.abc import Mapping, Sequence
from datetime import date

# The text to submit for approval under TWILIO_CONTENT_SID, category UTILITY.
TEXT = (
    "Your sales report for {{1}}: {{2}} new leads. Won: {{3}}. Open pipeline: {{4}}. "
    "Past their closing date: {{5}}. Closing within 30 days: {{6}}. "
    "The whole briefing is in your dashboard."
)
VALUE_LIMIT = 100


def variables(day: date, facts: Sequence[Mapping], *, is_sandbox: bool) -> dict[str, str]:
    """Return the values of the template by number, from the facts of a stored briefing."""
    texts = {fact["id"]: fact["text"] for fact in facts}

    def figures(deals: str, value: str) -> str:
        return f"{texts.get(deals, '–')} deals, {texts.get(value, '–')}"

    values = (
        f"{day:%a} {day.day} {day:%b %Y}" + (" (sandbox data)" if is_sandbox else ""),
        texts.get("new_leads", "–"),
        figures("won_deals", "won_value"),
        figures("open_deals", "open_pipeline_value"),
        figures("overdue_deals", "overdue_value"),
        figures("closing_30_deals", "closing_30_value"),
    )
    return {str(number): _one_line(value) for number, value in enumerate(values, 1)}


def render(values: Mapping[str, str]) -> str:
    """Return the message as the reader will see it."""
    text = TEXT
    for number, value in values.items():
        text = text.replace("{{" + number + "}}", value)
    return text


def _one_line(value: str) -> str:
    return " ".join(value.split())[:VALUE_LIMIT] or "–"
