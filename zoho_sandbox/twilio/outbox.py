"""The messages that the Twilio stand-in accepted and the readers' own, in a file of JSON lines.

The file may be shared by several processes: every line is appended under a lock, and read again
when the file has grown. Without a file the messages live as long as the process.
"""

from __future__ import annotations

import fcntl
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock

import msgspec

from zoho_sandbox.clock import Clock
from zoho_sandbox.errors import SandboxError

# The statuses in their order, and the seconds after which a message has reached each.
STATUSES = {"queued": 0, "sent": 2, "delivered": 5, "read": 30}
RECEIVED = "received"


@dataclass(frozen=True)
class Message:
    """An accepted message, or one of a reader, which ends as "received".

    `sent_at` in UTC seconds; `end` is the status beyond which it does not come; "failed" and
    "undelivered" follow "queued", with `error_code`.
    """

    sid: str
    account: str
    sender: str
    recipient: str
    body: str
    sent_at: float
    content_sid: str | None = None
    variables: str | None = None
    end: str = "read"
    error_code: int | None = None

    @property
    def is_inbound(self) -> bool:
        """Whether a reader wrote it."""
        return self.end == RECEIVED

    @property
    def steps(self) -> list[str]:
        """The statuses that it goes through."""
        if self.end in STATUSES:
            known = list(STATUSES)
            return known[: known.index(self.end) + 1]
        return [self.end] if self.is_inbound else ["queued", self.end]


class Outbox:
    """All messages, oldest first."""

    def __init__(self, path: Path | None, now: Clock) -> None:
        self._path, self._now = path, now
        self._messages: list[Message] = []
        self._lock = Lock()
        self._read_to = 0
        self._polls: Counter[str] = Counter()
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)

    def append(self, message: Message) -> None:
        """Keep a message; it is in the file before this returns."""
        if self._path is None:
            self._messages.append(message)
            return
        with self._path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(msgspec.json.encode(asdict(message)) + b"\n")

    def messages(self) -> list[Message]:
        """Return the accepted messages, those of other processes too.

        Raises SandboxError if a line of the file is no message.
        """
        return [message for message in self.chat() if not message.is_inbound]

    def chat(self) -> list[Message]:
        """Return the accepted messages and those of the readers. Raises as `messages` does."""
        with self._lock:
            if self._path and self._path.exists():
                self._messages.extend(map(self._message, self._new_lines(self._path)))
            return list(self._messages)

    def find(self, sid: str) -> Message | None:
        """Return the message of that id, if there is one."""
        return next((m for m in self.chat() if m.sid == sid), None)

    def is_open(self, reader: str, seconds: int) -> bool:
        """Return whether `reader` has written within so many seconds."""
        since = self._now().timestamp() - seconds
        return any(m.is_inbound and m.sender == reader and m.sent_at >= since for m in self.chat())

    def poll(self, message: Message) -> str:
        """Return the status for someone who asks for it: each time one step further at least."""
        self._polls[message.sid] += 1
        return self.status(message)

    def status(self, message: Message) -> str:
        """Return how far the message has come, by its age and by the times it was asked for."""
        age = self._now().timestamp() - message.sent_at
        by_age = sum(age >= seconds for seconds in STATUSES.values()) - 1
        step = max(by_age, self._polls[message.sid], 0)
        return message.steps[min(step, len(message.steps) - 1)]

    def _new_lines(self, path: Path) -> list[bytes]:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            file.seek(self._read_to)
            lines = file.readlines()
            self._read_to = file.tell()
        return lines

    def _message(self, line: bytes) -> Message:
        try:
            return Message(**msgspec.json.decode(line))
        except (msgspec.DecodeError, TypeError):
            raise SandboxError(
                f"{self._path} holds a line that is no message: move the file away"
            ) from None
