"""What Twilio says of an account: whether it is active, its WhatsApp senders, its templates."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from zoho_sandbox.faults.switches import Switches
from zoho_sandbox.twilio.messages import ApiError, guarded

PAGE_SIZE = 50


def routes(switches: Switches) -> list[Route]:
    """Return the routes."""

    async def account(request: Request) -> Response:
        return JSONResponse(
            {"sid": request.path_params["account"], "status": "active", "type": "Full"}
        )

    async def senders(request: Request) -> Response:
        found = [
            {"sid": f"XE{number:032d}", "status": "ONLINE", "sender_id": f"whatsapp:{name}"}
            for number, name in enumerate(sorted(switches.twilio_senders))
        ]
        url = str(request.url)
        meta = {
            "page": 0,
            "page_size": PAGE_SIZE,
            "first_page_url": url,
            "previous_page_url": None,
            "url": url,
            "next_page_url": None,
            "key": "senders",
        }
        return JSONResponse({"senders": found, "meta": meta})

    async def approval(request: Request) -> Response:
        state, sid = switches.twilio_approval, request.path_params["sid"]
        if state == "unknown":
            raise ApiError(404, 20404, f"The requested resource /Content/{sid} was not found")
        reason = "TAG_CONTENT_MISMATCH" if state == "rejected" else ""
        said = {"type": "whatsapp", "status": state, "rejection_reason": reason}
        return JSONResponse({"sid": sid, "whatsapp": said, "url": str(request.url)})

    return [
        Route("/2010-04-01/Accounts/{account}.json", guarded(account)),
        Route("/v2/Channels/Senders", guarded(senders)),
        Route("/v1/Content/{sid}/ApprovalRequests", guarded(approval)),
    ]
