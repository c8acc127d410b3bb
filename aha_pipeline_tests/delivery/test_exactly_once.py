"""Exactly one message a reader and part, whatever is killed and whatever Twilio answers.

DELIVERY_SCHEDULES sets how many random schedules are tried.
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
from time import monotonic, sleep

from aha_pipeline.delivery.split import split
from aha_pipeline_tests.delivery.crashes import Killed, Steps, deliver_until, stop_raising
from aha_pipeline_tests.delivery.ledger_rows import DAY, OTHER, READER, stored, text_of

SCHEDULES = int(os.environ.get("DELIVERY_SCHEDULES", "30"))
MISHAPS = ("ok", "ok", "429", "500", "lost", "taken_500", "taken_lost", "63018")
STEPS = 30
LONG = "\n\n".join(f"Paragraph {n}. " + "word " * 60 for n in range(6))


class Schedule:
    """One random course of events: senders one after another or at once, killed, and mishaps."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        self.day = DAY + timedelta(days=seed)
        self.readers = [f"+9190{seed:06d}{n:02d}" for n in range(chance.choice((1, 1, 2, 3)))]
        self.text = f"*{seed}* " + (LONG if chance.random() < 0.3 else "All is well.")
        self.rounds = [
            [
                chance.randrange(1, STEPS) if chance.random() < 0.7 else None
                for _ in range(chance.choice((1, 1, 2)))
            ]
            for _ in range(chance.randrange(1, 5))
        ]
        self.mishaps = [
            [chance.choice(MISHAPS) for _ in range(chance.randrange(4))] for _ in self.rounds
        ]

    def run(self, database_url: str, twilio, subject: str) -> None:
        """Let it happen; in the end Twilio is well and nobody is killed."""

        def tick(last: int | None) -> None:
            step = Steps(last, stop_raising)
            with suppress(Killed):
                deliver_until(step, database_url, twilio.url, subject, self.readers, self.day)

        for senders, mishaps in zip(self.rounds, self.mishaps, strict=True):
            twilio.befall(*mishaps)
            threads = [threading.Thread(target=tick, args=(last,)) for last in senders]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        twilio.befall()
        for _ in range(3):
            tick(None)


def received(twilio, readers) -> dict[str, Counter]:
    """Return how often each reader received each text; what failed did not arrive."""
    wanted = {f"whatsapp:{reader}": Counter() for reader in readers}
    for message in twilio.messages:
        if message.recipient in wanted and message.error_code is None:
            wanted[message.recipient][message.body] += 1
    return wanted


def test_each_reader_receives_each_part_once_over_random_schedules(
    connect, database_url, twilio, capsys
):
    kills = doubles = losses = 0
    for seed in range(SCHEDULES):
        schedule = Schedule(seed)
        subject = stored(connect, schedule.text, day=schedule.day).subject
        schedule.run(database_url, twilio, subject)
        kills += sum(last is not None for senders in schedule.rounds for last in senders)
        parts = split(schedule.text)
        for reader, texts in received(twilio, schedule.readers).items():
            doubles += sum(count > 1 for count in texts.values())
            losses += sum(texts[part] == 0 for part in parts)
            assert texts == Counter(parts), f"seed {seed}, {reader[-4:]}"
    with capsys.disabled():
        print(f"\n{SCHEDULES} schedules, {kills} kills planned, {doubles} doubles, {losses} losses")
    assert (doubles, losses) == (0, 0)


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
    deadline = monotonic() + 60
    while not twilio.messages and monotonic() < deadline:
        sleep(0.02)
    process.kill()
    process.wait()
    assert len(twilio.messages) == 1
    rows = send(recipients=(READER, OTHER))
    assert [row.status for row in rows] == ["accepted", "accepted"]
    assert twilio.bodies(READER) == twilio.bodies(OTHER) == [text_of(briefing)]
