"""Today's work on the page: what it says, what one tap does, and what strangers' texts may not."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from aha_pipeline_tests.warehouse.marts_company import build, company, contact, deal, lead, put
from dashboard import reach

ZONE = ZoneInfo("Asia/Kolkata")


def ago(hours: float) -> str:
    return (datetime.now(ZONE) - timedelta(hours=hours)).isoformat(timespec="seconds")


@pytest.fixture
def working_url(database_url: str) -> str:
    """A company with two untouched leads, an overdue deal and eight older ones."""
    today = datetime.now(ZONE).date()
    past, old = str(today - timedelta(3)), str(today - timedelta(200))
    with company(database_url) as connection:
        put(
            connection,
            "Leads",
            lead(1, ago(5), "Not Contacted", Last_Name="Meera Rao", Phone="+91 98450 00001"),
            lead(2, ago(30), "Not Contacted", Last_Name="[x](http://evil.example) ![y](//e.e)"),
        )
        put(connection, "Contacts", contact(1) | {"Mobile": "080-4711 2233", "Email": "a@b.co"})
        put(
            connection,
            "Deals",
            deal(1, ago(200), Closing_Date=past, Contact_Name={"id": "C1", "name": "C"}),
            *(deal(n, ago(9000), Closing_Date=old) for n in range(10, 18)),
        )
        build(connection, today - timedelta(2), today)
    return database_url


def texts(page) -> str:
    return "\n".join(str(one.value) for one in (*page.markdown, *page.caption))


def buttons(page) -> dict[str, object]:
    return {button.key: button for button in page.button if button.key}


def test_the_most_urgent_comes_first_with_its_reason(page, working_url):
    shown = page(working_url)
    assert not shown.exception
    said = texts(shown)
    assert "New, untouched for 5 hours" in said
    assert "New, untouched for 30 hours" in said
    assert "3 days overdue" in said
    assert said.index("Meera Rao") < said.index("3 days overdue")
    assert "days overdue" not in said.replace("3 days overdue", "")


def test_older_rows_are_folded_with_their_sum_and_open_with_one_tap(page, working_url):
    shown = page(working_url)
    (fold,) = [one for one in shown.button if "older record" in one.label]
    assert fold.label.startswith("8 older records")
    opened = fold.click().run()
    assert "200 days overdue" in texts(opened)


def test_what_is_done_stays_away_and_comes_back_when_asked(page, working_url):
    shown = page(working_url)
    gone = buttons(shown)["done-Leads-L1"].click().run()
    assert "Meera Rao" not in texts(gone)
    assert "Meera Rao" not in texts(page(working_url))
    (back,) = [one for one in gone.button if "hidden" in one.label]
    assert back.label.startswith("1 record hidden")
    assert "Meera Rao" in texts(back.click().run())


def test_nothing_waits_where_all_is_put_aside(page, working_url):
    shown = page(working_url)
    for key in ("done-Leads-L1", "snoozed-Leads-L2", "done-Deals-D1"):
        shown = buttons(shown)[key].click().run()
    assert [one.value for one in shown.success] == ["Nothing to do for these filters."]


def test_a_strangers_name_is_shown_as_text(page, working_url):
    said = texts(page(working_url))
    assert r"**\[x\](http" in said  # escaped brackets make no link, a broken scheme none either
    assert "http:" not in said


@pytest.mark.parametrize(
    ("phone", "addresses"),
    [
        ("+91 98450 00001", ["tel:+919845000001", "https://wa.me/919845000001"]),
        ("080-4711 2233", ["tel:08047112233"]),
        ("12", []),
        ("+91 98450 00001 / +91 98450 00002", []),
        ("javascript:alert(1)", []),
        (None, []),
    ],
)
def test_a_number_becomes_a_link_only_where_it_is_one(phone, addresses):
    found = [reach.telephone(phone), reach.whatsapp(phone)]
    assert [address for address in found if address] == addresses


@pytest.mark.parametrize("email", ["a@b.co?cc=c@d.co", "a b@c.co", "a@b@c.co", "x\n@y.co", ""])
def test_an_address_that_is_none_is_no_link(email):
    assert reach.mail(email) is None
