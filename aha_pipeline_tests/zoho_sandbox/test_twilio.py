from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client as Twilio

from aha_pipeline_tests.kit.fake_clock import FakeClock
from aha_pipeline_tests.kit.waiting import LONGEST
from aha_pipeline_tests.zoho_sandbox.api_client import Client
from zoho_sandbox.errors import SandboxError
from zoho_sandbox.pages import render
from zoho_sandbox.server import Sandbox
from zoho_sandbox.twilio.outbox import Message, Outbox

ACCOUNT = "AC" + "0" * 32
TO, FROM = "whatsapp:+919812345678", "whatsapp:+14155238886"


class Loopback(TwilioHttpClient):
    """Sends what the SDK built to the stand-in instead."""

    def __init__(self, base: str) -> None:
        super().__init__(timeout=LONGEST)
        self.base = base

    def request(self, method: str, url: str, **options: object) -> object:
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return super().request(method, f"{self.base}{parts.path}{query}", **options)


@pytest.fixture
def twilio(sandbox: Sandbox) -> Twilio:
    return Twilio(ACCOUNT, "secret", http_client=Loopback(sandbox.url))


def test_message_is_queued_and_then_read(twilio: Twilio) -> None:
    sent = twilio.messages.create(to=TO, from_=FROM, body="*Hello* ₹1,23,456")
    assert (sent.status, sent.to, sent.from_) == ("queued", TO, FROM)
    assert sent.sid.startswith("SM")
    assert len(sent.sid) == 34
    statuses = [twilio.messages(sent.sid).fetch().status for _ in range(4)]
    assert statuses == ["sent", "delivered", "read", "read"]


def test_status_advances_with_time_alone(
    twilio: Twilio, sandbox: Sandbox, fake_clock: FakeClock
) -> None:
    twilio.messages.create(to=TO, from_=FROM, body="x")
    seen = []
    for seconds in (0, 2, 3, 25):
        fake_clock.forward(seconds=seconds)
        seen.append(sandbox.outbox.status(sandbox.outbox.messages()[0]))
    assert seen == ["queued", "sent", "delivered", "read"]


def test_list_finds_by_people_and_time(twilio: Twilio, fake_clock: FakeClock) -> None:
    other = "whatsapp:+919800000000"
    twilio.messages.create(to=TO, from_=FROM, body="old")
    fake_clock.forward(days=2)
    twilio.messages.create(to=TO, from_=FROM, body="new")
    twilio.messages.create(to=other, from_=FROM, body="other")
    after = fake_clock() - timedelta(minutes=5)
    found = twilio.messages.list(to=TO, from_=FROM, date_sent_after=after)
    assert [m.body for m in found] == ["new"]
    assert [m.body for m in twilio.messages.list(to=TO)] == ["new", "old"]
    assert [m.body for m in twilio.messages.list(date_sent_before=after)] == ["old"]
    assert [m.body for m in twilio.messages.list(date_sent=fake_clock().date())] == ["other", "new"]
    assert found[0].date_created == fake_clock()


def test_list_pages(twilio: Twilio) -> None:
    for number in range(7):
        twilio.messages.create(to=TO, from_=FROM, body=str(number))
    assert [m.body for m in twilio.messages.list(page_size=3)] == list("6543210")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"body": "x" * 1601}, 21617),
        ({"body": ""}, 21602),
        ({"to": "+919812345678"}, 21211),
        ({"to": FROM}, 21211),
        ({"from_": "whatsapp:14155238886"}, 21212),
        ({"content_sid": "HX1", "content_variables": '{"1":"a\\nb"}'}, 92007),
        ({"content_sid": "HX1", "content_variables": '{"1":null}'}, 92007),
        ({"content_sid": "HX1", "content_variables": "one"}, 92007),
        ({"content_sid": "HX1", "content_variables": '{"1":"' + "x" * 1601 + '"}'}, 21658),
    ],
)
def test_wrong_message_is_refused(
    twilio: Twilio, sandbox: Sandbox, fields: dict, code: int
) -> None:
    with pytest.raises(TwilioRestException) as caught:
        twilio.messages.create(**{"to": TO, "from_": FROM, "body": "x"} | fields)
    assert (caught.value.status, caught.value.code) == (400, code)
    assert sandbox.outbox.messages() == []


def test_longest_body_and_template_are_accepted(twilio: Twilio, sandbox: Sandbox) -> None:
    twilio.messages.create(to=TO, from_=FROM, body="x" * 1600)
    twilio.messages.create(
        to=TO, from_=FROM, content_sid="HX1", content_variables='{"1":"24 leads"}'
    )
    assert [m.variables for m in sandbox.outbox.messages()] == [None, '{"1":"24 leads"}']


@pytest.mark.parametrize("user", ["", "invalid", "AC" + "1" * 32])
def test_wrong_credentials_are_refused(sandbox: Sandbox, user: str) -> None:
    path = f"{sandbox.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    answer = requests.get(path, auth=(user, "secret"), timeout=LONGEST)
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_api_key_is_accepted_and_unknown_sid_is_not(sandbox: Sandbox) -> None:
    keyed = Twilio("SK1", "secret", ACCOUNT, http_client=Loopback(sandbox.url))
    with pytest.raises(TwilioRestException) as caught:
        keyed.messages("SM" + "0" * 32).fetch()
    assert (caught.value.status, caught.value.code) == (404, 20404)


