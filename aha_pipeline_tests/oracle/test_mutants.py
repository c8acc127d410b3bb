"""Every part of a formula counts: a mart with one thing changed is found out.

A mutant takes the place of a mart, everything that reads it is computed anew, and plain Python has
to disagree. `make mutants` tries all of every mart, prints how many are found out and what the
others changed, and fails where more of a mart are alive than are known to be. Mutants that say the
same as the original in any company are listed, with the reason, in equivalent_mutants/<mart>.toml.
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
from aha_pipeline_tests.kit.databases import address_of, administer, fresh_database
from aha_pipeline_tests.oracle import first_touches, owners, parts, product, told_company
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
from aha_pipeline_tests.warehouse.marts_company import build
from aha_pipeline_tests.warehouse.told_histories import (
    CONNECTED,
    NOW,
    connected,
    contents,
    existing,
    faults_of_told,
    lives,
    tell,
    timeline,
)

# Seed and size: the first without activities, the others with them, so that what is alive in it is
# found out there.
COMPANIES = ((11, 3), (220, 3), (217, 3))
# Where all are run, one more, that was watched for more days.
WATCHED = (218, 3, 110)
RAW = (1, 2)  # seeds of records alone
HISTORIES = ("deal_history", "lead_history")  # of one whose past Zoho tells, these alone
# test_marts_apart
NOT_HERE = parts.JUDGES.keys() | first_touches.JUDGES.keys() | owners.JUDGES.keys()
NOT_HERE |= {"open_deal_activities", "deal_silence"}  # test_deal_silence
# How many mutants are known to live, as measured. Some say the same (a `coalesce` of what is never
# null, `union` of rows that differ), and some change what no record of these companies shows.
# Of pipeline_movements, entered_funnel, time_in_stage, slipping_deals, lead_cohorts,
# lost_deals, open_deals, open_deal_records, response_parts and work_list all but nine say the same:
# those nine want a list of stages of the company's own, two statuses that mean junk, or an instant.
# Those of the two histories are upper bounds, counted before a company was told in part; so are
# those of accounts, activities and contacts, of one set of records each.
KNOWN = {
    "account_deals": 4, "accounts": 6, "accounts_by_industry": 9, "activities": 40, "contacts": 6,
    "change_causes": 7, "changes": 1,
    "closing_deals": 3,
    "cohort_parts": 1, "daily_changes": 1, "daily_flows": 4, "daily_parts": 5, "deal_history":
    102, "deals": 2, "entered_funnel": 9, "forecast_scores": 5, "funnel": 5, "funnel_by_day": 8,
    "funnel_steps": 17,
    "kpi_days": 3,
    "lead_cohorts": 3, "lead_history": 58, "lead_volume": 1, "leads": 2, "lost_deals": 2,
    "open_deal_records": 1, "open_deals": 1, "pipeline_by_stage": 5, "pipeline_movements": 7,
    "response_parts": 4,
    "slipping_deals": 2,
    "stage_parts": 2, "stage_stays": 2,
    "time_in_stage": 7,
    "unconverted_deals": 4, "week_leads": 9, "week_parts": 3, "work_list": 5,
}  # fmt: skip
# measure: the mart that shows it whole, or stands on it; any of those that are only asked. Others:
# test_drawn, test_formulas
IN_SUITE = {"kpis": "kpis", "reps": "rep_matrix"}
OF_CHANGES = {"changes": "changes", "known_changes": "changes"}  # take their time
MEASURES = IN_SUITE | OF_CHANGES | {
    "cohort_medians": "lead_cohorts", "lost": "funnel", "open_value": "rep_matrix",
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


@dataclass(frozen=True)
class ToldStage:
    """A company whose past Zoho told, and what one says that was watched all the time."""

    connection: object
    watched: dict[str, list[str]]


@dataclass(frozen=True)
class PartlyToldStage:
    """A company whose past Zoho told in part, with faults."""

    connection: object
    picture: Picture


AnyStage = Stage | ToldStage | PartlyToldStage | RawStage


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
        partly_told = [
            open_ones.enter_context(partly_told_of(postgres, template_database, records))
            for records in (250, 2000)  # most are found out in the smaller one
        ]
        told = open_ones.enter_context(told_of(postgres, template_database))
        raw = [
            open_ones.enter_context(
                landed(open_ones.enter_context(copied(postgres, template_database)), seed)
            )
            for seed in RAW
        ]
        yield [*partly_told, told, *raw, *companies]


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


@contextmanager
def told_of(postgres: str, template: str) -> Iterator[ToldStage]:
    found = lives("a small company", NOW, 60)
    with connected(postgres, template, found, None) as connection:
        build(connection, only=HISTORIES)
        watched = {mart: contents(connection, mart) for mart in HISTORIES}
    with connected(postgres, template, found, CONNECTED) as connection:
        tell(connection, map(timeline, existing(found)))
        build(connection, only=HISTORIES)
        yield ToldStage(connection, watched)
        connection.rollback()


@contextmanager
def partly_told_of(postgres: str, template: str, records: int) -> Iterator[PartlyToldStage]:
    with fresh_database(postgres, template) as address, connect(address) as connection:
        yield PartlyToldStage(connection, told_company.built(connection, records))
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
    if isinstance(stage, ToldStage):
        return mart.name not in HISTORIES or is_as_watched(cursor, stage, mart, select)
    if isinstance(stage, PartlyToldStage):
        return mart.name not in HISTORIES or is_as_told(cursor, stage, mart, select)
    return is_as_computed(cursor, stage, mart, select, measure)


def is_as_computed(cursor, stage: Stage, mart: Mart, select: str, measure: str) -> bool:
    days = {"first_day": stage.picture.first_day, "last_day": stage.picture.last_day}
    parameters = days | {"since": "-infinity"}
    if measure:
        cursor.execute(measure)
    put_in_place(cursor, mart, select, parameters)
    if measure and faults_of_measures(stage):
        return False
    if mart.name in HISTORIES and makes_anew(cursor, select):
        return False
    if mart.name in MARTS and faults_of_rows(stage.connection, stage.picture, mart.name):
        return False
    for other in readers_of(mart):
        put_in_place(cursor, other, other.select, parameters)
    return not faults_of_marts(stage.connection, stage.picture)


def faults_of_measures(stage: Stage) -> list[str]:
    faults = faults_of_periods(stage.connection, stage.picture)
    return faults or faults_of_asked(stage.connection, stage.picture)


def is_as_told(cursor, stage: PartlyToldStage, mart: Mart, select: str) -> bool:
    put_in_place(cursor, mart, select, {"since": "-infinity"})
    return not (
        faults_of_rows(stage.connection, stage.picture, mart.name)
        or told_company.faults_of_landing(stage.connection, mart.name)
    )


def is_as_watched(cursor, stage: ToldStage, mart: Mart, select: str) -> bool:
    put_in_place(cursor, mart, select, {"since": "-infinity"})
    return (
        contents(stage.connection, mart.name) == stage.watched[mart.name]
        and not faults_of_told(stage.connection, mart.name)
        and takes_in_what_is_told(cursor, mart, select)
    )


def takes_in_what_is_told(cursor, mart: Mart, select: str) -> bool:
    """Return whether, of records that landed before, those are taken in that were told since."""
    cursor.execute(f"delete from {mart.relation}")  # noqa: S608
    cursor.execute(f"select max(synced_at) from {mart.records}")  # noqa: S608
    [(landed,)] = cursor
    cursor.execute(
        "select max(read_at), array_agg(distinct record_id order by record_id) "  # noqa: S608
        f"from crm.record_history_reads join {mart.records} on id = record_id"
    )
    [(told, ids)] = cursor
    for since, right in ((landed, ids), (told, None)):
        query = f"select array_agg(distinct id order by id) from ({select}) m"  # noqa: S608
        cursor.execute(query, {"since": since})
        if list(cursor) != [(right,)]:
            return False
    return True


def makes_anew(cursor, select: str) -> bool:
    """Return whether a history is made of records that it has taken in, or that did not change."""
    for since in ("-infinity", "infinity"):
        cursor.execute(f"select exists (select from ({select}) m)", {"since": since})  # noqa: S608
        [(is_any,)] = cursor
        if is_any:
            return True
    return False


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


ALL_MARTS = {mart.name: mart for mart in read_marts() if mart.name not in NOT_HERE}


def test_every_measure_is_judged():
    tried = FORMULAS.keys() | JUDGES.keys() | MEASURES.keys()
    assert read_measures().keys() - tried == ELSEWHERE


@pytest.mark.parametrize("name", ALL_MARTS if ALL else ("funnel", "lead_volume"))
def test_a_mutant_of_a_mart_is_found_out(stages, name, capsys):
    mart = ALL_MARTS[name]
    (unchanged, _), *changed = mutants(mart.select).items()
    assert is_alive(stages, mart, unchanged)
    alive = alive_of(name, changed, lambda text: is_alive(stages, mart, text), capsys)
    assert len(alive) <= KNOWN.get(name, 0)


@pytest.mark.parametrize(("name", "shown_by"), (MEASURES if ALL else IN_SUITE).items())
def test_a_mutant_of_a_measure_is_found_out(stages, name, shown_by, capsys):
    mart = ALL_MARTS[shown_by]
    with stages[0].connection.cursor() as cursor:
        (unchanged, _), *changed = mutants_of_measure(cursor, name).items()

    def is_alive_as(function: str) -> bool:
        return is_alive(stages, mart, mart.select, function)

    assert is_alive_as(unchanged)
    alive = alive_of(f"measures.{name}", changed, is_alive_as, capsys)
    assert len(alive) <= KNOWN.get(f"measures.{name}", 0)


@pytest.mark.parametrize("listed", sorted(EQUIVALENT.glob("*.toml")), ids=lambda it: it.stem)
def test_what_is_said_to_be_equivalent_is_a_mutant(listed):
    marts = {mart.name: mart.select for mart in read_marts()}
    measures = {f"measures.{name}": it.body for name, it in read_measures().items()}
    changed = set(mutants((marts | measures)[listed.stem]).values())
    assert equivalent_to(listed.stem).keys() <= changed
