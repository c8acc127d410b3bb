"""The briefing of a day: facts proven, ranked, chosen, said in each language, read back, kept."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json

from aha_pipeline import sql
from aha_pipeline.briefing import gate, language, plan, ranking
from aha_pipeline.briefing import model as server
from aha_pipeline.briefing.catalogue import stances
from aha_pipeline.briefing.facts import (
    FOLDER,
    Fact,
    digest,
    dumps,
    gather,
    text_of,
    unknown_modules,
)
from aha_pipeline.briefing.language import places
from aha_pipeline.briefing.message import (
    About,
    Reading,
    Selection,
    fit,
    message,
    news_first,
    told,
)
from aha_pipeline.briefing.model import ModelError
from aha_pipeline.briefing.names import BEGIN, END, Mode, Names, of_people
from aha_pipeline.briefing.plan import Line, Phrasing, Plan
from aha_pipeline.briefing.ranking import Told
from aha_pipeline.briefing.report import Tables, read_tables, report
from aha_pipeline.briefing.verify import proven

log = logging.getLogger(__name__)

DEADLINE_SECONDS = 300  # a cold 7B model on two cores needs 20 s to read and 60 to 120 s to write
RULES = (Path(__file__).parent / "rules.txt").read_text("utf-8")


@dataclass(frozen=True)
class Style:
    """How briefings are written. `languages`: the default first; `names`: how much of a customer's
    name leaves the house; `currency`: of the figures, ISO 4217; `dashboard_url`: where readers
    open the dashboard.
    """

    currency: str
    languages: tuple[str, ...] = ("en",)
    names: Mode = "initials"
    dashboard_url: str = "http://127.0.0.1:8501"


@dataclass(frozen=True)
class Briefing:
    """A day's briefing: its texts, and the facts they rest on.

    `messages`: by language its title, headline, text and report. `written_by` is `model` or
    `plain`; `plain_reason` says in a sentence why no model chose. `items`: what was told, as rows
    of `analytics.briefing_items`. `refused`: statements that a verifier stopped.
    """

    day: date
    messages: Mapping[str, Mapping[str, str]]
    written_by: Literal["model", "plain"]
    model: str | None
    plain_reason: str | None
    facts: list[Fact]
    items: list[dict[str, Any]]
    refused: list[str]
    is_sandbox: bool
    duration_seconds: float

    @property
    def dashboard_report(self) -> str:
        """The report in the default language."""
        return next(iter(self.messages.values()))["report"]

    @property
    def whatsapp_summary(self) -> str:
        """The message in the default language."""
        return next(iter(self.messages.values()))["text"]


@dataclass(frozen=True)
class _Phrasing(Phrasing):
    """How lines read to the model: whole, and another phrase than the time before."""

    reading: Reading
    told: Sequence[Told]

    def numbers(self, fact: Fact) -> list[int]:
        count = len(self.reading.language.usable(fact.stance, fact.figures))
        last = ranking.last_phrase(fact, self.told)
        first = 0 if last is None else (last + 1) % count
        return [(first + step) % count for step in range(count if last is None else count - 1)] or [
            0
        ]

    def advice(self, fact: Fact) -> list[str]:
        return [
            advice
            for advice in ranking.fitting_advice(fact, self.told)
            if places(self.reading.language.advice[advice]) <= fact.figures.keys()
        ]

    def sentence(self, line: Line) -> str:
        text = self.reading.line(line)
        if line.advice:
            text += f" → {self.reading.advice(line)}"
        return text.replace(BEGIN, "").replace(END, "")


def write_briefing(
    connection: Connection,
    *,
    day: date,
    company: str,
    is_sandbox: bool,
    base_url: str,
    model: str,
    style: Style,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> Briefing:
    """Return the briefing of `day`, within `deadline_seconds`.

    Facts are gathered from the marts and replace those of the day in `analytics.facts`; the model
    at `base_url` chooses among them if it answers, else the ranking does. Every statement is
    checked twice before it is in a text. Runs in the caller's transaction. Raises NoFigures where
    the marts hold no such day.
    """
    started = monotonic()
    facts, refused = proven(connection, day, gather(connection, day))
    glance = next(fact for fact in facts if fact.kind == "glance")
    about = About(day, company, is_sandbox, glance, style.dashboard_url.rstrip("/"))
    whole, outgoing = _readings(connection, facts, style)
    phrasing = _Phrasing(whole, ranking.told_before(connection, day))
    ours = _ranked(facts, phrasing, about)
    chosen, reason = _chosen(
        connection, ours, phrasing, about, base_url, model, started + deadline_seconds
    )
    chosen, unread = _read_back(chosen, [whole, *outgoing])
    selection = _selected(ours, chosen, about, outgoing)
    tables = read_tables(connection, unknown_modules(connection, day))
    return Briefing(
        day=day,
        messages={
            one.language.code: _texts(selection, chosen, tables, about, one, whole.names)
            for one in outgoing
        },
        written_by="plain" if chosen.model is None else "model",
        model=chosen.model,
        plain_reason=reason,
        facts=facts,
        items=_items(selection, chosen, whole),
        refused=[*refused, *unread],
        is_sandbox=is_sandbox,
        duration_seconds=round(monotonic() - started, 3),
    )


def _readings(
    connection: Connection, facts: Sequence[Fact], style: Style
) -> tuple[Reading, list[Reading]]:
    """Return how the house reads, in English with names whole, and how the texts' readers do."""
    people = of_people(connection, (id_ for fact in facts for id_ in fact.deals.values()))
    outgoing = [
        Reading(language.load(code), style.currency, Names(style.names, people))
        for code in style.languages
    ]
    return Reading(language.load("en"), style.currency, Names("full", people)), outgoing


