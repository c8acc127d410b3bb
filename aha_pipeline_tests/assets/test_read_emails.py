"""E-mails of records, read from the stand-in by HTTP: all of them, and none that is not there.

Judged by the e-mails that the test itself put there, and by the credits that the stand-in counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from random import Random

import pytest

from aha_pipeline import services
from aha_pipeline.assets.load_plan import plan
from aha_pipeline.assets.read_emails import EmailRead, read_emails
from aha_pipeline.assets.record_emails import metadata
from aha_pipeline.doctor import history as doctor
from aha_pipeline.warehouse.connection import connect
from aha_pipeline.warehouse.state import save_configured_modules
from aha_pipeline_tests.assets import world as warehouse
from aha_pipeline_tests.kit.environment import have_own_time
from aha_pipeline_tests.kit.fake_clock import FakeClock
from aha_pipeline_tests.kit.sessions import kept_sessions
from zoho_sandbox.faults.kinds import EMAILS
from zoho_sandbox.faults.switches import Switches
from zoho_sandbox.server import Sandbox, start

DAY = 86_400
NOW = datetime.now(UTC).replace(microsecond=0)
REP = {"id": "9000001", "name": "Rep"}
MODULES = ("Leads", "Deals", "Calls")
CANARY = "canary@example.org"
SAID = {"subject": f"Dear {CANARY}", "to": [{"email": CANARY, "user_name": CANARY}], "owner": REP}
ASKED_LONG_AGO = (
    "update crm.record_email_reads set asked_at = now() - interval '2 days' returning 1"
)
YESTERDAY = """
    update crm.record_email_reads
    set asked_at = asked_at - interval '2 days', read_at = read_at - interval '2 days' returning 1
"""


@dataclass
class Company:
    """The stand-in, and when the e-mails that lie there were sent or came in, by record."""

    sandbox: Sandbox
    services: services.Services
    emails: dict[tuple[str, str], list[tuple[int, bool]]]

    def fill(self, seed: int, records: int = 12, counts: tuple[int, ...] = (0, 1, 10, 25)) -> None:
        rng = Random(f"e-mails {seed}")
        for number in range(records):
            module = ("Leads", "Deals")[number % 2]
            at = int(NOW.timestamp()) - rng.randrange(3, 60) * DAY
            values = {"Last_Name": f"x {number}", "Owner": REP}
            values |= {"Stage": "Qualification"} if module == "Deals" else {}
            id_ = self.sandbox.store.create(module, values, at)
            last = int(NOW.timestamp()) - 600
            times = sorted(rng.randrange(at, last) for _ in range(rng.choice(counts)))
            self.emails[module, id_] = []
            for sent_at in times:
                self.write(module, id_, sent_at, sent=rng.random() < 0.7)

    def write(self, module: str, id_: str, at: int, *, sent: bool = True) -> None:
        self.sandbox.store.emails.add(module, id_, at, sent=sent, **SAID)
        self.emails[module, id_].append((at, sent))

    def sync(self) -> None:
        for module in ("Deals", "Leads"):
            warehouse.read(self.services, module)

    def rows(self, query: str, *parameters: object) -> list[tuple]:
        return warehouse.rows(self.services, query, *parameters)

    def landed(self) -> dict[tuple[str, str], list[tuple[int, bool]]]:
        """Return what is here of the records that were read."""
        read = "select module, record_id from crm.record_email_reads where read_at is not null"
        found = {key: [] for key in self.rows(read)}
        for module, id_, at, is_sent in self.rows(
            "select module, record_id, sent_at, is_sent from crm.record_emails order by sent_at"
        ):
            found.setdefault((module, id_), []).append((int(at.timestamp()), is_sent))
        return found

    def read(self) -> EmailRead:
        """Read, as a new process would."""
        warehouse.know_credits(self.services)
        return read_emails(self.services)


COUNTED = """
    select
        count(*) filter (where module = 'Leads'),
        count(read_at) filter (where module = 'Leads'),
        count(*) filter (where module = 'Deals'),
        count(read_at) filter (where module = 'Deals')
    from measures.email_records()
