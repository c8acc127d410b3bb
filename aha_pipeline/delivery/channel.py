"""The interface of a channel: what it can do, and which readers it reaches.

A channel is a module of `channels/` with `ORDER`, its place in the escalation, lowest first, and
`configured(settings)`, which returns the channel, or None where its settings are not set.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from pkgutil import iter_modules
from typing import ClassVar, Literal, Protocol

from aha_pipeline.delivery import channels as package
from aha_pipeline.delivery.errors import DeliveryError
from aha_pipeline.settings import Settings

Kind = Literal["briefing", "alert"]
TEXT, TEMPLATE = "text", "template"


@dataclass(frozen=True)
class Finding:
    """What the examination of a channel found of one thing, for `aha doctor`."""

    what: str
    verdict: Literal["ok", "warning", "problem"]
    says: str


@dataclass(frozen=True)
class Content:
    """The content of a message in one language.

    `text` is the whole message, with *bold* and _italic_; `title` one line of it without marks;
    `values` are the short lines that a template of this kind is made of, by name; `language` is
    its code, such as hi.
    """

    kind: Kind
    title: str
    text: str
    values: Mapping[str, str]
    language: str = "en"


@dataclass(frozen=True)
class Part:
    """One message as it is handed to a channel.

    `key` names it and no other, also after a crash; `values` are those of a template by number,
    None where `text` is sent. After `valid_for` it is of no use: another channel takes it on.
    """

    key: str
    kind: Kind
    title: str
    text: str = field(repr=False)
    values: Mapping[str, str] | None = field(default=None, repr=False)
    valid_for: timedelta | None = None
    language: str = "en"


@dataclass(frozen=True)
class Message:
    """A message as its channel knows it: `status` in the ledger's words, `created_at` in UTC.

    `error` says why it failed; None while it has not.
    """

    id: str
    status: str
    text: str = field(default="", repr=False)
    created_at: datetime | None = None
    error: DeliveryError | None = None


class Channel(Protocol):
    """A way to a reader. All methods raise DeliveryError.

    Every channel has `send` and `examine`; the rest has a default for the many that take a message
    and say nothing later.

    `addresses`: by reader. `confirms`: whether it reports delivery; if not, a message that it took
    ends with status `sent`. `can_look_up`: whether it can be asked what it took; if not, a message
    whose answer was lost is never sent again. `window`: how long after a reader's reply it takes
    free text; None: always.
    """

    name: ClassVar[str]
    confirms: ClassVar[bool] = False
    can_look_up: ClassVar[bool] = False
    window: ClassVar[timedelta | None] = None
    addresses: Mapping[str, str]

    def send(self, address: str, part: Part) -> Message:
        """Hand one message over; return it as the channel took it."""

    def examine(self) -> Iterator[Finding]:
        """Yield what can be found out without sending anything."""

    def mask(self, address: str) -> str:
        """Return an address that may be shown: +91******1234."""
        return f"{address[:3]}******{address[-4:]}"

    def parts(self, content: Content, form: str) -> list[tuple[str, dict[str, str] | None]]:
        """Return the messages that carry the content: the text of each, and a template's values."""
        return [(content.text, None)]

    def has_template(self, kind: Kind) -> bool:
        """Return whether a message of this kind can go as a template, outside the window."""
        return False

    def fetch(self, message_id: str) -> Message:
        """Return a message as it is now; asked only of a channel that confirms."""
        return Message(message_id, "sent")

    def sent_since(self, address: str, since: datetime) -> list[Message]:
        """Return what was sent to an address since then."""
        raise DeliveryError(
            "It may have been sent, which cannot be looked up: ask the reader whether it came.",
            "unknown",
            "no answer",
        )

    def wrote_at(self, address: str) -> datetime | None:
        """Return when the reader last wrote; asked only of a channel with a window."""
        return None


@dataclass(frozen=True)
class Route:
    """A way to one reader."""

    channel: Channel
    address: str = field(repr=False)


@dataclass(frozen=True)
class Reader:
    """Somebody who gets each message once. `name`: the first address that was given; it stays.

    `routes` in the order in which they are tried.
    """

    name: str = field(repr=False)
    routes: tuple[Route, ...]
    language: str

    @property
    def masked(self) -> str:
        """The reader's first address as it may be shown."""
        return self.routes[0].channel.mask(self.routes[0].address)


def configured(settings: Settings) -> list[Channel]:
    """Return the channels of these settings, in the order of escalation."""
    names = (f"{package.__name__}.{found.name}" for found in iter_modules(package.__path__))
    modules = sorted((import_module(name) for name in names), key=lambda one: one.ORDER)
    made = (module.configured(settings) for module in modules)
    return [channel for channel in made if channel is not None]


def readers(channels: Sequence[Channel], settings: Settings) -> list[Reader]:
    """Return who is written to through these channels, each with the ways to them."""
    names = dict.fromkeys(name for channel in channels for name in channel.addresses)
    return [
        Reader(name, tuple(_routes(channels, name)), settings.language_of(name)) for name in names
    ]


def _routes(channels: Iterable[Channel], name: str) -> Iterator[Route]:
    for channel in channels:
        if address := channel.addresses.get(name):
            yield Route(channel, address)
