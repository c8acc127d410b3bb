import gzip
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from aha_pipeline_tests.zoho_sandbox.api_client import Client, WriteModule, lead
from zoho_sandbox.errors import SandboxError
from zoho_sandbox.zoho.dataset import load
from zoho_sandbox.zoho.json_members import members
from zoho_sandbox.zoho.store import Store

RAW = (
    b'{"id": "61", "Amount":0.0, "Big":123456789012345678901234567890, "Nul":"a\\u0000b",'
    b' "Lone":"\\ud800", "Text":"\xe0\xa4\x85, \\"x\\": {", "Modified_Time":null, "In":[1.50]}'
)


def test_lines_are_served_byte_for_byte(serve: Callable) -> None:
    client = Client(serve([RAW]).url).sign_in()
    body = client.get("/crm/v2/Leads").content
    assert body.startswith(b'{"data":[' + RAW + b'],"info":')
    assert client.get("/crm/v2/Leads/61").content == b'{"data":[' + RAW + b"]}"


def test_chosen_fields_are_served_byte_for_byte(serve: Callable) -> None:
    client = Client(serve([RAW]).url).sign_in()
    body = client.get("/crm/v2/Leads?fields=Amount,Big,Lone,In").content
    wanted = (
        b'{"id": "61","Amount":0.0,"Big":123456789012345678901234567890,'
        b'"Lone":"\\ud800","In":[1.50]}'
    )
    assert body.startswith(b'{"data":[' + wanted + b"]")


DEEP = b' { "a" : {"b": {"c": [1.50, "}"]}} ,"d":[{"e":"\\"{"}], "f":[[]],"g":-0.0} '


def test_members_are_cut_as_they_are_written() -> None:
    parts = members(RAW)
    names = ["id", "Amount", "Big", "Nul", "Lone", "Text", "Modified_Time", "In"]
    assert list(parts) == [f'"{name}"'.encode() for name in names]
    assert parts[b'"Text"'] == '"Text":"अ, \\"x\\": {"'.encode()
    assert members(b"{}") == {}


def test_members_of_any_depth_are_cut() -> None:
    parts = members(DEEP.strip())
    assert [part.decode() for part in parts.values()] == [
        '"a" : {"b": {"c": [1.50, "}"]}}',
        '"d":[{"e":"\\"{"}]',
        '"f":[[]]',
        '"g":-0.0',
    ]


def test_metadata_is_read_off_the_records(write_module: WriteModule, data_dir: Path) -> None:
    owner = {"name": "Asha Rao", "id": "9", "email": "asha@example.com"}
    write_module(
        "Leads",
        [
            lead(1, Lead_Source="tv", Lead_Status="Contacted", Score=None, Owner=owner),
            lead(2, Lead_Source="radio", Lead_Status="Attempted to Contact", Score=1.5),
            lead(3, Lead_Source="tv", Lead_Status="Own Status", Score=2.5),
        ],
    )
    write_module("Site_Visits", [{"id": "1", "Done": True, "Where": {"id": "2", "name": "x"}}])
    organisation = load(data_dir, Store())
    fields = {f.name: f for f in organisation.modules["Leads"].fields}
    assert fields["Lead_Source"].values == ("tv", "radio")
    assert fields["Lead_Status"].values == ("Attempted to Contact", "Contacted", "Own Status")
    assert (fields["Score"].type, fields["Score"].custom) == ("double", True)
    assert "$converted" not in fields
    visits = organisation.modules["Site_Visits"]
    assert visits.custom
    assert {f.name: f.type for f in visits.fields} == {"Done": "boolean", "Where": "lookup"}
    assert [u["full_name"] for u in organisation.users()] == ["Asha Rao"]
    assert organisation.name == "dataset"


def test_missing_folder_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"nowhere is not a folder with files such as Leads"):
        load(tmp_path / "nowhere", Store())


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b'{"id":"2"', "is not JSON"),
        (b"[1]", "is not a record"),
        (b'{"id":2}', "is not a record"),
        (b'{"id":"610000000000001"}', "repeats the id"),
        (b'{"id":"2","a":NaN}', "is not JSON"),
        (b'{"id":"\xff"}', "is not JSON"),
    ],
)
def test_malformed_line_is_named(
    write_module: WriteModule, data_dir: Path, line: bytes, what: str
) -> None:
    write_module("Leads", [lead(1), line])
    with pytest.raises(SandboxError, match=rf"Leads\.jsonl\.gz line 2 {what}"):
        load(data_dir, Store())


def test_file_that_is_not_gzipped_is_named(data_dir: Path) -> None:
    (data_dir / "Deals.jsonl.gz").write_bytes(b'{"id":"1"}\n')
    with pytest.raises(SandboxError, match=r"Deals\.jsonl\.gz cannot be read as a gzipped file"):
        load(data_dir, Store())


@pytest.mark.skipif("AHA_SHARED_DATA" not in os.environ, reason="AHA_SHARED_DATA is not set")
def test_shared_data_is_served_equal() -> None:
    folder = Path(os.environ["AHA_SHARED_DATA"]) / "zoho-shaped"
    store = Store()
    load(folder, store)
    for path in folder.glob("*.jsonl.gz"):
        lines = gzip.decompress(path.read_bytes()).splitlines()
        records = store.tables[path.name.removesuffix(".jsonl.gz")].records
        assert [r.text for r in records.values()] == lines
        assert len(records) == len({msgspec.json.decode(line)["id"] for line in lines})
