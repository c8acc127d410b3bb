"""The examples of docs/extend.md, taken from the page and run."""

import gzip
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from aha_pipeline.briefing import model
from aha_pipeline_tests.kit.days import today
from aha_pipeline_tests.kit.graph import RECORDS
from aha_pipeline_tests.kit.mart_contents import rows
from aha_pipeline_tests.kit.pages import ROOT, read_page
from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.servers import serve
from aha_pipeline_tests.kit.waiting import LONGEST
from zoho_sandbox.server import Sandbox, start

PAGE = read_page(ROOT / "docs" / "extend.md")
ADDED = ("Another typed column", "Another mart", "Another chart")
NOT_COPIED = (".git", ".venv", ".aha", ".env", ".*_cache", "__pycache__", "*.png", "benchmarks")
# The tests that hold lists of marts, checks and charts, and so might not know of a new one.
LISTING = (
    "assets/test_graph.py",
    "warehouse/test_checks.py::test_a_sound_warehouse_is_not_complained_of",
    "warehouse/test_checks.py::test_every_check_of_a_rebuilt_table_sees_a_figure_that_is_raised_by_one",
    "warehouse/test_dictionary.py",
    "warehouse/test_mart_files.py",
    "dashboard/test_tabs.py::test_tab_shows_its_charts_without_an_error[Contacts & Accounts]",
    "test_house.py::test_imports_keep_every_contract",
    "test_project.py::test_env_example_documents_every_setting_and_no_other",
)
PRODUCT = {"id": "5", "Product_Name": "Hub", "Modified_Time": "2026-01-02T10:00:00+05:30"}
SHOWN = """
from streamlit import config
from streamlit.testing.v1 import AppTest
config.set_option("server.address", "127.0.0.1")
app = AppTest.from_file("dashboard/app.py", default_timeout=120)
app.session_state["tab"] = "Contacts & Accounts"
app.run()
assert not app.exception, app.exception
assert not app.error, [error.value for error in app.error]
print([chart.proto.alt for chart in app.get("plotly_chart")])
"""
FAILING = """
import sys
from aha_pipeline.warehouse.checks import find_failing_rows, mart_checks
from aha_pipeline.warehouse.migrate import migrate
from aha_pipeline_tests.warehouse.marts_company import build, company, ist, lead, put
url, *put_before = sys.argv[1:]
migrate(url)
(check,) = (check for check in mart_checks() if check.asset == "analytics/leads_by_city")
cities = enumerate(("Pune", "Pune", None))
leads = [lead(number, ist("2026-01-05 09:00:00"), City=city) for number, city in cities]
with company(url) as connection:
    put_before or put(connection, "Leads", *leads)
    build(connection, only=("leads", "leads_by_city"))
    print([dict(row) for row in find_failing_rows(connection, check).first])
"""


def example(heading: str) -> dict[str, Any]:
    """Return the names that the example of a section defines."""
    (block,) = PAGE.section(heading).blocks("python")
    defined: dict[str, Any] = dict(vars(model)) if heading == "Another model" else {}
    defined["__name__"] = "example_of_the_page"
    sys.modules["example_of_the_page"] = model  # dataclasses look their module up
    exec(compile(block.text, PAGE.path.name, "exec"), defined)  # noqa: S102
    return defined


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project to which the files of the page are added."""
    copy = tmp_path / "project"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NOT_COPIED))
    for heading in ADDED:
        for block in PAGE.section(heading).blocks():
            file = copy / block.file
            before = f"{file.read_text()}\n\n" if file.exists() else ""
            if "\nBLOCKS = (" in before:
                name = block.text.partition("(")[0].removeprefix("def ")
                added = f"{block.text}\n\nBLOCKS = ({name}, "
                file.write_text(before.rstrip().replace("BLOCKS = (", added) + "\n")
            else:
                file.write_text(before + block.text)
    _add_channel(copy)
    return copy


def _add_channel(copy: Path) -> None:
    channel, setting = PAGE.section("Another channel").blocks("python")
    (documented,) = PAGE.section("Another channel").blocks("ini")
    (copy / channel.file).write_text(channel.text)
    settings = copy / setting.file
    first = "    twilio_account_sid:"
    settings.write_text(settings.read_text().replace(first, f"{setting.text}{first}", 1))
    example = copy / ".env.example"
    example.write_text(f"{example.read_text()}{documented.text}")


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Sandbox]:
    """Three leads, two of them in a city, a deal and a product."""
    first, second, third = RECORDS["Leads"]
    leads = [first | {"City": "Pune"}, second | {"City": "Pune"}, third]
    folder = tmp_path / "records"
    folder.mkdir()
    for module, records in (RECORDS | {"Leads": leads, "Products": [PRODUCT]}).items():
        lines = b"\n".join(map(msgspec.json.encode, records))
        (folder / f"{module}.jsonl.gz").write_bytes(gzip.compress(lines))
    with start(data_dir=folder, outbox_path=tmp_path / "outbox.jsonl") as running:
        yield running


def run(project: Path, *arguments: str, **settings: str) -> str:
    """Run Python in a project's folder, whose packages come first then; return what it printed."""
    finished = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(project)} | settings,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_module_column_mart_check_chart_and_channel(
    connected, database_url, project, monkeypatch, tmp_path
):
    (setting,) = PAGE.section("Another module").blocks("ini")
    name, _, modules = setting.text.strip().partition("=")
    monkeypatch.setenv("AHA_START_DATE", (today() - timedelta(days=2)).isoformat())

    to_folder = {"FOLDER_READERS": "board", "AHA_HOME": str(tmp_path / "home")}
    run(project, "-m", "aha_pipeline", "sync", **{name: modules}, **to_folder)

    assert rows(database_url, "select id from crm.crm_products") == [("5",)]
    assert rows(database_url, "select city from crm.leads_raw order by id") == [
        ("Pune",),
        ("Pune",),
        (None,),
    ]
    cities = "select city, leads from analytics.leads_by_city order by 1"
    assert rows(database_url, cities) == [("(none)", 1), ("Pune", 2)]
    checked = "select name, passed from analytics.check_results where asset = %s"
    assert rows(database_url, checked, "analytics/leads_by_city") == [("figures", True)]
    defined = "select definition from analytics.metric_dictionary where mart = %s"
    assert "live leads of the city" in rows(database_url, defined, "leads_by_city")[0][0]
    assert "Leads by city. All leads" in run(project, "-c", SHOWN)

    (message,) = (tmp_path / "home" / "messages" / "board").iterdir()
    assert "sandbox data" in message.read_text().lower()
    delivered = "select channel, recipient, status from analytics.deliveries"
    assert rows(database_url, delivered) == [("folder", "board", "sent")]


