"""What leads and deals said from which day to which, in plain Python, from drawn rows.

What Zoho's history tells of them is drawn too, as measures.contents_before gives it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from itertools import groupby

from aha_pipeline_tests.oracle.deals import NONE, NOT_KNOWN
from aha_pipeline_tests.oracle.figures import Row, Rows
from aha_pipeline_tests.oracle.formulas import home_amount
from aha_pipeline_tests.oracle.stand_ins import DAY, HOUR, SECOND, SINCE, Drawn, Judge, counted
from aha_pipeline_tests.oracle.text import key
from aha_pipeline_tests.oracle.told_records import as_json

BEGIN = SINCE - 20 * DAY
TIMES = [BEGIN + it for it in (0 * DAY, HOUR, DAY - SECOND, DAY, 2 * DAY, 2 * DAY + HOUR, 5 * DAY)]
LANDED = [SINCE + it * HOUR for it in (-1, 0, 1, 2)]
OWNERS = ("1", "2", " 2", "web", None, "")  # one as a source is called
LABELS = {
    ("Lead_Source", "web"): "Web", ("Lead_Source", "site"): "Web", ("Lead_Source", "new"): "Old",
    ("Lead_Status", "new"): "New", ("Lead_Status", "spam"): "Junk", ("Lead_Status", "web"): "Call",
    ("Stage", "talk"): "Talk", ("Stage", "web"): "Talk", ("Stage", "won"): "Won",
    ("Stage", "visit"): "Visit", ("Stage", "finished"): "Finished", ("Stage", "lost"): "Lost",
    ("Stage", "one"): "One",
}  # fmt: skip
# value: position, meaning and probability
Meanings = dict[str, tuple[int, str | None, int | None]]


@dataclass(frozen=True)
class Content:
    """What a record said, since when, and when it was written.

    version: None of the present one, below 0 where Zoho's history tells it. until, assumed_until:
    as Zoho's history tells; what is assumed is not known until then.
    """

    version: int | None
    since: datetime
    written: datetime
    said: Row
    until: datetime | None = None
    assumed_until: datetime | None = None
    is_stage_known: bool = True

    @property
    def is_told(self) -> bool:
        return self.version is not None and self.version < 0


@dataclass(frozen=True)
class Record:
    """A record as it landed.

    contents: oldest first, with what Zoho's history tells. read_at: when that was read.
    """

    now: Row
    contents: list[Content]
    read_at: datetime | None

    @property
    def landed(self) -> datetime:
        return max(filter(None, (self.now["synced_at"], self.read_at)))


@dataclass(frozen=True)
class Kind:
    """The records of a module: where they lie, and what is drawn of each.

    content: of each of its contents. own: of the record alone. told: {name in Zoho: column}.
    """

    module: str
    table: str
    mart: str
    content: Callable[[Drawn], Row]
    own: Callable[[Drawn], Row]
    told: dict[str, str]


def _label(field: str, value: str | None) -> str:
    said = key(value)
    return LABELS.get((field, said)) or (" ".join(value.split()) if value and said else NONE)


def _put_lists(drawn: Drawn, leads: Meanings, deals: Meanings) -> None:
    """Put how texts are shown and what they mean."""
    drawn.put("crm.text_labels", [
        {"field": field, "key": of, "label": label} for (field, of), label in LABELS.items()
    ])  # fmt: skip
    drawn.put("crm.picklist_meaning", [
        {"module": module, "value": value, "position": it[0], "meaning": it[1],
         "probability": it[2]}
        for module, meanings in (("Leads", leads), ("Deals", deals))
        for value, it in meanings.items()
    ])  # fmt: skip


def _records(drawn: Drawn, kind: Kind) -> Iterator[Record]:
    """Draw and put records; yield those of which something landed that is not taken in."""
    found, records, versions, reads, held, told = [], [], [], [], [], []
    for number in range(drawn.random.randrange(1, 9)):
        id_ = f"R{number}"
        now = {
            "id": id_,
            "synced_at": drawn.one_of(*LANDED),
            "deleted_at": drawn.one_of(*[None] * 9, *TIMES),
        }
        now |= {"created_time": drawn.one_of(*TIMES, *TIMES[:3], None)}
        now |= {"modified_time": _time(drawn), "content_since": _time(drawn)}
        contents = _said(drawn, kind, drawn.one_of(1, 2, 2, 3, 4))
        now |= contents[-1] | kind.own(drawn)
        former = [
            {"module": kind.module, "id": id_, "version": 10 * number + place + 1,
             "modified_time": _time(drawn), "replaced_by": _time(drawn),
             "replaced_at": drawn.one_of(*TIMES), **content}
            for place, content in enumerate(contents[:-1])
        ]  # fmt: skip
        read = [
            {"module": drawn.one_of(kind.module, kind.module, "Contacts"), "record_id": id_,
             "read_at": drawn.one_of(*LANDED)}
            for _ in range(drawn.one_of(0, 1, 2))
        ]  # fmt: skip
        kept = [{"id": id_, "synced_at": drawn.one_of(*LANDED)}] * drawn.one_of(0, 1, 1, 2)
        watched = _watched(now, former, contents)
        past = _told(drawn, kind, now, watched[0])
        records.append(now)
        versions += former
        reads += read
        held += kept
        told += past
        read_times = [it["read_at"] for it in read if it["module"] == kind.module]
        landed = {it for it in (now["synced_at"], *read_times) if it > SINCE}
        if landed - {it["synced_at"] for it in kept}:
            before = [_as_told(watched[0], place - len(past), it) for place, it in enumerate(past)]
            read_at = max(read_times, default=None)
            found.append(Record(now, [*(before if read_at else []), *watched], read_at))
    # Of what is not there, and of records of another module that have the same ids.
    strange = {"modified_time": TIMES[1], "replaced_by": None, "replaced_at": TIMES[2]}
    strange |= kind.content(drawn)
    versions += [{"module": kind.module, "id": "gone", "version": 98} | strange]
    versions += [{"module": "Contacts", "id": "R0", "version": 0} | strange]
    reads += [{"module": kind.module, "record_id": "gone", "read_at": LANDED[-1]}]
    drawn.put(f"crm.{kind.table}", records)
    drawn.put("crm.record_versions", drawn.random.sample(versions, len(versions)))
    drawn.put("crm.record_history_reads", reads)
    drawn.put(f"analytics.{kind.mart}", held)
    _put_told(drawn, told)
    yield from found


def _said(drawn: Drawn, kind: Kind, number: int) -> list[Row]:
    """Draw what a record said, one after another; some say the same as before."""
    said = [kind.content(drawn) for _ in range(number)]
    return [said[max(0, place - drawn.one_of(0, 0, 1))] for place in range(number)]


def _time(drawn: Drawn) -> datetime | None:
    return drawn.one_of(None, *TIMES)


def _watched(now: Row, former: list[Row], contents: list[Row]) -> list[Content]:
    """Return the contents of a record since it was first read."""
    begin = now["created_time"] or now["modified_time"] or now["synced_at"]
    until, found = None, []
    for version in former:
        written = version["modified_time"] or now["created_time"] or now["synced_at"]
        said = contents[len(found)]
        found.append(Content(version["version"], until or begin, until or written, said))
        until = version["replaced_by"] or version["replaced_at"]
    written = now["content_since"] or now["modified_time"] or begin
    return [*found, Content(None, until or begin, until or written, contents[-1])]


def _told(drawn: Drawn, kind: Kind, now: Row, first: Content) -> list[Row]:
    """Draw what Zoho's history tells, asked of what was first read."""
    asked = {
        "module": kind.module, "id": now["id"], "created": now["created_time"],
        "watched": first.written,
        "content": as_json({name: first.said[column] for name, column in kind.told.items()}),
    }  # fmt: skip
    begins = sorted(drawn.random.sample(TIMES, drawn.one_of(0, 1, 2, 3)))
    ends = [*begins, drawn.one_of(*TIMES)][1:]
    rows = []
    for begin, until, said in zip(begins, ends, _said(drawn, kind, len(begins)), strict=True):
        rows.append(asked | {
            "said_from": begin,
            "said_until": until,
            "said": as_json({name: said[column] for name, column in kind.told.items()}),
            "assumed": drawn.one_of(None, ["Amount"], ["Amount", "Stage"]),
            "assumed_until": drawn.one_of(None, *TIMES),
            "_said": {column: said[column] for column in kind.told.values()},
        })  # fmt: skip
    return rows


