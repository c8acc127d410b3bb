"""The project's own files agree with the code."""

import re
from pathlib import Path

import pytest

from aha_pipeline.cli import cli
from aha_pipeline.crm.access import SCOPES
from aha_pipeline.delivery.template import ALERT, BRIEFING
from aha_pipeline.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def test_env_example_documents_every_setting_and_no_other():
    text = (ROOT / ".env.example").read_text()
    named = re.findall(r"^([A-Z_]+)=", text, re.MULTILINE)
    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


def test_env_example_as_it_stands_is_accepted_and_equals_the_defaults():
    assert Settings(_env_file=ROOT / ".env.example") == Settings(_env_file=None)


def test_the_readme_names_every_command():
    readme = (ROOT / "README.md").read_text()
    for command in cli.commands:
        assert f"`aha {command}" in readme


def test_the_pages_have_the_templates_and_the_scopes_as_they_are_sent():
    page = (ROOT / "docs" / "connect.md").read_text()
    assert BRIEFING in page
    assert ALERT in page
    assert re.findall(r"^\| `(Zoho[\w.]+)` \|", page, re.MULTILINE) == list(SCOPES)


def test_the_lock_file_pins_everything_by_hash_and_names_no_index():
    text = (ROOT / "requirements.lock").read_text()
    pinned = re.findall(r"^[a-z0-9][^\n=]*==[^\n]*\\\n {4}--hash=sha256:", text, re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^[a-z0-9][^\n=]*==", text, re.MULTILINE))
    assert "--index" not in text
    assert "://" not in text


@pytest.mark.parametrize("room", ["crm", "warehouse", "briefing", "delivery"])
def test_rooms_know_neither_dagster_nor_each_other(room):
    others = {"crm", "warehouse", "briefing", "delivery", "assets", "automation"} - {room}
    for file in (ROOT / "aha_pipeline" / room).glob("*.py"):
        text = file.read_text()
        assert not re.search(r"^\s*(import|from) dagster", text, re.MULTILINE), file
        for other in others:
            assert f"aha_pipeline.{other}" not in text, file


def test_the_dashboard_imports_settings_warehouse_and_neutral_modules_only():
    for file in (ROOT / "dashboard").rglob("*.py"):
        imported = re.findall(r"from aha_pipeline(?:\.(\w+))?", file.read_text())
        assert set(imported) <= {"", "settings", "warehouse", "figures", "sql"}, file
