"""The third reading of what the briefing learned to say later, by somebody who wrote none of it.

Each statement is read as its English is understood by somebody who remembers the messages before:
a figure that one of them told is what its print said, and parts of a whole add up.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from aha_pipeline.briefing.names import clean
from aha_pipeline_tests.briefing.third_reading import (
    ENGLISH,
    ONE_DAY,
    PLACE,
    WEEK,
    Row,
    ThirdReading,
    count,
    left_out,
    rupees,
    said,
    shown,
    sole_largest,
    sole_most,
    tenths,
    total,
    unconverted,
    unvalued,
)
from aha_pipeline_tests.warehouse.marts_company import rows

MONTH = timedelta(days=29)  # thirty days with the day itself
REMEMBERED = 4 * WEEK


class LaterReading(ThirdReading):
    def __init__(self, connection) -> None:
        super().__init__(connection)
        texts = (
            "select day, messages -> 'en' ->> 'glance' as glance from analytics.ai_briefings_log"
        )
        self.glances = {
            row["day"]: row["glance"] for row in rows(connection, texts + " order by id")
        }

    # A sentence as a whole

    def bears_out(self, stance: str, sentence: str, on: date) -> bool:
        """Return whether the marts and the messages before bear out an English sentence."""
        readings = [said(phrase, sentence) for phrase in ENGLISH["stance"][stance]]
        true = list(getattr(self, f"_{stance}")(on))
        return any(
            all(self._is_so(place, text, values, stance, on) for place, text in read.items())
            for read in readings
            if read is not None
            for values in true
        )

    def _is_so(self, place: str, text: str, values: Row, stance: str, on: date) -> bool:
        """Return whether a place prints its value, with what was told of it if that was another."""
        now = shown(place, values)
        if now is None:
            return False
        name, form, *_ = PLACE.fullmatch(place).groups()  # type: ignore[union-attr]
        left = left_out(name, values) if form == "$" else ""
        if not text.endswith(left):
            return False
        text = text.removesuffix(left)
        if form == "$" and stance not in ("cut", "raised"):
            was = self._amount_told(name, values, on)
            if was is not None and rupees(was) != rupees(values[name]):
                return text == f"{now}, {'up' if values[name] > was else 'down'} from {rupees(was)}"
        told = values.get(f"{name}_told", self._summed(stance, name, on))
        write = rupees if form == "$" else count
        if told is not None and write(told) != write(values[name]):
            return text == f"{now} ({write(told)} in the daily messages)"
        return text == now

    # What messages told

    def _in_messages(self, first: date, before: date) -> Iterator[Row]:
        for item in self.told:
            if item["in_message"] and first <= item["day"] < before:
                yield item

    def _amount_told(self, name: str, values: Row, on: date) -> Decimal | None:
        """Return the amount that a message last gave of the deal whose amount this is."""
        own = "money" if "deal_money" not in values else "deal_money"
        place = {own: "deal", "second_money": "second"}.get(name)
        deal_id = values.get("ids", {}).get(place)
        last: tuple[date, Decimal] | None = None
        for item in self._in_messages(on - REMEMBERED, on) if deal_id else ():
            for told in amounts_in(item, deal_id, values[place]):
                if last is None or item["day"] >= last[0]:
                    last = item["day"], told
        return last and last[1]

    def _summed(self, stance: str, name: str, on: date) -> Decimal | None:
        """Return what the glances of some days come to, all of which were told, the day's own too.

        That is what a reader would add up who kept them.
        """
        spans = {
            ("week_leads", "n"): (0, 6, 0),
            ("week_leads", "before"): (0, 13, 7),
            ("waiting", "of"): (0, 27, 0),
            ("pipeline", "before"): (3, 7, 7),
        }
        family = next((f for f, n in spans if stance.startswith(f) and n == name), None)
        if family:
            part, first, last = spans[family, name]
            days = [on - ONE_DAY * ago for ago in range(last, first + 1)]
        elif stance.startswith(("month_ended", "quarter_ended")) and name == "n":
            part = 1
            first_day, last_day = self._period(on, 1 if stance.startswith("month") else 3)
            days = [first_day + ONE_DAY * n for n in range((last_day - first_day).days + 1)]
        else:
            return None
        told = [self._glanced(day, part, on) for day in days]
        return None if None in told else sum((t for t in told if t is not None), Decimal(0))

    def _glanced(self, day: date, part: int, on: date) -> Decimal | None:
        """Return a figure of the glance that was told of a day: leads, won, lost, or money."""
        if day == on:
            of_day = next(iter(self._glance(on)))
            return Decimal(of_day.get(("n", "won", "lost", "money")[part], 0))
        if day not in self.glances:
            return None
        parts = self.glances[day].removesuffix(" of unknown value").split(" · ")
        if part == 3 and "₹" not in parts[-1]:
            return None
        return read_figure(parts[part].split(" ")) if part < len(parts) else None

    # What became of it

    def _due_followed(self, on: date) -> Iterator[Row]:
        for item in self._in_messages(on - WEEK - 2 * ONE_DAY, on - WEEK + ONE_DAY):
            if on.weekday() != 6 or item["stance"] not in ("due", "due_one", "due_named"):
                continue
            due = {row["id"] for row in self._due_in_a_week(item["day"])}
            now = [row for row in self._at(on) if row["id"] in due]
            opened = [row for row in now if row["meaning"] == "open"]
            later = [row for row in opened if row["closing_date"] and row["closing_date"] > on]
            row: Row = {
                "n": int(item["figures"].get("n", 1)),
                "told": item["day"],
                "won": sum(row["meaning"] == "won" for row in now),
                "lost": sum(row["meaning"] == "lost" for row in now),
                "later": len(later),
                "still": len(opened) - len(later),
            }
            if row["n"] == sum(row[part] for part in ("won", "lost", "later", "still")):
                yield row

    def _followed(self, on: date) -> Iterator[Row]:
        for item in self._in_messages(on - 4 * WEEK, on):
            why = re.search(r"(?:^|brought )(\S+) of them", unmarked(item["why"]))
            _, _, source = (item["link"] or "").partition("source_more:")
            if (on - item["day"]).days not in (7, 28) or not source or not why:
                continue
            ids = {
                r["id"] for r in self._created(item["day"], item["day"]) if r["source"] == source
            }
            last = {row["id"]: row for row in self._lead_contents_until(on) if row["id"] in ids}
            waits = self._never_marked(on, item["day"], item["day"])
            if len(ids) >= 30:
                yield {
                    "of_told": read_figure([why[1]]),
                    "source": source,
                    "told": item["day"],
                    "of": len(ids),
                    "n": len(waits & ids),
                    "junk": sum(row["meaning"] == "junk" for row in last.values()),
                    "converted": sum(row["is_converted"] for row in last.values()),
                }

    def _lead_contents_until(self, on: date) -> list[Row]:
        """Return what leads said up to the end of a day, oldest first, if for an hour only."""
        known = [row for row in self.lead_contents if row["from_day"] <= on]
        return sorted(known, key=lambda row: (row["from_day"], row["until_day"] or date.max))

    def _never_marked(self, on: date, first: date, last: date) -> set[str]:
        """Return the leads of some days that never left the first status up to the end of one."""
        said_so: dict[str, bool] = defaultdict(lambda: True)
        for row in self._lead_contents_until(on):
            if first <= row["day"] <= last:
                is_first = not row["is_converted"] and row["status"] in self.first_statuses
                said_so[row["id"]] &= is_first
        return {lead for lead, is_first in said_so.items() if is_first} & self._there(on)

    def _there(self, on: date) -> set[str]:
        return {
            row["id"]
            for row in self.lead_contents
            if row["is_present"] and not (row["until_day"] and row["until_day"] <= on)
        }

    def _waiting(self, on: date) -> Iterator[Row]:
        yield from (row for row in self._waits(on) if "source" not in row)

    def _waiting_source(self, on: date) -> Iterator[Row]:
        yield from (row for row in self._waits(on) if "source" in row)

    def _waits(self, on: date) -> Iterator[Row]:
        since = on - 4 * WEEK + ONE_DAY
        live = {row["id"] for row in self._created(since, on)}
        waits = self._never_marked(on, since, on) & live
        row: Row = {"n": len(waits), "of": len(live), "since": since}
        last = {one["id"]: one["source"] for one in self._lead_contents_until(on)}
        of_all, of_waits = (Counter(last[lead] for lead in some) for some in (live, waits))
        for source, times in of_waits.items():
            is_more = times * len(live) > of_all[source] * len(waits)
            if source != "(none)" and 2 * times > len(waits) and is_more:
                row |= {"source": source, "of_source": times}
        if len(waits) >= 3:
            yield row
        for item in self._in_messages(date.min, on) if len(waits) >= 3 else ():
            if item["kind"] == "waiting":
                day = item["day"]
                then = self._never_marked(day, day - 4 * WEEK + ONE_DAY, day)
                still = self._never_marked(on, day - 4 * WEEK + ONE_DAY, day)
                was_n = int(item["figures"]["n"])
                if len(then) == was_n:
                    yield row | {"told": day, "was_n": was_n, "still": len(then & still)}

    def _advised(self, on: date) -> Iterator[tuple[Row, Row]]:
        """Yield what each deal that the last message advised on by name said then, and says now."""
        last = max((row["day"] for row in self.briefings if row["day"] < on), default=None)
        if last is None:
            return
        then, now = self._open(last), {row["id"]: row for row in self._at(on)}
        for item in self.told:
            if item["day"] == last and item["advised"] and item["in_message"]:
                for deal_id in {item["subject"], *item["records"]} & then.keys() & now.keys():
                    if clean(then[deal_id]["name"]) in bare(item):
                        yield then[deal_id], now[deal_id]

    def _advice_open(self, on: date) -> Iterator[Row]:
        for old, new in self._advised(on):
            if new["meaning"] == "open" and all(
                old[part] == new[part] for part in ("stage", "closing_date", "original_amount")
            ):
                yield self._named(new)

    # What is told otherwise than it was

    def _restated(self, on: date, figure: str, name: str) -> Iterator[Row]:
        part = {"new_leads": 0, "won_deals": 1, "lost_deals": 2, "open_pipeline_value": 3}[figure]
        stance = {"new_leads": "leads", "won_deals": "won", "lost_deals": "lost"}.get(figure)
        for day in self.glances:
            if day >= on:
                continue
            was = self._glanced(day, part, on)
            for item in self._in_messages(day, on):  # a correction is what was told last
                is_it = item["stance"] == f"restated_{stance or 'pipeline'}"
                if is_it and item["figures"]["date"] == str(day):
                    was = Decimal(str(item["figures"][name]))
            now = Decimal(self.kpis[day][figure])
            write = rupees if name == "money" else count
            if was is not None and write(was) != write(now):
                left = unconverted(self._open(day).values()) if name == "money" else {}
                yield {name: now, "before": was, "date": day} | left

    # Months and quarters that ended

    def _period(self, on: date, months: int) -> tuple[date, date]:
        """Return the first and last day of the period that ended last before the next day."""
        first = (on + ONE_DAY).replace(day=1)
        while (first.month - self.fiscal_start) % months:
            first = month_before(first)
        start = first
        for _ in range(months):
            start = month_before(start)
        return start, first - ONE_DAY

    def _ended(self, on: date, months: int) -> Iterator[Row]:
        first, last = self._period(on, months)
        between = [last + ONE_DAY * n for n in range(1, (on - last).days + 1)]
        if any(map(self._is_worked, between)) or not self._is_worked(on + ONE_DAY):
            return
        start = first
        for _ in range(months):
            start = month_before(start)
        wins = self._closed("won", first, last)
        row: Row = {"n": len(wins), "date": last, "before": None}
        row |= self._won_against((first, last), (start, first - ONE_DAY))
        oldest = min((deal["day"] for deal in self.deals if deal["day"]), default=None)
        if start not in self.kpis or not oldest or oldest > start:
            row["before"] = None  # nobody knows what was won before
        aims = [
            aim["amount"]
            for aim in self.targets
            if aim["scope"] == "company"
            and aim["told_until"] is None
            and (aim["first_day"], aim["last_day"]) == (first, last)
        ]
        yield row | ({"target": aims[0]} if aims else {})

    # The pipeline

    def _one_deal(self, on: date) -> Iterator[Row]:
        found = [row for row in self._open(on).values() if row["amount"]]
        whole = sum(row["amount"] for row in found)
        for row in found:
            if 3 * row["amount"] > whole and len(found) >= 5:
                named = self._named(row) | {"pipeline": whole, "pct": 100 * row["amount"] / whole}
                yield named | unconverted(self._open(on).values(), "pipeline")

    def _moved(self, on: date, sign: int) -> Iterator[Row]:
        """Yield the parts of a week, deal by deal: what came, was won, was lost, and the rest."""
        before, now = self._open(on - WEEK), self._open(on)
        came: dict[str, Decimal] = defaultdict(Decimal)
        went: dict[str, dict[str, Decimal]] = {"won": {}, "lost": {}}
        for meaning, of_deal in went.items():
            for row in self._closed(meaning, on - WEEK + ONE_DAY, on):
                of_deal[row["id"]] = row["amount"] or Decimal(0)
                if not self._was_open_before(row["id"], row["closed_day"]):
                    came[row["id"]] += of_deal[row["id"]]
        for deal_id in {row["id"] for row in self.contents}:
            if amount := self._first_open(deal_id, on):
                came[deal_id] += amount
        other: dict[str, Decimal] = {}
        for deal_id in {*before, *now, *came, *went["won"], *went["lost"]}:
            moved = worth(now, deal_id) - worth(before, deal_id) - came.get(deal_id, Decimal(0))
            other[deal_id] = moved + sum(part.get(deal_id, Decimal(0)) for part in went.values())
        rest = sum(other.values(), Decimal(0))
        if (rest > 0) - (rest < 0) != sign:
            return
        row = {"opened": sum(came.values(), Decimal(0)), "other": abs(rest)}
        row |= {meaning: sum(part.values(), Decimal(0)) for meaning, part in went.items()}
        row |= self._left_of_week(on)
        yield row
        if name := self._mostly(went["lost"], row["lost"] / 2):
            of_it = {"deal": self._name(name), "deal_money": went["lost"][name]}
            yield row | of_it | {"ids": {"deal": name}}
        that_way = {deal_id: sign * value for deal_id, value in other.items()}
        if sign and (name := self._mostly(that_way, abs(rest) / 2)):
            yield row | {"second": self._name(name), "second_money": that_way[name]}

    def _left_of_week(self, on: date) -> Row:
        left = unconverted((r for r in self._at(on) if on - WEEK < r["day"]), "opened")
        for meaning in ("won", "lost"):
            left |= unvalued(self._closed(meaning, on - WEEK + ONE_DAY, on), meaning)
        return left

    def _name(self, deal_id: str) -> str:
        return next(row["name"] for row in self.contents if row["id"] == deal_id)

    @staticmethod
    def _mostly(values: dict[str, Decimal], least: Decimal) -> str | None:
        name = sole_most(values) if values else None
        return name if name is not None and values[name] > least else None

    def _was_open_before(self, deal_id: str, closed: date) -> bool:
        return deal_id in self._open(closed - ONE_DAY)

    def _first_open(self, deal_id: str, on: date) -> Decimal:
        """Return the amount at the end of the day a deal came, open, if that is in the week."""
        own = [r for r in self.contents if r["id"] == deal_id]
        held = [r for r in own if r["meaning"] == "open" and r["until_day"] != r["from_day"]]
        first = min(held, key=lambda row: row["from_day"], default=None)
        is_new = first and on - WEEK < first["from_day"] <= on and first["from_day"] == first["day"]
        return (first["amount"] or Decimal(0)) if first and is_new else Decimal(0)

    # What losses have in common

    def _lost_of_late(self, on: date, meaning: str = "lost") -> list[Row]:
        return self._closed(meaning, on - MONTH, on)

    def _lost_alike(self, on: date) -> Iterator[Row]:
        lost = self._closed("lost", on, on)
        for reason, times in Counter(self.reasons[row["id"]] for row in lost).items():
            if reason and times >= 3 and 2 * times > len(lost):
                yield {"reason": reason, "n": times}

    def _lost_stage(self, on: date) -> Iterator[Row]:
        lost = self._lost_of_late(on)
        at_last = Counter(filter(None, (self._left_from(row["id"]) for row in lost)))
        for stage, times in at_last.items():
            if len(lost) >= 5 and 2 * times > len(lost):
                yield {"stage": stage, "n": times, "of": len(lost), "since": on - MONTH}

    def _left_from(self, deal_id: str) -> str | None:
        """Return the stage in which a deal was last seen open; None where nobody saw it so."""
        seen = [
            row
            for row in self.contents
            if row["id"] == deal_id and row["meaning"] == "open" and not row["is_assumed"]
        ]
        return max(seen, key=lambda row: row["said_from"])["stage"] if seen else None

    def _lost_source(self, on: date) -> Iterator[Row]:
        lost, won = self._lost_of_late(on), self._lost_of_late(on, "won")
        for source, n in Counter(row["source"] for row in lost).items():
            won_from = sum(row["source"] == source for row in won)
            is_most = len(lost) >= 5 and 2 * n > len(lost) and source != "(none)"
            if is_most and len(won) >= 5 and 2 * won_from * len(lost) <= n * len(won):
                yield {
                    "source": source,
                    "n": n,
                    "of": len(lost),
                    "won": len(won),
                    "won_from": won_from,
                    "since": on - MONTH,
                }

    # Amounts

    def _raised(self, on: date) -> Iterator[Row]:
        for old, new in self._changed(on):
            was, now = old["amount"] or 0, new["amount"] or 0
            if was and 10 * (now - was) >= was and is_another_amount(old, new):
                yield self._named(new) | {"before": was}

    def _cut(self, on: date) -> Iterator[Row]:
        for old, new in self._changed(on):
            was = old["amount"] or 0
            is_less = was and new["amount"] is not None and 10 * (was - new["amount"]) >= was
            if is_less and is_another_amount(old, new):
                yield self._named(new) | {"before": was}

    def _priced(self, on: date) -> Iterator[Row]:
        for _, new in self._changed(on):
            had = [r for r in self.contents if r["id"] == new["id"] and r["from_day"] < on]
            if new["amount"] and not any(row["original_amount"] for row in had):
                yield self._named(new)

    # Due soon

    def _due(self, on: date) -> Iterator[Row]:
        due = self._due_in_a_week(on)
        row: Row = {"n": len(due), "money": total(due), "until": on + WEEK} | unconverted(due)
        if due:
            largest = sole_largest(due)
            yield row | (of_deal(largest) if largest else {})

    def _due_one(self, on: date) -> Iterator[Row]:
        due = self._due_in_a_week(on)
        if len(due) == 1:
            yield self._named(due[0]) | {"date": due[0]["closing_date"]}

    def _due_named(self, on: date) -> Iterator[Row]:
        yield from (row for row in self._due(on) if "deal" in row)

    def _due_next(self, on: date) -> Iterator[Row]:
        due = self._due_in_a_week(on)
        first = sole_largest(due)
        second = sole_largest([row for row in due if row is not first]) if first else None
        if second:
            yield self._named(second) | {"date": second["closing_date"]} | unconverted(due)

    # Sources

    def _of_a_quarter(self, on: date) -> dict[str, Row]:
        """Return by id what the leads of ninety days said at the end of the last of them."""
        first = on - 90 * ONE_DAY + ONE_DAY
        said_last = {
            row["id"]: row for row in self._lead_contents_until(on) if first <= row["day"] <= on
        }
        return {lead: said_last[lead] for lead in said_last.keys() & self._there(on)}

    def _are_judged(self, on: date) -> bool:
        """Return whether fewer than a tenth of the leads of ninety days were never marked."""
        leads = self._of_a_quarter(on)
        unmarked_ones = self._never_marked(on, on - 90 * ONE_DAY + ONE_DAY, on) & leads.keys()
        return 10 * len(unmarked_ones) < len(leads)

    def _was_compared(self, source: str, on: date) -> bool:
        return sum(row["source"] == source for row in self._of_a_quarter(on).values()) >= 30

    def _highest(self, on: date, meaning: str) -> Iterator[Row]:
        leads = self._of_a_quarter(on)
        each: dict[str, list[bool]] = defaultdict(list)
        for row in leads.values():
            each[row["source"]].append(row["meaning"] == meaning)
        each.pop("(none)", None)
        ranked = {source: own for source, own in each.items() if len(own) >= 30}
        printed = {s: Decimal(tenths(Decimal(100 * sum(o)) / len(o))) for s, o in ranked.items()}
        hits = sum(row["meaning"] == meaning for row in leads.values())
        source = sole_most(printed) if printed else None
        if source is None or sum(each[source]) * len(leads) <= hits * len(each[source]):
            return
        yield {
            "source": source,
            "n": sum(each[source]),
            "of": len(each[source]),
            "pct": Decimal(100 * sum(each[source])) / len(each[source]),
            "total": len(leads),
            "all": Decimal(100 * hits) / len(leads),
            "sources": len(ranked),
            "each": each,
        }


def is_another_amount(old: Row, new: Row) -> bool:
    """Return whether the CRM has another amount, and not only another rate for the same one."""
    return any(old[name] != new[name] for name in ("original_amount", "currency"))


def of_deal(row: Row) -> Row:
    money = {"deal_money": row["amount"], "date": row["closing_date"]}
    return {"deal": row["name"], "ids": {"deal": row["id"]}} | money


def worth(deals: dict[str, Row], deal_id: str) -> Decimal:
    return (deals.get(deal_id) or {}).get("amount") or Decimal(0)


def month_before(first: date) -> date:
    return (first - ONE_DAY).replace(day=1)


def bare(item: Row) -> str:
    """Return what a line of a message said, and what was behind it, without marks around names."""
    return f"{unmarked(item['sentence'])} {unmarked(item['why'])}"


def unmarked(text: str | None) -> str:
    return (text or "").replace("\u2068", "").replace("\u2069", "")


def amounts_in(item: Row, deal_id: str, name: str) -> Iterator[Decimal]:
    """Yield the amount of a deal that the sentence of a line printed."""
    figures = item["figures"]
    ids = [item["subject"], *item["records"][1:]] if item["subject"] else item["records"]
    for place, of_deal_id in zip(
        [p for p in ("deal", "second") if p in figures], ids, strict=False
    ):
        key = f"{place}_money" if f"{place}_money" in figures else "money"
        if of_deal_id == deal_id and figures.get(key) is not None:
            amount = Decimal(str(figures[key]))
            if rupees(amount) in bare(item):
                yield amount


def read_figure(words: Iterable[str]) -> Decimal | None:
    """Return the number that stands before the words of a printed figure; None where none does."""
    number, *unit = words
    digits = re.sub(r"[₹,]", "", number)
    scale = {"L": 5, "Cr": 7}.get(unit[0] if unit else "", 0)
    return Decimal(digits).scaleb(scale) if re.fullmatch(r"-?[\d.]+", digits) else None
