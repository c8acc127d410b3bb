"""What is shown or said leads back to one definition: a figure of a mart, or a measure.

The lists are those of the code: each query that a page asks, each fact, each table of the report.
A query may pick, filter and add up what the marts and measures define. Anything else that makes a
figure of several rows - a mean, a median, a share, the sum of what nobody defined - is one more
definition, and fails here.
"""

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from aha_pipeline.sql import MEASURES, ROOT, parts
from aha_pipeline.warehouse.mart_files import read_marts, tables_read
from aha_pipeline_tests.warehouse.parsed_sql import parsed

HOUSE = ROOT.parent
FOLDERS = ("dashboard", "briefing/facts", "briefing/report")
QUERIES = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.sql"))]
ADDITIVE = {"count", "money"}
PARTS = {"analytics.change_causes": {"change"}}  # in the unit of the whole, to which they add up
RETURNED = re.compile(r"create function measures\.(\w+)\s*\([^$]*?\)\s*returns table \(([^)]*)\)")
ASKED = re.compile(r"""\.(?:rows|row|ask|first|value)\(\s*["'](\w+)["']""")
STANCES = re.compile(r"\A-- stances: ((?:.*,\n-- )*.*)$", re.MULTILINE)
# What a run wrote down of itself is no figure of the company.
LOGS = {"sync_days", "sync_calls", "health", "state", "briefing_days", "restated", "glance"}


def measured() -> dict[str, set[str]]:
    """Return the columns of each measure that is a table."""
    found = {}
    for path in MEASURES.glob("*.sql"):
        for name, columns in RETURNED.findall(path.read_text(encoding="utf-8")):
            found[name] = {part.split()[0].strip('"') for part in columns.split(",")}
    return found


def defined(query: exp.Expression) -> set[str]:
    """Return the additive figures of the marts and the columns of the measures that it reads."""
    tables = list(query.find_all(exp.Table))
    relations = {f"{table.db}.{table.name}" for table in tables}
    figures = {
        figure.name
        for mart in read_marts()
        if mart.relation in relations
        for figure in mart.figures
        if figure.unit in ADDITIVE
    }
    calls = [table.this.name for table in tables if isinstance(table.this, exp.Func)]
    calls += [dot.expression.name for dot in query.find_all(exp.Dot) if dot.this.name == "measures"]
    parts_of = [PARTS.get(relation, set()) for relation in relations]
    return figures.union(*parts_of, *(measured().get(name, set()) for name in calls))


def leaves(node: exp.Expression) -> Iterator[str]:
    """Yield the columns that make a value, without those that only decide about it."""
    decides = exp.Predicate | exp.Where | exp.Window | exp.Count
    for inner in node.walk(prune=lambda n: isinstance(n, decides)):
        if isinstance(inner, exp.Column):
            yield inner.name


def named(query: exp.Expression, name: str) -> list[exp.Expression]:
    """Return what a query itself calls by a name: in a select, or in a list of values."""
    found = [alias.this for alias in query.find_all(exp.Alias) if alias.alias == name]
    for values in query.find_all(exp.Values):
        alias = values.args.get("alias") or values.find_ancestor(exp.Lateral).args["alias"]
        columns = [column.name for column in alias.columns]
        if name in columns:
            place = columns.index(name)
            found += [row.expressions[place] for row in values.expressions]
    return found


def undefined(query: exp.Expression, node: exp.Expression, seen: frozenset = frozenset()) -> set:
    """Return the columns behind a value that neither a mart nor a measure defines as a figure."""
    known = defined(query)
    found = set()
    for name in leaves(node):
        if name in known or name in seen:
            continue
        own = [it for it in named(query, name) if it is not node]
        if not own:
            found.add(name)
        for expression in own:
            found |= undefined(query, expression, seen | {name})
    return found


def faults(query: exp.Expression) -> list[str]:
    found = []
    for node in query.find_all(exp.AggFunc):
        text = node.sql("postgres")
        if isinstance(node, exp.Avg | exp.PercentileCont | exp.PercentileDisc | exp.Median
                      | exp.Stddev | exp.Variance):  # fmt: skip
            found.append(f"{text} is a figure of its own")
        elif isinstance(node, exp.Sum) and (names := undefined(query, node.this)):
            found.append(f"{text} adds up {', '.join(sorted(names))}, which nobody defined")
    return found


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_query_adds_up_what_is_defined_and_defines_nothing(path: Path):
    assert path.stem in LOGS or faults(parsed(path)) == []


@pytest.mark.parametrize(
    "query",
    [
        "select avg(amount) from analytics.deals",
        "select percentile_cont(0.5) within group (order by days) from analytics.stage_stays",
        "select sum(probability) from analytics.deals",
        "select sum(junk_pct) from analytics.source_quality",
        "with d as (select avg_age_days * deals as age from analytics.pipeline_by_stage) "
        "select sum(age) from d",
        "select sum(p.share_open) from measures.unheard_of() p",
        "select sum(v.n) from analytics.deals d cross join lateral (values (d.chance)) v (n)",
    ],
)
def test_one_more_definition_is_found(query: str):
    assert faults(sqlglot.parse_one(query, dialect="postgres")) != []


def origins(query: exp.Expression, name: str, seen: frozenset = frozenset()) -> set[str]:
    """Return what a query reads a value from, whatever it calls it on the way."""
    own = [it for it in named(query, name) if isinstance(it, exp.Column)]
    further = [origins(query, it.name, seen | {name}) for it in own if it.name not in seen]
    return {name}.union(*further)


