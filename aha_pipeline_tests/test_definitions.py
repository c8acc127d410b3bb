"""Loading the code location connects to nothing; resources are what a run is given."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import create_server

import dagster as dg
import pytest
from pydantic import SecretStr

from aha_pipeline import services, settings
from aha_pipeline.assets.marts import metric_dictionary
from aha_pipeline.warehouse.connection import connect

# A socket that Python opens ends the process; the database's own client is C, and knows no hook.
LOAD = """
import sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        print("TOUCHED", event, arguments, flush=True)
        import os
        os._exit(3)
sys.addaudithook(refuse)
import dagster as dg
from aha_pipeline.definitions import defs
loaded = defs()
dg.Definitions.validate_loadable(loaded)
print(len(loaded.resolve_asset_graph().get_all_asset_keys()))
"""


def load(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LOAD],
        env={**os.environ, "AHA_HOME": str(home), "DAGSTER_DISABLE_TELEMETRY": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """Yield the address of a port that must not be called, and afterwards who called it."""
    with create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        callers: list[str] = []
        yield f"127.0.0.1:{server.getsockname()[1]}", callers
        with suppress(TimeoutError):
            callers.append(str(server.accept()[1]))


def test_the_code_location_loads_where_nothing_answers(tmp_path):
    with listening() as (address, callers):
        loaded = load(
            tmp_path / "home",
            DATABASE_URL=f"postgresql://u:p@{address}/x",
            ZOHO_API_URL=f"http://{address}",
            ZOHO_ACCOUNTS_URL=f"http://{address}",
            ZOHO_CLIENT_ID="1000.X",
            ZOHO_CLIENT_SECRET="x",
            ZOHO_REFRESH_TOKEN="1000.x.y",
        )
    assert loaded.returncode == 0, loaded.stdout + loaded.stderr
    assert int(loaded.stdout) > 20
    assert callers == []


def test_loading_starts_neither_the_embedded_database_nor_the_sandbox(tmp_path):
    loaded = load(tmp_path / "home")
    assert loaded.returncode == 0, loaded.stdout + loaded.stderr
    assert not (tmp_path / "home").exists()


def test_all_modules_without_their_names_is_one_sentence_and_no_call(tmp_path):
    loaded = load(tmp_path / "home", ZOHO_MODULES="all")
    assert loaded.returncode == 1
    assert "SettingsError: ZOHO_MODULES=all" in loaded.stderr
    assert "TOUCHED" not in loaded.stdout


def test_a_run_uses_the_resource_that_it_is_given(database_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
    given = settings.load().model_copy(update={"database_url": SecretStr(database_url)})
    result = dg.materialize([metric_dictionary], resources={"services": services.Services(given)})
    assert result.success
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) > 20 from analytics.metric_dictionary")
        assert cursor.fetchone() == (True,)


def test_a_run_without_its_resource_is_refused():
    with pytest.raises(dg.DagsterInvalidDefinitionError, match="services"):
        dg.materialize([metric_dictionary])
