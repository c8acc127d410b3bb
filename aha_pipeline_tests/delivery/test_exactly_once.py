"""Exactly one message a reader and part, whatever is killed and whatever the channels answer.

DELIVERY_SCHEDULES sets how many random schedules are tried (500 in full).
"""

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import suppress
from datetime import timedelta

from aha_pipeline.delivery import ledger
from aha_pipeline.delivery.channel import Reader, Route
from aha_pipeline.delivery.channels.email import Email
from aha_pipeline.delivery.channels.webhook import Webhook
from aha_pipeline.delivery.channels.whatsapp import WhatsApp
from aha_pipeline.delivery.deliver import PATIENCE
from aha_pipeline.delivery.split import split
from aha_pipeline_tests.delivery.crashes import Killed, Steps, deliver_in_steps, stop_raising
from aha_pipeline_tests.delivery.ledger_rows import (
    DAY,
    OTHER,
    READER,
    pass_time,
    stored,
    text_of,
)
from aha_pipeline_tests.delivery.twilio_account import ACCOUNT
from aha_pipeline_tests.kit.waiting import wait_until

SCHEDULES = int(os.environ.get("DELIVERY_SCHEDULES", "25"))
MISHAPS = {
    "whatsapp": (
        "ok", "429", "500", "lost", "taken_500", "taken_lost", "63018", "21211", "63024", "sent",
        "queued",
    ),
    "email": ("ok", "450", "550", "lost", "taken_lost"),
    "webhook": ("ok", "429", "404", "500", "lost", "taken_lost"),
}  # fmt: skip
WAYS = [
    ("whatsapp",),
    ("whatsapp", "email"),
    ("whatsapp", "email", "webhook"),
    ("whatsapp", "webhook"),
    ("email", "webhook"),
    ("email",),
    ("webhook",),
]
STEPS = 30
LONG = "\n\n".join(f"Paragraph {n}. " + "word " * 60 for n in range(6))


