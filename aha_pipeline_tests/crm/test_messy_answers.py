"""Answers of organisations as they are: refusals in a 200, broken pages, damaged records."""

import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Thread

import msgspec
import pytest

from aha_pipeline.crm.data_centres import accounts_url_for, console_url_for
from aha_pipeline.crm.deletions import read_deletions
from aha_pipeline.crm.errors import ModuleUnreadable, ZohoError, ZohoRefused, ZohoUnavailable
from aha_pipeline.crm.metadata import modules_left_out, read_fields, read_modules
from aha_pipeline.crm.reading.module_reader import ModuleReader
from aha_pipeline.crm.records_endpoint import RecordsEndpoint
from aha_pipeline_tests.crm.connections import connect
from aha_pipeline_tests.crm.records import create, held_by
from zoho_sandbox.faults.switches import Churn

MORE = '"info": {"more_records": false}'
SOUND = '{"id": "2", "Modified_Time": "2026-01-01T10:00:00+05:30"}'


def pages_of(client):
    return list(ModuleReader(RecordsEndpoint(client, "Leads"), None, None).pages())


@pytest.mark.parametrize(
    "body",
    [
        b'{"code": "INTERNAL_ERROR", "status": "error"}',
        b'{"status": "error", "message": "Something went wrong"}',
        b'{"error": "INVALID_CLIENT"}',
        b'{"data": [{"code": "INVALID_DATA", "status": "error", "message": "no", "details": {}}]}',
        b'{"data": [{"status": "error", "message": "no"}], "info": {"more_records": false}}',
        b'{"code": "INVALID_MODULE", "status": "error"}',
        b"{}",
        b'{"message": "ok"}',
    ],
)
def test_a_refusal_in_a_200_is_no_empty_read(scripted, answers, body):
    answers[:] = [(200, body)]
    with pytest.raises(ZohoError):
        pages_of(connect(scripted))


@pytest.mark.parametrize("word", ['"code": "x"', '"status": "error"', '"error": "none"'])
def test_a_record_with_such_fields_is_a_record(scripted, answers, word):
    answers[:] = [(200, f'{{"data": [{{"id": "1", {word}}}], {MORE}}}'.encode())]
    assert [page.keys for page in pages_of(connect(scripted))] == [(("1", None),)]


@pytest.mark.parametrize(
    "body",
    [
        f'{{"data": null, {MORE}}}',
        '{"data": [], "info": null}',
        '{"data": []}',
        '{"data": [], "info": {"more_records": null}}',
        '{"data": [], "info": {"more_records": "perhaps"}}',
        '{"data": {"id": "1"}, "info": {"more_records": false}}',
        "[]",
        "null",
    ],
)
def test_a_page_that_is_none_is_asked_for_again_and_then_told(scripted, answers, body):
    good = f'{{"data": [{SOUND}], {MORE}}}'.encode()
    answers[:] = [(200, body.encode()), (200, good)]
    assert [page.records for page in pages_of(connect(scripted))] == [(SOUND.encode(),)]
    answers[:] = [(200, body.encode())]
    with pytest.raises(ZohoUnavailable, match="Leads"):
        pages_of(connect(scripted))


@pytest.mark.parametrize("word", ['"true"', '"True"', "true"])
def test_more_records_may_come_as_a_text(scripted, answers, word):
    first = f'{{"data": [{SOUND}], "info": {{"more_records": {word}}}}}'
    client = connect(scripted, per_page=1)
    answers[:] = [(200, first.encode()), (200, first.replace(word, '"false"').encode())]
    assert RecordsEndpoint(client, "Leads").fetch_page(None).has_more
    assert not RecordsEndpoint(client, "Leads").fetch_page(None).has_more


@pytest.mark.parametrize(
    "fault",
    [
        (400, b'{"code": "LIMIT_EXCEEDED", "message": "too many", "status": "error"}'),
        (200, b'{"code": "API_LIMIT_EXCEEDED", "message": "too many", "status": "error"}'),
        (200, b'{"data": [{"code": "LIMIT_EXCEEDED", "message": "m", "status": "error"}]}'),
    ],
)
def test_a_passing_limit_is_retried(scripted, answers, fault):
    answers[:] = [fault, (200, f'{{"data": [{SOUND}], {MORE}}}'.encode())]
    client = connect(scripted)
    assert len(pages_of(client)) == 1
    assert client.calls_for("Leads") == 3  # the refusal, the page, the deletions


