"""The contents of a lead or a deal, one after another: from which day to which each held."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction

from aha_pipeline_tests.oracle.crm_record import State
from aha_pipeline_tests.oracle.deals import NOT_KNOWN, Deal, begin_of, local_day, rate_of, runs
from aha_pipeline_tests.oracle.figures import DAY, Picture, Row, Rows
from aha_pipeline_tests.oracle.leads import Lead


def lead_history(picture: Picture) -> Rows:
    rows: Rows = {}
    for lead in picture.leads:
        begins = [lead.day, *(said.day for said in lead.said[1:])]
        ends = [*begins[1:], lead.gone and max(lead.gone, begins[-1])]
        for number, said in enumerate(lead.said):
            is_first, is_last = number == 0, number + 1 == len(lead.said)
            is_converted = said.meaning == "converted"
            held = begins[number], ends[number]
            key = lead.id, *held, is_first, said.source, said.status, said.owner, is_converted
            rows[key] = {
                "is_present": is_last,
                "is_deleted": not lead.is_live,
                "meaning": said.meaning,
                "position": said.place,
                "day": lead.day,
                "converted_day": lead.converted_day if is_last else None,
                "deal_id": lead.deal_id if is_last and is_converted else None,
                **_known(picture, lead, said, *held),
            }
    return rows


def _known(picture: Picture, one: Lead | Deal, said, begin: date, end: date | None) -> Row:
    """Return since when and by what it is known what a content says."""
    since = said.sure
    if said is one.said[0] and not said.is_told and said.since > one.created:
        since = said.since
    sure = since and local_day(since, picture.company.zone)
    told_by = "zoho_history" if said.is_told else "watched"
    if sure is None:
        return {"known_by": told_by, "known_from": begin}
    return {
        "known_by": "assumed" if sure > begin else told_by,
        "known_from": max(begin, sure) if end is None or sure < end else None,
    }


def deal_history(picture: Picture) -> Rows:
    rows: Rows = {}
    for deal in picture.deals:
        begins = _begins(deal)
        ends = [*begins[1:], deal.gone and max(deal.gone, begins[-1])]
        times = [deal.created, *(said.since for said in deal.said[1:]), deal.known.deleted_at]
        number = 0
        if deal.said[0].meaning != "open" and deal.day < begins[0]:
            number = 1
            rows[deal.id, number] = _assumed(picture, deal, begins[0])
        for place in range(len(deal.said)):
            rows[deal.id, number + place + 1] = _content(
                picture, deal, place, begins[place], ends[place]
            ) | {"said_from": times[place], "said_until": times[place + 1]}
    return rows


def _begins(deal: Deal) -> list[date]:
    """Return the day on which each content begins to hold.

    A deal that closed on an earlier day than that on which it was seen, said nothing else since.
    """
    begins: list[date] = []
    for run in runs(deal):
        for place, said in enumerate(run):
            closes = place == 0 and said.meaning != "open"
            begins.append(begin_of(run) if closes else said.day if begins else deal.day)
    if len(begins) == 1 and deal.gone:
        begins = [min(begins[0], deal.gone)]
    return [max(deal.day, min(begins[place:])) for place in range(len(begins))]


def _content(picture: Picture, deal: Deal, place: int, begin: date, end: date | None) -> Row:
    said = deal.said[place]
    is_first, is_last = place == 0, place + 1 == len(deal.said)
    run = next(run for run in runs(deal) if said in run)
    return _of_record(picture, deal, said.state) | {
        "from_day": begin,
        "until_day": end,
        "is_present": is_last,
        "is_former": said.state is not deal.known.last,
        "is_assumed": said.stage == NOT_KNOWN,
        "stage": said.stage,
        "meaning": said.meaning,
        "position": said.position,
        "probability": said.chance,
        "amount": said.amount,
        "weighted_amount": said.weighted,
        "closing_date": said.closing,
        "closed_day": None if said.meaning == "open" else begin_of(run),
        "owner_id": said.owner,
        "is_start_known": said.is_stage_known
        and (not is_first or said.is_told or said.since < deal.created + DAY),
        "is_unconverted": said.is_unconverted,
        **_known(picture, deal, said, begin, end),
    }


def _assumed(picture: Picture, deal: Deal, until: date) -> Row:
    """Return the time before a deal was closed that was closed when it was first seen."""
    return _content(picture, deal, 0, deal.day, until) | {
        "is_present": False,
        "is_assumed": True,
        "stage": NOT_KNOWN,
        "meaning": "open",
        "position": 0,
        "probability": None,
        "weighted_amount": 0,
        "closed_day": None,
        "said_from": None,
        "said_until": None,
        "is_start_known": False,
        "known_by": "assumed",
        "known_from": None,
    }


def _of_record(picture: Picture, deal: Deal, state: State) -> Row:
    """Return what is told as Zoho has it."""
    amount, account = state.get("Amount"), deal.known.last.get("Account_Name") or {}
    return {
        "is_deleted": not deal.is_live,
        "source": deal.source,
        "name": deal.known.last["Deal_Name"],
        "account_id": account.get("id"),
        "account_name": account.get("name"),
        "day": deal.day,
        "original_amount": None if amount is None else Fraction(str(amount)),
        "currency": state.get("Currency") or picture.company.currency,
        "exchange_rate": rate_of(state),
    }


MARTS: dict[str, tuple[tuple[str, ...], Callable[[Picture], Rows]]] = {
    "lead_history": (
        ("id", "from_day", "until_day", "is_first", "source", "status", "owner_id", "is_converted"),
        lead_history,
    ),
    "deal_history": (("id", "number"), deal_history),
}
