"""The metric dictionary: every figure of a mart is defined, once, in the database too."""

from dataclasses import replace
from datetime import date

import pytest

from aha_pipeline.warehouse.dictionary import Column, read_columns, write_dictionary
from aha_pipeline.warehouse.mart_files import Figure, MartError, read_marts
from aha_pipeline.warehouse.mart_inputs import write_inputs
from aha_pipeline.warehouse.marts import refresh
from aha_pipeline_tests.warehouse.marts_company import build, company, rows

MARTS = {mart.name: mart for mart in read_marts()}
NUMERIC = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
# numbers that order
NO_FIGURES = {
    "position",
    "from_position",
    "to_position",
    "furthest_position",
    "version",
    "stay",
    "move",
}


@pytest.fixture
def built(database_url):
    with company(database_url) as connection:
        build(connection, date(2025, 3, 1), date(2025, 3, 2))
        yield connection


def test_every_number_of_a_mart_is_defined_and_nothing_else_is(built):
    columns = read_columns(built, [mart.relation for mart in MARTS.values()])
    for mart in MARTS.values():
        numbers = {c.name for c in columns[mart.relation] if c.type.startswith(NUMERIC)}
        assert {figure.name for figure in mart.figures} == numbers - NO_FIGURES, mart.name


def test_the_dictionary_says_what_the_files_say(built):
    written = write_dictionary(built, MARTS.values())
    found = rows(built, "select * from analytics.metric_dictionary order by mart, position")
    assert written == len(found)
    assert [tuple(row.values()) for row in found] == [
        (mart.name, f.name, f.label, f.unit, f.definition, mart.owner, position)
        for mart in sorted(MARTS.values(), key=lambda mart: mart.name)
        for position, f in enumerate(mart.figures, start=1)
    ]


def test_a_changed_definition_replaces_the_old_one_and_a_removed_one_goes(built):
    write_dictionary(built, MARTS.values())
    changed = (Figure("leads", "number", "all of them"),)
    write_dictionary(built, [replace(MARTS["rep_matrix"], figures=changed, owner="marketing")])
    assert rows(built, "select name, unit, definition, owner from analytics.metric_dictionary") == [
        {"name": "leads", "unit": "number", "definition": "all of them", "owner": "marketing"}
    ]


@pytest.mark.parametrize("table", ["metric_dictionary", "mart_inputs"])
def test_what_the_files_say_again_is_not_written_again(built, table):
    versions = f"select count(*) as rows, max(ctid::text) as newest from analytics.{table}"  # noqa: S608

    def written() -> list[dict[str, object]]:
        write_dictionary(built, MARTS.values())
        write_inputs(built, MARTS.values())
        return rows(built, versions)

    before = written()
    assert before[0]["rows"] > 0
    assert written() == before


def test_the_definitions_stand_on_the_columns_of_tables_and_views(built):
    found = read_columns(built, ["analytics.rep_matrix", "analytics.deals"])
    assert (
        Column("junk_pct", "numeric", "junk leads / all leads of the owner (percent)")
        in found["analytics.rep_matrix"]
    )
    assert (
        Column("amount", "numeric", "Amount as in Zoho, null where empty (money)")
        in found["analytics.deals"]
    )
    assert Column("stage", "text", None) in found["analytics.deals"]


@pytest.mark.parametrize("name", ["deals", "kpis", "source_quality"])
def test_a_changed_definition_reaches_the_column(built, name):
    first, *others = MARTS[name].figures
    changed = replace(MARTS[name], figures=(replace(first, definition="else"), *others[1:]))
    days = (date(2025, 3, 1), date(2025, 3, 2)) if name == "kpis" else ()
    refresh(built, changed, *days)
    told = {
        c.name: c.description for c in read_columns(built, [changed.relation])[changed.relation]
    }
    assert told[first.name] == f"else ({first.unit})"
    assert told[others[0].name] is None


def test_a_figure_that_is_no_column_is_refused(built):
    odd = replace(MARTS["funnel"], figures=(Figure("height", "number", "in cubits"),))
    with pytest.raises(MartError, match=r"funnel\.sql defines height, which"):
        refresh(built, odd)


def test_a_generated_column_tells_of_what_it_is_made(built):
    (columns,) = read_columns(built, ["crm.crm_deals", "crm.no_such_table"]).values()
    told = {column.name: column.description for column in columns}
    assert told["amount"] == "From `crm.to_number((raw_data -> 'Amount'))`"
    assert told["raw_data"] is None