def _as_told(first: Content, version: int, told: Row) -> Content:
    since, is_stage_known = told["said_from"], "Stage" not in (told["assumed"] or ())
    ends = told["said_until"], told["assumed_until"]
    return Content(version, since, since, first.said | told["_said"], *ends, is_stage_known)


def _put_told(drawn: Drawn, told: list[Row]) -> None:
    """Let measures.contents_before say what was drawn where it is asked the right thing."""
    drawn.cursor.execute("""
        create temp table if not exists told_before (
            module text, id text, created timestamptz, watched timestamptz, content jsonb,
            said_from timestamptz, said_until timestamptz, said jsonb, assumed text[],
            assumed_until timestamptz
        );
        create or replace function measures.contents_before(
            of_module text, ids text[], created_times timestamptz[], read_times timestamptz[],
            contents jsonb[]
        ) returns table (
            id text, said_from timestamptz, said_until timestamptz, said jsonb, assumed text[],
            assumed_until timestamptz
        )
        language sql stable as $$
            select t.id, t.said_from, t.said_until, t.said, t.assumed, t.assumed_until
            from unnest(ids, created_times, read_times, contents) r (id, created, watched, content)
            join told_before t on (t.module, t.id, t.created, t.watched, t.content)
                is not distinct from (of_module, r.id, r.created, r.watched, r.content)
        $$
    """)
    put = [{name: it for name, it in row.items() if name != "_said"} for row in told]
    drawn.put("told_before", drawn.random.sample(put, len(put)))


