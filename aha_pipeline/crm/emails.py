"""The e-mails of a record, which Zoho lists one record at a time, ten for a credit.

Source: Zoho CRM API, "Get Emails of a Record" (v8). Without a type it lists those of all users and
those sent from the CRM. Of each only what figures need leaves this room: when it was, whether it
was sent, by which user or program, what became of it, and a digest of its id. No subject and no
address is kept, and a text is never asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from threading import Event
from typing import Any

import msgspec

from aha_pipeline.crm import budget
from aha_pipeline.crm.client import ZohoClient
from aha_pipeline.crm.errors import ZohoError, ZohoRefused
from aha_pipeline.crm.records_endpoint import to_time
from aha_pipeline.crm.responses import NO_SUCH_RECORD, SCOPE_MISSING, ApiResponse, has_more

VERSION = "v8"
ATTEMPTS = 4  # of one record's e-mails: the others go on meanwhile
NO_RIGHT, NO_MAILBOX = "NO_PERMISSION", "CANNOT_PROCESS"
ADVICE = {
    SCOPE_MISSING: "grant the scope ZohoCRM.modules.READ, or ZohoCRM.modules.emails.READ",
    NO_RIGHT: "give Zoho's user the right to see the e-mails of all users",
    NO_MAILBOX: "look after the mailbox of Zoho's user in its e-mail settings",
}
OTHERWISE = "your edition of Zoho CRM may not list them, and all else goes on"


@dataclass(frozen=True)
class RecordEmails:
    """The e-mails of a record, each as a JSON text of what figures need of it.

    `problem` says why there is nothing to read, and that it is of no use to ask again.
    """

    emails: tuple[bytes, ...]
    problem: str | None = None


def read_emails(
    client: ZohoClient, module: str, id_: str, since: datetime | None, abort: Event
) -> RecordEmails:
    """Return the e-mails of a record since a time, or all; some older ones may be among them.

    Setting `abort` cuts waits for Zoho short. Raises ZohoRefused where they are not to be had, and
    ZohoUnavailable.
    """
    emails: list[bytes] = []
    index: str | None = None
    asked: set[str | None] = set()
    while index not in asked:
        asked.add(index)
        try:
            response = client.get(
                f"{module}/{id_}/Emails",
                {} if index is None else {"index": index},
                version=VERSION,
                credits=budget.EMAILS,
                attempts=ATTEMPTS,
                abort=abort,
                validate=_check,
            )
        except ZohoRefused as error:
            if error.code != NO_SUCH_RECORD:
                raise
            return RecordEmails(tuple(emails), "Zoho has the record no more.")
        if response is None:
            break
        page = _emails(response)
        emails += [msgspec.json.encode(_needed(email)) for email in page]
        index = _next_index(response)
        if index is None or (since is not None and _is_older(page, since)):
            break
    return RecordEmails(tuple(emails))


def refusal_sentence(error: ZohoError) -> str:
    """Return why e-mails are not read, in a sentence that says what to do."""
    return (
        "Zoho does not list the e-mails of records, so whom somebody only wrote to counts as not "
        f"contacted ({error}): {ADVICE.get(error.code, OTHERWISE)}."
    )


def _is_older(page: Sequence[dict[str, Any]], since: datetime) -> bool:
    """Return whether a page, newest first, ends before a time: that the order is so is not told."""
    times = [to_time(email.get("time")) for email in page]
    known = [time for time in times if time is not None]
    return known == sorted(known, reverse=True) and len(known) > 1 and known[-1] < since


def _needed(email: dict[str, Any]) -> dict[str, Any]:
    owner, status = email.get("owner"), email.get("status")
    return {
        "message_id": sha256(str(email["message_id"]).encode("utf-8", "replace")).hexdigest(),
        "time": email.get("time"),
        "sent": email.get("sent"),
        "source": email.get("source"),
        "owner": {"id": owner.get("id")} if isinstance(owner, dict) else None,
        "status": [each.get("type") for each in status if isinstance(each, dict)]
        if isinstance(status, list)
        else [],
    }


def _check(response: ApiResponse) -> None:
    """Raise ValueError if a response is not a page of e-mails that one can go on from."""
    _emails(response)
    _next_index(response)


def _next_index(response: ApiResponse) -> str | None:
    """Return where the list goes on; None: it ends. Raises ValueError if it does not say."""
    if not has_more(response):
        return None
    index = response.body["info"].get("next_index")
    if not index:
        raise ValueError("it does not say where its list goes on")
    return str(index)


def _emails(response: ApiResponse) -> list[dict[str, Any]]:
    found = response.body.get("Emails")
    if not isinstance(found, list):
        raise ValueError("it has no list of e-mails")
    if not all(isinstance(email, dict) and email.get("message_id") for email in found):
        raise ValueError("one of its e-mails has no message_id")
    return found
