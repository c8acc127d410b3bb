"""Switches as they are thrown on the command line: `NAME` or `NAME=VALUE`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from zoho_sandbox.errors import SandboxError
from zoho_sandbox.faults.kinds import EMAILS, FAULTS
from zoho_sandbox.faults.switches import Churn, Switches
from zoho_sandbox.twilio import delivery_faults
from zoho_sandbox.zoho.history import TRACKERS

APPROVALS = ("approved", "pending", "rejected", "paused", "disabled", "unknown")
TRUTHS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


@dataclass(frozen=True)
class Form:
    """How a switch is written; `read` raises ValueError or KeyError for what is not so written.

    `bare` says whether the name alone throws it.
    """

    example: str
    read: Callable[[str], object]
    says: str
    bare: bool = False


def _flag(says: str, example: str = "") -> Form:
    return Form(example, lambda text: TRUTHS[text.lower()], says, bare=True)


def _whole(example: str, says: str) -> Form:
    return Form(example, _positive, says)


def _seconds(example: str, says: str) -> Form:
    return Form(example, lambda text: _within(float(text), 0, 86_400 * 365), says)


def _one_of(choices: Iterable[object], says: str) -> Form:
    known = {str(choice): choice for choice in choices}
    return Form("|".join(known), lambda text: known[text], says)


def _positive(text: str) -> int:
    return _within(int(text), 0, 10**12)


def _within(number: float, low: float, high: float) -> float:
    if not low <= number <= high:
        raise ValueError(number)
    return number


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise ValueError(text)
    return names


def _kinds(text: str) -> tuple[str, ...]:
    known = {kind: kind for kind in FAULTS}
    return tuple(known[name] for name in _names(text))


def _fields(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name in _names(text):
        module, _, field = name.partition(".")
        if not (module and field):
            raise ValueError(name)
        found.setdefault(module, set()).add(field)
    return found


def _churn(text: str) -> Churn:
    numbers = [_positive(part) for part in _names(text)]
    kinds = ("edits", "deletes", "creates", "converts")[: len(numbers)]
    return Churn(**dict(zip(kinds, numbers, strict=True)))


def _delivery_faults(text: str) -> list[str]:
    names = _names(text)
    if not all(delivery_faults.is_known(name) for name in names):
        raise ValueError(text)
    return names


def _trackers(text: str) -> set[str]:
    known = {module: module for module in TRACKERS}
    return set() if text == "none" else {known[name] for name in _names(text)}


def _zone(text: str) -> str:
    return ZoneInfo(text).key


FORMS = {
    "latency": _seconds("0.5", "seconds a call takes"),
    "max_calls": _whole("5", "calls under way at a time; one more is a 429"),
    "fault_rate": Form("0.05", lambda t: _within(float(t), 0, 1), "share of calls that fail"),
    "faults": Form("500,html", _kinds, f"how they fail, all ways by default: {', '.join(FAULTS)}"),
    "seed": Form("1", int, "of everything random"),
    "credits": _whole("1000", "API credits that are left; then every call is a 429"),
    "token_life_calls": _whole("20", "calls after which an access token dies"),
    "tokens_per_window": _whole("10", "access tokens in ten minutes"),
    "throttle_status": _one_of((400, 200), "status of the refusal of one more"),
    "expires_in_ms": _flag("the life of a token comes in milliseconds"),
    "strict_since": _flag("If-Modified-Since excludes its own second"),
    "empty_status": _one_of((304, 204), "of an empty answer to If-Modified-Since"),
    "page_cap": _whole("2000", "rows that page reaches, in every version"),
    "token_cap": _whole("100000", "rows that page_token reaches"),
    "tie_order": _one_of(("id", "id_desc", "random"), "order of equal sort values"),
    "short_pages": _flag("some pages hold few rows though more follow"),
    "zone": Form("Europe/Berlin", _zone, "time zone of the times in answers"),
    "unreadable": Form("Deals,Contacts", lambda t: set(_names(t)), "modules without a scope"),
    "hidden": Form("Leads.Phone,Deals.Amount", _fields, "fields that are not visible"),
    "metadata_readable": _flag("no scope for modules and fields", "=false"),
    "pipelines": _flag("no scope for the pipelines of stages", "=false"),
    "coql": _flag("no scope for queries", "=false"),
    "count": _flag("no scope for counts", "=false"),
    "coql_converted": _flag("queries do not see converted and unapproved records", "=false"),
    "trackers": Form(
        "Deals,Leads", _trackers, "modules of which a picklist is tracked, or none of them: none"
    ),
    "timeline": _flag("no timelines of records", "=false"),
    "history_days": _whole("180", "days that timelines reach back"),
    "owner_history": _one_of(
        ("automation_details", "field_history"), "where a timeline tells a change of the owner"
    ),
    "emails": _one_of(EMAILS, "whether the e-mails of a record are listed, and if not, why"),
    "metadata_gaps": _flag("fields without json_type or length"),
    "formulas": Form("Deals.Expected_Revenue", _fields, "fields that are called formulas"),
    "commit_lag": _seconds("3", "seconds after which a change shows"),
    "conversion_bumps": _flag("a conversion does not move Modified_Time", "=false"),
    "restore_bumps": _flag("a restore moves Modified_Time"),
    "churn": Form(
        "6,4", _churn, "edits,deletes[,creates[,converts]] in a module after each list call on it"
    ),
    "twilio_faults": Form(
        "429,taken_500,63016",
        _delivery_faults,
        f"of the next messages, one each: {', '.join(delivery_faults.WORDS)} or a code of Twilio's",
    ),
    "twilio_window": _flag("free text fails outside 24 hours of the reader's last message"),
    "twilio_senders": Form(
        "+14155550100", lambda t: set(_names(t)), "numbers that are WhatsApp senders"
    ),
    "twilio_approval": _one_of(APPROVALS, "what WhatsApp says of every template"),
}


def switches(faults: Iterable[str]) -> Switches:
    """Return the switches that the command line throws. Raises SandboxError for a wrong one."""
    thrown = Switches()
    for fault in faults:
        name, is_valued, text = fault.partition("=")
        if name not in FORMS:
            raise SandboxError(f"--fault {name} is not known: name one of {', '.join(FORMS)}")
        form = FORMS[name]
        if form.bare and not is_valued:
            value: object = not getattr(Switches(), name)
        else:
            value = _read(name, form, text)
        setattr(thrown, name, value)
    return thrown


def rows() -> list[tuple[str, str]]:
    """Return of each switch how it is written and what it does."""
    return [
        (name + form.example if form.bare else f"{name}={form.example}", form.says)
        for name, form in FORMS.items()
    ]


def _read(name: str, form: Form, text: str) -> object:
    try:
        return form.read(text)
    except (ValueError, KeyError):
        like = form.example.replace("|", f" or {name}=") or "=true"
        raise SandboxError(
            f"--fault {name}={text} cannot be read: write it like {name}={like.removeprefix('=')}"
        ) from None
