"""The project's own files agree with the code."""

import re
from pathlib import Path

from aha_pipeline.cli import cli
from aha_pipeline.crm.permissions import SCOPES
from aha_pipeline.delivery.channels.whatsapp import TEMPLATES
from aha_pipeline.settings import Settings
from aha_pipeline_tests.kit.pages import read_pages

ROOT = Path(__file__).resolve().parent.parent


def test_env_example_documents_every_setting_and_no_other():
    text = (ROOT / ".env.example").read_text()
    named = re.findall(r"^([A-Z_]+)=", text, re.MULTILINE)
    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


def test_env_example_as_it_stands_is_accepted_and_equals_the_defaults():
    assert Settings(_env_file=ROOT / ".env.example") == Settings(_env_file=None)


def test_a_page_tells_of_every_setting():
    told = {word for page in read_pages() for word in re.findall(r"[A-Z][A-Z_]+", page.text)}
    assert sorted({name.upper() for name in Settings.model_fields} - told) == []


def test_the_readme_names_every_command():
    readme = (ROOT / "README.md").read_text()
    for command in cli.commands:
        assert f"`aha {command}" in readme


def test_the_pages_have_the_templates_and_the_scopes_as_they_are_sent():
    page = (ROOT / "docs" / "connect.md").read_text()
    assert all(template in page for template in TEMPLATES.values())
    assert re.findall(r"^\| `(Zoho[\w.]+)` \|", page, re.MULTILINE) == list(SCOPES)


def test_the_lock_file_pins_everything_by_hash_and_names_no_index():
    text = (ROOT / "requirements.lock").read_text()
    pinned = re.findall(r"^[a-z0-9][^\n=]*==[^\n]*\\\n {4}--hash=sha256:", text, re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^[a-z0-9][^\n=]*==", text, re.MULTILINE))
    assert "--index" not in text
    assert "://" not in text
