"""What the marts must say of a company, worked out by pandas from its records, no SQL at hand.

Money is Decimal from the JSON on, so that sums are exact.
"""

import json
import math
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pandas as pd

from zoho_sandbox.zoho.fields import SOURCES

LEADS = {
    "Not Contacted": ("open", 10),
    "Attempted to Contact": ("open", 20),
    "Contact in Future": ("open", 30),
    "Contacted": ("open", 40),
    "Pre-Qualified": ("qualified", 50),
    "Qualified": ("qualified", 60),
    "Not Qualified": ("lost", 80),
    "Lost Lead": ("lost", 90),
    "Junk Lead": ("junk", 100),
}
DEALS = {
    "Qualification": ("open", 10, 10),
    "Needs Analysis": ("open", 20, 20),
    "Value Proposition": ("open", 30, 40),
    "Identify Decision Makers": ("open", 40, 60),
    "Id. Decision Makers": ("open", 40, 60),
    "Proposal/Price Quote": ("open", 50, 75),
    "Negotiation/Review": ("open", 60, 90),
    "Closed Won": ("won", 70, 100),
    "Closed Lost": ("lost", 80, 0),
    "Closed Lost to Competition": ("lost", 90, 0),
}
NONE = "(none)"
LISTED = {source.casefold(): source for source in SOURCES}
UNKNOWN_LEAD = ("open", 41)
UNKNOWN_DEAL = ("open", 61, None)


def parse(text: str | bytes) -> dict:
    """Return a record with exact numbers."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def shown(text: str | None) -> str:
    """Return a source as the organisation's list spells it, or as records do."""
    words = " ".join((text or "").split())
    return LISTED.get(words.casefold(), words) or NONE


def leads(records: Iterable[dict], zone: ZoneInfo) -> pd.DataFrame:
    """Return the live leads, one row each."""
    frame = pd.DataFrame(
        {
            "id": record["id"],
            "source": shown(record.get("Lead_Source")),
            "status": record.get("Lead_Status") or NONE,
            "owner_id": (record.get("Owner") or {}).get("id") or NONE,
            "is_converted": record.get("$converted") is True,
            "day": day_of(record["Created_Time"], zone),
            "converted_day": day_of(record.get("Converted_Date_Time"), zone),
            "deal_id": _linked(record),
        }
        for record in records
    )
    known = frame["status"].map(lambda status: LEADS.get(status, UNKNOWN_LEAD)[0])
    frame["meaning"] = known.where(~frame["is_converted"], "converted")
    frame["is_junk"] = frame["meaning"] == "junk"
    frame["is_qualified"] = frame["meaning"].isin(["qualified", "converted"])
    frame["step"] = frame["status"].where(~frame["is_converted"], "Converted")
    return frame


def deals(records: Iterable[dict], zone: ZoneInfo) -> pd.DataFrame:
    """Return the live deals, one row each."""
    frame = pd.DataFrame(
        {
            "id": record["id"],
            "source": shown(record.get("Lead_Source")),
            "stage": record.get("Stage") or NONE,
            "owner_id": (record.get("Owner") or {}).get("id") or NONE,
            "amount": record.get("Amount"),
            "probability": record.get("Probability"),
            "closing": _date(record.get("Closing_Date")),
            "account_id": (record.get("Account_Name") or {}).get("id"),
            "day": day_of(record["Created_Time"], zone),
            "modified": day_of(record["Modified_Time"], zone),
        }
        for record in records
    ).astype({"amount": object, "probability": object})
    frame["meaning"] = frame["stage"].map(lambda stage: DEALS.get(stage, UNKNOWN_DEAL)[0])
    frame["value"] = frame["amount"].map(lambda amount: amount or Decimal(0))
    frame["weighted"] = [
        value * _chance(stage, own) / 100
        for stage, own, value in zip(
            frame["stage"], frame["probability"], frame["value"], strict=True
        )
    ]
    frame["closed_day"] = frame[["closing", "modified"]].min(axis=1)
    return frame


