"""Every mart, computed record by record and day by day: {key of a row: {figure: value}}.

A figure is a Fraction, an integer, a text, or None where it is not known. Texts are keys (see
`text`), since two spellings of a label are one.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from math import sqrt
from statistics import median
from typing import Any

from aha_pipeline_tests.oracle import text
from aha_pipeline_tests.oracle.activities import Activity, activities_of
from aha_pipeline_tests.oracle.company import OF_DEALS, OF_LEADS, OWNERS, Company
from aha_pipeline_tests.oracle.deals import (
    NONE,
    NOT_KNOWN,
    STAGES,
    Deal,
    Said,
    deals_of,
    local_day,
    read_rates,
    standing,
)
from aha_pipeline_tests.oracle.leads import STATUSES, Lead, leads_of, live
from aha_pipeline_tests.oracle.memory import Known, Memory

Row = dict[str, object]
Rows = dict[tuple[Hashable, ...], Row]
DAY = timedelta(days=1)
FEW = 10  # closed deals below which a rate says little
NAMES = {owner["id"]: owner["name"] for owner in (*OWNERS, OF_LEADS, OF_DEALS)}
Z = 1.959964  # of a 95 % interval


@dataclass(frozen=True)
class Picture:
    """What is known of a company at a moment."""

    company: Company
    leads: list[Lead]
    deals: list[Deal]
    activities: list[Activity]
    accounts: list[Known]
    now: datetime
    first_day: date
    last_day: date
    first_read: date
    reading: str | None  # how Exchange_Rate is read
    computed: dict[str, Any] = field(default_factory=dict)

    def rows_of(self, mart: str, compute: Callable[["Picture"], Rows]) -> Rows:
        """Return the rows of a mart, computed once."""
        if mart not in self.computed:
            self.computed[mart] = compute(self)
        return self.computed[mart]

    @property
    def today(self) -> date:
        return local_day(self.now, self.company.zone)

    @property
    def days(self) -> list[date]:
        return [self.first_day + DAY * n for n in range((self.last_day - self.first_day).days + 1)]

    @property
    def live_leads(self) -> list[Lead]:
        return live(self.leads)

    @property
    def live_deals(self) -> list[Deal]:
        return [deal for deal in self.deals if deal.is_live]

    def deal(self, id_: str | None) -> Deal | None:
        return next((deal for deal in self.live_deals if deal.id == id_), None)


def take_picture(
    memory: Memory, company: Company, first_day: date, last_day: date, now: datetime
) -> Picture:
    """Return what is known once these reads have been taken in."""
    first_read = local_day(company.reads[0], company.zone)
    reading = company.rate_setting or read_rates(company, memory)
    leads, deals = leads_of(memory, company), deals_of(memory, company, reading)
    activities = activities_of(memory)
    accounts = [one for one in memory.values() if one.module == "Accounts" and not one.deleted_at]
    days = (first_day, last_day, first_read)
    return Picture(company, leads, deals, activities, accounts, now, *days, reading)


def pct(part: float | Fraction, whole: float | Fraction) -> Fraction | None:
    return Fraction(100) * Fraction(part) / Fraction(whole) if whole else None


def share_of_value(part: float, whole: float) -> Fraction | None:
    """Return what part of a sum of money another one is; None where it is no part of it."""
    return pct(part, whole) if 0 <= part <= whole else None


def value(deals: Iterable[Deal]) -> Fraction:
    return sum((deal.now.value for deal in deals), Fraction(0))


def known_value(deals: Collection[Deal]) -> Fraction | None:
    """Return the value of deals; None where there are some, and that of none is known."""
    is_unknown = deals and all(deal.now.amount is None for deal in deals)
    return None if is_unknown else value(deals)


def of_meaning(deals: Iterable[Deal], meaning: str) -> list[Deal]:
    return [deal for deal in deals if deal.now.meaning == meaning]


def grouped(things: Iterable, by: Callable) -> dict:
    groups = defaultdict(list)
    for thing in things:
        groups[by(thing)].append(thing)
    return groups


Names = set[str] | None  # None: all


def kpis(picture: Picture, sources: Names = None, owners: Names = None) -> Rows:
    """Return the KPIs of each day, of some sources and owners.

    Of what came or closed on a day: as the record says now; of what stood there: as it said then,
    but for the source of a deal, of which only the present one is kept.
    """

    def is_meant(source: str, owner: str) -> bool:
        return (sources is None or source in sources) and (owners is None or owner in owners)

    created = Counter(
        lead.day for lead in picture.live_leads if is_meant(lead.now.source, lead.now.owner)
    )
    of_now = [deal for deal in picture.live_deals if is_meant(deal.source, deal.now.owner)]
    rows = {}
    for day in picture.days:
        told = [said for lead in picture.leads if (said := lead.at(day))]
        leads = [said for said in told if is_meant(said.source, said.owner)]
        stood = [(deal, said) for deal in picture.deals if (said := standing(deal, day))]
        opened = [
            said
            for deal, said in stood
            if said.meaning == "open" and is_meant(deal.source, said.owner)
        ]
        closed = [deal for deal in of_now if deal.closed_day == day]
        won, lost = of_meaning(closed, "won"), of_meaning(closed, "lost")
        junk = sum(said.meaning == "junk" for said in leads)
        rows[(day,)] = {
            "new_leads": created[day],
            "new_leads_avg_7d": Fraction(sum(created[day - DAY * n] for n in range(1, 8)), 7),
            "leads": len(leads),
            "junk_leads": junk,
            "junk_pct": pct(junk, len(leads)),
            "open_deals": len(opened),
            "open_pipeline_value": sum(said.value for said in opened),
            "weighted_pipeline_value": sum(said.weighted for said in opened),
            "unweighted_deals": sum(said.chance is None for said in opened),
            "unconverted_deals": sum(said.is_unconverted for said in opened),
            "won_deals": len(won),
            "won_value": value(won),
            "lost_deals": len(lost),
            "lost_value": value(lost),
        }
    return rows


def daily_flows(picture: Picture) -> Rows:
    created = Counter(lead.day for lead in picture.live_leads)
    closed = grouped(
        (deal for deal in picture.live_deals if deal.closed_day), lambda deal: deal.closed_day
    )
    return {
        (day,): {
            "new_leads": created[day],
            "won_deals": len(won := of_meaning(closed[day], "won")),
            "won_value": value(won),
            "lost_deals": len(lost := of_meaning(closed[day], "lost")),
            "lost_value": value(lost),
        }
        for day in created.keys() | closed.keys()
    }


def name_of(picture: Picture, owner: str) -> str:
    """Return what an owner is called; who has left is said to have."""
    return NAMES.get(owner, owner) + (" (left)" if owner in picture.company.left else "")


def lead_volume(picture: Picture) -> Rows:
    counts = Counter(
        (lead.day, lead.now.source, lead.now.owner, lead.now.status, lead.now.step)
        for lead in picture.live_leads
    )
    return {
        key: {"leads": leads, "owner_name": name_of(picture, key[2])}
        for key, leads in counts.items()
    }


def funnel(picture: Picture) -> Rows:
    rows = {}
    for step, leads in grouped(picture.live_leads, lambda lead: lead.now.step).items():
        rows["lead", step] = {
            "records": len(leads),
            "value": None,
            "meaning": leads[0].now.meaning,
        }
    for step, deals in grouped(picture.live_deals, lambda deal: deal.now.stage).items():
        rows["deal", step] = {
            "records": len(deals),
            "value": known_value(deals),
            "meaning": deals[0].now.meaning,
        }
    return rows


def funnel_by_day(picture: Picture) -> Rows:
    rows = {}
    for day in picture.days:
        leads = Counter(said.step for lead in picture.leads if (said := lead.at(day)))
        for step, records in leads.items():
            rows[day, "lead", step] = {"records": records, "value": None, "weighted_value": None}
        stood = [said for deal in picture.deals if (said := standing(deal, day))]
        for step, group in grouped(stood, lambda said: said.stage).items():
            rows[day, "deal", step] = {
                "records": len(group),
                "value": sum(said.value for said in group),
                "weighted_value": sum(said.weighted for said in group),
            }
    return rows


def places(picture: Picture) -> dict[tuple[str, str], tuple]:
    """Return by what each step stands in its place; of one place that without a name is last."""
    found = {}
    for lead in picture.leads:
        found |= {("lead", said.step): (0, said.place, said.step == NONE) for said in lead.said}
    for deal in picture.deals:
        found |= {("deal", s.stage): (1, s.position, s.stage == NONE) for s in deal.said}
    return found | {("deal", NOT_KNOWN): (1, 0, False)}


def source_quality(picture: Picture) -> Rows:
    won = grouped(of_meaning(picture.live_deals, "won"), lambda deal: deal.source)
    leads = grouped(picture.live_leads, lambda lead: lead.now.source)
    rows = {}
    for source in leads.keys() | won.keys():
        group, deals = leads[source], won[source]
        meanings = Counter(lead.now.meaning for lead in group)
        qualified = meanings["qualified"] + meanings["converted"]
        rows[(source,)] = {
            "leads": len(group),
            "junk_leads": meanings["junk"],
            "junk_pct": pct(meanings["junk"], len(group)),
            "qualified_leads": qualified,
            "qualified_pct": pct(qualified, len(group)),
            "converted_leads": meanings["converted"],
            "conversion_pct": pct(meanings["converted"], len(group)),
            "open_leads": meanings["open"],
            "lost_leads": meanings["lost"],
            "won_deals": len(deals),
            "won_value": value(deals),
        }
    return rows


def wilson(won: int, closed: int, side: int) -> float | None:
    """Return an end of the score interval of a rate, in percent."""
    if not closed:
        return None
    rate, z2 = won / closed, Z * Z
    spread = Z * sqrt(rate * (1 - rate) / closed + z2 / (4 * closed * closed))
    return 100 * (rate + z2 / (2 * closed) + side * spread) / (1 + z2 / closed)


def rep_matrix(picture: Picture) -> Rows:
    leads = grouped(picture.live_leads, lambda lead: lead.now.owner)
    deals = grouped(picture.live_deals, lambda deal: deal.now.owner)
    rows = {}
    for owner in leads.keys() | deals.keys():
        meanings = Counter(lead.now.meaning for lead in leads[owner])
        opened = of_meaning(deals[owner], "open")
        won, lost = of_meaning(deals[owner], "won"), of_meaning(deals[owner], "lost")
        closed = len(won) + len(lost)
        rows[(owner,)] = {
            "owner_name": name_of(picture, owner),
            "leads": len(leads[owner]),
            "junk_leads": meanings["junk"],
            "junk_pct": pct(meanings["junk"], len(leads[owner])),
            "leads_qualified": meanings["qualified"] + meanings["converted"],
            "open_deals": len(opened),
            "open_value": value(opened),
            "weighted_value": sum(deal.now.weighted for deal in opened),
            "won_deals": len(won),
            "won_value": value(won),
            "lost_deals": len(lost),
            "lost_value": value(lost),
            "closed_deals": closed,
            "too_few": closed < FEW,
            "win_rate_by_count": pct(len(won), closed),
            "win_rate_by_value": share_of_value(value(won), value(won) + value(lost)),
            "win_rate_low": wilson(len(won), closed, -1),
            "win_rate_high": wilson(len(won), closed, 1),
        }
    return rows


def accounts_by_industry(picture: Picture) -> Rows:
    """Return the accounts of each industry; what names no live account has none."""
    industries = {
        account.last["id"]: text.key(account.last["Industry"]) or NONE
        for account in picture.accounts
    }

    def industry_of(deal: Deal) -> str:
        return industries.get((deal.known.last["Account_Name"] or {"id": None})["id"], NONE)

    deals = grouped(picture.live_deals, industry_of)
    accounts = Counter(industries.values())
    return {
        (industry,): {
            "accounts": accounts[industry],
            "open_deals": len(of_meaning(deals[industry], "open")),
            "open_value": known_value(of_meaning(deals[industry], "open")),
            "won_value": known_value(of_meaning(deals[industry], "won")),
        }
        for industry in deals.keys() | accounts.keys()
    }


def outcomes_by_month(picture: Picture) -> Rows:
    closed = [deal for deal in picture.live_deals if deal.closed_day]
    rows = {}
    for month, deals in grouped(closed, lambda deal: deal.closed_day.replace(day=1)).items():
        won, lost = of_meaning(deals, "won"), of_meaning(deals, "lost")
        rows[(month,)] = {
            "won_deals": len(won),
            "won_value": value(won),
            "lost_deals": len(lost),
            "lost_value": value(lost),
            "win_rate_by_count": pct(len(won), len(deals)),
        }
    return rows


def deal_of(picture: Picture, lead: Lead) -> Deal | None:
    """Return the live deal that the conversion made."""
    return picture.deal(lead.deal_id) if lead.now.meaning == "converted" else None


def has_won(picture: Picture, lead: Lead) -> bool:
    deal = deal_of(picture, lead)
    return deal is not None and deal.now.meaning == "won"


def ever_qualified(lead: Lead) -> bool:
    return any(said.is_qualified for said in lead.said)


def _cohort(picture: Picture, leads: Sequence[Lead]) -> Row:
    return {
        "leads": len(leads),
        "qualified": sum(ever_qualified(lead) for lead in leads),
        "converted": sum(lead.now.meaning == "converted" for lead in leads),
        "won": sum(has_won(picture, lead) for lead in leads),
        "linked": sum(deal_of(picture, lead) is not None for lead in leads),
    }


def lead_cohorts(picture: Picture) -> Rows:
    rows = {}
    for month, leads in grouped(picture.live_leads, lambda lead: lead.day.replace(day=1)).items():
        converted = [lead for lead in leads if lead.now.meaning == "converted"]
        known = [lead for lead in converted if lead.converted_day]
        won = [lead for lead in known if has_won(picture, lead)]
        end = (month + timedelta(days=32)).replace(day=1)
        rows[(month,)] = {
            **_cohort(picture, leads),
            "junk": sum(lead.now.meaning == "junk" for lead in leads),
            "is_young": picture.today - end < timedelta(days=90),
            "days_to_qualified": middle(
                (day - lead.day).days for lead in leads if (day := qualified_day(lead))
            ),
            "days_to_converted": middle((lead.converted_day - lead.day).days for lead in known),
            "days_to_won": middle(
                (deal_of(picture, lead).closed_day - lead.converted_day).days for lead in won
            ),
        }
    return rows


def qualified_day(lead: Lead) -> date | None:
    """Return the day on which a lead was seen to qualify or was converted, whichever came first."""
    seen = [said.day for said in lead.said[1:] if said.is_qualified]
    converted = [lead.converted_day] if lead.converted_day else []
    return min(seen + converted, default=None)


def middle(numbers: Iterable[float | Fraction]) -> float | None:
    found = list(numbers)
    return float(median(found)) if found else None


def cohort_parts(picture: Picture) -> Rows:
    groups = grouped(
        picture.live_leads,
        lambda lead: (lead.day.replace(day=1), lead.now.source, lead.now.owner),
    )
    return {key: _cohort(picture, leads) for key, leads in groups.items()}


def entered_funnel(picture: Picture) -> Rows:
    rows: Rows = defaultdict(Counter)
    for lead in picture.live_leads:
        steps = ["created"]
        steps += ["qualified"] if ever_qualified(lead) else []
        steps += ["converted"] if lead.now.meaning == "converted" else []
        steps += ["won"] if has_won(picture, lead) else []
        deal = deal_of(picture, lead)
        end = {"open": "waiting", "qualified": "waiting"}.get(lead.now.meaning, lead.now.meaning)
        if end == "converted":
            end = {"open": "waiting", "lost": "lost"}.get(deal.now.meaning, "") if deal else ""
            end = end if deal else "not_known"
        entry = ("lead", lead.day, lead.now.source, lead.now.owner)
        _enter(rows, steps, end, entry)
        if steps == ["created"] and lead.said[0].day > lead.day:
            rows["lead", "created", *entry[1:]]["assumed"] += 1
    stages = open_stages(picture)
    for deal in picture.live_deals:
        opened = [said.position for said in deal.said if said.meaning == "open"]
        furthest = max(opened, default=0)
        is_won = deal.now.meaning == "won"
        steps = [
            stage
            for number, (stage, position) in enumerate(stages)
            if number == 0 or is_won or position <= furthest
        ]
        end = {"open": "waiting", "lost": "lost"}.get(deal.now.meaning, "")
        entry = ("deal", deal.day, deal.source, deal.now.owner)
        _enter(rows, [*steps, *(["won"] if is_won else [])], end, entry)
        stood = standing(deal, deal.day)
        is_unknown = deal.said[0].day > deal.day and (
            stood == deal.said[0] or (stood is not None and stood.stage == NOT_KNOWN)
        )
        if is_unknown and not is_won and len(steps) < len(stages):
            rows["deal", steps[-1], *entry[1:]]["assumed"] += 1
    names = ("reached", "junk", "lost", "waiting", "not_known", "assumed")
    return {key: {name: row[name] for name in names} for key, row in rows.items()}


def open_stages(picture: Picture) -> list[tuple[str, float]]:
    """Return the open stages and their positions, in order: Zoho's, and those met besides.

    Two names of one value are one step, and so are those of which nobody knows the order.
    """
    found = {place: stage for stage, (meaning, _, place) in STAGES.items() if meaning == "open"}
    found[40] = "id. decision makers"
    besides: dict[float, set[str]] = defaultdict(set)
    for deal in picture.live_deals:
        for said in deal.said:
            if said.meaning == "open" and said.position not in found:
                besides[said.position].add(said.stage)
    found |= {place: " / ".join(sorted(stages)) for place, stages in besides.items()}
    return sorted(((stage, place) for place, stage in found.items()), key=lambda step: step[1])


def _enter(rows: dict, steps: Sequence[str], end: str, entry: tuple) -> None:
    entity, *rest = entry
    for step in steps:
        rows[entity, step, *rest]["reached"] += 1
    if end and steps[-1] != "won":
        rows[entity, steps[-1], *rest][end] += 1


def week_leads(picture: Picture) -> Rows:
    rows: Rows = defaultdict(Counter)
    days = (picture.today - picture.first_read).days
    for day in (picture.first_read + DAY * n for n in range(days + 1)):
        for lead in picture.leads:
            said = lead.at(day)
            if said and day - DAY * 7 < lead.day <= day:
                row = rows[day, said.source, said.owner]
                row["leads"] += 1
                row["junk_leads"] += said.meaning == "junk"
    return {key: {name: row[name] for name in ("leads", "junk_leads")} for key, row in rows.items()}


def source_response(picture: Picture) -> Rows:
    first = picture.today - DAY * 30
    recent = [lead for lead in picture.live_leads if first <= lead.day < picture.today]
    rows = {}
    for source, leads in grouped(recent, lambda lead: lead.now.source).items():
        contacted = [lead for lead in leads if any(map(has_response, lead.said))]
        timed = [lead for lead in contacted if not has_response(lead.said[0])]
        meanings = Counter(lead.now.meaning for lead in leads)
        rows[(source,)] = {
            "leads": len(leads),
            "contacted_leads": len(contacted),
            "contacted_pct": pct(len(contacted), len(leads)),
            "qualified_leads": meanings["qualified"] + meanings["converted"],
            "junk_leads": meanings["junk"],
            "converted_leads": meanings["converted"],
            "timed_leads": len(timed),
            "median_days": middle(
                (next(filter(has_response, lead.said)).day - lead.day).days for lead in timed
            ),
        }
    return rows


def has_response(said: object) -> bool:
    first = min(STATUSES, key=lambda status: STATUSES[status][1])
    return said.meaning == "converted" or said.status not in (first, NONE)


@dataclass(frozen=True)
class Stay:
    """A stay of a deal in a stage."""

    deal: Deal
    number: int
    came: Said
    came_at: datetime
    left_at: datetime | None
    is_known: bool
    is_left: bool

    def days(self, now: datetime) -> float:
        return ((self.left_at or now) - self.came_at).total_seconds() / 86400


def stays_of(deal: Deal) -> list[Stay]:
    came = [deal.said[0]]
    for said in deal.said[1:]:
        if said.stage != came[-1].stage:
            came.append(said)
    times = [deal.created, *(said.since for said in came[1:])]
    is_known = deal.said[0].since - deal.created < DAY
    stays = []
    for place, said in enumerate(came):
        is_left = place + 1 < len(came)
        left_at = times[place + 1] if is_left else deal.known.deleted_at
        known = is_known or place > 0
        stays.append(Stay(deal, place + 1, said, times[place], left_at, known, is_left))
    return stays


def stage_stays(picture: Picture) -> Rows:
    return {
        (deal.id, stay.number): {
            "stage": stay.came.stage,
            "days": stay.days(picture.now),
            "is_start_known": stay.is_known,
            "is_left": stay.is_left,
            "is_standing": deal.is_live and not stay.is_left,
            "outcome": deal.now.meaning,
            "owner_id": stay.came.owner,
            "amount": stay.came.amount,
        }
        for deal in picture.deals
        for stay in stays_of(deal)
    }


def quantile(numbers: Sequence[float], share: float) -> float | None:
    """Return the value below which a share lies, between two where it falls between them."""
    if not numbers:
        return None
    ordered = sorted(numbers)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def time_in_stage(picture: Picture) -> Rows:
    stays = [stay for deal in picture.live_deals for stay in stays_of(deal)]
    rows = {}
    for stage, group in grouped(stays, lambda stay: stay.came.stage).items():
        left = [stay for stay in group if stay.is_left]
        timed = [stay for stay in left if stay.is_known]
        standing_ = [stay for stay in group if not stay.is_left]
        known = [stay for stay in standing_ if stay.is_known]
        days = [stay.days(picture.now) for stay in timed]
        row = {
            "left_deals": len({stay.deal.id for stay in left}),
            "timed_deals": len({stay.deal.id for stay in timed}),
            "median_days": quantile(days, 0.5),
            "p80_days": quantile(days, 0.8),
            "standing_deals": len(standing_),
            "standing_timed_deals": len(known),
            "standing_median_days": quantile([s.days(picture.now) for s in known], 0.5),
        }
        for outcome in ("won", "lost"):
            of = [stay for stay in timed if stay.deal.now.meaning == outcome]
            row[f"{outcome}_deals"] = len({stay.deal.id for stay in of})
            row[f"{outcome}_median_days"] = quantile([s.days(picture.now) for s in of], 0.5)
            row[f"{outcome}_p80_days"] = quantile([s.days(picture.now) for s in of], 0.8)
        row["won_limit_days"] = row["won_p80_days"] if row["won_deals"] >= FEW else None
        rows[(stage,)] = row
    return rows


def pipeline_by_stage(picture: Picture) -> Rows:
    return stages_of(picture, picture.live_deals)


def stages_of(picture: Picture, live_deals: Iterable[Deal]) -> Rows:
    """Return the stages of some deals, with how long others stood in them."""
    limits = picture.rows_of("time_in_stage", time_in_stage)
    rows = {}
    for stage, deals in grouped(live_deals, lambda deal: deal.now.stage).items():
        is_open = deals[0].now.meaning == "open"
        stays = [stays_of(deal)[-1] for deal in deals]
        known = [stay.days(picture.now) for stay in stays if stay.is_known]
        limit = limits[(stage,)]["won_limit_days"] if is_open else None
        # A deal that was entered after it had closed is no day old.
        ages = [max(((d.closed_day or picture.today) - d.day).days, 0) for d in deals]
        rows[(stage,)] = {
            "deals": len(deals),
            "value": known_value(deals),
            "weighted_value": None
            if known_value(deals) is None
            else sum(deal.now.weighted for deal in deals),
            "avg_age_days": sum(ages) / len(ages),
            "median_days_in_stage": quantile(known, 0.5) if is_open else None,
            "untimed_deals": len(stays) - len(known) if is_open else 0,
            "won_limit_days": limit,
            "older_deals": sum(
                bool(stay.is_known and stay.days(picture.now) > limit) for stay in stays
            )
            if limit is not None
            else None,
        }
    return rows


def closing_deals(picture: Picture) -> Rows:
    rows = {}
    for deal in of_meaning(picture.live_deals, "open"):
        closing = deal.now.closing
        if closing and (closing - picture.today).days <= 30:
            rows[(deal.id,)] = {
                "amount": deal.now.amount,
                "weighted_amount": deal.now.weighted,
                "days_left": (closing - picture.today).days,
                "is_overdue": closing < picture.today,
                "owner_name": name_of(picture, deal.now.owner),
                "week": closing - DAY * closing.weekday(),
            }
    return rows


def pushes_of(deal: Deal) -> list[int]:
    """Return by how many days the closing date became later, each time, while the deal was open."""
    return [
        (new.closing - old.closing).days
        for old, new in pairwise(deal.said)
        if old.meaning == new.meaning == "open"
        and old.closing and new.closing and old.closing < new.closing
    ]  # fmt: skip


def slipping_deals(picture: Picture) -> Rows:
    limits = time_in_stage(picture)
    rows = {}
    for deal in of_meaning(picture.live_deals, "open"):
        opened = [said for said in deal.said if said.meaning == "open"]
        pushes = pushes_of(deal)
        cut = max(said.value for said in opened) - deal.now.value
        cut = 0 if deal.now.is_unconverted else cut
        stay = stays_of(deal)[-1]
        limit = limits[(deal.now.stage,)]["won_limit_days"]
        overdue = (picture.today - deal.now.closing).days if deal.now.closing else 0
        is_older = bool(stay.is_known and limit and stay.days(picture.now) > limit)
        is_back = deal.now.position < max(said.position for said in opened)
        if pushes or cut or is_back or overdue > 0 or is_older:
            rows[(deal.id,)] = {
                "times_pushed": len(pushes),
                "days_pushed": sum(pushes),
                "is_pushed": bool(pushes),
                "is_back": is_back,
                "is_cut": cut > 0,
                "amount_cut": cut,
                "is_older": is_older,
                "is_overdue": overdue > 0,
                "days_overdue": max(overdue, 0),
                "value": deal.now.value,
                "days_in_stage": stay.days(picture.now),
                "owner_name": name_of(picture, deal.now.owner),
                "reasons": ", ".join(
                    reason
                    for reason, holds in (
                        ("closing date pushed", pushes),
                        ("moved back a stage", is_back),
                        ("amount cut", cut),
                        ("in its stage longer than most won deals", is_older),
                        ("overdue", overdue > 0),
                    )
                    if holds
                ),
            }
    return rows


def unconverted_deals(picture: Picture) -> Rows:
    return {
        (deal.id,): {
            "original_amount": Fraction(str(deal.known.last["Amount"])),
            "owner_name": name_of(picture, deal.now.owner),
        }
        for deal in picture.live_deals
        if deal.now.is_unconverted
    }


MARTS: dict[str, tuple[tuple[str, ...], Callable[[Picture], Rows]]] = {
    "kpis": (("day",), kpis),
    "daily_flows": (("day",), daily_flows),
    "lead_volume": (("day", "source", "owner_id", "status", "step"), lead_volume),
    "funnel": (("entity", "step"), funnel),
    "funnel_by_day": (("day", "entity", "step"), funnel_by_day),
    "source_quality": (("source",), source_quality),
    "rep_matrix": (("owner_id",), rep_matrix),
    "accounts_by_industry": (("industry",), accounts_by_industry),
    "outcomes_by_month": (("month",), outcomes_by_month),
    "lead_cohorts": (("month",), lead_cohorts),
    "cohort_parts": (("month", "source", "owner_id"), cohort_parts),
    "entered_funnel": (("entity", "step", "day", "source", "owner_id"), entered_funnel),
    "week_leads": (("day", "source", "owner_id"), week_leads),
    "source_response": (("source",), source_response),
    "stage_stays": (("id", "stay"), stage_stays),
    "time_in_stage": (("stage",), time_in_stage),
    "pipeline_by_stage": (("stage",), pipeline_by_stage),
    "closing_deals": (("id",), closing_deals),
    "slipping_deals": (("id",), slipping_deals),
    "unconverted_deals": (("id",), unconverted_deals),
}
