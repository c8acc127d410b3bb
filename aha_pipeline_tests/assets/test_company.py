"""The company as Zoho knows it: settings that are not set, and those that contradict it."""

import os
from dataclasses import replace
from datetime import date

import pytest

from aha_pipeline import services
from aha_pipeline.assets.picklist_meaning import _read_profile
from aha_pipeline.crm.company_profile import read_company_profile
from aha_pipeline.crm.organisation import Organisation
from aha_pipeline.doctor.zoho import company_settings
from aha_pipeline.settings import load
from aha_pipeline.warehouse.company import held_contradictions, save_profile
from aha_pipeline.warehouse.connection import connect
from aha_pipeline_tests.assets.world import rows

HELD = "select timezone, currency, home_timezone, home_currency from crm.organisation"


def company(connected, **changes: object) -> None:
    connected.organisation.profile = replace(connected.organisation.profile, **changes)


def test_what_is_not_set_comes_from_the_company(connected):
    company(connected, time_zone="America/New_York", currency="USD")
    opened = services.current()
    opened.zoho()
    assert (opened.settings.aha_timezone, opened.settings.aha_currency) == (
        "America/New_York",
        "USD",
    )
    assert str(opened.settings.zone) == "America/New_York"
    assert rows(opened, HELD) == [("America/New_York", "USD", "America/New_York", "USD")]
    assert os.environ["AHA_TIMEZONE"] == "America/New_York"  # for the children
    assert load().aha_currency == "USD"


def begin_process() -> services.Services:
    """Return the services as a process finds them that was started by the one before."""
    services._as_company.cache_clear()
    services.opened.cache_clear()
    return services.current()


@pytest.mark.parametrize(
    ("changes", "day", "won"),
    [
        ({"time_zone": "America/New_York"}, 1, 450000.5),
        ({"currency": "USD"}, 2, 0),  # a rupee has no rate to the dollar
        ({"time_zone": "Pacific/Honolulu", "currency": "AED"}, 1, 0),
    ],
)
def test_a_change_of_the_company_counts_in_the_sync_that_reads_it(
    connected, run_days, changes, day, won
):
    """Days and money are those of the company as this sync read it, and the past is restated."""
    company(connected, time_zone="Asia/Kolkata", currency="INR")
    rupees = {"Currency": "INR", "Exchange_Rate": 1, "Modified_Time": "2026-01-03T12:00:00+05:30"}
    connected.store.edit("Deals", "9", rupees)
    begin_process()
    assert run_days("2026-01-01", "2026-01-05").success
    assert told(begin_process()) == (2, 450000.5)
    company(connected, **changes)
    assert run_days("2026-01-01", "2026-01-05").success
    now = begin_process()
    zone, currency = changes.get("time_zone", "Asia/Kolkata"), changes.get("currency", "INR")
    assert rows(now, HELD) == [(zone, currency) * 2]
    assert told(now) == (day, won)
    with now.connect() as connection:
        assert held_contradictions(connection) == []
    reasons = rows(now, "select distinct reason from analytics.restatements")
    assert reasons == [("definition changed",)]


def told(opened: services.Services) -> tuple[int, float]:
    """Return the day of January that brought a lead, and what was won in the days after."""
    query = (
        "select (min(day) filter (where new_leads > 0) - date '2025-12-31'), "
        "sum(won_value)::float from analytics.kpis where day >= '2026-01-01'"
    )
    [found] = rows(opened, query)
    return found


def test_what_is_set_stays_and_is_named_where_it_contradicts(connected, monkeypatch):
    monkeypatch.setenv("AHA_TIMEZONE", "Asia/Dubai")
    company(connected, time_zone="Asia/Kolkata", currency="AED")
    opened = services.current()
    opened.zoho()
    assert rows(opened, HELD) == [("Asia/Dubai", "AED", "Asia/Kolkata", "AED")]
    with opened.connect() as connection:
        (sentence,) = held_contradictions(connection)
    assert "Asia/Dubai" in sentence
    assert "Asia/Kolkata" in sentence


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({}, []),
        ({"AHA_CURRENCY": "USD"}, ["AHA_CURRENCY"]),
        ({"AHA_CURRENCY": "USD", "AHA_TIMEZONE": "Asia/Dubai"}, ["AHA_TIMEZONE", "AHA_CURRENCY"]),
        ({"AHA_CURRENCY": "EUR", "AHA_TIMEZONE": "Europe/Paris"}, []),
    ],
)
def test_the_doctor_names_settings_that_contradict_the_company(monkeypatch, variables, named):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    paris = Organisation("1", "Maison", timezone="Europe/Paris", currency="EUR")
    found = company_settings(paris, load())
    wrong = [finding for finding in found if finding.verdict != "ok"]
    assert len(wrong) == len(named)
    assert all(name in finding.says for name, finding in zip(named, wrong, strict=True))


