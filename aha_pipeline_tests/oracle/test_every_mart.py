"""Every mart of random messy companies, after each of three reads, against plain Python."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aha_pipeline.warehouse.connection import connect
from aha_pipeline_tests.oracle import product
from aha_pipeline_tests.oracle.asked import faults_of_asked
from aha_pipeline_tests.oracle.company import draw_company
from aha_pipeline_tests.oracle.comparison import faults_of_marts, is_equal
from aha_pipeline_tests.oracle.deals import local_day
from aha_pipeline_tests.oracle.figures import Picture, kpis, take_picture
from aha_pipeline_tests.oracle.memory import Memory, remember
from aha_pipeline_tests.warehouse.marts_company import rows

FEW, MANY = 3, 200  # companies: the same ones each time take seconds, `make explore` draws others
DEFINITION = "how rates are read"  # among the figures of a day
Told = dict[tuple[object, str], object]
Shares = dict[tuple[object, str], dict[str, object]]  # what each record adds to a figure of a day


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
    shared: Shares = defaultdict(dict)
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
            tells, shares = _tells(picture), _shares(picture)
            found = [
                *faults_of_marts(connection, picture),
                *faults_of_asked(connection, picture),
                *_restated(connection, told, tells, touched),
                *_unnamed(connection, shared, shares),
            ]
            faults += [f"read {number + 1}: {fault}" for fault in found]
            told, shared = tells, shares
            connection.commit()
    return faults


def _tells(picture: Picture) -> Told:
    tells = {(day, name): it for (day,), row in kpis(picture).items() for name, it in row.items()}
    return tells | {(None, DEFINITION): picture.reading}


def _shares(picture: Picture) -> Shares:
    """Return the records behind each figure of what came or closed on a day."""
    shares: Shares = defaultdict(dict)
    for lead in picture.live_leads:
        shares[lead.day, "new_leads"][lead.id] = 1
    for deal in picture.live_deals:
        shares[deal.closed_day, f"{deal.now.meaning}_deals"][deal.id] = 1
        shares[deal.closed_day, f"{deal.now.meaning}_value"][deal.id] = deal.now.value
    return shares


def _unnamed(connection, shared: Shares, shares: Shares) -> list[str]:
    """Return the records that changed a figure of a day and are not named in its restatement."""
    query = (
        "select * from analytics.restatements "
        "where restated_at = now() and reason = 'records changed'"
    )
    faults = []
    for row in rows(connection, query):
        before, after = (of[row["day"], row["figure"]] for of in (shared, shares))
        changed = {id_ for id_ in before | after if before.get(id_) != after.get(id_)}
        if missing := changed.difference(row["records"]):
            faults.append(f"restatement of {row} does not name {missing}")
    return faults


def _restated(connection, told: Told, tells: Told, touched: set[str]) -> list[str]:
    """Compare what the last build restated with what it made of days told before."""
    query = "select * from analytics.restatements where restated_at = now()"
    found = {(row["day"], row["figure"]): row for row in rows(connection, query)}
    is_redefined = told.get((None, DEFINITION)) != tells[None, DEFINITION]
    changed = {
        place: (before, tells[place])
        for place, before in told.items()
        if place[0] and not is_equal(before, tells[place])
    }
    faults = [
        f"restatement of {place}: {found.get(place)}, right is {before} to {after}"
        for place, (before, after) in changed.items()
        if not (row := found.get(place))
        or not (is_equal(row["before"], before) and is_equal(row["after"], after))
    ]
    for place, row in found.items():
        if place not in changed:
            faults.append(f"restatement of {place}, which did not change: {row}")
        elif row["reason"] != ("definition changed" if is_redefined else "records changed"):
            faults.append(f"restatement of {place} for another reason: {row}")
        elif not is_redefined and not (row["records"] and touched.issuperset(row["records"])):
            faults.append(f"restatement of {place} by records that no read brought: {row}")
    return faults
