"""Any record: found by name or id in any module, whole, and its contents side by side."""

import json

import pytest
from psycopg2.extras import Json

from aha_pipeline.settings import Settings
from aha_pipeline.warehouse.connection import connect
from aha_pipeline_tests.dashboard.company import READ_UNTIL, log_sync
from aha_pipeline_tests.warehouse.marts_company import (
    BALA,
    build,
    company,
    contact,
    deal,
    ist,
    lead,
    put,
    put_history,
)
from dashboard.login import Viewer
from dashboard.record_viewer import VIEWS
from dashboard.source import opened

TAB = "Contacts & Accounts"
DAYS = [ist(f"2026-03-0{day} 10:00:00") for day in (1, 3, 6)]
NAMED = {"Deal_Name": "Sharma Villa", "Account_Name": {"id": "7", "name": "Sharma & Sons"}}


CONTENTS = [
    deal(1, DAYS[0], Modified_Time=DAYS[0], **NAMED, Next_Step="Call", Record_Image="one"),
    deal(
        1, DAYS[0], "Proposal", Modified_Time=DAYS[1], **NAMED, Next_Step=None, Record_Image="two"
    ),
    deal(1, DAYS[0], "Proposal", Modified_Time=DAYS[2], **NAMED, Owner=BALA, Record_Image="two"),
]


@pytest.fixture
def kept(database_url) -> str:
    """Address of a database in which a deal has had three contents."""
    with company(database_url) as connection:
        put_history(connection, "Deals", *CONTENTS)
        put(connection, "Deals", deal(2, DAYS[0], Deal_Name="Sharma Flat"))
        put(connection, "Leads", lead(1, DAYS[0], Last_Name="Asha Sharma"))
        put(connection, "Contacts", contact(1))
        with connection.cursor() as cursor:
            cursor.execute("select crm.ensure_module('Products', 'crm_products')")
            cursor.execute(
                "insert into crm.crm_products (id, raw_data) values ('P1', %s)",
                [Json({"id": "P1", "Name": "Sharma lamp"})],
            )
            cursor.execute(
                "insert into crm.crm_fields (module, api_name, label, raw_data) "
                "values ('Deals', 'Next_Step', 'Next step', '{}')"
            )
        log_sync(connection, READ_UNTIL)
        build(connection, READ_UNTIL.date(), READ_UNTIL.date())
    return database_url


def differences(shown) -> dict[str, tuple]:
    table = shown.dataframe[0].value
    return {
        row["field"]: (row["before"], row["after"], str(row["changed"])[:16], row["kind"])
        for row in table.to_dict("records")
    }


def test_a_name_is_looked_for_in_every_module(page, kept):
    shown = page(kept, TAB, record="sharma")
    options = shown.selectbox(key="found").options
    assert {option.split(" · ")[0] for option in options} == {
        "Sharma Villa",
        "Sharma Flat",
        "Asha Sharma",
        "Sharma lamp",
    }


def test_a_name_is_looked_for_in_one_module(page, kept):
    shown = page(kept, TAB, record="sharma", module="Deals")
    assert len(shown.selectbox(key="found").options) == 2


@pytest.mark.parametrize(
    ("text", "id_only", "ids"),
    [
        ("Zeb", False, ["L0"]),  # by the index of the search, however long ago it changed
        ("ebra", False, ["L19"]),  # part of a word: only among those that changed last
        ("L0", True, ["L0"]),
        ("L0", False, ["L0"]),
        ("nobody", False, []),
    ],
)
def test_a_name_is_found_among_more_records_than_are_looked_through(
    database_url, text, id_only, ids
):
    """20,010 leads, the first of which changed before all others."""
    with company(database_url) as connection, connection.cursor() as cursor:
        cursor.execute("""
            insert into crm.leads_raw (id, raw_data)
            select 'L' || n, jsonb_build_object(
                'id', 'L' || n,
                'Last_Name',
                case n when 0 then 'Zebra Works' when 19 then 'Debra' else 'A' || n end,
                'Modified_Time', timestamptz '2026-03-01 10:00Z' + n * interval '1 second'
            )
            from generate_series(0, 20010) n
        """)
        put(connection, "Contacts", contact(1))
        log_sync(connection, READ_UNTIL)
        build(connection, READ_UNTIL.date(), READ_UNTIL.date(), only=("kpis",))
        connection.commit()
    settings = Settings(_env_file=None, database_url=database_url)
    with opened(settings, Viewer("somebody@example.com", may_see_records=True)) as source:
        found = source.of_module("record_search", "Leads", text=text, id_only=id_only)
    assert [row["id"] for row in found] == ids


def test_the_address_of_a_record_opens_it(page, kept):
    shown = page(kept, TAB, record="D1", module="Deals")
    assert json.loads(shown.json[0].value) == CONTENTS[-1]
    assert any(
        "?tab=Contacts+%26+Accounts&module=Deals&record=D1" in c.value for c in shown.caption
    )


def test_the_newest_two_contents_are_compared_first(page, kept):
    shown = page(kept, TAB, record="D1", record_view=VIEWS[1])
    assert differences(shown) == {
        "Modified_Time": (DAYS[1], DAYS[2], "2026-03-06 10:00", "Automatic"),
        "Next_Step": ("(empty)", "(absent)", "2026-03-06 10:00", "Edited"),
        "Owner": ("Asha · 1", "Bala · 2", "2026-03-06 10:00", "Edited"),
    }
    assert [json.loads(side.value) for side in shown.json] == CONTENTS[1:]


def test_any_two_contents_show_what_changed_between_them_and_when(page, kept):
    shown = page(kept, TAB, record="D1", record_view=VIEWS[1])
    shown = shown.selectbox(key="Before D1").select(1).run()
    assert not shown.exception
    found = differences(shown)
    assert found["Stage"] == ("Qualification", "Proposal", "2026-03-03 10:00", "Edited")
    assert found["Record_Image"] == ("one", "two", "2026-03-03 10:00", "Automatic")
    assert found["Next_Step"] == ("Call", "(absent)", "2026-03-06 10:00", "Edited")
    assert found["Owner"][2] == "2026-03-06 10:00"
    assert "Account_Name" not in found
    assert next(iter(shown.dataframe[0].value["label"])) == "Next step"


def test_a_record_without_versions_says_so(page, kept):
    shown = page(kept, TAB, record="L1", record_view=VIEWS[1])
    assert not shown.exception
    assert shown.info[-1].value.startswith("No changes since this record was first read.")


def test_a_deleted_record_keeps_its_values(page, kept):
    with connect(kept) as connection, connection.cursor() as cursor:
        cursor.execute("update crm.crm_deals set deleted_at = now() where id = 'D1'")
    shown = page(kept, TAB, record="D1")
    assert shown.warning[-1].value.startswith("Deleted in the CRM on")
    assert json.loads(shown.json[0].value) == CONTENTS[-1]