def left_out(query: exp.Expression) -> list[str]:
    """Return where a query decides by itself which deals are in no sum of money.

    A sum may say how many of the deals it was made of it leaves out, by measures.is_unvalued.
    """
    asked = (exp.Is, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Count)
    found = [
        f"{node.sql('postgres')} is a measure's to say"
        for node in query.find_all(*asked, exp.Column)
        if (isinstance(node, asked) and "amount" in origins(query, node.this.name))
        or (isinstance(node, exp.Column) and "is_unconverted" in origins(query, node.name))
    ]
    for call in query.find_all(exp.Anonymous):
        if call.name == "is_unvalued" and not says_what_a_sum_lacks(call.parent):
            found.append(f"{call.sql('postgres')} is of no sum: measures.unvalued_deals counts")
    return found


def says_what_a_sum_lacks(condition: exp.Expression) -> bool:
    """Return whether it is all by which a count picks rows, and the same select sums them."""
    count = condition.find_ancestor(exp.Filter)
    is_all = count and isinstance(count.this, exp.Count) and count.expression.this is condition
    sums = condition.find_ancestor(exp.Select).find_all(exp.Sum)
    return bool(is_all) and any(isinstance(it.this, exp.Column) for it in sums)


# Proofs of statements are a second computation on purpose.
PROOFS = {"is_left_out"}
READ = [path for path in sorted((ROOT / "briefing").glob("*.sql")) if path.stem not in PROOFS]
READ = QUERIES + [path for path in READ if not parsed(path).find(exp.Insert)]
PICKED = {
    "glance": "whether the value of any open deal is known",
    "told_amounts": "amounts that were told, and no count",
}


@pytest.mark.parametrize("path", READ, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_which_deals_are_in_no_sum_is_said_by_a_measure(path: Path):
    assert bool(left_out(parsed(path))) == (path.stem in PICKED)


@pytest.mark.parametrize(
    "query",
    [
        "select count(*) filter (where meaning = 'won') from analytics.deals where amount is null",
        "select count(d.id) from measures.periods_of(now()) p "
        "left join analytics.deals d on d.closed_day >= p.first_day and d.amount is null",
        "select count(*) - count(amount) from analytics.deals",
        "select sum(case when not amount is not null then 1 end) from analytics.lost_deals",
        "with d as (select amount as worth from analytics.deals) "
        "select count(*) filter (where worth is not distinct from null) from d",
        "select array_agg(h.id) from analytics.deal_history h where h.is_unconverted",
        "select count(*) from analytics.deals where measures.is_unvalued(amount)",
        "select sum(amount), count(*) filter (where is_present and measures.is_unvalued(amount)) "
        "from analytics.deals",
        "select count(*) filter (where measures.is_unvalued(amount)) from analytics.lost_deals",
    ],
)
def test_one_more_rule_of_what_is_in_no_sum_is_found(query: str):
    assert left_out(sqlglot.parse_one(query, dialect="postgres")) != []


def test_figures_come_from_marts_and_measures_and_not_from_records():
    """A query that adds up anything reads no table of records, but to name one."""
    for path in QUERIES:
        if path.stem in LOGS:
            continue
        query = parsed(path)
        records = {
            table.alias_or_name
            for table in query.find_all(exp.Table)
            if table.db == "crm" and table.name in ("leads_raw", "crm_deals", "record_versions")
        }
        added = {
            column.table for node in query.find_all(exp.Sum) for column in node.find_all(exp.Column)
        }
        assert not records & added, path.stem


def test_every_query_is_asked_by_a_page_and_every_page_asks_what_is_there():
    text = "\n".join(path.read_text() for path in sorted((HOUSE / "dashboard").rglob("*.py")))
    names = {path.stem for path in (ROOT / "dashboard").glob("*.sql")}
    quoted = set(re.findall(r"""["'](?:dashboard/)?(\w+)["']""", text))
    assert names - quoted == set()
    assert set(ASKED.findall(text)) - {"tab"} <= names | quoted
    marts = {mart.name for mart in read_marts()}
    assert set(re.findall(r"""source\.mart\(\s*["'](\w+)["']""", text)) <= marts


# Room for tiles and for bars, and of the log of the syncs what the bars of a day come to.
ADDED = {"charts/leads.py": 1, "charts/overview.py": 1, "charts/health.py": 1}


def test_the_pages_add_up_nothing():
    added = Counter(
        str(path.relative_to(HOUSE / "dashboard"))
        for path in (HOUSE / "dashboard").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("sum", "fsum", "mean")
    )
    assert added == ADDED


def test_every_stance_that_is_said_comes_from_one_fact():
    path = HOUSE / "aha_pipeline" / "briefing" / "catalogue.toml"
    known = tomllib.loads(path.read_text(encoding="utf-8"))
    said = Counter(
        stance
        for file in (ROOT / "briefing" / "facts").glob("*.sql")
        for line in STANCES.findall(file.read_text(encoding="utf-8"))
        for stance in re.findall(r"\w+", line)
    )
    assert {stance for stance, files in said.items() if files > 1} == set()
    assert set(said) == set(known)


@pytest.mark.parametrize("folder", ["briefing/facts", "briefing/report"])
def test_facts_and_the_report_read_marts_and_measures_alone(folder: str):
    for path in sorted((ROOT / folder).glob("*.sql")):
        try:
            read = tables_read(path.name, parts(path)[1])
        except Exception as error:  # a statement that psycopg completes
            pytest.fail(f"{path.stem}: {error}")
        assert {table for table in read if table.startswith("crm.")} <= NAMES, path.stem


# Settings and meanings, which are no records.
NAMES = {
    f"crm.{name}"
    for name in (
        "organisation", "picklist_meaning", "modules", "sync_logs", "holidays", "business_hours",
        "text_labels",
    )
}  # fmt: skip
