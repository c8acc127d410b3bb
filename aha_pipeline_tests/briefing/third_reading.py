"""A third reading of printed sentences, in plain Python over the rows of the marts.

Written from the English of the phrases and the definitions in the marts and the catalogue, without
sight of the SQL that finds a statement and of that which proves it. It shares nothing with them nor
with the printers of the product: a sentence is read as an English reader reads it, what the marts
say is counted again, and that is printed by the few lines below.
"""

import math
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

from aha_pipeline import briefing
from aha_pipeline.briefing.names import clean
from aha_pipeline_tests.warehouse.marts_company import rows

Row = dict[str, Any]
ENGLISH = tomllib.loads((Path(briefing.__file__).parent / "languages/en.toml").read_text("utf-8"))
PLACE = re.compile(r"\{(\w+)([$%#@]?)(?:\|([^|}]*)\|([^|}]*))?\}")
# An amount, the other one that a message told, and what is not in it: neither's signs end it.
AMOUNT = r"(?:.+?, (?:up|down) from \S+(?: Cr| L)?|.+?)(?: \[not included: [^]]*\])?"
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
ONE_DAY = timedelta(days=1)
WEEK = timedelta(days=7)


class ThirdReading:
    """The rows of a company's marts, read once; `told` are the earlier briefings' items."""

    def __init__(self, connection) -> None:
        self.contents = rows(connection, "deal_history")
        self.deals = rows(connection, "deals")
        self.leads = rows(connection, "leads")
        self.lead_contents = rows(connection, "lead_history")
        self.reasons = {row["id"]: row["reason"] for row in rows(connection, "lost_deals")}
        self.owners = {row["owner_id"]: row["owner_name"] for row in rows(connection, "owners")}
        self.usual = {
            row["day"]: row
            for row in rows(connection, "changes")
            if (row["figure"], row["days"]) == ("new_leads", 1)
        }
        self.told = rows(connection, "briefing_items")
        self.briefings = rows(connection, "select day, created_at from analytics.ai_briefings_log")
        self.days_told = {row["day"] for row in self.briefings}
        self.restatements = rows(connection, "restatements")
        self.targets, self.forecasts = rows(connection, "targets"), rows(connection, "forecasts")
        self.fiscal_start = rows(
            connection, "select coalesce(fiscal_start_month, 1) as month from crm.organisation"
        )[0]["month"]
        holidays = rows(connection, "select day from crm.holidays")
        self.holidays = {row["day"] for row in holidays}
        self.kpis = {row["day"]: row for row in rows(connection, "kpis")}
        listed = [
            row
            for row in rows(connection, "select * from crm.picklist_meaning")
            if row["module"] == "Leads"
        ]
        first = min((row["position"] for row in listed), default=None)
        handled = {"Attempted to Contact", "Contact in Future", "Contacted"}
        self.first_statuses = {"(none)"} | {
            row["value"]
            for row in listed
            if row["meaning"] in (None, "open")
            and (row["value"] == "Not Contacted" or row["position"] == first)
        } - handled

    # What is known of the end of a day

    def _open(self, on: date) -> dict[str, Row]:
        return {row["id"]: row for row in self._at(on) if row["meaning"] == "open"}

    def _at(self, on: date) -> Iterator[Row]:
        for row in self.contents:
            if row["from_day"] <= on and (row["until_day"] is None or on < row["until_day"]):
                yield row

    def _closed(self, meaning: str, first: date, last: date) -> list[Row]:
        return [
            row
            for row in self.deals
            if row["meaning"] == meaning
            and row["closed_day"]
            and first <= row["closed_day"] <= last
        ]

    def _created(self, first: date, last: date) -> list[Row]:
        return [row for row in self.leads if row["day"] and first <= row["day"] <= last]

    def _named(self, row: Row) -> Row:
        owner = row.get("owner_name") or self.owners.get(row["owner_id"], row["owner_id"])
        return {
            "ids": {"deal": row["id"]},
            "deal": row["name"],
            "money": row["amount"],
            "owner": owner,
            "source": row["source"],
        }

    def namesakes(self, on: date) -> dict[str, set[str]]:
        """Return by id the days of other deals of the same name, open or closed of late."""
        live = [
            row
            for row in self._at(on)
            if row["meaning"] == "open" or row["closed_day"] > on - timedelta(days=60)
        ]
        return {
            one["id"]: {
                str(two["day"])
                for two in live
                if two["id"] != one["id"] and two["name"].lower() == one["name"].lower()
            }
            for one in live
        }

    # The day

    def _glance(self, on: date) -> Iterator[Row]:
        row = {
            "n": len(self._created(on, on)),
            "won": len(self._closed("won", on, on)),
            "lost": len(self._closed("lost", on, on)),
        }
        opened = self._open(on).values()
        if opened and all(one["amount"] is None for one in opened):
            yield row | {"open": len(opened)}
            return
        pipeline = {"money": total(opened), "assumed": self._assumed(on)}
        yield row | pipeline | unconverted(opened)

    def _won(self, on: date) -> Iterator[Row]:
        yield from map(self._named, self._closed("won", on, on))

    def _won_largest_month(self, on: date) -> Iterator[Row]:
        largest = sole_largest(self._closed("won", on.replace(day=1), on))
        wins = self._closed("won", on.replace(day=1), on)
        if largest and largest["closed_day"] == on and len(wins) >= 5:
            yield self._named(largest) | unvalued(wins)

    def _won_after_gap(self, on: date) -> Iterator[Row]:
        wins = self._closed("won", on, on)
        earlier = [row["closed_day"] for row in self._closed("won", date.min, on - ONE_DAY)]
        if len(wins) == 1 and earlier and on - max(earlier) >= timedelta(days=3):
            yield self._named(wins[0]) | {"days": (on - max(earlier)).days}

    def _won_repeat(self, on: date) -> Iterator[Row]:
        earlier = Counter(row["account_id"] for row in self._closed("won", date.min, on - ONE_DAY))
        for row in self._closed("won", on, on):
            if row["account_id"] is not None and earlier[row["account_id"]]:
                yield self._named(row) | {"before": earlier[row["account_id"]]}

    def _won_many(self, on: date) -> Iterator[Row]:
        yield from self._many(self._closed("won", on, on))

    def _lost_many(self, on: date) -> Iterator[Row]:
        yield from self._many(self._closed("lost", on, on))

    def _many(self, closed: list[Row]) -> Iterator[Row]:
        if len(closed) >= 3:
            largest = sole_largest(closed)
            reason = self.reasons.get(largest["id"]) if largest else None
            yield together(closed) | unvalued(closed) | ({"reason": reason} if reason else {})

    def _none_won(self, on: date) -> Iterator[Row]:
        if not self._closed("won", on, on):
            yield {}

    def _lost(self, on: date) -> Iterator[Row]:
        for row in self._closed("lost", on, on):
            if self.reasons[row["id"]] is None:
                yield self._named(row)

    def _lost_reason(self, on: date) -> Iterator[Row]:
        for row in self._closed("lost", on, on):
            if self.reasons[row["id"]] is not None:
                yield self._named(row) | {"reason": self.reasons[row["id"]]}

    def _opened(self, on: date) -> Iterator[Row]:
        new = [row for row in self._open(on).values() if row["day"] == on]
        if largest := sole_largest(new):
            yield self._named(largest) | unconverted(new)

    def _opened_next(self, on: date) -> Iterator[Row]:
        new = [row for row in self._open(on).values() if row["day"] == on]
        if second := self._second(on, new):
            yield self._named(second) | unconverted(new)

    def _opened_large(self, on: date) -> Iterator[Row]:
        quarter = [row for row in self._at(on) if on - timedelta(days=90) <= row["day"] < on]
        before = [row["amount"] for row in quarter if row["amount"]]
        for row in self._opened(on):
            smaller = sum(amount < row["money"] for amount in before)
            if len(before) >= 20 and 10 * smaller >= 9 * len(before):
                left = unconverted(r for r in self._at(on) if on - timedelta(days=90) <= r["day"])
                yield row | {"of": len(before)} | left

    # Leads

    def _above_usual(self, on: date) -> Iterator[Row]:
        yield from self._usual(on, is_unusual=True, sign=1)

    def _below_usual(self, on: date) -> Iterator[Row]:
        yield from self._usual(on, is_unusual=True, sign=-1)

    def _as_usual(self, on: date) -> Iterator[Row]:
        yield from self._usual(on, is_unusual=False, sign=0)

    def _usual(self, on: date, *, is_unusual: bool, sign: int) -> Iterator[Row]:
        row = self.usual.get(on)
        count = len(self._created(on, on))
        if row and row["is_unusual"] is is_unusual and sign * (count - row["normal"]) >= 0:
            yield {"n": count, "usual": row["normal"], "weekday": WEEKDAYS[on.weekday()]}

    def _source_more(self, on: date) -> Iterator[Row]:
        yield from self._source(on, 1) if any(self._above_usual(on)) else ()

    def _source_fewer(self, on: date) -> Iterator[Row]:
        yield from self._source(on, -1) if any(self._below_usual(on)) else ()

    def _source(self, on: date, sign: int) -> Iterator[Row]:
        days = self.usual[on]["compared_with"]
        now = Counter(row["source"] for row in self._created(on, on))
        then = Counter(row["source"] for row in self.leads if row["day"] in days)
        usual = {source: Decimal(then[source]) / len(days) for source in now | then}
        shares = {source: sign * (now[source] - mean) for source, mean in usual.items()}
        source = sole_most(shares)
        if source is not None:
            yield {
                "source": source,
                "n": now[source],
                "usual": usual[source],
                "weekday": WEEKDAYS[on.weekday()],
            }

    def _more_than_before(self, on: date) -> Iterator[Row]:
        yield from self._compared(self._leads(on, 1), 1)

    def _fewer_than_before(self, on: date) -> Iterator[Row]:
        yield from self._compared(self._leads(on, 1), -1)

    def _same_as_before(self, on: date) -> Iterator[Row]:
        yield from self._compared(self._leads(on, 1), 0)

    def _leads(self, on: date, days: int) -> Row:
        span = timedelta(days=days)
        return {
            "n": len(self._created(on - span + ONE_DAY, on)),
            "before": len(self._created(on - 2 * span + ONE_DAY, on - span)),
        }

    @staticmethod
    def _compared(row: Row, sign: int) -> Iterator[Row]:
        if (row["n"] > row["before"]) - (row["n"] < row["before"]) == sign:
            yield row

    def _junk_highest(self, on: date) -> Iterator[Row]:
        yield from self._lasting(on, "junk")

    def _junk_changed(self, on: date) -> Iterator[Row]:
        yield from (row for row in self._lasting(on, "junk") if row["is_changed"])

    def _conv_highest(self, on: date) -> Iterator[Row]:
        yield from self._lasting(on, "converted")

    def _conv_changed(self, on: date) -> Iterator[Row]:
        yield from (row for row in self._lasting(on, "converted") if row["is_changed"])

    def _lasting(self, on: date, meaning: str) -> Iterator[Row]:
        """Yield the highest of a day if it was so a week before, with the one named last."""
        family = {"junk": "junk", "converted": "conv"}[meaning]
        named = [
            item
            for item in self.told
            if item["day"] < on and item["in_message"] and item["stance"].startswith(family)
        ]
        told = max(named, key=lambda item: item["day"], default=None)
        last = told and told["subject"]
        before = [row["source"] for row in self._highest(on - WEEK, meaning)]
        for row in self._highest(on, meaning) if self._are_judged(on) else ():
            if row["source"] in before:
                was = row["each"].get(last, [])
                rate = {"was_pct": share(sum(was), len(was))} if was else {}
                rate |= {"was_n": sum(was), "was_of": len(was)} if was else {}
                is_other = bool(told) and last != row["source"]
                is_changed = is_other and self._was_compared(row["source"], told["day"])
                yield row | {"was": last, "is_changed": is_changed} | rate

    def _reason_most(self, on: date) -> Iterator[Row]:
        lost = self._closed("lost", on - timedelta(days=29), on)
        counts = Counter(self.reasons[row["id"]] for row in lost)
        counts.pop(None, None)
        reason = sole_most(counts)
        if reason is not None and counts[reason] >= 3:
            since = on - timedelta(days=29)
            yield {"reason": reason, "n": counts[reason], "of": len(lost), "since": since}

    def _source_waiting(self, on: date) -> Iterator[Row]:
        yield from (row for row in self._followed(on) if 2 * row["n"] >= row["of"])

    def _source_followed(self, on: date) -> Iterator[Row]:
        yield from (row for row in self._followed(on) if 2 * row["n"] < row["of"])

    # Money

    def _target_to_go(self, on: date) -> Iterator[Row]:
        for row in self._target(on):
            if row["short"] > 0 and on < month_end(on):
                days = [on + ONE_DAY * n for n in range(1, (month_end(on) - on).days + 1)]
                left = [d for d in days if self._is_worked(d)]
                days_left = {"n": len(left)} if left else {}
                a_day = {"a_day": row["short"] / len(left)} if len(left) > 1 else {}
                yield row | days_left | a_day

    def _target_reached(self, on: date) -> Iterator[Row]:
        yield from (row for row in self._target(on) if row["short"] <= 0)

    def _target_missed(self, on: date) -> Iterator[Row]:
        yield from (row for row in self._target(on) if row["short"] > 0 and on == month_end(on))

    def _target(self, on: date) -> Iterator[Row]:
        wins = self._closed("won", on.replace(day=1), on)
        for row in self.targets:
            if row["first_day"] == on.replace(day=1) and row["told_until"] is None:
                won = {"money": total(wins), "target": row["amount"]} | unvalued(wins)
                yield won | {"short": row["amount"] - total(wins)}

    def _month_ended(self, on: date) -> Iterator[Row]:
        yield from (row for row in self._ended(on, 1) if row["before"] is None)

    def _month_ended_more(self, on: date) -> Iterator[Row]:
        yield from self._ended_against(on, 1, 1)

    def _month_ended_less(self, on: date) -> Iterator[Row]:
        yield from self._ended_against(on, 1, -1)

    def _month_ended_level(self, on: date) -> Iterator[Row]:
        yield from self._ended_against(on, 1, 0)

    def _quarter_ended(self, on: date) -> Iterator[Row]:
        yield from (row for row in self._ended(on, 3) if row["before"] is None)

    def _quarter_ended_more(self, on: date) -> Iterator[Row]:
        yield from self._ended_against(on, 3, 1)

    def _quarter_ended_less(self, on: date) -> Iterator[Row]:
        yield from self._ended_against(on, 3, -1)

    def _quarter_ended_level(self, on: date) -> Iterator[Row]:
        yield from self._ended_against(on, 3, 0)

    def _ended_against(self, on: date, months: int, sign: int) -> Iterator[Row]:
        for row in self._ended(on, months):
            if row["before"] is not None:
                yield from self._against(row, sign)

    def _is_worked(self, day: date) -> bool:
        return day.isoweekday() < 6 and day not in self.holidays

    def _forecast_month(self, on: date) -> Iterator[Row]:
        for row in self.forecasts:
            if row["day"] == on < row["last_day"]:
                low, middle, high = (row[f"value_p{share}"] for share in (10, 50, 90))
                if high - low >= max(high / 100, 1):
                    wins = self._closed("won", on.replace(day=1), on)
                    yield {"low": low, "money": middle, "high": high} | unvalued(wins)

    def _month_ahead(self, on: date) -> Iterator[Row]:
        yield from self._against(self._month(on), 1) if on.day >= 8 else ()

    def _month_behind(self, on: date) -> Iterator[Row]:
        left = [
            row
            for row in self._open(on).values()
            if row["closing_date"] and on < row["closing_date"] <= month_end(on)
        ]
        for row in self._against(self._month(on), -1) if on.day >= 8 else ():
            due = {"due": len(left), "due_money": total(left)}
            yield row | due | unconverted(left, "due_money")

    def _month_level(self, on: date) -> Iterator[Row]:
        yield from self._against(self._month(on), 0) if on.day >= 8 else ()

    def _month(self, on: date) -> Row:
        last = on.replace(day=1) - ONE_DAY
        until = last.replace(day=min(on.day, last.day))
        return self._won_against((on.replace(day=1), on), (last.replace(day=1), until))

    def _won_against(self, now: tuple[date, date], before: tuple[date, date]) -> Row:
        row: Row = {}
        for name, days in (("money", now), ("before", before)):
            wins = self._closed("won", *days)
            row |= {name: total(wins)} | unvalued(wins, name)
        return row

    @staticmethod
    def _against(row: Row, sign: int, level: int = 10) -> Iterator[Row]:
        """Yield what moved that way; a tenth of what was before, or a rupee, is level."""
        moved = row["money"] - row["before"]
        is_level = abs(moved) <= max(row["before"] / level, 1)
        if (0 if is_level else 1 if moved > 0 else -1) == sign:
            yield row

    def _rep_most_month(self, on: date) -> Iterator[Row]:
        won: dict[str, Decimal] = defaultdict(Decimal)
        for row in self._closed("won", on.replace(day=1), on):
            won[row["owner_name"]] += row["amount"] or 0
        owner = sole_most(won)
        every = self._closed("won", on.replace(day=1), on)
        wins = [row for row in every if row["amount"]]
        if owner is not None and len(won) >= 2 and len(wins) >= 5:
            yield {"owner": owner, "money": won[owner]} | unvalued(every)

    def _pipeline_up(self, on: date) -> Iterator[Row]:
        yield from self._against(self._pipeline(on), 1, 20)

    def _pipeline_down(self, on: date) -> Iterator[Row]:
        yield from self._against(self._pipeline(on), -1, 20)

    def _pipeline_level(self, on: date) -> Iterator[Row]:
        yield from self._against(self._pipeline(on), 0, 20)

    def _pipeline(self, on: date) -> Row:
        now, then = self._open(on), self._open(on - WEEK)
        row = {
            "money": total(now.values()),
            "before": total(then.values()),
            "assumed": self._assumed(on - WEEK),
        }
        foreign = [{r["id"] for r in some.values() if r["is_unconverted"]} for some in (now, then)]
        if foreign[0] != foreign[1]:  # else the glance has said it, and it moves nothing
            row |= unconverted(now.values()) | unconverted(then.values(), "before")
        return row

    def _assumed(self, on: date) -> Decimal | None:
        """Return the percent of what was open of which it is not known what it said on the day."""
        found = self._open(on).values()
        unknown = [r for r in found if r["known_from"] is None or r["known_from"] > on]
        share = 100 * total(unknown) / total(found) if total(found) else Decimal()
        return share if share >= 5 else None

    def _parts(self, on: date) -> Iterator[Row]:
        yield from self._moved(on, 0)

    def _parts_more(self, on: date) -> Iterator[Row]:
        yield from self._moved(on, 1)

    def _parts_less(self, on: date) -> Iterator[Row]:
        yield from self._moved(on, -1)

    # Dates

    def _newly_overdue_one(self, on: date) -> Iterator[Row]:
        passed = [row for row in self._open(on).values() if row["closing_date"] == on]
        if len(passed) == 1:
            yield self._named(passed[0]) | {"date": on}

    def _newly_overdue(self, on: date) -> Iterator[Row]:
        passed = [row for row in self._open(on).values() if row["closing_date"] == on]
        if len(passed) >= 2:
            second = self._second(on, passed)
            row = together(passed) | {"date": on} | unconverted(passed)
            if second:
                row |= {"second": second["name"], "second_money": second["amount"]}
                row["ids"] = {**row.get("ids", {}), "second": second["id"]}
            yield row

    def _past(self, on: date) -> list[Row]:
        found = self._open(on).values()
        return [row for row in found if row["closing_date"] and row["closing_date"] <= on]

    def _overdue_more(self, on: date) -> Iterator[Row]:
        yield from self._more_or_less(self._overdue(on), 1)

    def _overdue_fewer(self, on: date) -> Iterator[Row]:
        worth, was = total(self._past(on)), total(self._past(on - WEEK))
        yield from self._more_or_less(self._overdue(on), -1) if worth <= was else ()

    def _overdue_same(self, on: date) -> Iterator[Row]:
        yield from self._more_or_less(self._overdue(on), 0)

    @staticmethod
    def _more_or_less(row: Row, sign: int) -> Iterator[Row]:
        """Yield what moved that way by more than one, and than a tenth of what was before."""
        moved = row["n"] - row["before"]
        is_level = abs(moved) <= 1 or 10 * abs(moved) <= row["before"]
        if (0 if is_level else 1 if moved > 0 else -1) == sign:
            yield row

    def _overdue(self, on: date) -> Row:
        past = self._past(on)
        return together(past) | {"before": len(self._past(on - WEEK))} | unconverted(past)

    def _deal_overdue(self, on: date) -> Iterator[Row]:
        if largest := sole_largest(self._late(on)):
            late = {"days": (on - largest["closing_date"]).days}
            yield self._named(largest) | late | unconverted(self._past(on))

    def _overdue_next(self, on: date) -> Iterator[Row]:
        if second := self._second(on, self._late(on)):
            late = {"days": (on - second["closing_date"]).days}
            yield self._named(second) | late | unconverted(self._past(on))

    def _late(self, on: date) -> list[Row]:
        return [row for row in self._past(on) if not is_mistyped(row, on)]

    def _date_mistyped(self, on: date) -> Iterator[Row]:
        yield from (row for row in self._mistyped(on) if "n" not in row)

    def _dates_mistyped(self, on: date) -> Iterator[Row]:
        yield from (row for row in self._mistyped(on) if "n" in row)

    def _mistyped(self, on: date) -> Iterator[Row]:
        found = [row for row in self._open(on).values() if is_mistyped(row, on)]
        most = max((row["amount"] for row in found if row["amount"] is not None), default=None)
        for row in found:
            if row["amount"] == most:
                several = {"n": len(found)} if len(found) > 1 else {}
                yield several | {"deal": row["name"], "year": str(row["closing_date"].year)}

    def _second(self, on: date, found: list[Row]) -> Row | None:
        """Return the second largest, after one largest, where it is large for the pipeline."""
        first = sole_largest(found)
        second = sole_largest([row for row in found if first and row["id"] != first["id"]])
        is_large = second and second["amount"] > total(self._open(on).values()) / 50
        return second if is_large else None

    def _due_in_a_week(self, on: date) -> list[Row]:
        return [
            row
            for row in self._open(on).values()
            if row["closing_date"] and on < row["closing_date"] <= on + WEEK
        ]

    def _load_high(self, on: date) -> Iterator[Row]:
        overdue = Counter(row["owner_id"] for row in self._past(on) if row["owner_id"] != "(none)")
        counts = sorted(overdue.values(), reverse=True)
        owners = {row["owner_id"] for row in self._open(on).values()} - {"(none)"}
        if len(owners) >= 4 and sum(counts) >= 10 and 2 * sum(counts[:2]) >= sum(counts):
            yield {"n": sum(counts[:2]), "of": sum(counts)}

    # What changed of a deal on the day

    def _changed(self, on: date) -> Iterator[tuple[Row, Row]]:
        before = self._open(on - ONE_DAY)
        for deal_id, now in self._open(on).items():
            if deal_id in before:
                yield before[deal_id], now

    def _pushed(self, on: date) -> Iterator[Row]:
        for old, new in self._changed(on):
            if old["closing_date"] and new["closing_date"]:
                days = (new["closing_date"] - old["closing_date"]).days
                if days > 0:
                    yield self._named(new) | {"days": days, "date": new["closing_date"]}

    def _back(self, on: date) -> Iterator[Row]:
        for old, new in self._changed(on):
            if new["position"] < old["position"]:
                yield self._named(new) | {"stage": new["stage"], "stage_before": old["stage"]}

    # Once a week

    def _gap_amount(self, on: date) -> Iterator[Row]:
        yield from self._gap(on, [row["original_amount"] for row in self._open(on).values()])

    def _gap_date(self, on: date) -> Iterator[Row]:
        yield from self._gap(on, [row["closing_date"] for row in self._open(on).values()])

    def _gap_source(self, on: date) -> Iterator[Row]:
        created = self._created(on - WEEK + ONE_DAY, on)
        yield from self._gap(on, [{"(none)": None}.get(row["source"], 1) for row in created])

    @staticmethod
    def _gap(on: date, values: list[Any]) -> Iterator[Row]:
        if on.weekday() == 6 and values.count(None):
            yield {"n": values.count(None), "of": len(values)}

    def _week_won_more(self, on: date) -> Iterator[Row]:
        yield from self._week_won(on, 1)

    def _week_won_less(self, on: date) -> Iterator[Row]:
        yield from self._week_won(on, -1)

    def _week_won_level(self, on: date) -> Iterator[Row]:
        yield from self._week_won(on, 0)

    def _week_won(self, on: date, sign: int) -> Iterator[Row]:
        week = on - WEEK + ONE_DAY, on
        won = self._won_against(week, (week[0] - WEEK, on - WEEK))
        if on.weekday() == 6:
            yield from self._against(won, sign)

    def _tells_week(self, on: date) -> bool:
        rows = [(ago, self.usual.get(on - timedelta(days=ago))) for ago in range(14)]
        unusual = [(ago, row) for ago, row in rows if row and row["is_unusual"]]
        not_told = [row for ago, row in unusual if ago >= 7 or row["value"] > 3 * row["normal"]]
        return on.weekday() == 6 and not not_told

    def _week_leads_more(self, on: date) -> Iterator[Row]:
        yield from self._week_leads(on, 1)

    def _week_leads_fewer(self, on: date) -> Iterator[Row]:
        yield from self._week_leads(on, -1)

    def _week_leads_same(self, on: date) -> Iterator[Row]:
        yield from self._week_leads(on, 0)

    def _week_leads_mixed(self, on: date) -> Iterator[Row]:
        yield from self._week_leads(on, None)

    def _week_leads(self, on: date, sign: int | None) -> Iterator[Row]:
        """Yield the week's leads if they moved that way against all that is printed; None: not all.

        Level is where chance alone makes two weeks differ as much.
        """
        row = self._leads(on, 7)
        if row["n"] + row["before"] < 10 or not self._tells_week(on):
            return
        usual = [len(self._created(d - WEEK + ONE_DAY, d)) for d in self._known_weeks(on)]
        if len(usual) >= 2:
            middle = rounded(Decimal(median(usual)), "0.1")
            row |= {"usual": middle, "weeks": len(usual)}
        against = [row[name] for name in ("before", "usual") if name in row]
        ways = {self._way(row["n"], before) for before in against}
        if ways == {sign} or (sign is None and len(ways) > 1):
            yield row

    @staticmethod
    def _way(now: int, before: Decimal) -> int:
        is_level = abs(now - before) <= max(before / 10, Decimal(1.5 * math.sqrt(now + before)))
        return 0 if is_level else 1 if now > before else -1

    def _known_weeks(self, on: date) -> Iterator[date]:
        """Yield the last day of each of the four weeks before that is known."""
        for ago in range(1, 5):
            days = [on - ago * WEEK - ONE_DAY * n for n in range(7)]
            known = [day for day in days if day in self.kpis]
            if len(known) == 7:
                yield days[0]

    # What was told of earlier days

    def _corrected(self, on: date) -> Iterator[Row]:
        last = max((row["created_at"] for row in self.briefings if row["day"] < on), default=None)
        for row in self.restatements:
            if last and row["restated_at"] > last and row["day"] in self.days_told:
                yield row

    def _restated_leads(self, on: date) -> Iterator[Row]:
        yield from self._restated(on, "new_leads", "n")

    def _restated_won(self, on: date) -> Iterator[Row]:
        yield from self._restated(on, "won_deals", "n")

    def _restated_lost(self, on: date) -> Iterator[Row]:
        yield from self._restated(on, "lost_deals", "n")

    def _restated_pipeline(self, on: date) -> Iterator[Row]:
        yield from self._restated(on, "open_pipeline_value", "money")

    def _restated_definition(self, on: date) -> Iterator[Row]:
        changed = [row for row in self._corrected(on) if row["reason"] == "definition changed"]
        yield {"n": len({row["day"] for row in changed})}

    # What became of advice

    def _advice_won(self, on: date) -> Iterator[Row]:
        yield from (self._named(new) for _, new in self._advised(on) if new["meaning"] == "won")

    def _advice_lost(self, on: date) -> Iterator[Row]:
        yield from (self._named(new) for _, new in self._advised(on) if new["meaning"] == "lost")

    def _advice_date(self, on: date) -> Iterator[Row]:
        for old, new in self._advised(on):
            if new["meaning"] == "open" and is_later(old, new):
                dates = {"date": new["closing_date"], "date_before": old["closing_date"]}
                yield self._named(new) | dates

    def _advice_stage(self, on: date) -> Iterator[Row]:
        for old, new in self._advised(on):
            if new["meaning"] == "open" and not is_later(old, new) and old["stage"] != new["stage"]:
                yield self._named(new) | {"stage": new["stage"], "stage_before": old["stage"]}


