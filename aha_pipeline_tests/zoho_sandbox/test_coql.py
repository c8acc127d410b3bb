"""Zoho's query language, as far as a reader needs it."""

from collections.abc import Callable

import pytest
import requests

from aha_pipeline_tests.zoho_sandbox.api_client import Client, lead
from zoho_sandbox.server import Sandbox

SECOND = "2026-01-01T10:00:00+05:30"


def ask(client: Client, query: str, version: str = "v8") -> requests.Response:
    return client.post(f"/crm/{version}/coql", json={"select_query": query})


def select(client: Client, column: str, where: str, rest: str = "") -> requests.Response:
    return ask(client, " ".join(("select", column, "from Leads where", where, rest)))


def names(client: Client, where: str, rest: str = "") -> list[str]:
    answer = select(client, "Last_Name", where, rest)
    return [] if answer.status_code == 204 else [r["Last_Name"] for r in answer.json()["data"]]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("id > 1", "Asha Zara Meera Bala"),
        ("Amount = 5", "Asha"),
        ("Amount >= 20", "Zara Meera"),
        ("Amount > 20", "Zara"),
        ("Amount < 20", "Asha"),
        ("Amount <= -1", ""),
        ("Amount is null", "Bala"),
        ("Last_Name in ('Asha', 'Bala', 'Nobody')", "Asha Bala"),
        ("Last_Name = 'it''s'", ""),
        ("Modified_Time = '2026-01-02T04:30:00Z'", "Zara"),
        ("Modified_Time >= '2026-01-03T10:00:00+05:30'", "Meera Bala"),
        ("Modified_Time < '2026-01-02T10:00:00+05:30'", "Asha"),
        ("(Amount = 5 or Amount = 30) and Last_Name in ('Asha', 'Bala')", "Asha"),
        ("(Amount > 1 and (Last_Name = 'Asha' or Last_Name = 'Zara'))", "Asha Zara"),
        ("Converted__s = 'true'", "Zara"),
        ("Converted__s = false", "Asha Meera Bala"),
    ],
)
def test_conditions(client: Client, where: str, expected: str) -> None:
    assert names(client, where) == expected.split()


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("order by Last_Name asc", "Asha Bala Meera Zara"),
        ("order by Last_Name desc", "Zara Meera Bala Asha"),
        ("order by id desc", "Bala Meera Zara Asha"),
        ("order by Modified_Time desc, id asc", "Meera Bala Zara Asha"),
        ("order by Modified_Time desc, id desc", "Bala Meera Zara Asha"),
        ("order by Amount desc limit 2", "Zara Meera"),
        ("limit 2", "Asha Zara"),
    ],
)
def test_orders_and_limits(client: Client, rest: str, expected: str) -> None:
    assert names(client, "id > 1", rest) == expected.split()


def test_answer_says_how_many_and_whether_more(client: Client) -> None:
    answer = ask(client, "select Last_Name, Modified_Time from Leads where id > 1 limit 3").json()
    assert answer["info"] == {"count": 3, "more_records": True}
    assert answer["data"][0].keys() == {"id", "Last_Name", "Modified_Time"}
    answer = ask(client, "select id from Leads where id > 1 limit 4").json()
    assert answer["info"] == {"count": 4, "more_records": False}
    nothing = ask(client, "select id from Leads where id = 1")
    assert (nothing.status_code, nothing.content) == (204, b"")


def test_converted_and_unapproved_rows_come_as_switched(client: Client, sandbox: Sandbox) -> None:
    assert names(client, "id > 1") == ["Asha", "Zara", "Meera", "Bala"]
    sandbox.switches.coql_converted = False
    assert names(client, "id > 1") == ["Asha", "Bala"]


def test_key_walk_finds_every_record_of_one_second(serve: Callable) -> None:
    """Ids of different lengths too: they are numbers, not text."""
    sandbox = serve([lead(0, SECOND) | {"id": str(n)} for n in range(1, 301)])
    client = Client(sandbox.url).sign_in()
    found, last, more = [], 0, True
    while more:
        where = f"Modified_Time = '{SECOND}' and id > {last}"
        answer = select(client, "id", where, "order by id asc limit 70").json()
        found += [row["id"] for row in answer["data"]]
        last, more = found[-1], answer["info"]["more_records"]
    assert found == [str(n) for n in range(1, 301)]


