"""Names that strangers typed, on every tab, in a browser: no link, request, picture or formula."""

import random
from collections.abc import Iterator

import pytest

from aha_pipeline_tests.dashboard import company as small
from aha_pipeline_tests.dashboard.clicks import click, open_tab, settle, tab_address
from aha_pipeline_tests.kit.ports import free_port
from aha_pipeline_tests.kit.serving import TABS, served
from aha_pipeline_tests.kit.waiting import MILLISECONDS
from aha_pipeline_tests.warehouse import marts_company as marts

HOST = "evil.example"
PIECES = [
    f"http://{HOST}/a", f"HTTPS://{HOST}", f"www.{HOST}", f"me@{HOST}", f"mailto:me@{HOST}",
    f"![p](http://{HOST}/p.png)", f"[link](http://{HOST})", f"<http://{HOST}>", f"[r]: //{HOST}",
    f"<img src=//{HOST}/i.png>", f"<a href='http://{HOST}'>x</a>", f"<script src=//{HOST}>",
    "$x^2$", "$$E=mc^2$$", ":red[text]", ":material/lock:", "`code`", "**bold**", "# head",
    "- item", "1. item", "> quote", "|a|b|", "[^1]", "&lt;img&gt;", "=1+1", "\\", "\n\n", "नाम",
]  # fmt: skip
SEED = 16


def names() -> Iterator[str]:
    """Yield hostile names without end, always the same ones."""
    chance = random.Random(SEED)
    while True:
        yield " ".join(chance.choices(PIECES, k=chance.randint(1, 4)))


@pytest.fixture(scope="module")
def address(module_database_url: str, tmp_path_factory) -> Iterator[str]:
    """Address of the page of a company whose every name is hostile."""
    name = names()
    owners = [{"id": str(n), "name": next(name)} for n in range(2)]
    sources = [next(name) for _ in range(8)]
    made = marts.ist("2026-03-08 10:00:00")
    with small.company(module_database_url) as connection:
        leads = [
            marts.lead(n, made, small.STATUSES[n % 5], Lead_Source=sources[n % 8],
                       Owner=owners[n % 2], Full_Name=next(name),
                       Last_Name=next(name), Company=next(name))
            for n in range(60)
        ]  # fmt: skip
        deals = [
            marts.deal(n, made, "Closed Won" if n % 2 else "Qualification", Amount=250000,
                       Closing_Date="2026-03-05", Owner=owners[n % 2],
                       Deal_Name=next(name), Lead_Source=sources[n % 8])
            for n in range(24)
        ]  # fmt: skip
        marts.put(connection, "Leads", *leads)
        marts.put(connection, "Deals", *deals)
        marts.put(connection, "Contacts", {**marts.contact(1, owners[0]), "Last_Name": next(name)})
        marts.put(
            connection, "Accounts", {**marts.account(1, next(name)), "Account_Name": next(name)}
        )
        with connection.cursor() as cursor:
            cursor.execute("update crm.organisation set name = %s", [next(name)])
            cursor.execute(
                "insert into analytics.check_results (asset, name, passed, severity, about, found) "
                "select 'crm/leads_raw', 'check ' || n, false, 'error', %s, %s "
                "from generate_series(1, 3) n",
                [next(name), next(name)],
            )
        small.log_sync(connection, small.READ_UNTIL)
        marts.build(connection, small.FIRST_DAY, small.TODAY)
    folder = tmp_path_factory.mktemp("hostile")
    with served(folder, free_port(), {"DATABASE_URL": module_database_url}) as address:
        yield address


@pytest.fixture(scope="module")
def visited(chromium, address) -> Iterator[object]:
    """A page that records what it asks of others than its own server.

    It goes to one address after the other: a new one would compile Streamlit's scripts again, at
    two thirds of what a visit costs.
    """
    with chromium.new_context(viewport={"width": 1366, "height": 4000}) as context:
        page = context.new_page()
        page.set_default_timeout(MILLISECONDS)
        page.on(
            "request",
            lambda request: (
                request.url.startswith((address, "data:", "blob:", address.replace("http", "ws")))
                or page.foreign.append(request.url)
            ),
        )
        yield page


@pytest.fixture
def page(visited) -> object:
    """The page, which has recorded nothing yet."""
    visited.foreign = []
    return visited


def does_nothing(page: object) -> None:
    settle(page)
    assert page.foreign == []
    for kind, attribute in (("a", "href"), ("img", "src"), ("iframe", "src"), ("script", "src")):
        values = page.eval_on_selector_all(
            kind, "(all, name) => all.map((one) => one.getAttribute(name) || '')", attribute
        )
        assert not [value for value in values if HOST in value], kind
    assert page.locator("a[href^='mailto:'], .katex, a[href^='tel:']").count() == 0


@pytest.mark.parametrize("tab", TABS)
def test_no_tab_makes_anything_of_a_name(page, address, tab):
    page.goto(tab_address(address, tab))
    page.get_by_role("tab", name=tab).wait_for()
    does_nothing(page)
    assert page.get_by_test_id("stException").count() == 0
    assert tab != TABS[0] or HOST in page.content()  # the names are there, as text


def test_no_window_over_a_chart_makes_anything_of_a_name(page, address):
    open_tab(page, address, "Lead Intelligence")
    click(page, "leads-source_map", ".treemaplayer .slice", 1)
    page.get_by_role("dialog").wait_for()
    does_nothing(page)


@pytest.mark.parametrize("record", ["L1", "L2", "L3", "D1"])
def test_no_record_makes_anything_of_its_name(page, address, record):
    module = "Leads" if record.startswith("L") else "Deals"
    page.goto(f"{address}/?tab=Contacts+%26+Accounts&module={module}&record={record}")
    page.get_by_text("link to this record").wait_for()
    does_nothing(page)
