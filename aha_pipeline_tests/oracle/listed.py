"""Marts that list accounts, contacts, deals and steps, in plain Python, from drawn rows."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta

from aha_pipeline_tests.oracle.deals import NONE
from aha_pipeline_tests.oracle.figures import Row, Rows
from aha_pipeline_tests.oracle.parts import AMOUNTS, MEANINGS, OUTCOMES
from aha_pipeline_tests.oracle.stand_ins import DAY, Drawn, Judge
from aha_pipeline_tests.oracle.text import key

SPELT = ("shop", "Shop ", " Mill", "n/a", "", None)
LABELS = {("Industry", "shop"): "Retail", ("Lead_Source", "shop"): "Store"}
CALLED = {"1": "Asha", "2": "Bala (left)"}
LEAD_STEPS = ("Created", "Qualified", "Converted", "Won")


def _label(field: str, value: str | None) -> str:
    return LABELS.get((field, key(value))) or (value.strip() if value and key(value) else NONE)


def put_names(drawn: Drawn) -> None:
    drawn.put("crm.text_labels", [
        {"field": field, "key": of, "label": label} for (field, of), label in LABELS.items()
    ])  # fmt: skip
    put_owners(drawn)


def put_owners(drawn: Drawn) -> None:
    drawn.put("analytics.owners", [
        {"owner_id": id_, "owner_name": name} for id_, name in CALLED.items()
    ])  # fmt: skip


def _put_records(drawn: Drawn, table: str, draw) -> Iterator[tuple[Row, Row]]:
    """Draw and put records; yield each that lives, and what is shown of any."""
    records = []
    for number in range(drawn.random.randrange(9)):
        ages = [timedelta(hours=drawn.random.randrange(99)) for _ in range(3)]
        times = [drawn.one_of(None, drawn.now - age) for age in ages]
        names = ("created_time", "modified_time", "deleted_at")
        record = {"id": str(number), "owner_id": drawn.one_of("1", "2", "3", "n/a", None)}
        records.append(record | dict(zip(names, times, strict=True)) | draw())
    drawn.put(f"crm.{table}", records)
    for it in records:
        if not it["deleted_at"]:
            created, owner = it["created_time"], _label("", it["owner_id"])
            yield (
                it,
                {
                    "owner_id": owner,
                    "owner_name": CALLED.get(it["owner_id"], owner),
                    "created_time": created,
                    "day": created and created.astimezone(drawn.zone).date(),
                    "modified_time": it["modified_time"],
                },
            )


def accounts(drawn: Drawn) -> Rows:
    put_names(drawn)

    def draw() -> Row:
        name, revenue = drawn.one_of("Rao Villa", None), drawn.one_of(None, 0, 9)
        return {
            "account_name": name, "industry": drawn.one_of(*SPELT), "annual_revenue": revenue
        }  # fmt: skip

    return {
        (it["id"],): shown
        | {
            "name": it["account_name"],
            "industry": _label("Industry", it["industry"]),
            "annual_revenue": it["annual_revenue"],
        }
        for it, shown in _put_records(drawn, "crm_accounts", draw)
    }


def contacts(drawn: Drawn) -> Rows:
    put_names(drawn)

    def draw() -> Row:
        return {
            "full_name": drawn.one_of("Ravi Iyer", None),
            "account_id": drawn.one_of("A1", None),
            "account_name": drawn.one_of("Rao Villa", None),
            "lead_source": drawn.one_of(*SPELT),
        }

    return {
        (it["id"],): shown
        | {
            "name": it["full_name"],
            "account_id": it["account_id"],
            "account_name": it["account_name"],
            "source": _label("Lead_Source", it["lead_source"]),
        }
        for it, shown in _put_records(drawn, "crm_contacts", draw)
    }


def account_deals(drawn: Drawn) -> Rows:
    deals = drawn.some(lambda: {
        "account_id": drawn.one_of(None, "A1", "A2"),
        "meaning": drawn.one_of(*OUTCOMES),
        "amount": drawn.one_of(*AMOUNTS),
    }, 9)  # fmt: skip
    drawn.put("analytics.deals", deals)
    return {
        (account,): {
            "deals": len(group),
            **{
                name: figure for it in ("open", "won") for name, figure in _deals(group, it).items()
            },
        }
        for account in {it["account_id"] for it in deals}
        if (group := [it for it in deals if it["account_id"] == account])
    }


def _deals(group: list[Row], meaning: str) -> Row:
    amounts = [it["amount"] for it in group if it["meaning"] == meaning]
    known = [amount for amount in amounts if amount is not None]
    return {
        f"{meaning}_deals": len(amounts),
        f"valued_{meaning}_deals": len(known),
        f"{meaning}_value": sum(known),
    }


def accounts_by_industry(drawn: Drawn) -> Rows:
    industries = {
        id_: drawn.one_of("Retail", "Mining", NONE)
        for id_ in ("A1", "A2", "A3", "A4")
        if drawn.one_of(True, True, False)
    }
    deals = {
        account: _drawn_deals(drawn, "open") | _drawn_deals(drawn, "won")
        for account in (None, "A1", "A2", "A3", "A9")
        if drawn.one_of(True, True, False)
    }
    drawn.put("analytics.accounts", [{"id": id_, "industry": it} for id_, it in industries.items()])
    drawn.put("analytics.account_deals", [{"account_id": it} | row for it, row in deals.items()])
    rows: dict[tuple, Counter] = defaultdict(Counter)
    for industry in industries.values():
        rows[(industry,)]["accounts"] += 1
    for account, row in deals.items():
        rows[(industries.get(account, NONE),)].update(row)
    return {
        place: {name: row[name] for name in ("accounts", "open_deals")}
        | {f"{it}_value": _known_value(row, it) for it in ("open", "won")}
        for place, row in rows.items()
    }


def _drawn_deals(drawn: Drawn, meaning: str) -> Row:
    number = drawn.one_of(0, 1, 2)
    valued = drawn.one_of(0, number)
    value = drawn.one_of(0, 1, 5) if valued else 0
    return {f"{meaning}_deals": number, f"valued_{meaning}_deals": valued,
            f"{meaning}_value": value}  # fmt: skip


def _known_value(row: Counter, of: str) -> int | None:
    return None if row[f"{of}_deals"] and not row[f"valued_{of}_deals"] else row[f"{of}_value"]


def unconverted_deals(drawn: Drawn) -> Rows:
    put_names(drawn)
    contents = [
        {
            "id": str(number),
            "name": drawn.one_of(None, "D"),
            "stage": "Talk",
            "meaning": drawn.one_of(*OUTCOMES),
            "source": "Web",
            "owner_id": drawn.one_of("1", "2", "3"),
            "original_amount": drawn.one_of(3, 50),
            "currency": "USD",
            "exchange_rate": drawn.one_of(None, 1),
            "is_present": is_present,
            "is_deleted": drawn.one_of(True, False, False),
            "is_unconverted": drawn.one_of(True, True, False),
        }
        for number in range(drawn.random.randrange(9))
        for is_present in drawn.one_of((True,), (False, True))
    ]
    drawn.put("analytics.deal_history", contents)
    own = ("name", "stage", "meaning", "source", "owner_id", "original_amount", "currency",
           "exchange_rate")  # fmt: skip
    return {
        (it["id"],): {name: it[name] for name in own}
        | {"owner_name": CALLED.get(it["owner_id"], it["owner_id"])}
        for it in contents
        if it["is_present"] and it["is_unconverted"] and not it["is_deleted"]
    }


def funnel(drawn: Drawn) -> Rows:
    """Return the steps in the order of the work: leads before deals, without a name last."""
    steps = [
        {
            "entity": entity,
            "position": position,
            "step": step,
            "meaning": drawn.one_of("open", "lost"),
            "records": drawn.one_of(1, 2),
            "valued_deals": drawn.one_of(0, 1),
            "value": drawn.one_of(None, 3),
        }
        for entity in ("deal", "lead")
        for position in (10, 20)
        for step in ("Ask", NONE, "Zoom")
        if drawn.one_of(True, False)
    ]
    drawn.put("analytics.funnel_parts", drawn.random.sample(steps, len(steps)))

    def place(it: Row) -> tuple:
        return it["entity"] == "deal", it["position"], it["step"] == NONE, it["step"]

    return {
        (it["entity"], it["step"], number): {
            "meaning": it["meaning"],
            "records": it["records"],
            "value": it["value"] if it["valued_deals"] else None,
        }
        for number, it in enumerate(sorted(steps, key=place), 1)
    }


def funnel_steps(drawn: Drawn) -> Rows:
    listed = [
        {"module": module, "value": value, "position": drawn.one_of(10, 20, 30, 40),
         "meaning": drawn.one_of(None, "open", "open", "won"),
         "source": drawn.one_of("default", "default", "file", *sources)}
        for module, sources in (("Deals", drawn.one_of((), ("crm",))), ("Leads", ("crm",)))
        for value in ("Talk", "Ask", "Visit")
    ]  # fmt: skip
    stood = drawn.some(lambda: {
        "position": drawn.one_of(20, 25, 41, 41),
        "stage": drawn.one_of("Odd", "Own", "Other"),
        "meaning": drawn.one_of("open", "open", "lost"),
    }, 8)  # fmt: skip
    labels = drawn.some(lambda: {
        "field": drawn.one_of("Stage", "Stage", "Lead_Status"),
        "label": drawn.one_of("Talk", "Ask", "Visit"),
    }, 4)  # fmt: skip
    drawn.put("crm.picklist_meaning", listed)
    drawn.put("crm.text_labels", labels)
    drawn.put("analytics.stage_deals", stood)
    shown = {it["label"] for it in labels if it["field"] == "Stage"}
    of_deals = [it for it in listed if it["module"] == "Deals"]
    is_named = any(it["source"] == "crm" for it in of_deals)
    named: dict[int, list[str]] = defaultdict(list)
    for it in of_deals:
        if it["meaning"] in (None, "open") and not (is_named and it["source"] == "default"):
            named[it["position"]].append(it["value"])
    # Of a stage of two names the one that its deals are shown with.
    steps = {
        place: min(names, key=lambda it: (it not in shown, it)) for place, names in named.items()
    }
    seen: dict[int, set[str]] = defaultdict(set)
    for it in stood:
        if it["meaning"] == "open" and it["position"] not in steps:
            seen[it["position"]].add(it["stage"])
    steps |= {place: " / ".join(sorted(names)) for place, names in seen.items()}
    rows: Rows = {
        ("lead", number): {"step": step, "stage_position": None}
        for number, step in enumerate(LEAD_STEPS, 1)
    }
    for number, place in enumerate(sorted(steps), 1):
        rows["deal", number] = {"step": steps[place], "stage_position": place}
    rows["deal", len(steps) + 1] = {"step": "Won", "stage_position": None}
    return rows


def entered_funnel(drawn: Drawn) -> Rows:
    stages = [10 * number for number in range(1, drawn.one_of(1, 3, 4))]
    steps = [("lead", it, step, None) for it, step in enumerate(LEAD_STEPS, 1)]
    steps += [("deal", it, f"Stage {place}", place) for it, place in enumerate(stages, 1)]
    steps.append(("deal", len(stages) + 1, "Won", None))
    names = ("entity", "number", "step", "stage_position")
    drawn.put("analytics.funnel_steps", [dict(zip(names, it, strict=True)) for it in steps])
    deals, leads = _entered(drawn, "D", OUTCOMES), _entered(drawn, "L", MEANINGS)
    for lead in leads:
        lead["deal_id"] = drawn.one_of(None, "D0", "D1", "D2", "D99")
    of_deals = _contents(drawn, deals, OUTCOMES)
    for it in of_deals:
        it["position"], it["is_assumed"] = drawn.one_of(0, *stages), drawn.one_of(True, False)
    of_leads = _contents(drawn, leads, MEANINGS)
    drawn.put("analytics.leads", leads)
    drawn.put("analytics.deals", deals)
    drawn.put("analytics.lead_history", of_leads)
    drawn.put("analytics.deal_history", of_deals)
    sums: dict[tuple, Counter] = defaultdict(Counter)

    def enter(entity: str, record: Row, furthest: int, left_as: str, may_be_further: bool) -> None:
        last = max(number for of, number, *_ in steps if of == entity)
        for of, number, step, _ in steps:
            if of != entity or number > furthest:
                continue
            row = sums[record["day"], entity, number, step, record["source"], record["owner_id"]]
            row["reached"] += 1
            if number == furthest < last:
                row[left_as] += 1
                row["assumed"] += may_be_further

    meanings = {it["id"]: it["meaning"] for it in deals}
    for lead in leads:
        said = [it for it in of_leads if it["id"] == lead["id"] and not it["is_deleted"]]
        is_qualified = any(it["meaning"] in ("qualified", "converted") for it in said)
        deal = meanings.get(lead["deal_id"])
        furthest = 4 if deal == "won" else 3 if lead["meaning"] == "converted" else 1 + is_qualified
        may_be_further = any(map(_is_assumed, said)) and not is_qualified
        enter("lead", lead, furthest, _left_as(lead["meaning"], deal), may_be_further)
    for deal in deals:
        said = [it for it in of_deals if it["id"] == deal["id"] and not it["is_deleted"]]
        stood = {
            stages.index(it["position"]) + 1
            for it in said
            if it["meaning"] == "open" and not it["is_assumed"] and it["position"] in stages
        }
        came, last = max(stood, default=1), len(stages) + 1
        left_as = "lost" if deal["meaning"] == "lost" else "waiting"
        may_be_further = any(map(_is_assumed, said)) and came < last - 1
        enter("deal", deal, last if deal["meaning"] == "won" else came, left_as, may_be_further)
    figures = ("reached", "junk", "lost", "waiting", "not_known", "assumed")
    return {place: {name: row[name] for name in figures} for place, row in sums.items()}


def _left_as(meaning: str, deal: str | None) -> str:
    """Return how a lead left the funnel, by what it and its deal mean."""
    if meaning == "converted" and deal is None:
        return "not_known"
    if deal == "lost":
        return "lost"
    return meaning if meaning in ("junk", "lost") else "waiting"


def _entered(drawn: Drawn, letter: str, meanings: tuple[str, ...]) -> list[Row]:
    return [
        {"id": f"{letter}{number}", "day": drawn.day(1), "meaning": drawn.one_of(*meanings)}
        | drawn.whose()
        for number in range(drawn.one_of(0, 3, 9, 60))
    ]


def _contents(drawn: Drawn, records: list[Row], meanings: tuple[str, ...]) -> list[Row]:
    """Draw what records said; of some it was never known."""
    contents = []
    for id_ in (*(it["id"] for it in records), "gone"):
        is_deleted = drawn.one_of(True, False, False, False)
        for _ in range(drawn.one_of(0, 1, 2, 3)):
            first = drawn.day(2)
            last = drawn.one_of(None, first, first + DAY)
            contents.append({
                "id": id_, "is_deleted": is_deleted, "meaning": drawn.one_of(*meanings),
                "from_day": first, "until_day": last,
                "known_from": drawn.one_of(first, first, first + DAY, None),
            })  # fmt: skip
    return contents


def _is_assumed(content: Row) -> bool:
    begin = content["from_day"]
    return content["known_from"] != begin and content["until_day"] != begin


def week_leads(drawn: Drawn) -> Rows:
    days = [drawn.today + it * DAY for it in (-9, -8, -7, -1, 0, 1, 2)]
    reads = drawn.some(
        lambda: {"day": drawn.one_of(*days[:3]), "module": drawn.one_of("Leads", "Deals")}, 4
    )
    parts = [
        {"day": day, "source": source, "owner_id": "1", "leads": drawn.one_of(1, 2),
         "junk_leads": drawn.one_of(0, 1)}
        for day in days for source in ("Web", NONE) if drawn.one_of(True, False)
    ]  # fmt: skip
    drawn.put("analytics.sync_volume", reads)
    drawn.put("analytics.week_parts", parts)
    since = min((it["day"] for it in reads if it["module"] == "Leads"), default=None)
    return {
        (it["day"], it["source"], it["owner_id"]): {name: it[name] for name in ("leads",
                                                                                "junk_leads")}
        for it in parts
        if since and since <= it["day"] <= drawn.today
    }  # fmt: skip


NAMES = ("crm.text_labels", "analytics.owners")
JUDGES = {
    "accounts": Judge(accounts, ("id",), ("crm.crm_accounts", *NAMES)),
    "contacts": Judge(contacts, ("id",), ("crm.crm_contacts", *NAMES)),
    "account_deals": Judge(account_deals, ("account_id",), ("analytics.deals",)),
    "accounts_by_industry": Judge(
        accounts_by_industry, ("industry",), ("analytics.accounts", "analytics.account_deals")
    ),
    "unconverted_deals": Judge(unconverted_deals, ("id",), ("analytics.deal_history", *NAMES)),
    "funnel": Judge(funnel, ("entity", "step", "position"), ("analytics.funnel_parts",)),
    "funnel_steps": Judge(
        funnel_steps, ("entity", "number"),
        ("crm.picklist_meaning", "crm.text_labels", "analytics.stage_deals"),
    ),
    "entered_funnel": Judge(
        entered_funnel, ("day", "entity", "position", "step", "source", "owner_id"),
        ("analytics.funnel_steps", "analytics.leads", "analytics.deals", "analytics.lead_history",
         "analytics.deal_history"),
    ),
    "week_leads": Judge(
        week_leads, ("day", "source", "owner_id"), ("analytics.sync_volume", "analytics.week_parts")
    ),
}  # fmt: skip