@pytest.mark.parametrize("descending", [False, True])
def test_key_walk_over_time_and_id(serve: Callable, descending: bool) -> None:
    moments = [f"2026-01-01T10:00:{n // 40:02d}+05:30" for n in range(300)]
    leads = [lead(0, moment) | {"id": str(n + 1)} for n, moment in enumerate(moments)]
    client = Client(serve(leads).url).sign_in()
    sign, order = ("<", "desc") if descending else (">", "asc")
    time, last = ("2027-01-01T00:00:00+05:30", 10**6) if descending else (moments[0], 0)
    found, more = [], True
    while more:
        where = (
            f"(Modified_Time {sign} '{time}' or (Modified_Time = '{time}' and id {sign} {last}))"
        )
        rest = f"order by Modified_Time {order}, id {order} limit 70"
        answer = select(client, "Modified_Time", where, rest).json()
        found += [int(row["id"]) for row in answer["data"]]
        time, last = answer["data"][-1]["Modified_Time"], found[-1]
        more = answer["info"]["more_records"]
    assert found == sorted(range(1, 301), reverse=descending)


def test_lookups_are_cut_down(serve: Callable) -> None:
    owner = {"name": "Asha Rao", "id": "9", "email": "asha@example.com"}
    client = Client(serve([lead(1, Owner=owner), lead(2, Owner=None)]).url).sign_in()
    query = "select Owner from Leads where Owner = '9'"
    assert ask(client, query, "v2").json()["data"][0]["Owner"] == {"id": "9"}
    (row,) = ask(client, query, "v8").json()["data"]
    assert row["Owner"] == {"name": "Asha Rao", "id": "9"}


@pytest.mark.parametrize(("version", "rows"), [("v2", 200), ("v8", 2000)])
def test_rows_of_a_version(client: Client, version: str, rows: int) -> None:
    base = "select id from Leads where id > 1"
    assert ask(client, f"{base} limit {rows}", version).status_code == 200
    answer = ask(client, f"{base} limit {rows + 1}", version)
    assert (answer.status_code, answer.json()["code"]) == (400, "LIMIT_EXCEEDED")
    assert answer.json()["details"]["limit"] == rows


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("select id from", "SYNTAX_ERROR"),
        ("select id from Leads", "SYNTAX_ERROR"),
        ("delete from Leads where id = 1", "SYNTAX_ERROR"),
        ("select id from Leads where id > 1 and id < 9 and Amount = 5", "SYNTAX_ERROR"),
        ("select id from Leads where id", "SYNTAX_ERROR"),
        ("select id from Leads where id > Amount", "SYNTAX_ERROR"),
        ("select id from Leads where Amount = 'many'", "SYNTAX_ERROR"),
        ("select id from Leads where Modified_Time > 'yesterday'", "SYNTAX_ERROR"),
        ("select id from Leads where id > 1 limit 'x'", "SYNTAX_ERROR"),
        ("select id from Leads where id > 1 limit 1, 2", "SYNTAX_ERROR"),
        ("select id from Leads where id > 1 limit 2 offset 2", "SYNTAX_ERROR"),
        ("select id from Leads where id != 1", "SYNTAX_ERROR"),
        ("select id from Leads where id between 1 and 9", "SYNTAX_ERROR"),
        ("select id from Leads where Amount is not null", "SYNTAX_ERROR"),
        ("select Nonsense from Leads where id > 1", "INVALID_QUERY"),
        ("select id from Leads where Nonsense = 1", "INVALID_QUERY"),
        ("select count(id) from Leads where id > 1", "INVALID_QUERY"),
        ("select Owner.name from Leads where id > 1", "INVALID_QUERY"),
        ("select id from Unicorns where id > 1", "INVALID_MODULE"),
    ],
)
def test_wrong_query_is_refused(client: Client, query: str, code: str) -> None:
    answer = ask(client, query)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"select_query": 5}'])
def test_wrong_body_is_refused(client: Client, body: bytes) -> None:
    answer = client.post("/crm/v8/coql", data=body)
    assert answer.json()["details"] == {"param_name": "select_query"}


def test_missing_scopes_hold_for_queries_too(client: Client, sandbox: Sandbox) -> None:
    sandbox.switches.unreadable.add("Leads")
    assert ask(client, "select id from Leads where id > 1").status_code == 401
    sandbox.switches.unreadable.clear()
    sandbox.switches.coql = False
    assert ask(client, "select id from Leads where id > 1").json()["code"] == "OAUTH_SCOPE_MISMATCH"
