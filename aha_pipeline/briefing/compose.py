"""The briefing: the model asked and proven, or the plain text; then kept in the log."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from time import monotonic

from psycopg2.extensions import connection as Connection
from pydantic import ValidationError

from aha_pipeline import sql
from aha_pipeline.briefing import evidence, proof, writer
from aha_pipeline.briefing.draft import Draft
from aha_pipeline.briefing.facts import Fact, as_json
from aha_pipeline.briefing.phrases import Day
from aha_pipeline.briefing.report import report
from aha_pipeline.briefing.summary import summary
from aha_pipeline.briefing.words import PLAIN, in_print
from aha_pipeline.briefing.writer import WriterError

log = logging.getLogger(__name__)

DEADLINE_SECONDS = 300  # a cold 7B model on two cores needs 20 s to read and 60 to 120 s to write
ATTEMPTS = 3


@dataclass(frozen=True)
class Briefing:
    """The two texts of a day, who worded them and the facts they print.

    `written_by` is `model` or `plain`; `plain_reason` says in a sentence why no model wrote it;
    `proof` tells of each printed figure which fact it is, see `evidence.proof_of`.
    """

    day: date
    dashboard_report: str
    whatsapp_summary: str
    written_by: str
    model: str | None
    plain_reason: str | None
    facts: list[Fact]
    proof: dict
    is_sandbox: bool
    duration_seconds: float


def write_briefing(
    facts: Sequence[Fact],
    *,
    day: date,
    company: str,
    is_sandbox: bool,
    base_url: str,
    model: str,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> Briefing:
    """Return the briefing of `day` from its facts, within `deadline_seconds`.

    The model at `base_url` words it if it is there, answers in time and passes the proof, at the
    third attempt at the latest; otherwise the plain text stands. Raises nothing of its own.
    """
    started = monotonic()
    about = Day(day, company, is_sandbox, evidence.marked(facts))
    reason, chosen, added = None, None, PLAIN
    try:
        chosen = writer.find_model(base_url, model)
        draft = _proven(facts, base_url, chosen, started + deadline_seconds)
        added = in_print(draft, about, chosen)
    except WriterError as error:
        reason = str(error)
        log.info("The briefing of %s is the plain one: %s", day, reason)
    texts = {"report": report(about, added), "message": summary(about, added)}
    return Briefing(
        day=day,
        dashboard_report=evidence.bare(texts["report"]),
        whatsapp_summary=evidence.bare(texts["message"]),
        written_by="plain" if reason else "model",
        model=None if reason else chosen,
        plain_reason=reason,
        facts=list(facts),
        proof=evidence.proof_of(texts, facts),
        is_sandbox=is_sandbox,
        duration_seconds=round(monotonic() - started, 3),
    )


def store(connection: Connection, briefing: Briefing) -> int:
    """Keep `briefing` in the log and return its id; the latest one's if it reads the same.

    Runs in the caller's transaction.
    """
    values = {
        **vars(briefing),
        "facts": as_json(briefing.facts),
        "proof": json.dumps(briefing.proof, ensure_ascii=False),
    }
    files = json.dumps(evidence.sql_files(briefing.proof))
    with connection.cursor() as cursor:
        cursor.execute(sql.read("briefing/latest"), {"day": briefing.day})
        latest = cursor.fetchone()
        if latest and latest[1:] == (briefing.dashboard_report, briefing.whatsapp_summary):
            return latest[0]
        cursor.execute(sql.read("briefing/keep_sql"), {"files": files})
        cursor.execute(sql.read("briefing/store"), values)
        return cursor.fetchone()[0]


def read(answer: str, facts: Sequence[Fact]) -> tuple[Draft | None, list[str]]:
    """Return the draft of an answer if it is proven, else None and why it is not, one sentence a
    fault.
    """
    try:
        draft = Draft.model_validate_json(answer)
    except ValidationError:
        return None, ["It was not the JSON object that was asked for."]
    reasons = proof.check(draft, facts)
    return (None, reasons) if reasons else (draft, [])


def _proven(facts: Sequence[Fact], base_url: str, model: str, deadline: float) -> Draft:
    """Return the first draft that passes the proof. Raises WriterError if none does."""
    reasons: list[str] = []
    for attempt in range(ATTEMPTS):
        answer = writer.ask(
            facts,
            base_url=base_url,
            model=model,
            deadline=deadline,
            reasons=reasons,
            attempt=attempt,
        )
        draft, reasons = read(answer, facts)
        if draft:
            return draft
        log.warning("Draft %d of %s is refused: %s", attempt + 1, model, " ".join(reasons))
    raise WriterError(f"{model} was refused {ATTEMPTS} times, at last because: {reasons[0]}")