"""


@pytest.fixture
def company(connected: Sandbox, tmp_path, monkeypatch) -> Iterator[Company]:
    with kept_sessions(), start(data_dir=tmp_path / "records", now=FakeClock(NOW)) as sandbox:
        have_own_time(monkeypatch)
        monkeypatch.setattr(services, "BACKOFF_SECONDS", 0.002)
        monkeypatch.setenv("ZOHO_MODULES", ",".join(MODULES))
        monkeypatch.setenv("ZOHO_HISTORY_SHARE", "10")
        monkeypatch.setenv("ZOHO_API_URL", sandbox.url)
        monkeypatch.setenv("ZOHO_ACCOUNTS_URL", sandbox.url)
        opened = services.current()
        opened.zoho().concurrency = 4
        sandbox.switches.tokens_per_window = 1_000_000
        with connect(opened.database_url) as connection:
            save_configured_modules(connection, MODULES)
        yield Company(sandbox, opened, {})


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_all_are_read_and_none_is_invented(company: Company, seed: int) -> None:
    company.fill(seed)
    company.sync()
    gone = next(iter(company.emails))
    company.sandbox.store.delete(*gone)
    switches = company.sandbox.switches
    switches.fault_rate, switches.seed = 0.2, seed
    switches.faults = tuple(fault for fault in Switches().faults if fault != "denied")
    switches.token_life_calls = 20
    for number in range(20):
        switches.credits = 3 if number < 2 else None
        if number == 2:
            warehouse.killed_within(company.services, 0.05, read_emails)
        switches.fault_rate = 0.2 if number < 4 else 0.0
        company.rows(ASKED_LONG_AGO)
        company.rows("delete from crm.api_credits returning 1")
        done = company.read()
        [told] = company.rows(
            "select leads, read_leads, deals, read_deals from measures.emails_read()"
        )
        assert company.rows(COUNTED) == [told]
        assert told[0] + told[2] > 0
        if done.left == 0 and not done.stopped and number > 4:
            break
    assert done.left == 0, done
    expected = {key: sorted(mails) for key, mails in company.emails.items()}
    assert company.landed() == expected | {gone: []}
    kept = company.rows("select e::text from crm.record_emails e")
    assert kept
    assert not [text for (text,) in kept if "canary" in text.lower() or "example" in text]


def test_ten_cost_a_credit_and_what_is_known_costs_no_page(company: Company) -> None:
    company.fill(7, counts=(0, 10, 35))
    planned = plan(company.services, ("Leads", "Deals", "Calls"))
    company.sync()
    before = company.sandbox.credits.spent
    done = company.read()
    pages = sum(max(ceil(len(mails) / 10), 1) for mails in company.emails.values())
    assert company.sandbox.credits.spent - before == done.credits == pages
    assert planned is not None
    assert planned.emails == len(company.emails)
    assert (done.records, done.left, done.stopped) == (len(company.emails), 0, None)
    assert done.progress.sentence == (
        "E-mails read of all 6 leads of 90 days and of all 6 open deals."
    )
    assert company.read().credits == 0
    # Days later they are asked again: the first pages are enough, and have what is new.
    company.rows(YESTERDAY)
    key = next(key for key, mails in company.emails.items() if len(mails) == 35)
    company.write(*key, int(NOW.timestamp()) - 60)
    company.sandbox.store.edit(*key, {"Owner": REP}, int(NOW.timestamp()) - 30)
    company.sync()
    again = company.read()
    assert again.records == len(company.emails) <= again.credits < pages
    assert company.landed()[key] == company.emails[key]


def test_only_half_of_the_share_is_spent_on_them(company: Company, monkeypatch) -> None:
    company.fill(3, records=30, counts=(0, 1))
    company.sync()
    company.services.zoho()
    monkeypatch.setattr(company.services, "_daily_credits", 160)  # a tenth is 16
    before = company.sandbox.credits.spent
    done = company.read()
    assert "ZOHO_HISTORY_SHARE" in (done.stopped or "")
    assert company.sandbox.credits.spent - before == done.credits == 8
    assert done.left == 22
    assert "E-mails read of" in done.progress.sentence
    assert company.read().credits == 0
    company.rows(ASKED_LONG_AGO)
    assert company.read().records == 8


@pytest.mark.parametrize("switch", EMAILS[1:])
def test_what_zoho_refuses_is_a_sentence_and_never_none(company: Company, switch: str) -> None:
    company.fill(1)
    company.sync()
    company.sandbox.switches.emails = switch
    done = company.read()
    assert (done.records, done.left > 0) == (0, switch not in ("no_right", "no_mailbox"))
    told = str(metadata(done)["e-mails"])
    assert told.startswith("E-mails are not read. Zoho does not list the e-mails of records")
    assert told.count(".") <= 12
    advice = {
        "no_scope": "ZohoCRM.modules.READ",
        "no_right": "the right to see the e-mails",
        "no_mailbox": "mailbox",
        "no_call": "edition",
    }
    assert advice[switch] in told
    settings = company.services.settings
    assert [one.says for one in doctor.examine(settings) if one.verdict == "warning"] == [told]
    assert company.landed() == {}
    spent = company.sandbox.credits.spent
    assert company.read().records == 0
    assert company.sandbox.credits.spent - spent <= 1  # one record tells that they still are
    company.sandbox.switches.emails = "listed"
    company.rows(ASKED_LONG_AGO)
    done = company.read()
    assert (done.left, done.progress.problem) == (0, None)
    assert company.landed() == {key: sorted(mails) for key, mails in company.emails.items()}


def test_where_calls_are_not_read_no_credit_is_spent(company: Company) -> None:
    company.fill(5)
    company.sync()
    with connect(company.services.database_url) as connection:
        save_configured_modules(connection, ["Leads", "Deals"])
    done = company.read()
    assert (done.credits, done.left) == (0, 0)
    assert done.progress.sentence.startswith("E-mails are not read: ")
