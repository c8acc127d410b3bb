"""What the marts say against what plain Python makes of the same reads."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import groupby

from aha_pipeline.warehouse.checks import SAMPLE_ROWS
from aha_pipeline_tests.oracle import (
    aims,
    causes,
    changes,
    course,
    figures,
    histories,
    pipeline,
    work,
)
from aha_pipeline_tests.oracle.figures import Picture, Rows, kpis, places
from aha_pipeline_tests.oracle.text import key
from aha_pipeline_tests.warehouse.marts_company import rows, wrong

# What is shown in the order of the work, and by which columns.
ORDERS = {
    "funnel": "position",
    "funnel_by_day": "day, position",
    "pipeline_by_stage": "position, stage = '(none)'",
    "time_in_stage": "position, stage = '(none)'",
}
LABELS = {"source", "industry", "status", "step", "stage", "name", "part"}
MARTS = figures.MARTS | course.MARTS | work.MARTS | causes.MARTS | histories.MARTS
MARTS |= pipeline.MARTS | changes.MARTS
EXACT = {"change_causes", *histories.MARTS}  # of which a row of zeros says something
# What has no column to tell the rows of one record apart: in their order, numbered.
NUMBERED = {
    "deal_history": "select *, version is not null as is_former, row_number() over "
    "(partition by id order by version, is_assumed desc) as number from analytics.deal_history",
}
HISTORIES = {"lead_history": "leads_raw", "deal_history": "crm_deals"}
# (measure, its key): the mart that shows it of all, and what it is asked beside days and names.
MEASURES = {
    ("sources", ("source",)): ("source_quality", ()),
    ("reps", ("owner_id",)): ("rep_matrix", ("infinity",)),
    ("outcomes", ("month",)): ("outcomes_by_month", ()),
}


def faults_of_marts(connection, picture: Picture) -> list[str]:
    """Return what differs in any mart, and what the product's own checks find."""
    faults = [fault for mart in MARTS for fault in faults_of_rows(connection, picture, mart)]
    faults += _narrowed(connection, picture) + faults_of_periods(connection, picture)
    faults += _misplaced(connection, picture) + _misranked(connection, picture)
    faults += _landed(connection)
    found = wrong(connection)
    told = len(found.pop("analytics/targets", ()))
    right = len(aims.sentences(course.books_of(picture)))
    if told != min(right, SAMPLE_ROWS):
        faults.append(f"check of targets: {told} sentences, right are {right}")
    return faults + [f"check of {asset}: {lines}" for asset, lines in found.items()]


def faults_of_rows(connection, picture: Picture, mart: str) -> list[str]:
    """Return what differs in one mart."""
    names, compute = MARTS[mart]
    listed = rows(connection, NUMBERED.get(mart, mart))
    expected, found = picture.rows_of(mart, compute), {key_of(row, names): row for row in listed}
    faults = differences(expected, found)
    faults += ["has rows twice"] if len(found) < len(listed) else []
    if mart in HISTORIES:
        faults += spelt_twice(listed)
    if mart in EXACT:
        faults += [f"{place} is there or not" for place in expected.keys() ^ found.keys()]
    return [f"{mart} {fault}" for fault in faults]


def spelt_twice(listed: list[dict]) -> list[str]:
    """Return the labels that are shown in several spellings."""
    spellings: dict[tuple, set] = defaultdict(set)
    for row in listed:
        for name in LABELS.intersection(row):
            spellings[name, _label(row[name])].add(row[name])
    return [f"spells {of} as {found}" for of, found in spellings.items() if len(found) > 1]


def key_of(row: dict, names: tuple[str, ...]) -> tuple:
    return tuple(_label(row[name]) if name in LABELS else row[name] for name in names)


def _label(text: str | None) -> str | None:
    """Return the key of a label; the step of several stages names each of them."""
    if text is None:
        return None
    return " / ".join(sorted(key(part) or "(none)" for part in text.split(" / ")))


def differences(expected: Rows, found: Rows) -> list[str]:
    """Return what differs; a row of nothing but zeros may be missing."""
    faults = []
    for place in sorted(expected.keys() | found.keys(), key=str):
        want, have = expected.get(place), found.get(place)
        if want is None:
            faults.append(f"{place} should not be there: {have}")
        elif have is None:
            if any(map(_is_something, want.values())):
                faults.append(f"{place} should be there: {want}")
        else:
            faults += [
                f"{place} {name}: {have[name]}, right is {right}"
                for name, right in want.items()
                if not is_equal(have[name], right)
            ]
    return faults


def _is_something(value: object) -> bool:
    return isinstance(value, int | float | Fraction) and value != 0


def is_equal(have: object, right: object) -> bool:
    """Return whether a mart's value is the right one, but for the last digits of a float."""
    if isinstance(right, str):
        return have == right or (have is not None and key(have) == key(right))
    if not isinstance(right, int | float | Fraction) or isinstance(right, bool) or have is None:
        return have == right
    difference = abs(float(have) - float(right))
    return difference <= 1e-9 * max(1, abs(right))


# Sources and owners, of which one has no lead, one no deal, and one nothing.
FILTERS = [
    ({"facebook"}, None),
    (None, {"9"}),
    (None, {"of nothing"}),
    ({"facebook", "partner"}, {"1", "8"}),
]