def marts(
    leads: pd.DataFrame, deals: pd.DataFrame, accounts: list[dict], contacts: list[dict]
) -> dict[str, dict]:
    """Return each mart as {key: figures}, of records as they are now."""
    won, lost = (deals[deals["meaning"] == meaning] for meaning in ("won", "lost"))
    opened = deals[deals["meaning"] == "open"]
    industry = {a["id"]: a.get("Industry") or NONE for a in accounts}
    by_industry = deals.assign(industry=deals["account_id"].map(industry).fillna(NONE))
    industries = set(industry.values()) | set(by_industry["industry"])
    owners = set(leads["owner_id"]) | set(deals["owner_id"])
    return {
        "lead_volume": leads.groupby(["day", "source", "owner_id", "status", "meaning"])
        .size()
        .to_dict(),
        "funnel": {
            **{("lead", step): (n, None) for step, n in leads.groupby("step").size().items()},
            **{
                ("deal", stage): (len(part), _sum(part["value"]))
                for stage, part in deals.groupby("stage")
            },
        },
        "source_quality": {
            source: _source(leads[leads["source"] == source], won[won["source"] == source])
            for source in set(leads["source"]) | set(won["source"])
        },
        "rep_matrix": {
            owner: _rep(*(part[part["owner_id"] == owner] for part in (leads, opened, won, lost)))
            for owner in owners
        },
        "pipeline_by_stage": {
            stage: (len(part), _sum(part["value"]), _sum(part["weighted"]))
            for stage, part in deals.groupby("stage")
        },
        "lead_cohorts": {
            month: _cohort(part, deals)
            for month, part in leads.groupby(leads["day"].map(lambda day: day.replace(day=1)))
        },
        "cohort_parts": {
            key: _cohort(part, deals)[:4]
            for key, part in leads.groupby(
                [leads["day"].map(lambda day: day.replace(day=1)), "source", "owner_id"]
            )
        },
        "outcomes_by_month": _by_month(won, lost),
        "daily_flows": _flows(leads, won, lost),
        "accounts_by_industry": {
            name: (
                list(industry.values()).count(name),
                *(
                    figure(part[part["industry"] == name])
                    for meaning, figure in (("open", len), ("open", _value), ("won", _value))
                    for part in [by_industry[by_industry["meaning"] == meaning]]
                ),
            )
            for name in industries
        },
        "contacts_by_owner": pd.Series(
            [(c.get("Owner") or {}).get("id") or NONE for c in contacts], dtype=object
        )
        .value_counts()
        .to_dict(),
    }


def part_flows(leads: pd.DataFrame, deals: pd.DataFrame) -> dict:
    """Return the flows of `kpi_parts` by day, source and owner, without those that are all zero."""
    won, lost = (deals[deals["meaning"] == meaning] for meaning in ("won", "lost"))
    return _flows(leads, won, lost, "source", "owner_id")


def part_stocks(leads: pd.DataFrame, deals: pd.DataFrame) -> dict:
    """Return what the changes of `kpi_parts` sum to by source and owner, without all zeros."""
    by = ["source", "owner_id"]
    opened = deals[deals["meaning"] == "open"]
    of_leads, of_deals = (dict(list(frame.groupby(by))) for frame in (leads, opened))
    found = {}
    for key in of_leads.keys() | of_deals.keys():
        existing, junk, _, *rest = stocks(
            of_leads.get(key, leads.iloc[:0]), of_deals.get(key, opened.iloc[:0])
        )
        found[key] = (existing, junk, *rest)
    return found


def stocks(leads: pd.DataFrame, deals: pd.DataFrame) -> tuple:
    """Return what `kpis` says of the end of the day on which the records stood like this."""
    opened = deals[deals["meaning"] == "open"]
    return (
        len(leads),
        int(leads["is_junk"].sum()),
        percent(int(leads["is_junk"].sum()), len(leads)),
        len(opened),
        _sum(opened["value"]),
        _sum(opened["weighted"]),
    )


