"""Zoho's own Python SDKs read the stand-in, each in an environment of its own.

`make sdks` installs them; where they are not, there is nothing to test with.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from zoho_sandbox.server import Sandbox, start

ENVIRONMENTS = Path(__file__).parents[2] / ".venv" / "sdks"
READER = Path(__file__).with_name("official_sdk.py")
INSTALLED = [version for version in ("v2", "v8") if (ENVIRONMENTS / version / "bin").is_dir()]


@pytest.fixture(scope="module")
def company() -> Iterator[Sandbox]:
    if not INSTALLED:
        pytest.skip("Zoho's SDKs are not installed: make sdks")
    running = start()
    running.store.delete("Deals", next(iter(running.store.tables["Deals"].records)))
    yield running
    running.stop()


@pytest.mark.parametrize("version", ["v2", "v8"])
def test_an_official_sdk_reads_what_is_there(version, company, tmp_path):
    if version not in INSTALLED:
        pytest.skip("Zoho's SDKs are not installed: make sdks")
    ended = subprocess.run(
        [ENVIRONMENTS / version / "bin" / "python", READER, version, company.url, tmp_path],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "Error" not in ended.stderr
    read, table = json.loads(ended.stdout), company.store.tables["Deals"]
    assert {"Leads", "Deals", "Contacts", "Accounts"} <= set(read["modules"])
    assert {"Amount", "Stage", "Account_Name", "Owner"} <= set(read["fields"])
    assert len(read["deals"]) == 10
    for id_, (amount, account) in read["deals"].items():
        record = table.records[id_].data
        assert (amount, account) == (record["Amount"], (record["Account_Name"] or {}).get("name"))
    assert read["deleted"]
    assert not set(read["deleted"]) & set(table.records)
    assert len(set(read["query"]) & set(table.records)) == 5