def is_later(old: Row, new: Row) -> bool:
    return bool(
        new["closing_date"]
        and (not old["closing_date"] or new["closing_date"] > old["closing_date"])
    )


def total(found: Iterable[Row]) -> Decimal:
    return sum((row["amount"] or Decimal(0) for row in found), Decimal(0))


def unvalued(found: Iterable[Row], name: str = "money") -> Row:
    """Return how many of these closed deals are in no sum, whatever the reason."""
    deals = sum(row["amount"] is None for row in found)
    return {f"{name}_unvalued": deals} if deals else {}


def is_mistyped(row: Row, on: date) -> bool:
    return bool(row["closing_date"]) and abs((row["closing_date"] - on).days) > 7305


def unconverted(found: Iterable[Row], name: str = "money") -> Row:
    """Return how many of these deals have an amount that no rate brings into a sum."""
    deals = sum(row["original_amount"] is not None and row["amount"] is None for row in found)
    return {f"{name}_unconverted": deals} if deals else {}


def together(found: list[Row]) -> Row:
    """Return how many they are, what they are worth, and the largest where none is as large."""
    row: Row = {"n": len(found), "money": total(found)}
    if largest := sole_largest(found):
        row |= {"deal": largest["name"], "deal_money": largest["amount"]}
        row |= {"ids": {"deal": largest["id"]}}
        row |= {"date": largest["closing_date"]}
    return row


