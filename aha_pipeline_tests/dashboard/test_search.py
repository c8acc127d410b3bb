"""Finding somebody by what a caller has: words, a number in any notation, a mail address, an id."""

import pytest

from aha_pipeline.warehouse.connection import connect
from aha_pipeline_tests.warehouse.marts_company import build, company, contact, deal, ist, lead, put

MADE = ist("2026-03-01 10:00:00")
MEERA = {
    "First_Name": "Meera", "Last_Name": "Nair-Rao", "Company": "Lotus Homes (Pune)",
    "Mobile": "+91 98450-00001", "Email": "meera.rao@lotus.example",
}  # fmt: skip


@pytest.fixture(scope="module")
def listed_url(module_database_url) -> str:
    with company(module_database_url) as connection:
        put(connection, "Leads", lead(1, MADE, **MEERA), lead(2, MADE, Last_Name="मीरा शर्मा"))
        put(connection, "Leads", lead(3, MADE, Last_Name="Gone Rao"), deleted_at=MADE)
        put(connection, "Deals", deal(1, MADE, Deal_Name="Villa 12, Rao & Sons"))
        put(connection, "Contacts", contact(1) | {"Phone": "(020) 4711 2233"})
        build(connection)
    return module_database_url


def found(page, url: str, text: str) -> list[str]:
    shown = page(url, find=text)
    assert not shown.exception
    return sorted(
        one.key.removeprefix("found-") for one in shown.button if "found-" in str(one.key)
    )


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ("rao mee", ["Leads-L1"]),
        ("RAO", ["Deals-D1", "Leads-L1"]),
        ("lotus pune", ["Leads-L1"]),
        ("meera.rao@lotus.example", ["Leads-L1"]),
        ("09845 000 001", ["Leads-L1"]),
        ("+91-98450-00001", ["Leads-L1"]),
        ("9845000", ["Leads-L1"]),
        ("020 4711 2233", ["Contacts-C1"]),
        ("शर्मा", ["Leads-L2"]),
        ("D1", ["Deals-D1"]),
        ("gone", []),
        ("1234567", []),
    ],
)
def test_a_record_is_found_by_what_a_caller_has(page, listed_url, text, records):
    assert found(page, listed_url, text) == records


@pytest.mark.parametrize("text", ["'; drop table x --", "\\", "a & | !", ":*", "a\0b"])
def test_search_takes_any_text_as_text(page, listed_url, text):
    assert found(page, listed_url, text) == []


@pytest.mark.parametrize("table", ["leads_raw", "crm_deals", "crm_contacts", "crm_accounts"])
def test_a_search_reads_an_index_and_no_table(listed_url, table):
    query = f"explain select id from crm.{table} where crm.search_terms(raw_data) @@ %s::tsquery"  # noqa: S608
    with connect(listed_url) as connection, connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute(query, ["'rao':*"])
        plan = "\n".join(line for (line,) in cursor)
    assert "Bitmap Index Scan" in plan