def _different(contents: list[Content], shown: Callable[[Content], tuple]) -> list[Content]:
    """Return the contents that differ from the one before, or are the first that is assumed.

    What was first watched holds since it was written where its past is told.
    """
    found, before = [], None
    for it in contents:
        is_assumed_anew = it.assumed_until and before and not before.assumed_until
        if before is None or shown(it) != shown(before) or is_assumed_anew:
            follows_told = before is not None and before.is_told and not it.is_told
            found.append(replace(it, since=it.written) if follows_told else it)
        before = it
    return found


def _local(drawn: Drawn, instant: datetime | None) -> date | None:
    return instant and instant.astimezone(drawn.zone).date()


def _known(content: Content, sure: date | None, begin: date, end: date | None) -> Row:
    """Return since when and by what it is known what a content says."""
    known_from: date | None = begin
    if sure:
        known_from = max(begin, sure) if end is None or sure < end else None
    told_by = "zoho_history" if content.is_told else "watched"
    return {
        "known_by": "assumed" if sure and sure > begin else told_by, "known_from": known_from
    }  # fmt: skip


def _unsure_until(content: Content, is_first: bool, created: datetime | None) -> datetime | None:
    if content.is_told:
        return content.assumed_until
    return content.written if is_first and created and content.written > created else None


LEAD_MEANINGS: Meanings = {
    "New": (20, "open", None), "Call": (10, "open", None), "Junk": (50, "junk", None),
    "Maybe": (30, None, None), "Old": (90, "lost", None), "Done": (60, "converted", None),
    "Sold": (65, "converted", None),
}  # fmt: skip
OTHER_MEANINGS: Meanings = {
    "New": (5, "lost", 5), "Odd": (70, "lost", 5), "Other": (75, "lost", 5), "Own": (90, "open", 5),
}  # fmt: skip


def _lead(drawn: Drawn) -> Row:
    return {
        "lead_source": drawn.one_of("web", "web ", "site", "Fair", " Fair", "new", "n/a", "", None),
        "lead_status": drawn.one_of(
            "New", "new ", "SPAM", "web", "Maybe", "Done", "Odd", "--", "", None
        ),
        "owner_id": drawn.one_of(*OWNERS),
        "is_converted": drawn.one_of(True, False, False),
    }