class Schedule:
    """One random course of events: senders one after another or at once, killed, and mishaps."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        self.day = DAY + timedelta(days=seed)
        self.ways = [chance.choice(WAYS) for _ in range(chance.choice((1, 1, 2, 3)))]
        alone = all(way == ("whatsapp",) for way in self.ways)
        self.text = f"*{seed}* " + (LONG if alone and chance.random() < 0.6 else "All is well.")
        self.rounds = [
            [
                chance.randrange(1, STEPS) if chance.random() < 0.7 else None
                for _ in range(chance.choice((1, 1, 2)))
            ]
            for _ in range(chance.randrange(1, 5))
        ]
        self.mishaps = [
            {
                name: [chance.choice(words) for _ in range(chance.randrange(4))]
                for name, words in MISHAPS.items()
            }
            for _ in self.rounds
        ]
        self.hours = [chance.choice((0, 0, 0.1, 1)) for _ in self.rounds]
        self.addresses = [
            {
                "whatsapp": f"+9190{seed:06d}{number:02d}",
                "email": f"r{seed}.{number}@example.com",
                "webhook": f"/{seed}/{number}",
            }
            for number in range(len(self.ways))
        ]

    def readers(self, channels: dict[str, object]) -> list[Reader]:
        """Return who is to get it."""
        return [
            Reader(own[way[0]], tuple(Route(channels[name], own[name]) for name in way), "en")
            for way, own in zip(self.ways, self.addresses, strict=True)
        ]


class World:
    """The stand-ins of all channels, and what each reader received through them."""

    def __init__(self, connect, database_url, twilio, mail, posted) -> None:
        self.connect, self.database_url = connect, database_url
        self.twilio, self.mail, self.posted = twilio, mail, posted

    def run(self, schedule: Schedule, subject: str) -> list[ledger.Delivery]:
        """Let a schedule happen; in the end all is well and nobody is killed."""
        urls = {own["webhook"]: f"{self.posted.url}{own['webhook']}" for own in schedule.addresses}
        channels = {
            "whatsapp": WhatsApp(ACCOUNT, "token", "+14155238886", api_url=self.twilio.url),
            "email": Email("127.0.0.1", self.mail.port, "sales@example.com"),
            "webhook": Webhook(urls, {}),
        }
        readers = schedule.readers(channels)
        ended: list[ledger.Delivery] = []

        def tick(last: int | None) -> None:
            with suppress(Killed):
                ended[:] = deliver_in_steps(
                    Steps(last, stop_raising), self.database_url, subject, readers, schedule.day
                )

        for senders, mishaps, hours in zip(
            schedule.rounds, schedule.mishaps, schedule.hours, strict=True
        ):
            self.befall(**mishaps)
            threads = [threading.Thread(target=tick, args=(last,)) for last in senders]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.pass_time(hours)
        self.befall(whatsapp=[], email=[], webhook=[])
        for _ in range(4):
            tick(None)
            self.pass_time(1)
        return list(ended)

    def pass_time(self, hours: float) -> None:
        """Let so many hours go by, here and at Twilio."""
        pass_time(self.connect, hours)
        self.twilio.clock.moment += timedelta(hours=hours)

    def befall(self, whatsapp: list[str], email: list[str], webhook: list[str]) -> None:
        """Let these mishaps befall the next messages of each channel."""
        self.twilio.befall(*whatsapp)
        self.mail.mishaps[:] = email
        self.posted.mishaps[:] = webhook

    def received(self, own: dict[str, str]) -> Counter:
        """Return how often a reader received each text, by whatever channel."""
        arrived = [
            one.body
            for one in self.twilio.messages
            if one.recipient == f"whatsapp:{own['whatsapp']}" and one.end == "read"
        ]
        mails, posts = self.mail.texts(own["email"]), self.posted.texts(own["webhook"])
        return Counter([*arrived, *mails, *posts])


def test_each_reader_receives_each_part_once_over_random_schedules(
    connect, database_url, twilio, mail, posted, capsys
):
    world = World(connect, database_url, twilio, mail, posted)
    seen: Counter = Counter()
    for seed in range(SCHEDULES):
        schedule = Schedule(seed)
        subject = stored(connect, schedule.text, day=schedule.day).subject
        ended = world.run(schedule, subject)
        seen["kills planned"] += sum(
            last is not None for round_ in schedule.rounds for last in round_
        )
        for way, own in zip(schedule.ways, schedule.addresses, strict=True):
            with connect() as connection:
                rows = ledger.find(connection, subject, own[way[0]])
            texts = world.received(own)
            told = f"seed {seed}, {way}, {[(r.channel, r.status, r.error_code) for r in rows]}"
            seen[judged(schedule, way, rows, texts, ended, told)] += 1
            seen["handed on"] += len({row.channel for row in rows}) - 1
            assert_handed_on_rightly(way, rows)
    with capsys.disabled():
        print(f"\n{SCHEDULES} schedules: {dict(seen)}")


def judged(schedule, way, rows, texts, ended, told) -> str:
    """Return how it ended for a reader, having asserted that it may end so."""
    parts = Counter(split(schedule.text) if way[0] == "whatsapp" else [schedule.text])
    assert texts <= parts, told
    if texts == parts:
        return "one each"
    mine = [row for row in ended if row.reader == rows[0].reader]
    untaken = [row for row in mine if not row.is_taken]
    if untaken:  # told by name, with what to do
        assert all(row.error_text for row in untaken)
        channel = next(row.channel for row in untaken)
        assert channel != "whatsapp", "WhatsApp can be asked, and all was well in the end"
        return "told as unreached"
    # The phone stays off, and no other channel is left.
    assert all(row.status in ("accepted", "sent") for row in mine if row.status != "delivered")
    assert mine[0].channel == way[-1] == "whatsapp"
    return "phone off"


def assert_handed_on_rightly(way, rows) -> None:
    """Assert that each channel but the last failed for good or for long, and none was skipped."""
    used = [name for name in way if any(row.channel == name for row in rows)]
    assert used == list(way[: len(used)])
    for row in (row for row in rows if row.channel in used[:-1]):
        assert row.status == "failed"
        assert not row.retry or row.begun_seconds > PATIENCE.total_seconds()


def run_sender(database_url, twilio, subject, last) -> subprocess.Popen:
    """Start a sender of its own process, which kills itself at a step."""
    arguments = (last, database_url, twilio.url, subject, f"{READER},{OTHER}", DAY)
    return subprocess.Popen(
        [sys.executable, "-m", "aha_pipeline_tests.delivery.crashes", *map(str, arguments)],
        cwd=os.path.dirname(os.path.dirname(os.path.dirname(__file__))),
        stderr=subprocess.DEVNULL,
    )


def test_processes_killed_for_good_send_each_reader_one_message(
    send, database_url, twilio, briefing
):
    # Claimed; then sent but not written; then found at Twilio but not written; then sent to the
    # second reader but not written.
    for last in (4, 12, 9, 16):
        process = run_sender(database_url, twilio, briefing.subject, last)
        assert process.wait(timeout=120) == -signal.SIGKILL
    assert [len(twilio.bodies(reader)) for reader in (READER, OTHER)] == [1, 1]
    rows = send(recipients=(READER, OTHER))
    assert [row.status for row in rows] == ["accepted", "accepted"]
    assert twilio.bodies(READER) == twilio.bodies(OTHER) == [text_of(briefing)]


def test_a_process_killed_while_twilio_answers_sends_no_second_message(
    send, database_url, twilio, briefing
):
    twilio.befall("taken_slow")
    process = run_sender(database_url, twilio, briefing.subject, 10_000)
    wait_until(lambda: twilio.messages, step=0.02)
    process.kill()
    process.wait()
    assert len(twilio.messages) == 1
    rows = send(recipients=(READER, OTHER))
    assert [row.status for row in rows] == ["accepted", "accepted"]
    assert twilio.bodies(READER) == twilio.bodies(OTHER) == [text_of(briefing)]
