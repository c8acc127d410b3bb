"""The parts that figures are summed of, in plain Python, each from rows of what it reads."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import groupby

from aha_pipeline_tests.oracle.figures import Row, Rows, pct
from aha_pipeline_tests.oracle.stand_ins import DAY, HOUR, Drawn, Judge, counted

MEANINGS = ("open", "qualified", "converted", "lost", "junk")
OUTCOMES = ("open", "won", "lost")
AMOUNTS = (None, 0, 3, 50)


def _place(day: object, row: Row) -> tuple:
    return day, row["source"], row["owner_id"]


def _volumes(drawn: Drawn) -> list[Row]:
    def draw() -> Row:
        counts = {"leads": drawn.one_of(1, 2, 4), "meaning": drawn.one_of(*MEANINGS)}
        return {"day": drawn.one_of(None, drawn.day(), drawn.day())} | drawn.whose() | counts

    return drawn.some(draw)


def _deals(drawn: Drawn) -> list[Row]:
    def draw() -> Row:
        meaning = drawn.one_of(*OUTCOMES)
        closed = {"closed_day": None if meaning == "open" else drawn.day()}
        return drawn.whose() | closed | {"meaning": meaning, "amount": drawn.one_of(*AMOUNTS)}

    return drawn.some(draw)


def _contents(drawn: Drawn, meanings: tuple[str, ...]) -> list[Row]:
    """Draw contents of records: one follows the other, and some hold on no day."""
    found = []
    for number in range(drawn.random.randrange(24)):
        from_day, is_deleted = drawn.day(2), drawn.one_of(False, False, True)
        last = drawn.random.randrange(5)
        for place in range(last + 1):
            until: date | None = from_day + DAY * drawn.random.randrange(4)
            if place == last and not is_deleted:
                until = None
            sure = drawn.one_of(from_day, from_day, from_day + DAY)
            content = {
                "id": f"R{number}",
                "from_day": from_day,
                "until_day": until,
                "known_from": sure if until is None or sure < until else None,
                "known_by": drawn.one_of("watched", "zoho_history"),
                "is_first": place == 0,
                "is_present": place == last,
                "is_deleted": is_deleted,
                "meaning": drawn.one_of(*meanings),
            }
            if content["known_from"] == from_day and from_day == until:
                content["known_from"] = None
            found.append(drawn.whose() | content)
            from_day = until or from_day
    return found


def _of_leads(drawn: Drawn) -> list[Row]:
    return _contents(drawn, MEANINGS)


def _of_deals(drawn: Drawn) -> list[Row]:
    return [
        {name: it for name, it in content.items() if name != "is_first"}
        | {
            "amount": (amount := drawn.one_of(*AMOUNTS)),
            "weighted_amount": (amount or 0) / 2,
            "probability": drawn.one_of(None, 50),
            "is_unconverted": drawn.one_of(True, False),
        }
        for content in _contents(drawn, OUTCOMES)
    ]


def kpi_parts(drawn: Drawn) -> Rows:
    volumes, deals = _volumes(drawn), _deals(drawn)
    leads, contents = _of_leads(drawn), _of_deals(drawn)
    drawn.put("analytics.lead_volume", volumes)
    drawn.put("analytics.deals", deals)
    drawn.put("analytics.lead_history", leads)
    drawn.put("analytics.deal_history", contents)
    sums: dict[tuple, Counter] = defaultdict(Counter)
    for it in volumes:
        row = sums[_place(it["day"], it)]
        row["new_leads"] += it["leads"]
        row[f"new_{it['meaning']}_leads"] += it["leads"]
    for it in deals:
        if it["meaning"] != "open":
            row = sums[_place(it["closed_day"], it)]
            row[f"{it['meaning']}_deals"] += 1
            row[f"{it['meaning']}_value"] += it["amount"] or 0
    for it in leads:
        for day, sign in _held(it, it["from_day"], it["until_day"]):
            row = sums[_place(day, it)]
            row["leads_change"] += sign
            row["junk_leads_change"] += sign * (it["meaning"] == "junk")
    for it in contents:
        if it["meaning"] == "open":
            _add_open(sums, it)
    names = [f"new_{it}leads" for it in ("", *(f"{it}_" for it in MEANINGS))]
    names += [f"{it}_{what}" for it in ("won", "lost") for what in ("deals", "value")]
    names += [
        f"{it}_change"
        for it in ("leads", "junk_leads", "open_deals", "open_value", "weighted_value",
                   "unweighted_deals", "unconverted_deals", "assumed_deals", "assumed_value")
    ]  # fmt: skip
    return {place: {name: row[name] for name in names} for place, row in sums.items()}


def _add_open(sums: dict[tuple, Counter], it: Row) -> None:
    for day, sign in _held(it, it["from_day"], it["until_day"]):
        row = sums[_place(day, it)]
        row["open_deals_change"] += sign
        row["open_value_change"] += sign * (it["amount"] or 0)
        row["weighted_value_change"] += sign * it["weighted_amount"]
        row["unweighted_deals_change"] += sign * (it["probability"] is None)
        row["unconverted_deals_change"] += sign * it["is_unconverted"]
    if it["known_from"] != it["from_day"]:
        for day, sign in _held(it, it["from_day"], it["known_from"] or it["until_day"]):
            row = sums[_place(day, it)]
            row["assumed_deals_change"] += sign
            row["assumed_value_change"] += sign * (it["amount"] or 0)


def _held(it: Row, first: date, end: date | None) -> Iterator[tuple[date, int]]:
    if it["from_day"] != it["until_day"]:
        yield first, 1
        if end:
            yield end, -1


def funnel_parts(drawn: Drawn) -> Rows:
    def step(name: str) -> Row:
        return {"position": drawn.one_of(0, 1, 2), name: drawn.one_of("A", "B"),
                "meaning": drawn.one_of("open", "lost")}  # fmt: skip

    leads = drawn.some(lambda: step("step"))
    deals = drawn.some(lambda: step("stage") | {"amount": drawn.one_of(*AMOUNTS)})
    drawn.put("analytics.leads", leads)
    drawn.put("analytics.deals", deals)
    right = counted((("lead", *it.values()) for it in leads), "records")
    for row in right.values():
        row |= {"valued_deals": 0, "value": None}
    for it in deals:
        none = {"records": 0, "valued_deals": 0, "value": 0}
        row = right.setdefault(("deal", *tuple(it.values())[:3]), none)
        row["records"] += 1
        row["valued_deals"] += it["amount"] is not None
        row["value"] += it["amount"] or 0
    return right


def change_parts(drawn: Drawn) -> Rows:
    def movement() -> Row:
        return {
            "day": drawn.one_of(None, drawn.day(), drawn.day()),
            **drawn.whose(),
            "kind": drawn.one_of("handed over", "opened", "won"),
            "deals": drawn.one_of(-1, 0, 1),
            "value": drawn.one_of(-7, 0, 7, 20),
            "weighted_value": drawn.one_of(-3, 0, 3, 11),
        }

    volumes, deals, moved = _volumes(drawn), _deals(drawn), drawn.some(movement)
    contents = _of_deals(drawn)
    drawn.put("analytics.lead_volume", volumes)
    drawn.put("analytics.deals", deals)
    drawn.put("analytics.pipeline_movements", moved)
    drawn.put("analytics.deal_history", contents)
    sums: dict[tuple, Counter] = defaultdict(Counter)
    _add_flows(sums, volumes, deals)
    for it in moved:
        if it["day"]:
            row = sums[*_place(it["day"], it), it["kind"] == "handed over"]
            for name, figure in (("deals", "open_deals"), ("value", "open_value"),
                                 ("weighted_value", "weighted_value")):  # fmt: skip
                row[figure] += it[name]
                row[f"{figure}_events"] += it[name] != 0
                row[f"{figure}_squares"] += it[name] ** 2
    for it in contents:
        if it["from_day"] != it["until_day"]:
            sums[*_place(it["from_day"], it), False]["deal_contents"] += 1
    names = ["new_leads", "deal_contents", "open_deals", "open_deals_events"]
    names += [f"{of}_{what}" for of in ("won", "lost") for what in ("deals", "value", "squares")]
    for of in ("open_value", "weighted_value"):
        names += [of, f"{of}_events", f"{of}_squares"]
    return {place: {name: row[name] for name in names} for place, row in sums.items()}


def _add_flows(sums: dict[tuple, Counter], volumes: list[Row], deals: list[Row]) -> None:
    for it in volumes:
        if it["day"]:
            sums[*_place(it["day"], it), False]["new_leads"] += it["leads"]
    for it in deals:
        if it["meaning"] != "open":
            row, amount = sums[*_place(it["closed_day"], it), False], it["amount"] or 0
            row[f"{it['meaning']}_deals"] += 1
            row[f"{it['meaning']}_value"] += amount
            row[f"{it['meaning']}_squares"] += amount * amount


def cohort_waits(drawn: Drawn) -> Rows:
    contents, deals = [], []
    for it in _of_leads(drawn):
        is_converted = it["meaning"] == "converted"
        # Zoho may say when of a lead that is not converted any more.
        converted = drawn.day() if is_converted or drawn.random.random() < 0.1 else None
        contents.append(
            it
            | {
                "day": drawn.today - 45 * DAY + drawn.random.randrange(4) * DAY,
                "converted_day": drawn.one_of(None, converted),
                "deal_id": drawn.one_of(None, f"D{it['id']}", "D") if is_converted else None,
            }
        )
    for _, of_lead in groupby(contents, lambda it: it["id"]):
        found = list(of_lead)
        for it in found:
            it["day"] = found[0]["day"]
        meaning = drawn.one_of(*OUTCOMES)
        closed = None if meaning == "open" else drawn.day()
        deals += [{"id": f"D{found[0]['id']}", "meaning": meaning, "closed_day": closed}]
    drawn.put("analytics.lead_history", contents)
    drawn.put("analytics.deals", deals)
    closed_on = {it["id"]: it["closed_day"] for it in deals if it["meaning"] == "won"}
    reached = []
    for _, of_lead in groupby(contents, lambda it: it["id"]):
        *former, now = of_lead
        if now["is_deleted"]:
            continue
        month, converted = now["day"].replace(day=1), now["converted_day"]
        qualified = [it for it in (*former, now) if it["meaning"] in ("qualified", "converted")]
        days = [it["from_day"] for it in qualified if not it["is_first"]]
        days += [converted] if converted else []
        if qualified and days:
            reached.append((month, "qualified", (min(days) - now["day"]).days))
        if converted and now["meaning"] == "converted":
            reached.append((month, "converted", (converted - now["day"]).days))
        if converted and (won := closed_on.get(now["deal_id"])):
            reached.append((month, "won", (won - converted).days))
    return counted(reached, "leads")


def deal_stays(drawn: Drawn) -> Rows:
    contents = [it for number in range(8) for it in _said_of(drawn, f"D{number}")]
    drawn.put("analytics.deal_history", drawn.random.sample(contents, len(contents)))
    return {
        (stay["id"], stay["stay"]): stay
        for _, of_deal in groupby(contents, lambda it: it["id"])
        for stay in _stays([it for it in of_deal if it["said_from"]])
    }


def _said_of(drawn: Drawn, id_: str) -> Iterator[Row]:
    said_from = drawn.now - 50 * DAY - HOUR * drawn.random.randrange(40)
    last, is_deleted = drawn.random.randrange(5), drawn.one_of(False, False, True)
    if drawn.random.random() < 0.3:  # what it was before is not known
        yield _content(drawn, id_, 0, None, None, is_deleted) | {"stage": "(not known)"}
    for number in range(last + 1):
        version = None if number == last else number
        until = said_from + HOUR / 3 * drawn.random.randrange(-3, 100)
        told_until = None if number == last and not is_deleted else until
        yield _content(drawn, id_, version, said_from, told_until, is_deleted)
        said_from = until


def _content(
    drawn: Drawn, id_: str, version: int | None, said_from, said_until, is_deleted: bool
) -> Row:
    return {
        "id": id_,
        "version": version,
        "said_from": said_from,
        "said_until": said_until,
        "stage": drawn.one_of("A", "B", "C"),
        "meaning": drawn.one_of(*OUTCOMES),
        "position": drawn.one_of(0, 1, 2),
        "is_start_known": drawn.one_of(True, True, False),
        "is_assumed": drawn.one_of(False, False, False, True),
        "is_deleted": is_deleted,
        **drawn.whose(),
        "amount": drawn.one_of(*AMOUNTS),
        "closed_day": drawn.one_of(None, drawn.day()),
    }


def _stays(contents: list[Row]) -> Iterator[Row]:
    """Yield the stays of a deal: from each content of another stage than the one before."""
    arrivals = [
        place
        for place, it in enumerate(contents)
        if place == 0 or it["stage"] != contents[place - 1]["stage"]
    ]
    number = 0
    for place, next_one in zip(arrivals, [*arrivals[1:], None], strict=True):
        it, last = contents[place], contents[-1]
        if it["is_assumed"]:
            continue
        number += 1
        is_left = next_one is not None
        left_at = contents[next_one]["said_from"] if is_left else last["said_until"]
        is_known = it["is_start_known"] and not (place and contents[place - 1]["is_assumed"])
        own = ("id", "stage", "meaning", "position", "is_deleted", "source", "owner_id", "amount",
               "closed_day")  # fmt: skip
        yield {name: it[name] for name in own} | {
            "stay": number,
            "came_at": it["said_from"],
            "left_at": left_at,
            "is_start_known": is_known,
            "is_left": is_left,
            "is_standing": not is_left and not it["is_deleted"],
            "outcome": last["meaning"],
            "hours": _hours(it["said_from"], left_at if is_left else None)
            if is_known and not it["is_deleted"]
            else None,
        }


def _hours(came_at: datetime, left_at: datetime | None) -> int:
    """Return the whole hours of a stay, or those back to 1970 of one that still stands."""
    if left_at is None:
        return -(int(came_at.timestamp()) // 3600)
    return max(0, int((left_at - came_at).total_seconds())) // 3600


def _drawn_stays(drawn: Drawn) -> list[Row]:
    outcomes = {f"D{number}": drawn.one_of(*OUTCOMES) for number in range(7)}
    deleted = {id_: drawn.random.random() < 0.2 for id_ in outcomes}

    def draw() -> Row:
        id_, is_left = drawn.one_of(*outcomes), drawn.one_of(True, False)
        return {
            "id": id_,
            "position": drawn.one_of(0, 1),
            "stage": drawn.one_of("A", "B"),
            "meaning": drawn.one_of("open", "lost"),
            "outcome": outcomes[id_],
            "is_left": is_left,
            "is_start_known": drawn.one_of(True, True, False),
            "is_standing": not is_left and not deleted[id_],
            "is_deleted": deleted[id_],
            "hours": drawn.one_of(None, 0, 5, -400),
        }

    return drawn.some(draw)


def stage_deals(drawn: Drawn) -> Rows:
    stays = _drawn_stays(drawn)
    drawn.put("analytics.deal_stays", stays)
    found: dict[tuple, dict[str, set]] = defaultdict(lambda: defaultdict(set))
    for it in stays:
        if it["is_deleted"]:
            continue
        deals = found[it["position"], it["stage"], it["meaning"]]
        is_known = it["is_start_known"]
        deals["left_deals"] |= {it["id"]} if it["is_left"] else set()
        deals["timed_deals"] |= {it["id"]} if it["is_left"] and is_known else set()
        for outcome in ("won", "lost"):
            is_so = it["is_left"] and is_known and it["outcome"] == outcome
            deals[f"{outcome}_deals"] |= {it["id"]} if is_so else set()
        deals["standing_deals"] |= {it["id"]} if it["is_standing"] else set()
        is_timed = it["is_standing"] and is_known
        deals["standing_timed_deals"] |= {it["id"]} if is_timed else set()
    return {place: {name: len(it) for name, it in deals.items()} for place, deals in found.items()}


def stage_hours(drawn: Drawn) -> Rows:
    stays = _drawn_stays(drawn)
    drawn.put("analytics.deal_stays", stays)
    return counted(
        (
            (it["position"], it["stage"], it["meaning"],
             "standing" if it["is_standing"] else it["outcome"], it["hours"])
            for it in stays
            if it["hours"] is not None
        ),
        "stays",
    )  # fmt: skip


def history_parts(drawn: Drawn) -> Rows:
    leads, deals = _of_leads(drawn), _of_deals(drawn)
    drawn.put("analytics.lead_history", leads)
    drawn.put("analytics.deal_history", deals)
    found = [*_known("lead", leads, {"open", "qualified"}), *_known("deal", deals, {"open"})]
    right: dict[tuple, Counter] = defaultdict(Counter)
    for place, value in found:
        right[place] += Counter({"records": 1, "value": value})
    return {place: {name: row[name] for name in ("records", "value")}
            for place, row in right.items()}  # fmt: skip


def _known(entity: str, contents: list[Row], opened: set[str]) -> Iterator[tuple[tuple, float]]:
    """Yield of each live record what its past is known by and since when, and what it is worth."""
    for _, of_record in groupby(contents, lambda it: it["id"]):
        said = list(of_record)
        if said[-1]["is_deleted"]:
            continue
        is_open = said[-1]["meaning"] in opened
        first = said[0]["from_day"]
        assumed = [it["known_from"] or it["until_day"] for it in said
                   if it["known_from"] != it["from_day"] != it["until_day"]]  # fmt: skip
        is_told = any(it["known_by"] == "zoho_history" for it in said)
        known_by = "assumed" if assumed else "zoho_history" if is_told else "watched"
        value = said[-1].get("amount") or 0 if is_open else 0
        yield (entity, is_open, known_by, max([first, *assumed])), value


def history_known(drawn: Drawn) -> Rows:
    def draw() -> Row:
        return {
            "entity": (entity := drawn.one_of("lead", "deal")),
            "is_open": (is_open := drawn.one_of(True, False)),
            "known_by": drawn.one_of("watched", "zoho_history", "assumed"),
            "known_from": drawn.day(),
            "records": drawn.one_of(1, 4),
            "value": drawn.one_of(0, 9, 40) if entity == "deal" and is_open else 0,
        }

    parts = drawn.some(draw, 12)
    drawn.put("analytics.history_parts", parts)
    groups: dict[tuple, list[Row]] = defaultdict(list)
    for it in parts:
        for entity in (it["entity"], "all"):
            for scope in ("all", *(["open"] if it["is_open"] else [])):
                groups[entity, scope, it["known_by"]].append(it)
    return {
        place: {
            "known_from": (max if place[2] == "assumed" else min)(it["known_from"] for it in group),
            **_shares("records", group, _of_scope(groups, place)),
            **_shares("value", group, _of_scope(groups, place)),
        }
        for place, group in groups.items()
    }


def _of_scope(groups: dict[tuple, list[Row]], place: tuple) -> Iterable[Row]:
    return [it for other, group in groups.items() if other[:2] == place[:2] for it in group]


def _shares(name: str, group: Iterable[Row], whole: Iterable[Row]) -> Row:
    part, all_of_it = sum(it[name] for it in group), sum(it[name] for it in whole)
    return {name: part, f"{name}_pct": pct(part, all_of_it)}


LEADS, DEALS = "analytics.lead_history", "analytics.deal_history"
KPI_READS = ("analytics.lead_volume", "analytics.deals", LEADS, DEALS)
STAGE = ("position", "stage", "meaning")
JUDGES = {
    "kpi_parts": Judge(kpi_parts, ("day", "source", "owner_id"), KPI_READS),
    "funnel_parts": Judge(
        funnel_parts, ("entity", "position", "step", "meaning"),
        ("analytics.leads", "analytics.deals"),
    ),
    "change_parts": Judge(
        change_parts, ("day", "source", "owner_id", "is_handed_over"),
        ("analytics.lead_volume", "analytics.deals", "analytics.pipeline_movements", DEALS),
    ),
    "cohort_waits": Judge(cohort_waits, ("month", "step", "days"), (LEADS, "analytics.deals")),
    "deal_stays": Judge(deal_stays, ("id", "stay"), (DEALS,)),
    "stage_deals": Judge(stage_deals, STAGE, ("analytics.deal_stays",)),
    "stage_hours": Judge(stage_hours, (*STAGE, "fate", "hours"), ("analytics.deal_stays",)),
    "history_parts": Judge(
        history_parts, ("entity", "is_open", "known_by", "known_from"), (LEADS, DEALS)
    ),
    "history_known": Judge(
        history_known, ("entity", "scope", "known_by"), ("analytics.history_parts",)
    ),
}  # fmt: skip
