"""The e-mails of each record, listed ten at a time, newest first.

What the reference leaves open is decided here so: the list goes on at the e-mail after the one that
`index` names, a converted lead keeps its e-mails, and what was made of it has them too.
"""

from __future__ import annotations

from collections import defaultdict
from hashlib import sha256

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from zoho_sandbox.clock import instant_of, stamp
from zoho_sandbox.zoho import list_response
from zoho_sandbox.zoho.api_error import ApiError

PER_PAGE = 10
SUBJECT = "Your enquiry at Gharaana"
SALES = {"user_name": "Sales", "email": "sales@example.com"}
CUSTOMER = {"user_name": "Customer", "email": "customer@example.com"}


class Emails:
    """The e-mails of the records, by module and id, oldest first."""

    def __init__(self) -> None:
        self._of: defaultdict[tuple[str, str], list[dict]] = defaultdict(list)

    def of(self, module: str, id_: str) -> list[dict]:
        """Return the e-mails of a record, newest first."""
        mails = self._of.get((module, id_), ())
        return sorted(mails, key=lambda mail: instant_of(mail["time"]) or 0, reverse=True)

    def add(self, module: str, id_: str, at: float, **said: object) -> str:
        """Add an e-mail of a record, sent or received at `at` (UTC seconds), and return its id.

        `said` are members of it as they are listed, beside or in the place of the usual ones: those
        of an e-mail that a person sent.
        """
        number, is_sent = len(self._of[module, id_]), said.get("sent", True)
        name = said.get("message_id") or sha256(f"{module}/{id_}/{number}".encode()).hexdigest()
        mail = {
            "cc": None,
            "summary": None,
            "owner": None,
            "read": True,
            "subject": SUBJECT,
            "has_attachment": False,
            "source": "individual",
            "sent": True,
            "linked_record": None,
            "from": SALES if is_sent else CUSTOMER,
            "to": [CUSTOMER if is_sent else SALES],
            "status": [{"type": "sent"}],
            "time": stamp(at),
            **said,
            "message_id": name,
        }
        self._of[module, id_].append(mail)
        return str(name)


def answer(request: Request, mails: list[dict]) -> Response:
    """Return a page of the e-mails of a record, given all, newest first."""
    start = 0
    if "index" in request.query_params:
        index = request.query_params["index"]
        names = [mail["message_id"] for mail in mails]
        if index not in names:
            raise ApiError(400, "INVALID_DATA", "invalid data", param_name="index")
        start = names.index(index) + 1
    page = mails[start : start + PER_PAGE]
    more = len(mails) > start + PER_PAGE
    info = {
        "per_page": PER_PAGE,
        "count": len(page),
        "prev_index": "0",
        "next_index": page[-1]["message_id"] if more else None,
        "more_records": more,
    }
    return list_response.listing([msgspec.json.encode(mail) for mail in page], info, "Emails")
