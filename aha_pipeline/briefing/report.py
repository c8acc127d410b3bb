"""The report in Markdown: the dozen by section, with tables, causes, and what to do."""

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import RealDictCursor

from aha_pipeline import figures, sql
from aha_pipeline.briefing.catalogue import stances
from aha_pipeline.briefing.message import About, Reading, action, advised, note
from aha_pipeline.briefing.names import clean
from aha_pipeline.briefing.plan import Line, Plan
from aha_pipeline.encoding import markdown

ADVISED = 8
# The columns of each table that rest on a module; the others are names. left_out is no table: it
# is what their values do not hold.
TABLES: dict[str, dict[str, tuple[str, ...]]] = {
    "sources": {
        "Leads": ("leads", "junk_pct", "conversion_pct"),
        "Deals": ("won_deals", "won_value"),
    },
    "stages": {"Deals": ("deals", "value", "weighted_value")},
    "funnel": {"Leads": ("leads",), "Deals": ("deals",)},
    "reps": {"Deals": ("open_deals", "closed_deals", "won_deals", "won_value", "win_rate_pct")},
    "left_out": {"Deals": ("deals",)},
}
SECTIONS = (
    ("event", None),
    ("leads", "sources"),
    ("money", "stages"),
    ("risk", None),
    ("funnel", "funnel"),
    ("reps", "reps"),
)
Tables = dict[str, list[dict[str, Any]]]


def read_tables(connection: Connection, unknown: Collection[str]) -> Tables:
    """Return the rows of the report's tables, by name, as the marts are now.

    `unknown`: modules whose figures are not known: their columns hold None, and a table that rests
    on them alone has no rows.
    """
    tables: Tables = {}
    with connection.cursor(cursor_factory=RealDictCursor) as cursor:
        for name, modules in TABLES.items():
            masked = {column for one in modules if one in unknown for column in modules[one]}
            cursor.execute(sql.read(f"briefing/report/{name}"))
            rows = cursor.fetchall() if modules.keys() - unknown else []
            tables[name] = [dict(row) | dict.fromkeys(masked) for row in rows]
    return tables


def report(plan: Plan, tables: Tables, about: About, reading: Reading) -> str:
    """Return the report: every line of the plan by section, and what to do at its end."""
    words = reading.language.report
    frame = reading.language.frame
    parts = [
        f"# {words['title']}, {reading.language.long_date(about.day)}",
        f"**{markdown(clean(about.company))}**",
    ]
    if about.is_sandbox:
        parts.append(f"> **{frame['sandbox']}**")
    parts.append(f"**{frame['glance']}:** {markdown(reading.sentence(about.glance, 0))}")
    for slot, table in SECTIONS:
        lines = [line for line in plan.lines if stances()[line.fact.stance].slot == slot]
        texts = _bullets(_line(line, about, reading) for line in lines)
        rows = list(_rows(table, tables[table], reading)) if table else []
        if texts or rows:
            parts += [f"## {words[slot]}", texts, _table(words, table, rows)]
    left_out = sum(row["deals"] for row in tables["left_out"])
    if left_out:
        parts.append(_counted(words["left_out"], left_out, reading))
    actions = [markdown(action(line, reading)) for line in advised(plan.lines, about, ADVISED)]
    if actions:
        numbered = (f"{number}. {text}" for number, text in enumerate(actions, 1))
        parts += [f"## {frame['today']}", "\n".join(numbered)]
    parts += ["---", f"*{markdown(note(plan, reading.language))} {words['as_of']}*"]
    return "\n\n".join(part for part in parts if part) + "\n"


def _counted(text: str, n: int, reading: Reading) -> str:
    return markdown(reading.language.say(text, {"n": n}, reading.currency, lambda _, name: name))


def _line(line: Line, about: About, reading: Reading) -> str:
    text = markdown(reading.line(line))
    if "deal" not in line.fact.figures or not line.fact.records:
        return text
    return f"{text} [↗]({about.deal_url(line.fact.records[0])})"


def _rows(name: str, rows: Iterable[dict[str, Any]], reading: Reading) -> Iterator[list[str]]:
    """Yield the cells of a table; percentages and money are printed, nothing is computed."""
    for row in rows:
        cells = []
        for column, value in row.items():
            if column != "too_few":
                cells.append(_cell(column, value, reading))
        if name == "reps":
            rate, low, high = cells[-3:]
            known = rate if low == high else f"{rate} ({low} – {high})"
            cells[-3:] = [reading.language.report["too_few"] if row["too_few"] else known]
        yield cells


def _cell(column: str, value: Any, reading: Reading) -> str:
    if value is None:
        return figures.NOTHING
    if column == "meaning":
        return markdown(reading.language.report[f"meaning_{value}"])
    if isinstance(value, str):
        return markdown(clean(value))
    if column.endswith("pct"):
        return figures.percent(value)
    if column.endswith("value"):
        return markdown(reading.language.money(Decimal(value), reading.currency))
    return reading.language.number(value, reading.currency)


def _table(words: Any, name: str | None, rows: list[list[str]]) -> str:
    """Return a Markdown table, figures to the right; nothing without rows."""
    if name is None or not rows:
        return ""
    head = words[f"{name}_columns"].split("|")
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