def _ranked(facts: Sequence[Fact], phrasing: _Phrasing, about: About) -> Plan:
    """Return the plan of our ranking."""
    dozen = ranking.rank(facts, phrasing.told, about.pipeline, about.day)
    return plan.by_ranking(dozen, ranking.links_of(facts, phrasing.told), phrasing)


def _selected(ours: Plan, chosen: Plan, about: About, outgoing: Sequence[Reading]) -> Selection:
    """Return the chosen lines that are news and fit into the message in each language."""
    news = {one.fact.id: ranking.is_line(one.fact, about.pipeline, about.day) for one in ours.lines}
    return fit(told(chosen, news), chosen, about, outgoing)


def store(connection: Connection, briefing: Briefing) -> int:
    """Keep `briefing` in the log and return its id; the latest one's if it reads the same.

    Runs in the caller's transaction.
    """
    values = {
        "day": briefing.day,
        "dashboard_report": briefing.dashboard_report,
        "whatsapp_summary": briefing.whatsapp_summary,
        "messages": Json(briefing.messages, dumps=dumps),
        "written_by": briefing.written_by,
        "model": briefing.model,
        "plain_reason": briefing.plain_reason,
        "facts": Json([{"id": f.id, **vars(f)} for f in briefing.facts], dumps=dumps),
        "items": Json(briefing.items, dumps=dumps),
        "files": Json(_sql_files(briefing.items), dumps=dumps),
        "is_sandbox": briefing.is_sandbox,
        "duration_seconds": briefing.duration_seconds,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.read("briefing/latest"), {"day": briefing.day})
        latest = cursor.fetchone()
        if latest and latest[1:] == (briefing.dashboard_report, briefing.whatsapp_summary):
            return int(latest[0])
        cursor.execute(sql.read("briefing/store"), values)
        row = cursor.fetchone()
        assert row is not None
        return int(row[0])


def _sql_files(items: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    kinds = {item["kind"] for item in items}
    return [
        {"digest": digest(kind), "path": f"sql/{FOLDER}/{kind}.sql", "sql": text_of(kind)}
        for kind in sorted(kinds)
    ]


def _chosen(
    connection: Connection,
    ours: Plan,
    phrasing: Phrasing,
    about: About,
    base_url: str,
    model: str,
    deadline: float,
) -> tuple[Plan, str | None]:
    """Return the model's plan, or ours and why it is ours."""
    try:
        name = server.find_model(base_url, model)
        if not ours.lines:
            raise ModelError("There is nothing to choose from today.")
        chooses_lines = gate.passed(connection, name)
        asked = plan.question(ours, phrasing, may_choose_lines=chooses_lines)
        return (
            plan.ask(
                ours,
                asked,
                rules=RULES,
                base_url=base_url,
                model=name,
                deadline=deadline,
                chooses_lines=chooses_lines,
            ),
            None,
        )
    except ModelError as error:
        log.info("The briefing of %s is chosen by ranking: %s", about.day, error)
        return ours, str(error)


def _read_back(chosen: Plan, readings: Iterable[Reading]) -> tuple[Plan, list[str]]:
    """Return the plan without what is not read back as it was meant, and the ids of what went."""
    readings = list(readings)
    kept, unread = [], []
    for line in chosen.lines:
        link = line.link if line.link and _is_read(line.link, line.phrase, readings) else None
        if line.link and not link:
            unread.append(line.link.id)
        if _is_read(line.fact, line.phrase, readings):
            kept.append(replace(line, link=link, joint=line.joint if link else None))
        else:
            unread.append(line.fact.id)
    return replace(chosen, lines=tuple(kept)), unread


def _is_read(fact: Fact, phrase: int, readings: Iterable[Reading]) -> bool:
    for reading in readings:
        if not reading.is_read_back(fact, phrase, reading.sentence(fact, phrase)):
            log.error("The sentence of %s is not read back: %s", fact.id, reading.language.code)
            return False
    return True


def _texts(
    selection: Selection,
    chosen: Plan,
    tables: Tables,
    about: About,
    reading: Reading,
    whole: Names,
) -> dict[str, str]:
    """Return the texts of one language; the report stays in the house and has names whole."""
    inside = replace(reading, names=whole)
    bare = str.maketrans("", "", BEGIN + END)
    return {
        "title": reading.language.long_date(about.day),
        "headline": news_first(selection.lines, reading).translate(bare),
        "glance": reading.sentence(about.glance, 0).translate(bare),
        "text": message(selection, chosen, about, reading),
        "report": report(chosen, tables, about, inside),
    }


def _items(selection: Selection, chosen: Plan, reading: Reading) -> list[dict[str, Any]]:
    in_message = {line.fact.id for line in selection.lines}
    advice_given = {line.fact.id for line in selection.advised}
    return [
        {
            "position": position,
            "fact": line.fact.id,
            "kind": line.fact.kind,
            "stance": line.fact.stance,
            "means": stances()[line.fact.stance].means,
            "subject": line.fact.subject,
            "figures": line.fact.figures,
            "first_day": line.fact.first_day,
            "records": line.fact.records,
            "advice": line.advice,
            "link": line.link and line.link.id,
            "phrase": line.phrase,
            "chosen_by": line.chosen_by,
            "in_message": line.fact.id in in_message,
            "advised": line.fact.id in advice_given,
            "sentence": reading.sentence(line.fact, line.phrase),
            "sql_digest": digest(line.fact.kind),
            "why": reading.sentence(line.link, line.phrase) if line.link else None,
        }
        for position, line in enumerate(chosen.lines, 1)
    ]