def sole_largest(found: list[Row]) -> Row | None:
    most = max((row["amount"] for row in found if row["amount"] is not None), default=None)
    at_most = [row for row in found if most is not None and row["amount"] == most]
    return at_most[0] if len(at_most) == 1 else None


def sole_most(counts: dict[str, Any]) -> str | None:
    most = [name for name, value in counts.items() if value == max(counts.values())]
    return most[0] if len(most) == 1 and counts[most[0]] > 0 else None


def share(part: int, whole: int) -> Decimal:
    return Decimal(100 * part) / whole


# What an English reader takes from the print


def said(phrase: str, sentence: str) -> Row | None:
    """Return what stands in each place of a phrase that was printed; None if it is another one."""
    names = [place.group() for place in PLACE.finditer(phrase)]
    texts = PLACE.split(phrase)[:: PLACE.groups + 1]
    places = [f"({AMOUNT if '$' in name else '.+?'})" for name in names]
    pattern = "".join(chain(*zip(map(re.escape, texts), [*places, ""], strict=True)))
    found = re.fullmatch(pattern, sentence)
    return dict(zip(names, found.groups(), strict=True)) if found else None


def month_end(on: date) -> date:
    return (on.replace(day=1) + 31 * ONE_DAY).replace(day=1) - ONE_DAY


