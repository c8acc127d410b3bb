"""How the stand-in behaves where Zoho may behave in more than one way.

One field a switch, read at every call, so that a test or a rehearsal can throw it meanwhile.
The defaults are the friendliest Zoho there may be.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from zoho_sandbox.faults.kinds import FAULTS


@dataclass
class Churn:
    """Random changes made to a module after each list call on it; `done` counts them by kind."""

    creates: int = 0
    edits: int = 0
    deletes: int = 0
    converts: int = 0
    done: Counter[str] = field(default_factory=Counter, compare=False)


@dataclass
class Switches:
    """All switches; times in seconds.

    Wire: `latency` of a call; `max_calls` under way at a time; `fault_rate`, the share of calls
    that fail in one of the ways `faults` names, drawn from `seed`; `credits` that are left, None
    for any number.

    Tokens: `token_life_calls` after which one dies; `tokens_per_window` of ten minutes, and
    `throttle_status` of the call that asks for more; `expires_in_ms` for a life in milliseconds.

    Lists: `strict_since` for a since that excludes its own second; `empty_status`, 304 or 204, of
    an empty answer to one; `page_cap` and `token_cap`, the rows that `page` and `page_token`
    reach; `tie_order`, "id", "id_desc" or "random", of equal sort values, where "id_desc" runs
    against the list; `short_pages` that hold fewer rows than asked for though more follow;
    `zone` in which records write their times.

    Rights: `unreadable` modules; `hidden` fields of a module; `metadata_readable`, `pipelines`,
    `coql` and `count`, whether those calls are allowed; `coql_converted`, whether queries see
    converted and unapproved records.

    History: `trackers`, the modules of which a picklist is tracked, of Deals and Leads; `timeline`,
    whether timelines are allowed; `history_days` that they reach back; `owner_history`, whether an
    owner's change stands in "automation_details" or in "field_history"; `emails`, how the e-mails
    of a record are listed, as EMAILS in `kinds.py` names it.

    Metadata: `metadata_gaps` for fields without `json_type` or `length`; `formulas`, further
    fields of a module that are called formulas.

    Changes: `commit_lag`, after which one shows; `conversion_bumps` and `restore_bumps` of
    `Modified_Time`; `churn` while the lists are read.

    Twilio: `twilio_faults` of the next messages, one each, as `delivery_faults.py` names them;
    `twilio_window`, whether free text fails outside 24 hours of the reader's last message;
    `twilio_senders`, the numbers that are WhatsApp senders; `twilio_approval`, what WhatsApp says
    of every template, "unknown" where there is none.
    """

    latency: float = 0.0
    max_calls: int | None = None
    seed: int = 0
    fault_rate: float = 0.0
    faults: tuple[str, ...] = FAULTS
    credits: int | None = None
    token_life_calls: int | None = None
    tokens_per_window: int = 10
    throttle_status: int = 400
    expires_in_ms: bool = False
    strict_since: bool = False
    empty_status: int = 304
    page_cap: int | None = None
    token_cap: int = 100_000
    tie_order: str = "id"
    short_pages: bool = False
    zone: str | None = None
    unreadable: set[str] = field(default_factory=set)
    hidden: dict[str, set[str]] = field(default_factory=dict)
    metadata_readable: bool = True
    pipelines: bool = True
    coql: bool = True
    count: bool = True
    coql_converted: bool = True
    trackers: set[str] = field(default_factory=lambda: {"Deals"})
    timeline: bool = True
    history_days: int | None = None
    owner_history: str = "automation_details"
    emails: str = "listed"
    metadata_gaps: bool = False
    formulas: dict[str, set[str]] = field(default_factory=dict)
    commit_lag: float = 0.0
    conversion_bumps: bool = True
    restore_bumps: bool = False
    churn: Churn | None = None
    twilio_faults: list[str] = field(default_factory=list)
    twilio_window: bool = False
    twilio_senders: set[str] = field(default_factory=set)
    twilio_approval: str = "approved"