@pytest.mark.parametrize(
    ("damaged", "repaired"),
    [
        (b'{"id": "1", "Name": "a\x01b"}', b'{"id": "1", "Name": "a\\u0001b"}'),
        (b'{"id": "1", "Name": "a\nb"}', b'{"id": "1", "Name": "a\\u000ab"}'),
        (b'{"id": "1", "Amount": NaN}', b'{"id": "1", "Amount": null}'),
        (b'{"id": "1", "Amount": -Infinity}', b'{"id": "1", "Amount": null}'),
        (b'{"id": "1", "Name": "\xff\xfe"}', '{"id": "1", "Name": "\ufffd\ufffd"}'.encode()),
        (b'{"id": "1", "x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", None),
        (b'{"id": "1", "Name": "\\x"}', None),
        (b'{"Name": "without an id"}', None),
        (b"null", None),
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_damaged_record_costs_no_other(scripted, answers, damaged, repaired, mark):
    body = b'{"data": [%b, %b], %b}' % (damaged, SOUND.encode(), MORE.encode())
    answers[:] = [(200, mark + body)]
    (page,) = pages_of(connect(scripted))
    assert set(page.records) == {SOUND.encode(), repaired} - {None}
    assert page.damaged == (damaged,)


def test_a_mark_before_a_sound_page_damages_nothing(scripted, answers):
    answers[:] = [(200, f'\ufeff{{"data": [{SOUND}], {MORE}}}'.encode())]
    (page,) = pages_of(connect(scripted))
    assert (page.records, page.damaged) == ((SOUND.encode(),), ())


@pytest.fixture
def trickling() -> Iterator[Callable[[bytes], str]]:
    """Serve tokens at once, and everything else a byte at a time, for ever."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(connection: socket.socket, head: bytes) -> None:
        with connection:
            asked = connection.recv(65_536)
            if asked.startswith(b"POST"):
                body = b'{"access_token": "t", "expires_in": 3600}'
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
                connection.sendall(body)
                return
            try:
                connection.sendall(head)
                while True:
                    connection.sendall(b"1\r\n \r\n" if b"chunked" in head else b" ")
                    time.sleep(0.05)
            except OSError:
                return

    def serve(head: bytes) -> str:
        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                Thread(target=answer, args=(connection, head), daemon=True).start()

        Thread(target=accept, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield serve
    listener.close()


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
    ],
)
def test_an_answer_that_trickles_has_an_end(trickling, head):
    client = connect(trickling(head))
    client.response_deadline_seconds = 0.3
    started = time.monotonic()
    with pytest.raises(ZohoUnavailable, match="does not answer"):
        client.get("Leads", attempts=2)
    assert time.monotonic() - started < 5
    assert client.calls == 2


@pytest.mark.parametrize("timeless", [30, 6, 2000])
def test_a_module_without_times_is_refused_in_a_few_calls(sandbox, client, timeless):
    create(sandbox, timeless, Modified_Time=None)
    client.per_page = 5
    with pytest.raises(ModuleUnreadable, match=r"Leads.*no Modified_Time"):
        pages_of(client)
    assert client.calls <= 4


@pytest.mark.parametrize(("timeless", "timed"), [(5, 0), (1, 0), (30, 1), (6, 20)])
def test_records_without_a_time_are_read_on_one_page_or_beside_others(
    sandbox, client, timeless, timed
):
    create(sandbox, timeless, Modified_Time=None)
    create(sandbox, timed, every_seconds=60)
    client.per_page = 5
    seen = {id_ for page in pages_of(client) for id_, _ in page.keys}
    assert seen == set(held_by(sandbox))


@pytest.mark.parametrize(("seed", "strict"), [(1, True), (2, False), (3, True)])
def test_whatever_a_page_carried_is_delivered(sandbox, fake_clock, monkeypatch, seed, strict):
    """Also if it is deleted before the read comes to where it belongs."""
    switches = sandbox.switches
    switches.seed, switches.tie_order, switches.strict_since = seed, "id_desc", strict
    create(sandbox, 60)
    create(sandbox, 60, every_seconds=5)
    create(sandbox, 30)
    fake_clock.forward(seconds=600)
    fake_clock.step = timedelta(seconds=0.2)
    switches.churn = Churn(creates=2, edits=5, deletes=2, converts=1)
    client = connect(sandbox.url, concurrency=3)
    client.per_page, ask, carried = 7, client.get, set()

    def get(path, *args, **options):
        answer = ask(path, *args, **options)
        if path == "Leads" and answer:
            carried.update(row["id"] for row in answer.body["data"])
        return answer

    monkeypatch.setattr(client, "get", get)
    delivered = {key for page in pages_of(client) for key in ids_in(page)}
    assert carried <= delivered


def ids_in(page):
    return [msgspec.json.decode(record)["id"] for record in page.records]


@pytest.mark.parametrize("body", [b'{"data": null}', b'{"data": []}', b'{"status": "error"}'])
def test_a_broken_list_of_deletions_is_no_empty_one(scripted, answers, body, monkeypatch):
    client = connect(scripted)
    ask = client.get
    monkeypatch.setattr(client, "get", lambda path, *a, **o: ask("Leads", *a, **o))
    answers[:] = [(200, body)]
    with pytest.raises(ZohoError):
        read_deletions(client, "Leads", None)


def modules(*rows: str) -> bytes:
    return f'{{"modules": [{", ".join(rows)}]}}'.encode()


def test_modules_that_the_user_may_not_see_are_left_out_and_it_is_said_why(scripted, answers):
    answers[:] = 2 * [
        (
            200,
            modules(
                '{"api_name": "Leads", "viewable": true}',
                '{"api_name": "Invoices", "viewable": false}',
                '{"api_name": "Feeds", "api_supported": false}',
                '{"api_name": "Events_Link", "generated_type": "linking"}',
                '{"api_name": "Rooms", "generated_type": "custom"}',
            ),
        )
    ]
    assert read_modules(connect(scripted)) == ("Leads", "Rooms")
    left_out = modules_left_out(connect(scripted))
    assert list(left_out) == ["Invoices", "Feeds", "Events_Link"]
    assert "may not be seen" in left_out["Invoices"]
    assert "not served" in left_out["Feeds"]
    assert "linking" in left_out["Events_Link"]


@pytest.mark.parametrize(
    ("named", "said"),
    [("rooms", "named Rooms"), ("SITE_VISITS", "named Site_Visits"), ("Room", "no module of this")],
)
def test_a_module_in_another_case_is_told_by_its_name(scripted, answers, named, said):
    refusal = b'{"code": "INVALID_MODULE", "status": "error", "message": "invalid"}'
    answers[:] = [
        (400, refusal),
        (200, modules('{"api_name": "Rooms"}', '{"api_name": "Site_Visits"}')),
    ]
    with pytest.raises(ModuleUnreadable, match=said):
        read_fields(connect(scripted), named)


@pytest.mark.parametrize("body", [b'{"modules": null}', b'{"modules": []}', b"{}"])
def test_no_module_is_a_refusal(scripted, answers, body):
    answers[:] = [(200, body)]
    with pytest.raises(ZohoRefused, match="named no module"):
        read_modules(connect(scripted))


@pytest.mark.parametrize(
    ("api", "accounts", "console"),
    [
        ("https://www.zohoapis.uk", "https://accounts.zoho.uk", "https://api-console.zoho.uk"),
        ("https://www.zohoapis.ae", "https://accounts.zoho.ae", "https://api-console.zoho.ae"),
        ("https://sandbox.zohoapis.uk", "https://accounts.zoho.uk", "https://api-console.zoho.uk"),
    ],
)
def test_the_data_centres_in_the_united_kingdom_and_the_emirates(api, accounts, console):
    assert accounts_url_for(api) == accounts
    assert console_url_for(accounts) == console