def _own_of_lead(drawn: Drawn) -> Row:
    return {"converted_time": _time(drawn), "deal_id": drawn.one_of(None, "D1")}


def lead_history(drawn: Drawn) -> Rows:
    meanings = dict(LEAD_MEANINGS)
    for value in drawn.random.sample(list(meanings), drawn.one_of(0, 1)):
        del meanings[value]
    if drawn.random.random() < 0.2:
        meanings = {value: it for value, it in meanings.items() if it[1] != "open"}
    _put_lists(drawn, meanings, OTHER_MEANINGS)
    rows = []
    for record in _records(drawn, LEADS):
        contents = _different(
            [part for it in record.contents for part in _by_conversion(record, it)], _shown_lead
        )
        for place, content in enumerate(contents):
            following = contents[place + 1].since if place + 1 < len(contents) else None
            rows.append(_of_lead(drawn, meanings, record, content, place == 0, following))
    return counted((tuple(row[name] for name in LEAD_COLUMNS) for row in rows), "times")


def _by_conversion(record: Record, content: Content) -> Iterator[Content]:
    """Yield what is told of a lead until it was converted and since: the lead itself says when."""
    # Of what was first watched it is taken over.
    if not content.is_told or not content.said["is_converted"]:
        yield content
        return
    converted, since = record.now["converted_time"], content.since
    if converted and since < converted:
        yield replace(content, said=content.said | {"is_converted": False})
    if converted is None or converted < content.until:
        since = max(since, converted or since)
        yield replace(content, since=since, written=since)


def _shown_lead(content: Content) -> tuple:
    said = content.said
    return (
        _label("Lead_Source", said["lead_source"]), _label("Lead_Status", said["lead_status"]),
        _label("owner_id", said["owner_id"]), said["is_converted"],
    )  # fmt: skip


def _first_and_unlisted(meanings: Meanings) -> tuple[int | None, int]:
    opened = [position for position, meaning, _ in meanings.values() if meaning == "open"]
    return min(opened, default=None), max(opened, default=0) + 1


def _at(meanings: Meanings, *wanted: str) -> int | None:
    """Return the last position of a meaning."""
    return max((it[0] for it in meanings.values() if it[1] in wanted), default=None)


def _of_lead(
    drawn: Drawn, meanings: Meanings, record: Record, content: Content, is_first: bool,
    following: datetime | None,
) -> Row:  # fmt: skip
    now, is_present = record.now, following is None
    source, status, owner, is_converted = _shown_lead(content)
    first, unlisted = _first_and_unlisted(meanings)
    position, meaning, _ = meanings.get(status, (None, None, None))
    if is_converted:
        position = _at(meanings, "converted")
    elif status == NONE:
        position = first
    begin = _local(drawn, content.since)
    ends = following or now["deleted_at"]
    end = _local(drawn, max(content.since, ends)) if ends else None
    sure = _local(drawn, _unsure_until(content, is_first, now["created_time"]))
    return {
        "id": now["id"],
        "from_day": begin,
        "until_day": end,
        "is_first": is_first,
        "is_present": is_present,
        "is_deleted": now["deleted_at"] is not None,
        "source": source,
        "status": status,
        "meaning": "converted" if is_converted else meaning or "open",
        "position": unlisted if position is None else position,
        "is_converted": is_converted,
        "owner_id": owner,
        "day": _local(drawn, now["created_time"]),
        "converted_day": _local(drawn, now["converted_time"]) if is_present else None,
        "deal_id": now["deal_id"] if is_present and is_converted else None,
        "synced_at": record.landed,
        **_known(content, sure, begin, end),
    }