def shown(place: str, values: Row) -> str | None:
    """Return how a value is written in that place; None where there is none."""
    name, form, one, many = PLACE.fullmatch(place).groups()  # type: ignore[union-attr]
    value = values.get(name)
    if value is None:
        return None
    if isinstance(value, date):
        return f"{value.day} {MONTHS[value.month - 1]} {value.year}"
    if isinstance(value, str):
        return value if name == "weekday" else clean(value)
    write: Callable[[Any], str] = {"$": rupees, "%": lambda pct: f"{tenths(pct)}%"}.get(form, count)
    return write(value) + (f" {one if value == 1 else many}" if one is not None else "")


def left_out(name: str, values: Row) -> str:
    """Return what stands behind an amount where deals are missing in it."""
    reasons = {"unvalued": "of unknown value", "unconverted": "without a valid exchange rate"}
    parts = [
        f"{count(deals)} {'deal' if deals == 1 else 'deals'} {reason}"
        for why, reason in reasons.items()
        if (deals := values.get(f"{name}_{why}"))
    ]
    return f" [not included: {', '.join(parts)}]" if parts else ""


def rounded(value: Decimal, places: str) -> Decimal:
    return Decimal(value).quantize(Decimal(places), ROUND_HALF_UP)


def tenths(value: Decimal) -> str:
    return str(rounded(value, "0.1"))


def count(value: Decimal | int) -> str:
    whole, _, part = tenths(Decimal(value)).partition(".")
    return grouped(whole) + (f".{part}" if part.strip("0") else "")


def rupees(value: Decimal) -> str:
    # 99,99,999 is not a hundred lakh but one crore, to the two decimals that are printed
    if rounded(value / 10**5, "0.01") >= 100:
        return f"₹{rounded(value / 10**7, '0.01')} Cr"
    if rounded(value, "1") >= 10**5:
        return f"₹{rounded(value / 10**5, '0.01')} L"
    return f"₹{grouped(str(rounded(value, '1')))}"


def grouped(digits: str) -> str:
    """Return whole digits as India groups them: 12,34,567."""
    head, tail = digits[:-3], digits[-3:]
    pairs = re.sub(r"(?<=\d)(?=(?:\d\d)+$)", ",", head)
    return f"{pairs},{tail}" if head else tail
