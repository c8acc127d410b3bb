"""What a mart file says of itself, and how it is refused."""

from graphlib import CycleError

import pytest

from aha_pipeline.warehouse.mart_files import Figure, MartError, read_marts

HEADER = "-- grain: one row per x\n-- kind: view\n-- owner: sales operations\n"
FIGURE = "--   a (count): number of as\n"


def test_marts_come_after_what_they_read():
    seen = set()
    marts = {mart.relation for mart in read_marts()}
    for mart in read_marts():
        assert marts.intersection(mart.sources) <= seen, mart.name
        seen.add(mart.relation)


def test_sources_are_tables_and_not_the_parts_of_a_query():
    marts = {mart.name: mart for mart in read_marts()}
    assert marts["lead_history"].sources == (
        "analytics.owners",
        "crm.crm_fields",
        "crm.leads_raw",
        "crm.organisation",
        "crm.picklist_meaning",
        "crm.record_history",
        "crm.record_history_reads",
        "crm.record_versions",
        "crm.text_labels",
    )
    assert marts["source_quality"].sources == ("analytics.kpi_parts",)


def test_every_mart_says_what_a_row_is():
    assert all(mart.grain.startswith("one row per ") for mart in read_marts())


@pytest.mark.parametrize(
    ("lines", "index"),
    [
        ("-- index: day\n", (("day",),)),
        ("-- index: day, owner_id+day\n", (("day",), ("owner_id", "day"))),
        ("-- index: day+id,\n-- index: owner_id\n", (("day", "id"), ("owner_id",))),
    ],
)
def test_columns_get_an_index_each_or_together(tmp_path, lines, index):
    (tmp_path / "listed.sql").write_text(f"{HEADER}{lines}\nselect 1 as day")
    [mart] = read_marts(tmp_path)
    assert mart.index == index


@pytest.mark.parametrize(
    ("header", "select", "complaint"),
    [
        ("", "select 1 as a", "grain"),
        ("-- grain: one row per x\n-- kind: cube\n-- owner: me\n", "select 1 as a", "kind"),
        ("-- grain: one row per x\n-- kind: view\n", "select 1 as a", "owner"),
        (f"{HEADER}-- keeps: changes\n", "select 1 as a", "strategy: delete"),
        (HEADER, "select 1 as a; select 2", "one select"),
        (HEADER, "drop table crm.leads_raw", "one select"),
        (HEADER, "select from where (", "read as SQL"),
        (f"{HEADER}-- figures:\n--   a: no unit\n", "select 1 as a", "'--   a: no unit'"),
        (f"{HEADER}-- figures:\n--   a (euro): odd unit\n", "select 1 as a", "count, money"),
        (f"{HEADER}-- figures:\n--   a (count):\n", "select 1 as a", "definition"),
        (f"{HEADER}-- figures:\n--     goes on\n", "select 1 as a", "goes on"),
        (f"{HEADER}-- figures:\n-- a (count): not indented\n", "select 1 as a", "not indented"),
        (f"{HEADER}-- figures:\n{2 * FIGURE}", "select 1 as a", "defines a twice"),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path, header, select, complaint):
    (tmp_path / "odd.sql").write_text(header + select)
    with pytest.raises(MartError, match=complaint) as caught:
        read_marts(tmp_path)
    assert str(caught.value).startswith("odd.sql")


def test_marts_that_read_each_other_are_refused(tmp_path):
    for name, other in (("a", "b"), ("b", "a")):
        text = f"{HEADER}select * from analytics.{other}"  # noqa: S608
        (tmp_path / f"{name}.sql").write_text(text)
    with pytest.raises(CycleError):
        read_marts(tmp_path)


def test_a_header_tells_owner_notes_and_figures(tmp_path):
    (tmp_path / "good.sql").write_text(
        f"{HEADER}-- A note, which\n-- goes on.\n-- figures:\n{FIGURE}"
        "--   junk_pct (percent): junk leads /\n--     all leads\n\n"
        "select 1 as a, 2.0 as junk_pct"
    )
    (mart,) = read_marts(tmp_path)
    assert (mart.owner, mart.notes) == ("sales operations", "A note, which\ngoes on.")
    assert mart.figures == (
        Figure("a", "count", "number of as"),
        Figure("junk_pct", "percent", "junk leads / all leads"),
    )
    assert [figure.label for figure in mart.figures] == ["A", "Junk %"]


def test_a_mart_may_have_no_figure(tmp_path):
    (tmp_path / "names.sql").write_text(f"{HEADER}select 'x' as name")
    (mart,) = read_marts(tmp_path)
    assert (mart.notes, mart.figures) == ("", ())