DEAL_MEANINGS: Meanings = {
    "Talk": (10, "open", 20), "Visit": (20, "open", 40), "Odd": (30, None, 30),
    "Won": (50, "won", 90), "Sold": (60, "won", 95), "Lost": (70, "lost", 5),
    "Gone": (80, "lost", None), "One": (90, "open", 70),
}  # fmt: skip
# (layout, pipeline, stage): meaning. Lost and One are not disputed: of one, or of none beside it.
LAYOUTS = {
    ("10", "Main", "Visit"): "open", ("10", "Side", "visit "): "won",
    ("20", "Main", "Visit"): "won",
    ("10", "Main", "Finished"): "won", ("20", "main", "Finished"): "lost",
    ("20", "Side", "Finished"): "open", ("20", "Side", "Won"): "lost",
    ("10", "Main", "Won"): "won", ("10", "Side", "Won"): "open", ("20", "Side", "Visit"): "won",
    ("10", "Side", "Lost"): "lost", ("20", "Side", "Lost"): None, ("10", "Main", "Lost"): "lost",
    ("30", "Main", "Visit"): None, ("10", "Main", "Odd"): "open", ("20", "Main", "Odd"): "won",
    ("10", "Main", "One"): "open", ("10", "Side", "One"): "open",
}  # fmt: skip
HOMES: dict[str, Fraction | None] = {"INR": Fraction(118, 10000), "XTS": None}
WORTH = {"USD": Fraction(1), "INR": HOMES["INR"]}
RATES = ((None, None), ("INR", 1), ("USD", 80), ("USD", 80000), ("USD", 1), ("USD", None),
         ("XTS", 3), (None, 2))  # fmt: skip


def _deal(drawn: Drawn) -> Row:
    currency, rate = drawn.one_of(*RATES)
    closing = drawn.one_of(None, *TIMES, BEGIN - 3 * DAY, BEGIN + 30 * DAY)
    return {
        "stage": drawn.one_of(
            "Talk",
            "talk ",
            "web",
            "Visit",
            "visit",
            "Finished",
            "Won",
            "Won",
            "Sold",
            "Lost",
            "Gone",
            "Odd",
            "Other",
            "One",
            "n/a",
            "",
            None,
        ),
        "amount": drawn.one_of(None, 0, 100, 100, 250),
        "currency": currency,
        "exchange_rate": rate,
        "probability": drawn.one_of(None, None, 0, 60, 100, 101, -1),
        "closing_date": closing and closing.date().isoformat(),
        "owner_id": drawn.one_of(*OWNERS),
        "layout_id": drawn.one_of(None, "10", "10", "20", "40"),
        "pipeline": drawn.one_of(None, "Main", "MAIN ", "Side", "--"),
    }


def _own_of_deal(drawn: Drawn) -> Row:
    return {
        "lead_source": drawn.one_of("web ", "site", " Fair", "n/a", None),
        "deal_name": "D",
        "account_id": drawn.one_of(None, "A1"),
        "account_name": drawn.one_of(None, "Account"),
    }


@dataclass(frozen=True)
class Stage:
    """What a deal's stage is called and means; told: what layout and pipeline say of it."""

    name: str
    listed: str
    told: str | None
    meaning: str | None


def _stage(content: Content, layouts: dict, meanings: Meanings) -> Stage:
    said = content.said
    shown, stage, pipeline = _label("Stage", said["stage"]), key(said["stage"]), said["pipeline"]
    of_stage = {
        where[:2]: meaning
        for where, meaning in layouts.items()
        if meaning and key(where[2]) == stage
    }
    here = {
        meaning
        for (layout, of_pipeline), meaning in of_stage.items()
        if said["layout_id"] in (None, layout)
        and (pipeline is None or key(pipeline) == key(of_pipeline))
    }
    is_disputed = len(set(of_stage.values())) > 1
    told = here.pop() if is_disputed and len(here) == 1 else None
    meaning = told or meanings.get(shown, (None, None, None))[1]
    if not content.is_stage_known and meaning in ("won", "lost"):
        return Stage(NOT_KNOWN, NOT_KNOWN, None, None)
    return Stage(f"{shown} ({told})" if told else shown, shown, told, meaning)


def _shown_deal(content: Content, stage: Stage) -> tuple:
    said = content.said
    names = ("amount", "currency", "exchange_rate", "probability", "closing_date")
    return stage.name, _label("owner_id", said["owner_id"]), *(said[name] for name in names)


