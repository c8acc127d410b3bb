"""Twilio: the account, the number it sends from, the templates, and whether readers have written.

The daily job runs without any of it: only the message does not arrive.
"""

from collections.abc import Iterator, Sequence

from aha_pipeline.delivery.errors import DeliveryError
from aha_pipeline.delivery.sender import SANDBOX_NUMBER, Sender, mask
from aha_pipeline.delivery.statuses import is_open
from aha_pipeline.doctor.finding import Finding, ok, problem, warning


def examine(sender: Sender, recipients: Sequence[str]) -> Iterator[Finding]:
    """Yield what is found, as far as Twilio's API tells."""
    try:
        status = sender.account_status()
        if status != "active":
            yield _wrong("Twilio", f"The account is {status}: see the Twilio console.")
            return
        yield ok("Twilio", "The account is active.")
        yield number(sender.number, sender.number_status())
        approvals = {kind: sender.approval(kind) for kind in sender.content_sids}
        for kind, approval in approvals.items():
            yield template(kind, *approval)
        is_announced = approvals.get("briefing", ("", ""))[0] == "approved"
        for recipient in recipients:
            yield window(recipient, is_open(sender.wrote_at(recipient)), is_announced)
    except DeliveryError as error:
        yield _wrong("Twilio", str(error))


def number(value: str, status: str | None) -> Finding:
    """Return whether a number sends WhatsApp messages; `status` is Twilio's, None for no sender."""
    if value == SANDBOX_NUMBER:
        return warning(
            "Sender",
            "This is Twilio's shared sandbox number: each reader has to join it every three days. "
            "Register a number of your own for WhatsApp.",
        )
    if status is None:
        return _wrong("Sender", f"{value} is no WhatsApp sender of this account: see the console.")
    if not status.startswith("ONLINE"):
        return _wrong("Sender", f"{value} is {status}: see WhatsApp senders in the Twilio console.")
    return ok("Sender", f"{value} is online.")


def template(kind: str, status: str, reason: str) -> Finding:
    """Return whether a template may be sent; `status` is Twilio's, `reason` of a rejection."""
    what = f"Template, {kind}"
    name = "TWILIO_CONTENT_SID" if kind == "briefing" else "TWILIO_ALERT_CONTENT_SID"
    if status == "approved":
        return ok(what, "Approved.")
    if status == "unknown":
        return _wrong(what, f"Twilio has no template of {name}: copy its id from the console.")
    if status == "rejected":
        return _wrong(what, f"WhatsApp rejected it ({reason or 'no reason'}): see docs/connect.md.")
    return warning(what, f"It is {status}: until it is approved, only free text can be sent.")


def window(recipient: str, is_open_now: bool, is_announced: bool) -> Finding:
    """Return whether a message reaches this reader now."""
    what = f"Reader {mask(recipient)}"
    if is_open_now:
        return ok(what, "Has written within 24 hours: free text arrives.")
    if is_announced:
        return ok(what, "Has not written within 24 hours: gets the template.")
    return warning(
        what,
        "Has not written within 24 hours, and there is no approved template: nothing arrives. Set "
        "TWILIO_CONTENT_SID, or let them write to the sender's number.",
    )


def _wrong(what: str, says: str) -> Finding:
    return problem(what, says, stops_sync=False)
