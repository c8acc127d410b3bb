"""What the pages and the picture name exists: tables, settings, rooms."""

import re
from xml.etree import ElementTree

import pytest

from aha_pipeline.settings import Settings
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline_tests.kit.mart_contents import rows
from aha_pipeline_tests.kit.pages import ROOT, read_page, read_pages

TABLE = re.compile(r"\b(?:crm|analytics|aha_private)\.[a-z_]+\b")
SETTING = re.compile(r"\b(?:AHA|ZOHO|OLLAMA|TWILIO|DATABASE)_[A-Z_]*[A-Z]\b")
PICTURE = ROOT / "docs" / "architecture.svg"
PAGES = [page for page in read_pages() if page.path.name != "extend.md"]


def in_the_picture() -> str:
    texts = (node.text for node in ElementTree.parse(PICTURE).iter() if node.text)  # noqa: S314
    return re.sub(r"\. (?=ai_|whatsapp_)", ".", " ".join(texts))


@pytest.fixture(scope="module")
def relations(module_database_url: str) -> set[str]:
    found = rows(
        module_database_url,
        "select format('%%I.%%I', relnamespace::regnamespace, relname) from pg_class"
        " where relkind in ('r', 'v')",
    )
    return {name for (name,) in found} | {mart.relation for mart in read_marts()}


def test_every_table_of_the_pages_exists(relations):
    named = {page.path.name: set(TABLE.findall(" ".join(page.spans()))) for page in PAGES}
    assert {name: tables - relations for name, tables in named.items() if tables - relations} == {}


def test_every_table_of_the_picture_exists(relations):
    named = set(TABLE.findall(in_the_picture()))
    assert named <= relations
    assert len(named) > 12


def test_every_setting_of_the_pages_exists():
    known = {name.upper() for name in Settings.model_fields}
    named = {page.path.name: set(SETTING.findall(page.text)) for page in read_pages()}
    assert {name: found - known for name, found in named.items() if found - known} == {}


def test_every_room_of_the_architecture_exists():
    page = read_page(ROOT / "docs" / "architecture.md").section("Rooms")
    (tree,) = page.blocks("")
    for place, name in re.findall(r"^( *)(\w+)/ ", tree.text, re.MULTILINE):
        assert (ROOT / ("aha_pipeline" if place else "") / name).is_dir(), name
    for name in re.findall(r"(\w+)/ {2,}(?:all that|words|jobs|Dagster's)", tree.text):
        assert (ROOT / "aha_pipeline" / name).is_dir(), name


def test_the_picture_tells_who_cannot_see_it_what_it_shows():
    root = ElementTree.parse(PICTURE).getroot()  # noqa: S314  (a file of this repository)
    named = root.attrib["aria-labelledby"].split()
    found = {node.attrib.get("id"): node.text for node in root}
    assert all(found[name] for name in named)