def deal_history(drawn: Drawn) -> Rows:
    meanings = {value: it for value, it in DEAL_MEANINGS.items() if drawn.random.random() < 0.9}
    if drawn.random.random() < 0.2:
        meanings = {value: it for value, it in meanings.items() if it[1] != "open"}
    layouts = {where: it for where, it in LAYOUTS.items() if drawn.random.random() < 0.7}
    home = drawn.one_of(*HOMES)
    _put_lists(drawn, OTHER_MEANINGS, meanings)
    drawn.put("crm.stage_layouts", [
        {"layout_id": layout, "pipeline": pipeline, "stage": stage, "meaning": meaning}
        for (layout, pipeline, stage), meaning in layouts.items()
    ])  # fmt: skip
    drawn.cursor.execute(
        "update crm.organisation set currency = %s, rate_reading = 'multiply'", [home]
    )
    rows = []
    for record in _records(drawn, DEALS):
        stages = {it.version: _stage(it, layouts, meanings) for it in record.contents}
        contents = _different(
            record.contents, lambda it, of=stages: _shown_deal(it, of[it.version])
        )
        held = _of_deal(drawn, record, contents, [stages[it.version] for it in contents])
        rows += [row | _worth(row, meanings, home) for row in held]
    return counted((tuple(row[name] for name in DEAL_COLUMNS) for row in rows), "times")


def _of_deal(
    drawn: Drawn, record: Record, contents: list[Content], stages: list[Stage]
) -> Iterator[Row]:
    now, gone = record.now, record.now["deleted_at"]
    ends = [*(it.since for it in contents[1:]), gone]
    closed = _closed_days(drawn, contents, stages)
    begins = _begins(drawn, contents, stages, closed, ends[0])
    untils = [*begins[1:], max(begins[-1], _local(drawn, gone)) if gone else None]
    for place, (content, stage) in enumerate(zip(contents, stages, strict=True)):
        is_first, begin, until = place == 0, begins[place], untils[place]
        sure = _local(drawn, _unsure_until(content, is_first, now["created_time"]))
        is_soon = now["created_time"] and content.written < now["created_time"] + DAY
        yield _of_record(drawn, record, content) | {
            "from_day": begin,
            "until_day": until,
            "is_present": place == len(contents) - 1,
            "is_assumed": stage.name == NOT_KNOWN,
            "stage": stage.name,
            "listed": stage.listed,
            "told": stage.told,
            "meaning": stage.meaning or "open",
            "closed_day": closed[place],
            "said_from": content.since,
            "said_until": ends[place],
            "is_start_known": content.is_stage_known
            if content.is_told
            else bool(not is_first or is_soon),
            **_known(content, sure, begin, until),
        }
    day = _local(drawn, contents[0].since)
    if closed[0] and day < begins[0]:
        yield _of_record(drawn, record, contents[0]) | {
            "from_day": day, "until_day": begins[0], "is_present": False, "is_assumed": True,
            "stage": NOT_KNOWN, "listed": NOT_KNOWN, "told": None, "meaning": "open",
            "probability": None, "closed_day": None, "said_from": None, "said_until": None,
            "is_start_known": False, "known_by": "assumed", "known_from": None,
        }  # fmt: skip


def _of_record(drawn: Drawn, record: Record, content: Content) -> Row:
    now, said = record.now, content.said
    return {name: now[name] for name in ("id", "account_id", "account_name")} | {
        "is_deleted": now["deleted_at"] is not None,
        "name": now["deal_name"],
        "source": _label("Lead_Source", now["lead_source"]),
        "day": _local(drawn, now["created_time"]),
        "synced_at": record.landed,
        "version": content.version,
        "original_amount": said["amount"],
        "currency": said["currency"],
        "exchange_rate": said["exchange_rate"],
        "probability": said["probability"],
        "closing_date": said["closing_date"] and date.fromisoformat(said["closing_date"]),
        "owner_id": _label("owner_id", said["owner_id"]),
    }


def _closed_days(drawn: Drawn, contents: list[Content], stages: list[Stage]) -> list[date | None]:
    """Return on which day a deal was won or lost in each: its last closing date of that time, but
    not later than it was first seen so."""
    found: list[date | None] = []
    both = zip(contents, stages, strict=True)
    for meaning, group in groupby(both, key=lambda it: it[1].meaning or "open"):
        run = [content for content, _ in group]
        seen, closing = _local(drawn, run[0].written), run[-1].said["closing_date"]
        day = min(seen, date.fromisoformat(closing)) if closing else seen
        found += [None if meaning == "open" else day] * len(run)
    return found


