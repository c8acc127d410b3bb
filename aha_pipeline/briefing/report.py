"""The deep-dive report in Markdown, from the facts; a model may add a headline and remarks."""

from collections.abc import Iterable

from aha_pipeline.briefing.attention import concerns
from aha_pipeline.briefing.facts import Fact
from aha_pipeline.briefing.markup import MARKDOWN
from aha_pipeline.briefing.phrases import (
    QUIET,
    SANDBOX,
    Day,
    beside,
    long_date,
    many,
    since,
    title,
)
from aha_pipeline.briefing.words import PLAIN, Words

AS_OF = (
    "Figures of the day and of the open pipeline are as of the end of that day; funnel, sources, "
    "reps, stages and closing dates as of when this was written."
)


def report(day: Day, words: Words = PLAIN) -> str:
    """Return the report, its sections in the order of `sections` below."""
    worries = concerns(day, MARKDOWN)
    sections = (
        ("The day in three lines", _bullets(_three_lines(day)), "day"),
        ("What needs attention", _bullets(c.problem for c in worries) or QUIET, None),
        ("Funnel", _funnel(day), "funnel"),
        ("Leads and sources", _sources(day), "sources"),
        ("Reps", _reps(day), "reps"),
        ("Pipeline", _pipeline(day), "pipeline"),
        ("What changed and why", _changes(day), "changes"),
        ("What to do next", _numbered(c.advice for c in worries) or "Carry on as planned.", None),
    )
    parts = [f"# Sales briefing, {long_date(day.day)}", f"**{MARKDOWN.name(day.company)}**"]
    if day.is_sandbox:
        parts.append(f"> **{SANDBOX}**")
    parts.append(words.report_headline)
    for name, text, key in sections:
        parts += [f"## {name}", text or "No figures yet.", _bullets(words.remarks.get(key, ()))]
    parts += ["---", f"*{MARKDOWN.plain(words.note)} {AS_OF}*"]
    return "\n\n".join(filter(None, parts)) + "\n"


def _three_lines(day: Day) -> list[str]:
    leads, usual, won, value, lost, pipeline, deals, weighted = (
        day.facts[fact_id]
        for fact_id in (
            *("new_leads", "new_leads_average", "won_deals", "won_value", "lost_deals"),
            *("open_pipeline_value", "open_deals", "weighted_pipeline_value"),
        )
    )
    worth = f" for {MARKDOWN.plain(value.text)}" if won.value else ""
    month = "".join(
        f" This month so far: {MARKDOWN.plain(fact.text)} won{since(fact, MARKDOWN)}."
        for fact in day.several("month_won_value")
    )
    return [
        f"**{many(leads, 'new lead').capitalize()}**{since(leads, MARKDOWN)}; "
        f"the seven days before brought {usual.text} a day.",
        f"**{many(won, 'deal').capitalize()} won{worth}**, {many(lost, 'deal')} lost.{month}",
        f"**{MARKDOWN.plain(pipeline.text)} open** in {many(deals, 'deal')}"
        f"{since(pipeline, MARKDOWN)}; times probability, {MARKDOWN.plain(weighted.text)}.",
    ]


def _funnel(day: Day) -> str:
    rows = []
    for meaning in ("open", "qualified", "converted", "won", "junk", "lost"):
        leads, deals = (day.get(f"funnel_{meaning}_{entity}") for entity in ("leads", "deals"))
        if leads or deals:
            cells = (MARKDOWN.plain(fact.text) if fact else "" for fact in (leads, deals))
            rows.append((meaning.capitalize(), *cells))
    first = "".join(
        f"Leads still at “{MARKDOWN.name(fact.name)}”, the first step: {fact.text}."
        for fact in day.several("first_step_leads")
    )
    return "\n\n".join(filter(None, [_table(("Standing at", "Leads", "Deals"), rows), first]))