def test_the_check_of_the_mart_finds_what_is_wrong(database_url, project):
    assert run(project, "-c", FAILING, database_url) == "[]\n"
    mart = project / "sql" / "marts" / "leads_by_city.sql"
    mart.write_text(mart.read_text().replace("group by 1", "and city = 'Pune' group by 1"))
    found = run(project, "-c", FAILING, database_url, "put before")
    assert found == "[{'figure': 'leads', 'expected': 3, 'found': Decimal('2')}]\n"


def test_what_is_added_leaves_the_tests_green(project, postgres):
    tests = [f"aha_pipeline_tests/{test}" for test in LISTING]
    pytest_ = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--snapshot-update")
    run(project, *pytest_, *tests, TEST_DATABASE_URL=postgres)
    snapshot = project / "aha_pipeline_tests" / "assets" / "__snapshots__" / "test_graph.ambr"
    assert "leads_by_city" in snapshot.read_text()


def test_another_crm_lands_its_records_once(database_url):
    land = example("Another CRM")["land"]
    record = {
        "uid": 7, "name": "Rao", "stage": "Contacted", "channel": "Referral", "rep_id": "1",
        "rep": "Asha", "created_at": "2026-01-05T09:00:00Z", "updated_at": "2026-01-06T09:00:00Z",
    }  # fmt: skip
    assert land(database_url, "Leads", [record]).inserted == 1
    landed = rows(database_url, "select id, lead_status, owner_name from crm.leads_raw")
    assert landed == [("7", "Contacted", "Asha")]
    assert land(database_url, "Leads", [record]).unchanged == 1
    newer = record | {"stage": "Junk Lead", "updated_at": "2026-01-07T09:00:00Z"}
    assert land(database_url, "Leads", [newer]).updated == 1
    former = "select raw_data ->> 'stage' from crm.record_versions"
    assert rows(database_url, former) == [("Contacted",)]


def test_another_model_is_asked_under_the_same_schema():
    async def chat(request: Request) -> JSONResponse:
        asked.append(await request.json())
        return JSONResponse({"choices": [{"message": {"content": '{"headline": "x"}'}}]})

    asked: list[dict] = []
    ask = example("Another model")["ask"]
    routes = [Route("/v1/chat/completions", chat, methods=["POST"])]
    with serve(Starlette(routes=routes), free_port()) as url:
        talk = [("system", "Rules"), ("human", "Facts"), ("ai", "No"), ("human", "Again")]
        deadline = time.monotonic() + LONGEST
        answer = ask(talk, {"type": "object"}, base_url=url, model="other", deadline=deadline)
    assert answer == '{"headline": "x"}'
    roles = [one["role"] for one in asked[0]["messages"]]
    assert roles == ["system", "user", "assistant", "user"]
    assert asked[0]["response_format"]["json_schema"]["schema"] == {"type": "object"}