@pytest.mark.parametrize(
    ("word", "status", "code"),
    [("401", 401, 20003), ("429", 429, 20429), ("500", 502, 502), ("21610", 400, 21610)],
)
def test_a_mishap_befalls_one_message_which_is_not_taken(
    twilio: Twilio, sandbox: Sandbox, word: str, status: int, code: int
) -> None:
    sandbox.switches.twilio_faults.append(word)
    with pytest.raises(TwilioRestException) as caught:
        twilio.messages.create(to=TO, from_=FROM, body="x")
    assert (caught.value.status, caught.value.code) == (status, code)
    assert sandbox.outbox.messages() == []
    assert twilio.messages.create(to=TO, from_=FROM, body="x").status == "queued"


@pytest.mark.parametrize(("word", "taken"), [("lost", 0), ("taken_lost", 1), ("taken_500", 1)])
def test_a_message_may_be_taken_without_an_answer(
    twilio: Twilio, sandbox: Sandbox, word: str, taken: int
) -> None:
    sandbox.switches.twilio_faults.append(word)
    with pytest.raises((requests.ConnectionError, TwilioRestException)):
        twilio.messages.create(to=TO, from_=FROM, body="x")
    assert len(twilio.messages.list(to=TO)) == taken


@pytest.mark.parametrize(
    ("word", "statuses"),
    [
        ("63024", [("undelivered", 63024)] * 2),
        ("queued", [("queued", None)] * 2),
        ("sent", [("sent", None)] * 2),
    ],
)
def test_a_message_may_fail_later_or_come_no_further(
    twilio: Twilio, sandbox: Sandbox, word: str, statuses: list
) -> None:
    sandbox.switches.twilio_faults.append(word)
    sent = twilio.messages.create(to=TO, from_=FROM, body="x")
    assert (sent.status, sent.error_code) == ("queued", None)
    seen = [twilio.messages(sent.sid).fetch() for _ in statuses]
    assert [(m.status, m.error_code) for m in seen] == statuses


def test_free_text_fails_later_until_the_reader_has_written_within_a_day(
    twilio: Twilio, sandbox: Sandbox, client: Client, fake_clock: FakeClock
) -> None:
    sandbox.switches.twilio_window = True

    def end(**fields: str) -> tuple[str, int | None]:
        sid = twilio.messages.create(to=TO, from_=FROM, **fields).sid
        fake_clock.forward(minutes=1)
        seen = twilio.messages(sid).fetch()
        return seen.status, seen.error_code

    assert end(body="x") == ("failed", 63016)
    assert end(content_sid="HX1", content_variables='{"1":"24 leads"}') == ("read", None)
    client.post("/outbox/answer", data={"From": TO, "Body": "yes"}).raise_for_status()
    (written,) = twilio.messages.list(to=FROM, from_=TO)
    assert (written.direction, written.status, written.body) == ("inbound", "received", "yes")
    assert end(body="x") == ("read", None)
    fake_clock.forward(hours=24)
    assert end(body="x") == ("failed", 63016)
    assert "yes" in client.get("/outbox").text


def test_an_answer_of_nobody_is_refused(client: Client) -> None:
    answer = client.post("/outbox/answer", data={"From": TO, "Body": "yes"})
    assert (answer.status_code, answer.json()["code"]) == (400, 21603)


def message(number: int, body: str = "x") -> Message:
    return Message(f"SM{number:032d}", ACCOUNT, FROM, TO, body, 1_777_000_000.0 + number)


def test_outbox_is_shared_and_survives(tmp_path: Path, fake_clock: FakeClock) -> None:
    path = tmp_path / "home" / "outbox.jsonl"
    mine, yours = Outbox(path, fake_clock), Outbox(path, fake_clock)
    mine.append(message(1))
    assert yours.messages() == [message(1)]
    yours.append(message(2, "दो\nlines"))
    assert mine.messages() == [message(1), message(2, "दो\nlines")]
    assert Outbox(path, fake_clock).messages() == mine.messages()


def test_broken_outbox_is_named(tmp_path: Path, fake_clock: FakeClock) -> None:
    path = tmp_path / "outbox.jsonl"
    path.write_text("{}\n")
    with pytest.raises(SandboxError, match=r"outbox\.jsonl holds a line that is no message"):
        Outbox(path, fake_clock).messages()


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("*Won* and _lost_", "<b>Won</b> and <i>lost</i>"),
        ("3*4*5 snake_case_name", "3*4*5 snake_case_name"),
        ("* not bold *", "* not bold *"),
        ("*₹1.2 Cr*, up", "<b>₹1.2 Cr</b>, up"),
        ("<script>*x*</script>", "&lt;script&gt;<b>x</b>&lt;/script&gt;"),
        ("*two\nlines*", "*two\nlines*"),
    ],
)
def test_marks_are_rendered_and_markup_is_escaped(body: str, html: str) -> None:
    assert render(body) == html


def test_pages_show_the_messages(client: Client, twilio: Twilio) -> None:
    assert "No message yet" in client.get("/outbox").text
    twilio.messages.create(to=TO, from_=FROM, body="*Briefing* <b>$name</b>")
    page = client.get("/outbox").text
    assert "<b>Briefing</b> &lt;b&gt;$name&lt;/b&gt;" in page
    assert "Monday, 4 May 2026" in page
    (row,) = client.get("/outbox.json").json()
    assert row["body"] == "*Briefing* <b>$name</b>"
    assert datetime.fromisoformat(row["sent_at"]) == datetime(2026, 5, 4, 6, tzinfo=UTC)
    assert "/outbox" in client.get("/").text