def _begins(
    drawn: Drawn, contents: list[Content], stages: list[Stage], closed: list[date | None],
    end: datetime | None,
) -> list[date]:  # fmt: skip
    """Return the day on which each begins to hold: what closed earlier was nothing else since."""
    days = [_local(drawn, it.since) for it in contents]
    begins = []
    for place, (day, closes) in enumerate(zip(days, closed, strict=True)):
        is_closing = closes and (place == 0 or stages[place].meaning != stages[place - 1].meaning)
        begin = closes if is_closing else day
        if is_closing and place == 0:
            begin = max(day, min(closes, _local(drawn, end)) if end else closes)
        begins.append(begin)
    return [max(days[0], min(begins[place:])) for place in range(len(begins))]


def _worth(row: Row, meanings: Meanings, home: str) -> Row:
    """Return where the stage of a row stands, and what the deal is worth in it."""
    position, meaning, usual = meanings.get(row["listed"], (None, None, None))
    first, unlisted = _first_and_unlisted(meanings)
    told, own = row["told"], row["probability"]
    if row["listed"] == NONE:
        position = first
    if told and told != meaning:
        position = None if told == "open" else _at(meanings, told)
    position = unlisted if position is None else position
    if row["stage"] == NOT_KNOWN:
        position = 0
    chance = own if own is not None and 0 <= own <= 100 else None
    if chance is None and (not told or not meaning or told == meaning):
        chance = usual
    chance = {"won": 100, "lost": 0}.get(row["meaning"], chance)
    worth = WORTH.get(row["currency"])
    of_home = HOMES[home] and worth and worth / HOMES[home]
    amount = row["original_amount"]
    at_home = home_amount(amount, row["currency"], row["exchange_rate"], home, "multiply", of_home)
    return {
        "position": position,
        "probability": chance,
        "amount": at_home,
        "weighted_amount": Fraction((at_home or 0) * (chance or 0)) / 100,
        "is_unconverted": amount is not None and at_home is None,
        "currency": row["currency"] or home,
    }


LEAD_COLUMNS = (
    "id", "from_day", "until_day", "is_first", "is_present", "is_deleted", "source", "status",
    "meaning", "position", "is_converted", "owner_id", "day", "converted_day", "deal_id",
    "synced_at", "known_by", "known_from",
)  # fmt: skip
DEAL_COLUMNS = (
    "id", "from_day", "until_day", "is_present", "is_deleted", "is_assumed", "stage", "meaning",
    "position", "probability", "amount", "weighted_amount", "closing_date", "closed_day", "source",
    "owner_id", "name", "account_id", "account_name", "day", "synced_at", "version", "said_from",
    "said_until", "is_start_known", "known_by", "known_from", "original_amount", "currency",
    "exchange_rate", "is_unconverted",
)  # fmt: skip
LEADS = Kind(
    "Leads", "leads_raw", "lead_history", _lead, _own_of_lead,
    {"Lead_Status": "lead_status", "Lead_Source": "lead_source", "Owner": "owner_id"},
)  # fmt: skip
DEALS = Kind(
    "Deals", "crm_deals", "deal_history", _deal, _own_of_deal,
    {"Stage": "stage", "Amount": "amount", "Probability": "probability",
     "Closing_Date": "closing_date", "Owner": "owner_id"},
)  # fmt: skip
LISTS = ("crm.record_versions", "crm.record_history_reads", "crm.text_labels",
         "crm.picklist_meaning")  # fmt: skip
JUDGES = {
    "lead_history": Judge(
        lead_history, LEAD_COLUMNS, (*LISTS, "crm.leads_raw", "analytics.lead_history")
    ),
    "deal_history": Judge(
        deal_history, DEAL_COLUMNS,
        (*LISTS, "crm.crm_deals", "analytics.deal_history", "crm.stage_layouts"),
    ),
}  # fmt: skip
