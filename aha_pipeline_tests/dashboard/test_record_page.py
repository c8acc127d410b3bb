"""The files of lists, and a record's address in Zoho: what they hold, what they let nobody do."""

import csv
import io
import zipfile
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from aha_pipeline.crm.data_centres import web_url_for
from dashboard.record_page import _value
from dashboard.records import as_csv, as_xlsx
from dashboard.source import Source

COLUMNS = {"name": "Deal", "amount": "Amount"}
HOSTILE = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝1+1", "a;=1+1"]


def rows(names: list[str]) -> list[dict]:
    return [
        {"id": f"52498700545364751{n:02}", "name": name, "amount": Decimal("1234567.89")}
        for n, name in enumerate(names)
    ]


def test_a_csv_holds_no_formula_and_keeps_its_ids():
    text = as_csv(COLUMNS, rows(HOSTILE)).decode("utf-8-sig")
    heading, *cells = csv.reader(io.StringIO(text))
    assert heading == ["Id", "Deal", "Amount"]
    assert all(name.startswith("'") or ";'" in name for _, name, _ in cells)
    assert cells[0][0] == "zcrm_5249870054536475100"
    assert cells[0][2] == "1234567.89"


def test_a_workbook_holds_no_formula_and_no_link():
    made = as_xlsx(COLUMNS, rows([*HOSTILE, "http://x.example"]))
    with zipfile.ZipFile(io.BytesIO(made)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        strings = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert "1234567.89" in sheet
    assert "zcrm_5249870054536475100" in strings
    assert "'=1+1" in strings


@pytest.mark.parametrize(
    ("accounts", "domain", "address"),
    [
        ("https://accounts.zoho.in", "org60001", "https://crm.zoho.in/crm/org60001"),
        ("https://accounts.zohocloud.ca", "org7", "https://crm.zohocloud.ca/crm/org7"),
        ("https://accounts.zoho.com.cn", "org7", "https://crm.zoho.com.cn/crm/org7"),
        ("http://127.0.0.1:9000", "org7", None),
        ("https://accounts.zoho.in", None, None),
    ],
)
def test_a_record_opens_in_the_data_centre_of_the_organisation(accounts, domain, address):
    assert web_url_for(accounts, domain) == address
    source = SimpleNamespace(web_url=address)
    opened = Source.record_url(source, "Deals", "5/7")
    assert opened == (address and f"{address}/tab/Potentials/5%2F7")
    assert Source.record_url(source, "Products", "1") is None


@pytest.mark.parametrize(
    ("data_type", "value", "text"),
    [
        ("date", "2026-11-24", "24 Nov 2026"),
        ("date", "tomorrow", "tomorrow"),
        ("datetime", "2026-09-02T10:24:26+00:00", "2 Sep 2026, 15:54 IST"),
        ("datetime", "2026-09-31T10:24:26+00:00", "2026-09-31T10:24:26+00:00"),
        ("currency", "4771000", "₹47,71,000.00"),
        ("currency", "much", "much"),
        (None, "2026-11-24", "2026-11-24"),
    ],
)
def test_a_value_is_printed_as_people_write_it_and_else_as_it_stands(data_type, value, text):
    source = SimpleNamespace(currency="INR", zone=ZoneInfo("Asia/Kolkata"))
    assert _value({"data_type": data_type, "value": value}, source).replace("\\", "") == text
