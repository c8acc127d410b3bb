"""The sandbox in a process of its own, that a driver may trouble, and that outlives a restart.

`python -m benchmarks.soak.zoho FOLDER PORT` serves the invented company and Twilio until its input
ends. A line of input is a JSON object, `do` names one of `Desk`'s methods and the rest are its
arguments; a line of output answers it. The company's own life is a function of the time; what the
driver has changed is in a journal, which a new process does again in the same order. FOLDER also
gets `issued`, every access token that was handed out, and `truth.json` when it is asked for.
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import msgspec

from zoho_sandbox.clock import real_time
from zoho_sandbox.faults.switches import Switches
from zoho_sandbox.server import Sandbox, start

FIRST_ID = 5_999_000_000_000_000_000  # above the company's own
OWN = ("id", "Created_Time", "Modified_Time")
CLOSED_FOR_NOW = 0  # calls at a time


class Clock:
    """The time of this process, or the one moment at which it has been stopped."""

    stopped_at: datetime | None = None

    def __call__(self) -> datetime:
        """Return the time in UTC."""
        return self.stopped_at or real_time()


class Journal:
    """What the driver had done, a JSON object a line: at (UTC seconds), call and arguments."""

    def __init__(self, file: Path) -> None:
        self._file = file
        file.touch()

    def entries(self) -> list[dict]:
        """Return what is in it, in order."""
        return [msgspec.json.decode(line) for line in self._file.read_bytes().splitlines()]

    def add(self, entry: dict) -> None:
        """Keep one more."""
        with self._file.open("ab") as file:
            file.write(msgspec.json.encode(entry) + b"\n")


class Desk:
    """The driver's hand in the CRM."""

    def __init__(self, sandbox: Sandbox, clock: Clock, folder: Path) -> None:
        """Do again what the journal of `folder` says, at its moments."""
        self._sandbox, self._clock, self._folder = sandbox, clock, folder
        self._journal = Journal(folder / "journal.jsonl")
        entries = self._journal.entries()
        self._done = len(entries)
        for entry in entries:
            clock.stopped_at = datetime.fromtimestamp(entry["at"], UTC)
            self._apply(entry)
        clock.stopped_at = None
        sandbox.organisation.advance(clock())

    def work(self, creates: int, edits: int, deletes: int, restores: int) -> int:
        """Change records at random, as people do; return how many were changed."""
        rng = Random(f"soak/{self._done}")
        before = self._done
        for _ in range(creates):
            self._create(rng)
        for _ in range(edits):
            module = rng.choice(("Leads", "Deals", "Contacts", "Accounts"))
            if id_ := self._any(rng, module):
                self._do("edit", module, id_, {"Description": f"Asked again, {rng.random():.9f}."})
        for _ in range(deletes):
            module = rng.choice(("Leads", "Contacts"))
            if id_ := self._any(rng, module):
                self._do("delete", module, id_)
        for _ in range(restores):
            self._restore(rng)
        return self._done - before

    def throw(self, **switches: object) -> None:
        """Throw switches of the sandbox."""
        for name, value in switches.items():
            if not hasattr(self._sandbox.switches, name):
                raise AttributeError(f"the sandbox has no switch {name}")
            setattr(self._sandbox.switches, name, value)

    def revoke(self) -> None:
        """Kill every access token, as an administrator may."""
        self._sandbox.tokens.revoke_all()

    def rest(self) -> None:
        """Let nothing happen any more: the time of the CRM stands still."""
        self._clock.stopped_at = real_time()

    def truth(self) -> None:
        """Write `truth.json`: of each module each record by its id, as it is served."""
        store = self._sandbox.store
        with store.lock:
            self._sandbox.organisation.advance(self._clock())
            found = {
                module: {id_: record.data for id_, record in table.records.items()}
                for module, table in store.tables.items()
            }
        (self._folder / "truth.json").write_bytes(msgspec.json.encode(found))

    def _create(self, rng: Random) -> None:
        """Enter a lead a second time, as happens."""
        if id_ := self._any(rng, "Leads"):
            data = self._sandbox.store.tables["Leads"].records[id_].data
            copy = {name: value for name, value in data.items() if name not in OWN}
            self._do("create", "Leads", copy | {"id": str(FIRST_ID + self._done)})

    def _restore(self, rng: Random) -> None:
        binned = [
            id_
            for id_, deletion in self._sandbox.store.tables["Leads"].deletions.items()
            if deletion.purged is None
        ]
        if binned:
            self._do("restore", "Leads", rng.choice(sorted(binned)))

    def _any(self, rng: Random, module: str) -> str | None:
        """Return the id of a record that Zoho lets people edit."""
        records = self._sandbox.store.tables[module].records
        open_ = sorted(id_ for id_, r in records.items() if not r.data.get("$converted"))
        return rng.choice(open_) if open_ else None

    def _do(self, call: str, *arguments: object) -> None:
        entry = {"at": self._clock().timestamp(), "call": call, "arguments": arguments}
        self._journal.add(entry)
        self._apply(entry)
        self._done += 1

    def _apply(self, entry: dict) -> None:
        store = self._sandbox.store
        with store.lock:
            self._sandbox.organisation.advance(datetime.fromtimestamp(entry["at"], UTC))
            getattr(store, entry["call"])(*entry["arguments"], at=entry["at"])


def main() -> None:
    """Serve until the input ends."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    clock = Clock()
    journal = Journal(folder / "journal.jsonl").entries()
    if journal:  # the company is built as of then, and nobody is served until it is now
        clock.stopped_at = datetime.fromtimestamp(journal[0]["at"], UTC)
    switches = Switches(max_calls=CLOSED_FOR_NOW)
    with start(port, outbox_path=folder / "outbox.jsonl", now=clock, switches=switches) as sandbox:
        sandbox.tokens.issue = _noted(sandbox.tokens.issue, folder / "issued")
        desk = Desk(sandbox, clock, folder)
        switches.max_calls = None
        print(json.dumps(sandbox.url), flush=True)
        for line in sys.stdin:
            asked = json.loads(line)
            print(json.dumps(getattr(desk, asked.pop("do"))(**asked)), flush=True)


def _noted(issue: Callable[[str], str], file: Path) -> Callable[[str], str]:
    """Return a way of issuing access tokens that writes each down."""

    def issue_and_note(refresh_token: str) -> str:
        token = issue(refresh_token)
        with file.open("a") as issued:
            issued.write(f"{token}\n")
        return token

    return issue_and_note


if __name__ == "__main__":
    main()