def percent(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """Return part of whole from 0 to 100, to four places, as PostgreSQL rounds."""
    if not whole:
        return None
    return rounded(Decimal(100) * part / whole, "0.0001")


def rounded(number: Decimal, places: str = "0.01") -> Decimal:
    return Decimal(number).quantize(Decimal(places), ROUND_HALF_UP)


def day_of(text: str | None, zone: ZoneInfo) -> date | None:
    if not text:
        return None
    return pd.Timestamp(text).tz_convert(zone).date()


def wilson(won: int, closed: int) -> tuple[Decimal | None, ...]:
    """Return the 95 % score interval of a share, in percent (Wilson 1927); (None, None) of none."""
    if not closed:
        return None, None
    z = 1.959964
    rate, spread = won / closed, z * z / closed
    half = z * math.sqrt(rate * (1 - rate) / closed + z * z / (4 * closed * closed))
    ends = (100 * (rate + spread / 2 + side * half) / (1 + spread) for side in (-1, 1))
    return tuple(rounded(end, "0.0001") for end in ends)


def _source(leads: pd.DataFrame, won: pd.DataFrame) -> tuple:
    number, junk = len(leads), int(leads["is_junk"].sum())
    converted = int((leads["meaning"] == "converted").sum())
    return (
        number,
        junk,
        percent(junk, number),
        int(leads["is_qualified"].sum()),
        converted,
        percent(converted, number),
        len(won),
        _value(won),
    )


def _rep(leads: pd.DataFrame, opened: pd.DataFrame, won: pd.DataFrame, lost: pd.DataFrame) -> tuple:
    closed = len(won) + len(lost)
    low, high = wilson(len(won), closed)
    return (
        len(leads),
        int(leads["is_junk"].sum()),
        int(leads["is_qualified"].sum()),
        len(opened),
        _value(opened),
        _sum(opened["weighted"]),
        len(won),
        _value(won),
        len(lost),
        percent(len(won), closed),
        percent(_value(won), _value(won) + _value(lost)),
        closed < 10,
        low,
        high,
    )


def _cohort(leads: pd.DataFrame, deals: pd.DataFrame) -> tuple:
    """Return leads, converted, won, linked, junk and the median days to conversion and to won."""
    converted = leads[leads["meaning"] == "converted"].merge(
        deals, left_on="deal_id", right_on="id", suffixes=("", "_deal")
    )
    all_converted = leads[leads["meaning"] == "converted"]
    won = converted[converted["meaning_deal"] == "won"]
    waited = _between(all_converted["day"], all_converted["converted_day"])
    closing = _between(won["converted_day"], won["closed_day"])
    return (
        len(leads),
        len(all_converted),
        len(won),
        len(converted),
        int(leads["is_junk"].sum()),
        _median(waited),
        _median(closing),
    )


def _by_month(won: pd.DataFrame, lost: pd.DataFrame) -> dict:
    found = {}
    for month in {day.replace(day=1) for frame in (won, lost) for day in frame["closed_day"]}:
        of_won, of_lost = (
            frame[[day.replace(day=1) == month for day in frame["closed_day"]]]
            for frame in (won, lost)
        )
        rate = percent(len(of_won), len(of_won) + len(of_lost))
        found[month] = (len(of_won), _value(of_won), len(of_lost), _value(of_lost), rate)
    return found


def _flows(leads: pd.DataFrame, won: pd.DataFrame, lost: pd.DataFrame, *by: str) -> dict:
    created = leads.groupby(["day", *by] if by else "day").size().to_dict()
    of_won, of_lost = (
        dict(list(frame.groupby(["closed_day", *by] if by else "closed_day")))
        for frame in (won, lost)
    )
    nothing = won.iloc[:0]
    return {
        key: (
            created.get(key, 0),
            len(of_won.get(key, nothing)),
            _value(of_won.get(key, nothing)),
            len(of_lost.get(key, nothing)),
            _value(of_lost.get(key, nothing)),
        )
        for key in created.keys() | of_won.keys() | of_lost.keys()
    }


def _linked(record: dict) -> str | None:
    deal = (record.get("$converted_detail") or {}).get("deal") or record.get("Converted_Deal")
    return deal.get("id") if isinstance(deal, dict) else deal


def _chance(stage: str, own: Decimal | None) -> Decimal | int:
    meaning, _, default = DEALS.get(stage, UNKNOWN_DEAL)
    if meaning != "open":
        return default
    return default or 0 if own is None else own


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _value(deals: pd.DataFrame) -> Decimal:
    return _sum(deals["value"])


def _sum(values: pd.Series) -> Decimal:
    return sum(values, Decimal(0))


def _between(first: pd.Series, last: pd.Series) -> list[int]:
    return [(b - a).days for a, b in zip(first, last, strict=True) if a and b]


def _median(values: list[int]) -> float | None:
    return float(pd.Series(values).median()) if values else None
