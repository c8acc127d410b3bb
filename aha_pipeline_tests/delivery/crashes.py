"""Ways to stop a sender at every step: before and after each commit, and around each POST."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from aha_pipeline.delivery.channel import Channel, Message, Reader, Route
from aha_pipeline.delivery.channels.whatsapp import WhatsApp
from aha_pipeline.delivery.deliver import deliver
from aha_pipeline.delivery.ledger import Delivery
from aha_pipeline.warehouse.connection import connect as open_connection
from aha_pipeline_tests.delivery.ledger_rows import readers_by
from aha_pipeline_tests.delivery.twilio_account import ACCOUNT


class Killed(BaseException):
    """The process is gone; nothing in it may catch this."""


class Steps:
    """Counts the steps of a sender, and stops it at the `last`; None for never."""

    def __init__(self, last: int | None, stop: Callable[[], None]) -> None:
        self.last, self.stop, self.taken = last, stop, 0

    def __call__(self) -> None:
        """Take one step."""
        self.taken += 1
        if self.taken == self.last:
            self.stop()


class Fragile:
    """A connection that takes a step before and after each commit."""

    def __init__(self, connection: object, step: Steps) -> None:
        self.__dict__.update(connection=connection, step=step)

    def commit(self) -> None:
        self.step()
        self.connection.commit()
        self.step()

    def __getattr__(self, name: str) -> object:
        return getattr(self.connection, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.connection, name, value)


class FragileChannel:
    """A channel that takes a step before and after each message."""

    def __init__(self, channel: Channel, step: Steps) -> None:
        self.channel, self.step = channel, step

    def send(self, *arguments: object) -> Message:
        """Send, if it comes to that."""
        self.step()
        message = self.channel.send(*arguments)
        self.step()
        return message

    def __getattr__(self, name: str) -> object:
        return getattr(self.channel, name)


def deliver_in_steps(
    step: Steps, database_url: str, subject: str, readers: list[Reader], today: date
) -> list[Delivery]:
    """Deliver without waiting, in steps; return the rows."""

    @contextmanager
    def connect() -> Iterator[Fragile]:
        with open_connection(database_url) as connection:
            yield Fragile(connection, step)

    fragile = [
        replace(
            reader,
            routes=tuple(
                Route(FragileChannel(way.channel, step), way.address) for way in reader.routes
            ),
        )
        for reader in readers
    ]
    return deliver(connect, subject, fragile, today=today, settle_seconds=0, poll_seconds=(0,))


def stop_raising() -> None:
    """Stop the sender within this process."""
    raise Killed


def stop_for_good() -> None:
    """Stop this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    last, database_url, twilio_url, subject, readers, today = sys.argv[1:]
    whatsapp = WhatsApp(ACCOUNT, "token", "+14155238886", api_url=twilio_url)
    deliver_in_steps(
        Steps(int(last), stop_for_good),
        database_url,
        subject,
        readers_by(whatsapp, *readers.split(",")),
        date.fromisoformat(today),
    )
