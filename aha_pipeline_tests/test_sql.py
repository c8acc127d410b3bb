"""Files that hold several statements, each with its name."""

import pytest

from aha_pipeline import sql


@pytest.fixture
def statements(tmp_path, monkeypatch):
    """Return a function that reads the statements of a text."""
    monkeypatch.setattr(sql, "ROOT", tmp_path)

    def read(text: str) -> dict[str, str]:
        path = tmp_path / f"{abs(hash(text))}.sql"
        path.write_text(text)
        return sql.statements(path.stem)

    return read


def test_each_statement_is_found_by_its_name(statements):
    text = "-- About both.\n\n-- name: one\nselect 1\n\n-- name: two\n-- why\nselect 2\n"
    assert statements(text) == {"one": "select 1", "two": "-- why\nselect 2"}


@pytest.mark.parametrize(
    "text", ["select 1", "-- name: one\nselect 1\n-- name: one\nselect 2", "-- name: \nselect 1"]
)
def test_a_file_without_names_or_with_one_twice_is_refused(statements, text):
    with pytest.raises(ValueError, match="-- name:"):
        statements(text)
