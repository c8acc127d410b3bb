"""Small phrases around a fact, the same in the report and in the message."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from aha_pipeline.briefing.facts import Fact
from aha_pipeline.briefing.markup import Style

ARROWS = {"up": "▲", "down": "▼", "none": ""}
QUIET = "Nothing is out of the ordinary."
SANDBOX = "Sandbox data, not from the live CRM."


@dataclass(frozen=True)
class Day:
    """What a briefing is about: the business day, the company, and its facts by id."""

    day: date
    company: str
    is_sandbox: bool
    facts: Mapping[str, Fact]

    def get(self, fact_id: str) -> Fact | None:
        """Return a fact, or None where the day has no such figure."""
        return self.facts.get(fact_id)

    def several(self, *ids: str) -> list[Fact]:
        """Return those of the facts that the day has."""
        return [self.facts[fact_id] for fact_id in ids if fact_id in self.facts]


def long_date(day: date) -> str:
    """Return `Friday 20 November 2026`."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def short_date(day: date) -> str:
    """Return `Fri 20 Nov 2026`."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def many(fact: Fact, thing: str) -> str:
    """Return `no deal`, `1 deal`, `2 deals`."""
    if fact.value == 0:
        return f"no {thing}"
    return f"{fact.text} {thing}" + ("" if fact.value == 1 else "s")


def since(fact: Fact | None, style: Style) -> str:
    """Return `, up from 12 the day before`, or nothing where there is no comparison."""
    if fact is None or fact.previous_text is None:
        return ""
    if fact.direction == "flat":
        return f", the same as {fact.comparison}"
    return f", {fact.direction} from {style.plain(fact.previous_text)} {fact.comparison}"


def beside(fact: Fact, style: Style) -> str:
    """Return the figure and what to compare it with: `12.0 % ▲ (10.0 % over all sources)`."""
    text = style.plain(fact.text)
    if fact.previous_text is None:
        return text
    if fact.direction == "flat":
        return f"{text} (the same as {fact.comparison})"
    arrow = ARROWS[fact.direction]
    return f"{text} {arrow} ({style.plain(fact.previous_text)} {fact.comparison})"


def title(fact: Fact, style: Style) -> str:
    """Return what a figure is of: `Open pipeline`, or `Google Ads, junk share`."""
    if fact.name is None:
        return fact.label
    return f"{style.name(fact.name)}, {fact.label[0].lower()}{fact.label[1:]}"