def _changes(day: Day) -> str:
    """What moved against an earlier time; then the facts that say what moved it, as a list."""
    rows = [
        (fact.label, MARKDOWN.plain(fact.text), MARKDOWN.plain(fact.previous_text), fact.comparison)
        for fact in day.facts.values()
        if fact.name is None
        and fact.direction in ("up", "down")
        and fact.section not in ("changes", "causes")
    ]
    gone = day.several("week_won_value", "week_lost_value")
    lines = [
        _table(("Figure", "Now", "Before", "Compared with"), rows),
        _left(*gone) if len(gone) == 2 else "",
        _bullets(
            f"{title(fact, MARKDOWN)}: {beside(fact, MARKDOWN)}."
            for fact in day.facts.values()
            if fact.section in ("changes", "causes")
        ),
    ]
    return "\n\n".join(filter(None, lines)) or "Nothing to compare with yet."


def _left(won: Fact, lost: Fact) -> str:
    return (
        f"In the seven days {MARKDOWN.plain(won.text)} left the open pipeline as won and "
        f"{MARKDOWN.plain(lost.text)} as lost."
    )


def _sources(day: Day) -> str:
    fresh = day.several(*(f"day_source_{rank}_leads" for rank in (1, 2, 3)))
    came = ", ".join(f"{fact.text} from {MARKDOWN.name(fact.name)}" for fact in fresh)
    rows = [
        (MARKDOWN.name(leads.name), leads.text, _text(day, f"source_{rank}_junk_pct"))
        for rank in (1, 2, 3)
        if (leads := day.get(f"source_{rank}_leads"))
    ]
    everything = day.get("junk_pct")
    lines = [
        f"Most of the day's leads: {came}." if came else "",
        _table(("Source", "Leads so far", "Junk"), rows),
        f"Junk share of all leads: {beside(everything, MARKDOWN)}." if everything else "",
    ]
    for fact in day.several("worst_junk_pct", "best_conversion_pct"):
        lines.append(f"{fact.label}: {MARKDOWN.name(fact.name)}, {beside(fact, MARKDOWN)}.")
    return "\n\n".join(filter(None, lines))


def _reps(day: Day) -> str:
    rows = [
        (
            MARKDOWN.name(won.name),
            MARKDOWN.plain(won.text),
            _text(day, f"rep_{rank}_win_rate", "too few"),
        )
        for rank in (1, 2, 3)
        if (won := day.get(f"rep_{rank}_won_value"))
    ]
    everyone = day.get("win_rate")
    if rows and everyone:
        rows.append(("All reps", "", everyone.text))
    carrying = [
        f"{MARKDOWN.name(fact.name)} with {MARKDOWN.plain(fact.text)}"
        for fact in day.several("open_rep_1_value", "open_rep_2_value")
    ]
    lines = [
        _table(("Rep", "Value won so far", "Won of closed deals"), rows),
        f"Most open pipeline: {' and '.join(carrying)}." if carrying else "",
    ]
    return "\n\n".join(filter(None, lines))


def _pipeline(day: Day) -> str:
    stages = day.several(*(f"stage_{rank}_value" for rank in (1, 2, 3)))
    rows = [(MARKDOWN.name(fact.name), MARKDOWN.plain(fact.text)) for fact in stages]
    lines = [_table(("Stage", "Open value"), rows)]
    for deals_id, value_id, words in (
        ("closing_30_deals", "closing_30_value", "Closing within 30 days"),
        ("overdue_deals", "overdue_value", "Past the closing date"),
    ):
        deals, value = day.get(deals_id), day.get(value_id)
        if deals and value:
            lines.append(f"{words}: {many(deals, 'deal')}, {MARKDOWN.plain(value.text)}.")
    return "\n\n".join(filter(None, lines))


def _text(day: Day, fact_id: str, missing: str = "–") -> str:
    fact = day.get(fact_id)
    return MARKDOWN.plain(fact.text) if fact else missing


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table, figures to the right; nothing without rows."""
    if not rows:
        return ""
    lines = [head, ("---", *["---:"] * (len(head) - 1)), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _numbered(lines: Iterable[str]) -> str:
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))
