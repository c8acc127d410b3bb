"""What needs attention: rules over the facts, each with what is wrong and what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from aha_pipeline.briefing.markup import Style
from aha_pipeline.briefing.phrases import Day, many, since

# A figure is worth a word below or above these shares of what it is compared with.
MUCH_JUNK = Decimal("1.5")
SLOW_MONTH = Decimal("0.8")
SHRUNK_PIPELINE = Decimal("0.9")
WAITING_DAYS = 7
EXCESS_LOSSES = 2


@dataclass(frozen=True)
class Concern:
    """One thing that needs attention; both texts are marked up and hold the figures as printed."""

    problem: str
    advice: str


def concerns(day: Day, style: Style) -> list[Concern]:
    """Return what needs attention on `day`, the most pressing first; may be empty."""
    rules = (_overdue, _slow_month, _few_leads, _shrunk, _losses, _junk, _waiting)
    return [concern for rule in rules for concern in rule(day, style)]


def _overdue(day: Day, style: Style) -> Iterator[Concern]:
    deals, value = day.get("overdue_deals"), day.get("overdue_value")
    if not deals or not value or deals.value == 0:
        return
    is_one = deals.value == 1
    what = style.bold(f"{many(deals, 'open deal')} worth {style.plain(value.text)}")
    owner = day.get("overdue_owner_value")
    with_whom = f", {style.plain(owner.text)} of it with {style.name(owner.name)}" if owner else ""
    begin = f", beginning with those of {style.name(owner.name)}" if owner and not is_one else ""
    yield Concern(
        f"{what} {'is past its' if is_one else 'are past their'} closing date{with_whom}.",
        f"Give {'the' if is_one else f'each of the {deals.text}'} overdue "
        f"deal{'' if is_one else 's'} a new closing date, or close it{begin}.",
    )


def _slow_month(day: Day, style: Style) -> Iterator[Concern]:
    won = day.get("month_won_value")
    if not won or not won.previous or won.value >= won.previous * SLOW_MONTH:
        return
    closing = day.several("closing_30_deals", "closing_30_value")
    ahead = f": {many(closing[0], 'deal')} worth {style.plain(closing[1].text)}" if closing else ""
    yield Concern(
        f"{style.bold('The month is behind')}: {style.plain(won.text)} won so far, "
        f"{style.plain(won.previous_text)} {won.comparison}.",
        f"Look at what can still close within 30 days{ahead}.",
    )


def _few_leads(day: Day, style: Style) -> Iterator[Concern]:
    leads, unusual = day.get("new_leads"), day.get("change_new_leads")
    if not leads or not unusual or unusual.direction != "down":
        return
    yield Concern(
        f"{style.bold(many(leads, 'new lead').capitalize())}, where {unusual.previous_text} come "
        f"{unusual.comparison}.",
        "See that the campaigns and the web forms are running.",
    )


def _shrunk(day: Day, style: Style) -> Iterator[Concern]:
    value = day.get("open_pipeline_value")
    if not value or not value.previous or value.value >= value.previous * SHRUNK_PIPELINE:
        return
    gone = [style.plain(f.text) for f in day.several("week_won_value", "week_lost_value")]
    where = f"; in these days {gone[0]} was won and {gone[1]} lost" if gone else ""
    what = style.bold(f"The open pipeline is {style.plain(value.text)}")
    yield Concern(
        f"{what}{since(value, style)}{where}.",
        "See which deals left the pipeline this week, and what replaces them.",
    )


def _losses(day: Day, style: Style) -> Iterator[Concern]:
    lost, won = day.get("lost_deals"), day.get("won_deals")
    if not lost or not won or lost.value < won.value + EXCESS_LOSSES:
        return
    yield Concern(
        f"{style.bold(many(lost, 'deal').capitalize() + ' lost')}, {many(won, 'deal')} won.",
        "Ask for the reason of each loss while it is fresh.",
    )


def _junk(day: Day, style: Style) -> Iterator[Concern]:
    junk = day.get("worst_junk_pct")
    if not junk or not junk.previous or junk.value < junk.previous * MUCH_JUNK:
        return
    name = style.name(junk.name)
    yield Concern(
        f"{style.bold(f'{junk.text} of the leads from {name} are junk')}, "
        f"{junk.previous_text} {junk.comparison}.",
        f"Check targeting and form of {name} before paying for more.",
    )


def _waiting(day: Day, style: Style) -> Iterator[Concern]:
    leads, usual = day.get("first_step_leads"), day.get("new_leads_average")
    if not leads or not usual or leads.value <= usual.value * WAITING_DAYS:
        return
    step = style.name(leads.name)
    yield Concern(
        f"{style.bold(many(leads, 'lead'))} still at “{step}”, more than a week brings in.",
        f"Share out the leads at “{step}” and call the newest first.",
    )
