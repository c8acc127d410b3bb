"""What Dagster is told of columns, their types and meaning, and of the dictionary."""

import dagster as dg
import pytest

from aha_pipeline.assets.columns import KnownColumns, schema_metadata
from aha_pipeline.definitions import defs
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.dictionary import KEPT
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline_tests.kit.graph import sync_days


def key(name: str) -> dg.AssetKey:
    return dg.AssetKey(name.split("/"))


@pytest.fixture(scope="module")
def told(module_connected, module_instance):
    """Return the metadata of an asset after a sync of two days."""
    assert sync_days(module_instance, "2026-01-01", "2026-01-02").success

    def metadata(name: str) -> dict[str, object]:
        event = module_instance.get_latest_materialization_event(key(name))
        return {n: value.value for n, value in event.asset_materialization.metadata.items()}

    return metadata


def test_a_column_of_a_module_says_where_in_the_record_it_comes_from(told):
    amount = _column(told("crm/crm_deals"), "amount")
    assert (amount.type, "raw_data -> 'Amount'" in amount.description) == ("numeric", True)


def test_every_figure_of_a_mart_is_described_where_its_column_is_shown(told):
    for mart in read_marts():
        metadata = told(f"analytics/{mart.name}")
        assert "SQL" not in metadata
        for figure in mart.figures:
            assert _column(metadata, figure.name).description == figure.comment


def test_the_dictionary_is_written_with_the_daily_sync(told, module_database_url):
    written = told("analytics/metric_dictionary")["dagster/row_count"]
    with connect(module_database_url) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from analytics.metric_dictionary")
        figures = sum(len(table.figures) for table in (*read_marts(), *KEPT))
        assert cursor.fetchone() == (written,) == (figures,)


def test_columns_are_read_once_a_run_and_anew_in_the_next(told, module_database_url):
    marts = [mart.relation for mart in read_marts()]
    known = KnownColumns()
    with connect(module_database_url) as connection:
        first = {name: known.metadata(connection, "a", name, marts) for name in marts}
        assert first == {name: schema_metadata(connection, name) for name in marts}
        with connection.cursor() as cursor:
            cursor.execute("comment on column analytics.owners.owner_id is 'another'")
        assert (
            known.metadata(connection, "a", "analytics.owners", marts) == first["analytics.owners"]
        )
        [schema] = known.metadata(connection, "b", "analytics.owners", marts).values()
        assert "another" in [column.description for column in schema.columns]
        module = "crm.crm_deals"  # not among those that were asked about
        assert known.metadata(connection, "b", module, marts) == schema_metadata(connection, module)
        connection.rollback()


def test_a_mart_is_described_by_its_grain_its_notes_its_figures_and_its_owner():
    node = defs().resolve_asset_graph().get(key("analytics/source_quality"))
    grain, notes, figures = node.description.split("\n\n")
    assert grain == "One row per source of leads or of won deals."
    assert notes.startswith("Percentages are null")
    line = "- **Junk %** `junk_pct` (percent): junk leads / all leads of the source"
    assert line in figures.splitlines()
    assert node.owners == ["team:marketing"]
    assert "from measures.sources" in node.metadata["SQL"].value


def _column(metadata: dict[str, object], name: str) -> dg.TableColumn:
    return next(c for c in metadata["dagster/column_schema"].columns if c.name == name)