def _narrowed(connection, picture: Picture) -> list[str]:
    """Compare the KPIs of some sources and owners, from the day before the first one held."""
    early = replace(picture, first_day=picture.first_day - timedelta(days=1), computed={})
    labels = {row["source"] for row in rows(connection, "kpi_parts")}
    faults = []
    for sources, owners in FILTERS:
        named = sources and [label for label in labels if key(label) in sources]
        arguments = {"since": early.first_day, "until": early.last_day, "sources": named}
        with connection.cursor() as cursor:
            query = "select * from measures.kpis(%(since)s, %(until)s, %(sources)s, %(owners)s)"
            text = cursor.mogrify(query, arguments | {"owners": owners and sorted(owners)})
        found = {(row["day"],): row for row in rows(connection, text.decode())}
        place = f"kpis of {sources} and {owners}"
        if place not in picture.computed:
            picture.computed[place] = kpis(early, sources, owners)
        faults += [f"{place} {it}" for it in differences(picture.computed[place], found)]
    return faults


def faults_of_periods(connection, picture: Picture) -> list[str]:
    """Compare what is measured of some days, sources and owners with that of a smaller company.

    It has the leads created on the days, the deals closed on them and the open ones; of these the
    sources and owners that are asked for.
    """
    labels = {row["source"] for row in rows(connection, "kpi_parts")}
    third = (picture.last_day - picture.first_day) / 3
    faults = []
    for sources, owners in FILTERS:
        days = (picture.first_day + third, picture.last_day - third)
        named = sources and [label for label in labels if key(label) in sources]
        given = (*days, named, owners and sorted(owners))
        for (name, columns), (mart, further) in MEASURES.items():
            place = f"{name} of {sources} and {owners}"
            if place not in picture.computed:
                smaller = _smaller(picture, days, sources, owners)
                picture.computed[place] = {
                    where: {name: it for name, it in row.items() if name != "owner_name"}
                    for where, row in MARTS[mart][1](smaller).items()
                }
            with connection.cursor() as cursor:
                marks = ", ".join(["%s"] * len((*given, *further)))
                query = f"select * from measures.{name}({marks})"  # noqa: S608
                text = cursor.mogrify(query, (*given, *further)).decode()
            found = {key_of(row, columns): row for row in rows(connection, text)}
            faults += [f"{place} {it}" for it in differences(picture.computed[place], found)]
    return faults


def _smaller(picture: Picture, days, sources, owners) -> Picture:
    def is_meant(one, source: str) -> bool:
        return (sources is None or source in sources) and (
            owners is None or one.now.owner in owners
        )

    leads = [
        lead
        for lead in picture.leads
        if is_meant(lead, lead.now.source) and days[0] <= lead.day <= days[1]
    ]
    deals = [
        deal
        for deal in picture.deals
        if is_meant(deal, deal.source)
        and (deal.closed_day is None or days[0] <= deal.closed_day <= days[1])
    ]
    return replace(picture, leads=leads, deals=deals, computed={})


def _misplaced(connection, picture: Picture) -> list[str]:
    """Return the steps that stand in another order than that of the work."""
    place_of = places(picture)
    faults = []
    for mart, order in ORDERS.items():
        found = rows(connection, f"select * from analytics.{mart} order by {order}")  # noqa: S608
        for day, of_day in groupby(found, key=lambda row: row.get("day")):
            steps = [(row.get("entity", "deal"), _label(row.get("step") or row["stage"]))
                     for row in of_day]  # fmt: skip
            stand = [place_of[step] for step in steps if step in place_of]
            if stand != sorted(stand):
                faults.append(f"{mart} {day} has another order: {steps}")
    return faults


def _misranked(connection, picture: Picture) -> list[str]:
    """Return the changes whose causes are not numbered by what they did to the whole."""
    names = ("day", "figure", "days", "dimension")
    by_position = f"select * from analytics.change_causes order by {', '.join(names)}, position"  # noqa: S608
    whole = picture.rows_of("changes", changes.changes)
    faults = []
    for of, group in groupby(rows(connection, by_position), key=lambda row: key_of(row, names)):
        causes, change = list(group), whole[of[:3]]["change"]
        sign = (change > 0) - (change < 0)
        stand = [
            (-sign * row["change"], row["part"] is None, (row["part"] or "").encode())
            for row in causes
        ]
        numbers = [row["position"] for row in causes]
        if stand != sorted(stand) or numbers != list(range(1, len(causes) + 1)):
            faults.append(f"change_causes {of} are numbered otherwise: {causes}")
    return faults


def _landed(connection) -> list[str]:
    """Return what is said to have landed at another moment than its record."""
    faults = []
    for mart, table in HISTORIES.items():
        moments = rows(connection, f"select id, synced_at from crm.{table}")  # noqa: S608
        landed = {row["id"]: row["synced_at"] for row in moments}
        told = rows(connection, f"select id, synced_at from analytics.{mart}")  # noqa: S608
        faults += [f"{mart} {it} landed" for it in told if it["synced_at"] != landed[it["id"]]]
    return faults