def test_a_zone_that_zoho_names_and_nobody_knows_leaves_the_default(connected):
    company(connected, time_zone="Middle/Earth", currency="XX")
    opened = services.current()
    opened.zoho()
    assert rows(opened, HELD) == [("Asia/Kolkata", "INR", None, None)]


def test_the_profile_is_kept_and_what_is_not_told_stays(connected):
    company(connected, currencies={"USD": "0.011800000", "JPY": "1.78"}, business_days=("Sunday",))
    connected.organisation.users = lambda: [
        {"id": str(n), "status": "disabled" if n == 249 else "active", "confirm": True}
        for n in range(250)
    ]
    opened = services.current()
    opened.zoho()
    _read_profile(opened)
    kept = (
        "select fiscal_start_month, fiscal_named_by_end, week_starts_on, business_days, "
        "profiled_at is not null from crm.organisation"
    )
    assert rows(opened, kept) == [(4, False, 1, [7], True)]
    rates = "select iso_code, exchange_rate::text, is_home from crm.currencies order by 1"
    assert rows(opened, rates) == [
        ("INR", "1.000000000", True),
        ("JPY", "1.78", False),
        ("USD", "0.011800000", False),
    ]
    # Of more users than a page holds; the last has left.
    assert rows(opened, "select count(*), min(id) filter (where not is_active) from crm.users") == [
        (250, "249")
    ]
    stages = rows(opened, "select meaning from crm.stage_layouts")
    assert stages
    assert all(meaning in ("open", "won", "lost") for (meaning,) in stages)
    connected.switches.metadata_readable = False  # the rights are gone
    with opened.connect() as connection:
        save_profile(connection, vars(read_company_profile(opened.zoho())))
    assert rows(opened, kept) == [(4, False, 1, [7], True)]
    assert len(rows(opened, rates)) == 3


@pytest.mark.parametrize(
    ("day", "first_month", "start", "end", "quarter", "names"),
    [
        (date(2026, 3, 31), 4, date(2025, 4, 1), date(2026, 3, 31), date(2026, 1, 1), (2025, 2026)),
        (date(2026, 4, 1), 4, date(2026, 4, 1), date(2027, 3, 31), date(2026, 4, 1), (2026, 2027)),
        (date(2026, 12, 31), 1, date(2026, 1, 1), date(2026, 12, 31), date(2026, 10, 1),
         (2026, 2026)),
        (date(2024, 2, 29), 3, date(2023, 3, 1), date(2024, 2, 29), date(2023, 12, 1),
         (2023, 2024)),
        (date(2026, 11, 30), 12, date(2025, 12, 1), date(2026, 11, 30), date(2026, 9, 1),
         (2025, 2026)),
        (date(2026, 5, 5), None, date(2026, 1, 1), date(2026, 12, 31), date(2026, 4, 1),
         (2026, 2026)),
    ],
)  # fmt: skip
def test_fiscal_periods(database_url, day, first_month, start, end, quarter, names):
    query = (
        "select crm.fiscal_year_start(%(d)s, %(m)s), crm.fiscal_year_end(%(d)s, %(m)s), "
        "crm.fiscal_quarter_start(%(d)s, %(m)s), crm.fiscal_year_name(%(d)s, %(m)s, false), "
        "crm.fiscal_year_name(%(d)s, %(m)s, true)"
    )
    with connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute(query, {"d": day, "m": first_month})
        found = cursor.fetchone()
    assert found == (start, end, quarter, *(f"FY{name}" for name in names))
