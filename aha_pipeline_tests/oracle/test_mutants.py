"""Every part of a formula counts: a mart with one thing changed is found out.

A mutant takes the place of a mart, everything that reads it is computed anew, and plain Python has
to disagree. `make mutants` tries all of every mart, prints how many are found out and what the
others changed, and fails where any is alive. Mutants that say the same as the original in any
company are listed, with the reason, in equivalent_mutants/<mart>.toml.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.mart_files import Mart, read_marts
from aha_pipeline.warehouse.measures import read_measures
from aha_pipeline_tests.kit.databases import address_of, administer
from aha_pipeline_tests.oracle import product
from aha_pipeline_tests.oracle.apart import JUDGES as APART
from aha_pipeline_tests.oracle.asked import faults_of_asked
from aha_pipeline_tests.oracle.company import draw_company
from aha_pipeline_tests.oracle.comparison import (
    MARTS,
    faults_of_marts,
    faults_of_periods,
    faults_of_rows,
)
from aha_pipeline_tests.oracle.deals import local_day
from aha_pipeline_tests.oracle.figures import Picture, take_picture
from aha_pipeline_tests.oracle.formulas import FORMULAS
from aha_pipeline_tests.oracle.measured import JUDGES
from aha_pipeline_tests.oracle.memory import Memory, remember
from aha_pipeline_tests.oracle.mutants import (
    ALL,
    EQUIVALENT,
    alive_of,
    equivalent_to,
    is_right_apart,
    mutants,
    mutants_of_measure,
)
from aha_pipeline_tests.oracle.raw_marts import MARTS as RAW_MARTS
from aha_pipeline_tests.oracle.raw_marts import RawStage, faults_of_raw, landed

# Seed and size: the first without activities, the others with them, so that what is alive in it is
# found out there.
COMPANIES = ((11, 3), (220, 3), (217, 3))
# Where all are run, one more, that was watched for more days.
WATCHED = (218, 3, 110)
RAW = (1, 2)  # seeds of records alone
# measure: the mart that shows it whole, or stands on it; any of those that are only asked. Others:
# test_drawn, test_formulas
IN_SUITE = {"kpis": "kpis", "reps": "rep_matrix"}
OF_CHANGES = {"changes": "changes", "known_changes": "changes"}  # take their time
MEASURES = IN_SUITE | OF_CHANGES | {
    "cohort_medians": "lead_cohorts", "closed_values": "funnel", "lost": "funnel",
    "open_value": "rep_matrix", "open_values": "funnel",
    "periods_of": "pace", "stages": "pipeline_by_stage", "standing": "funnel",
}  # fmt: skip


# Judged by rows of their own; assumed_pct asks assumed_pcts for one day.
ELSEWHERE = {"assumed_pct"}
ELSEWHERE |= {"contents_before", "is_pipeline_told"}  # test_told
ELSEWHERE |= {"waits", "waits_over", "first_touch", "worked", "working_day_minutes"}
ELSEWHERE |= {"touch_times", "wait_key", "email_records", "emails_read"}
ELSEWHERE |= {"untouched_statuses", "usual_week", "working_days"}


@dataclass(frozen=True)
class Stage:
    """A company in a database, read and built, in a transaction that stays open."""

    connection: object
    picture: Picture


AnyStage = Stage | RawStage


@pytest.fixture(scope="module")
def stages(postgres, template_database) -> Iterator[list[AnyStage]]:
    """Companies of hundreds of records, each in a database of its own."""
    with ExitStack() as open_ones:
        companies = [
            open_ones.enter_context(
                staged(open_ones.enter_context(copied(postgres, template_database)), *company)
            )
            for company in (*COMPANIES, *([WATCHED] if ALL else []))
        ]
        if not ALL:
            yield companies
            return
        raw = [
            open_ones.enter_context(
                landed(open_ones.enter_context(copied(postgres, template_database)), seed)
            )
            for seed in RAW
        ]
        yield [*raw, *companies]


@contextmanager
def copied(server: str, template: str) -> Iterator[str]:
    name = f"mutants_{uuid4().hex[:12]}"
    administer(server, f"create database {name} template {template}")
    yield address_of(server, name)
    administer(server, f"drop database {name} with (force)")


@contextmanager
def staged(database_url: str, seed: int, size: int, watched: int = 35) -> Iterator[Stage]:
    company = draw_company(seed, datetime.now(UTC), size, watched)
    memory: Memory = {}
    with connect(database_url) as connection:
        product.empty(connection, company)
        for number, moment in enumerate(company.reads):
            remember(memory, company, company.since(number), moment)
            product.read(database_url, company, number)
            product.note_read(connection, number, moment)
        last_day = local_day(company.reads[-1], company.zone) - timedelta(days=1)
        built = product.build(connection, min(company.first_day, last_day), last_day)
        yield Stage(connection, take_picture(memory, company, *built))
        connection.rollback()


def is_alive(stages: list[AnyStage], mart: Mart, select: str, measure: str = "") -> bool:
    """Return whether a mutant of a mart gives what is right in each company, in all that reads it.

    measure: the text of a measure that is put in its place as well.
    """
    return all(is_right(stage, mart, select, measure) for stage in stages)


def is_right(stage: AnyStage, mart: Mart, select: str, measure: str) -> bool:
    with stage.connection.cursor() as cursor:
        return is_right_apart(cursor, lambda: says_right(cursor, stage, mart, select, measure))


def says_right(cursor, stage: AnyStage, mart: Mart, select: str, measure: str) -> bool:
    if isinstance(stage, RawStage):
        return mart.name not in RAW_MARTS or not faults_of_raw(stage, mart.name, select)
    return is_as_computed(cursor, stage, mart, select, measure)


def is_as_computed(cursor, stage: Stage, mart: Mart, select: str, measure: str) -> bool:
    days = {"first_day": stage.picture.first_day, "last_day": stage.picture.last_day}
    parameters = days | {"since": "-infinity"}
    if measure:
        cursor.execute(measure)
    put_in_place(cursor, mart, select, parameters)
    if measure and faults_of_measures(stage):
        return False
    if mart.name in MARTS and faults_of_rows(stage.connection, stage.picture, mart.name):
        return False
    for other in readers_of(mart):
        put_in_place(cursor, other, other.select, parameters)
    return not faults_of_marts(stage.connection, stage.picture)


def faults_of_measures(stage: Stage) -> list[str]:
    faults = faults_of_periods(stage.connection, stage.picture)
    return faults or faults_of_asked(stage.connection, stage.picture)


def put_in_place(cursor, mart: Mart, select: str, parameters: dict) -> None:
    """Take in a mart as it is built; a sum over records keeps no rows of zeros."""
    if mart.strategy == "merge":
        is_something = " or ".join(f"coalesce({name}, 0) <> 0" for name in mart.sums)
        select = f"select * from ({select}) m where {is_something}"  # noqa: S608
    if mart.kind == "view":
        cursor.execute(f"create or replace view {mart.relation} as {select}")
    else:
        cursor.execute(f"delete from {mart.relation}")  # noqa: S608
        cursor.execute(f"insert into {mart.relation} {select}", parameters)


def readers_of(mart: Mart) -> list[Mart]:
    """Return the marts that stand on one, in the order in which they are built."""
    found = {mart.relation: mart}
    for other in read_marts():
        if found.keys() & set(other.sources):
            found[other.relation] = other
    return list(found.values())[1:]


ALL_MARTS = {mart.name: mart for mart in read_marts()}
HERE = [name for name in ALL_MARTS if name not in APART]


def test_every_measure_is_judged():
    tried = FORMULAS.keys() | JUDGES.keys() | MEASURES.keys()
    assert read_measures().keys() - tried == ELSEWHERE


@pytest.mark.parametrize("name", HERE if ALL else ("source_quality", "rep_matrix"))
def test_a_mutant_of_a_mart_is_found_out(stages, name, capsys):
    mart = ALL_MARTS[name]
    (unchanged, _), *changed = mutants(mart.select).items()
    assert is_alive(stages, mart, unchanged)
    alive = alive_of(name, changed, lambda text: is_alive(stages, mart, text), capsys)
    assert alive == []


@pytest.mark.parametrize(("name", "shown_by"), (MEASURES if ALL else IN_SUITE).items())
def test_a_mutant_of_a_measure_is_found_out(stages, name, shown_by, capsys):
    mart = ALL_MARTS[shown_by]
    with stages[0].connection.cursor() as cursor:
        (unchanged, _), *changed = mutants_of_measure(cursor, name).items()

    def is_alive_as(function: str) -> bool:
        return is_alive(stages, mart, mart.select, function)

    assert is_alive_as(unchanged)
    alive = alive_of(f"measures.{name}", changed, is_alive_as, capsys)
    assert alive == []


@pytest.mark.parametrize("listed", sorted(EQUIVALENT.glob("*.toml")), ids=lambda it: it.stem)
def test_what_is_said_to_be_equivalent_is_a_mutant(listed):
    marts = {mart.name: mart.select for mart in read_marts()}
    measures = {f"measures.{name}": it.body for name, it in read_measures().items()}
    changed = set(mutants((marts | measures)[listed.stem]).values())
    assert equivalent_to(listed.stem).keys() <= changed
