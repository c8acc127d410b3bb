"""Every mart of random messy companies, after each of three reads, against plain Python."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aha_pipeline.warehouse.connection import connect
from aha_pipeline_tests.oracle import product
from aha_pipeline_tests.oracle.company import draw_company
from aha_pipeline_tests.oracle.deals import local_day
from aha_pipeline_tests.oracle.figures import (
    MARTS,
    Picture,
    Rows,
    kpis,
    places,
    take_picture,
)
from aha_pipeline_tests.oracle.memory import Memory, remember
from aha_pipeline_tests.oracle.text import key
from aha_pipeline_tests.warehouse.marts_company import rows, wrong

# What is shown in the order of the work, and by which columns.
ORDERS = {
    "funnel": "position",
    "funnel_by_day": "day, position",
    "pipeline_by_stage": "position, stage = '(none)'",
    "time_in_stage": "position, stage = '(none)'",
}
FEW, MANY = 3, 200  # companies: the same ones each time take seconds, `make explore` draws others
LABELS = {"source", "status", "step", "stage"}
DEFINITION = "how rates are read"  # among the figures of a day
Told = dict[tuple[object, str], object]


@pytest.mark.timeout(3600)
@given(st.integers(0, 2**32))
@settings(
    max_examples=FEW if settings.default.derandomize else MANY,
    deadline=None,
    phases=[Phase.reuse, Phase.generate],  # a smaller number is no smaller company
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_every_mart_of_any_company(module_database_url, seed):
    assert faults_of(module_database_url, seed) == []


def faults_of(database_url: str, seed: int) -> list[str]:
    """Return what differs from plain Python in one company, in words."""
    company = draw_company(seed, datetime.now(UTC))
    memory: Memory = {}
    told: Told = {}
    faults: list[str] = []
    with connect(database_url) as connection:
        product.empty(connection, company)
        for number, moment in enumerate(company.reads):
            touched = remember(memory, company, company.since(number), moment)
            product.read(database_url, company, number)
            product.note_read(connection, number, moment)
            last_day = local_day(moment, company.zone) - timedelta(days=1)
            built = product.build(connection, min(company.first_day, last_day), last_day)
            picture = take_picture(memory, company, *built)
            tells = _tells(picture)
            found = [
                *faults_of_marts(connection, picture),
                *_restated(connection, told, tells, touched),
            ]
            faults += [f"read {number + 1}: {fault}" for fault in found]
            told = tells
            connection.commit()
    return faults


def faults_of_marts(connection, picture: Picture) -> list[str]:
    """Return what differs in any mart, and what the product's own checks find."""
    faults = [fault for mart in MARTS for fault in faults_of_rows(connection, picture, mart)]
    faults += _narrowed(connection, picture)
    faults += _moved(connection, picture) + _misplaced(connection, picture)
    return faults + [f"check of {asset}: {lines}" for asset, lines in wrong(connection).items()]


def faults_of_rows(connection, picture: Picture, mart: str) -> list[str]:
    """Return what differs in one mart."""
    found = {_key(row, MARTS[mart][0]): row for row in rows(connection, mart)}
    return [f"{mart} {fault}" for fault in _differences(picture.rows_of(mart), found)]


def _key(row: dict, names: tuple[str, ...]) -> tuple:
    return tuple(_label(row[name]) if name in LABELS else row[name] for name in names)


def _label(text: str) -> str:
    """Return the key of a label; the step of several stages names each of them."""
    return " / ".join(sorted(key(part) or "(none)" for part in text.split(" / ")))


def _differences(expected: Rows, found: Rows) -> list[str]:
    """Return what differs; a row of nothing but zeros need not be there."""
    names = list(next(iter(expected.values()), {}))
    nothing = dict.fromkeys(names, 0)
    faults = []
    for place in sorted(expected.keys() | found.keys(), key=str):
        want, have = expected.get(place), found.get(place)
        if want is None and (not names or any(_is_something(have[name]) for name in names)):
            faults.append(f"{place} should not be there: {have}")
        elif want is not None:
            have = nothing if have is None and not any(map(_is_something, want.values())) else have
            faults += [
                f"{place} {name}: {have and have[name]}, right is {right}"
                for name, right in want.items()
                if _is_something(right) or have is not nothing
                if have is None or not _equal(have[name], right)
            ]
    return faults


def _is_something(value: object) -> bool:
    return isinstance(value, int | float | Decimal | Fraction) and value != 0


def _equal(have: object, right: object) -> bool:
    if isinstance(right, str):
        return have == right or key(have) == key(right)
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
        faults += [f"{place} {it}" for it in _differences(picture.computed[place], found)]
    return faults


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


def _moved(connection, picture: Picture) -> list[str]:
    """Compare the sums of the movements of the open pipeline."""
    expected = picture.moved()
    found = {name: Counter() for name in ("owner", "source", "id", "kind")}
    for row in rows(connection, "pipeline_movements"):
        if row["day"] > picture.last_day:
            continue
        source = key(row["source"]) or "(none)"
        by = {"owner": row["owner_id"], "source": source, "id": row["id"]}
        for name, part in by.items():
            found[name][row["day"], part, "deals"] += row["deals"]
            found[name][row["day"], part, "value"] += row["value"]
            found[name][row["day"], part, "weighted"] += row["weighted_value"]
        if row["kind"] in ("won", "lost"):
            found["kind"][row["day"], row["id"], row["kind"]] += row["deals"]
    return [
        f"pipeline_movements by {name} {place}: {sums[place]}, right is {expected[name][place]}"
        for name, sums in found.items()
        for place in sorted(sums.keys() | expected[name].keys(), key=str)
        if not _equal(sums[place], Fraction(expected[name][place]))
    ]


def _tells(picture: Picture) -> Told:
    tells = {(day, name): it for (day,), row in kpis(picture).items() for name, it in row.items()}
    return tells | {(None, DEFINITION): picture.reading}


def _restated(connection, told: Told, tells: Told, touched: set[str]) -> list[str]:
    """Compare what the last build restated with what it made of days told before."""
    query = "select * from analytics.restatements where restated_at = now()"
    found = {(row["day"], row["figure"]): row for row in rows(connection, query)}
    is_redefined = told.get((None, DEFINITION)) != tells[None, DEFINITION]
    changed = {
        place: (before, tells[place])
        for place, before in told.items()
        if place[0] and not _equal(before, tells[place])
    }
    faults = [
        f"restatement of {place}: {found.get(place)}, right is {before} to {after}"
        for place, (before, after) in changed.items()
        if not (row := found.get(place))
        or not (_equal(row["before"], before) and _equal(row["after"], after))
    ]
    for place, row in found.items():
        if place not in changed:
            faults.append(f"restatement of {place}, which did not change: {row}")
        elif row["reason"] != ("definition changed" if is_redefined else "records changed"):
            faults.append(f"restatement of {place} for another reason: {row}")
        elif not is_redefined and not (row["records"] and touched.issuperset(row["records"])):
            faults.append(f"restatement of {place} by records that no read brought: {row}")
    return faults
