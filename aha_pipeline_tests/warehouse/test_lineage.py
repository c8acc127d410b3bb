"""Column lineage: where a column comes from, over SQL as the marts write it."""

from datetime import date

import pytest

from aha_pipeline.warehouse.dictionary import read_columns
from aha_pipeline.warehouse.lineage import column_lineage
from aha_pipeline.warehouse.mart_files import read_marts
from aha_pipeline_tests.warehouse.marts_company import build, company

TABLES = {"crm.t": ["id", "raw", "day", "k"], "crm.u": ["id", "k", "v"]}
MARTS = {mart.relation: mart for mart in read_marts()}
# Literals, one in each part of a union or in each row of a list.
# What an amount in the home currency comes from.
MONEY = (
    "crm_deals.amount crm_deals.currency crm_deals.exchange_rate record_versions.amount "
    "record_versions.currency record_versions.exchange_rate organisation.currency "
    "organisation.rate_reading currency_worth.dollars"
)
CONSTANT = {"entity", "is_assumed", "figure", "days", "topic", "unit", "module"}


@pytest.fixture
def described(database_url):
    """Return the columns of every mart and of all that the marts read, from a real database."""
    with company(database_url) as connection:
        build(connection, date(2025, 3, 1), date(2025, 3, 2))
        relations = {r for mart in MARTS.values() for r in (mart.relation, *mart.sources)}
        return read_columns(connection, sorted(relations))


@pytest.fixture
def lineage(described):
    """Return the lineage of every column of a mart, by mart and column."""
    names = {relation: [c.name for c in columns] for relation, columns in described.items()}
    return {
        (mart.relation, column): set(sources)
        for mart in MARTS.values()
        for column, sources in column_lineage(
            mart.select, names[mart.relation], {s: names[s] for s in mart.sources}
        ).items()
    }


def raw(lineage, *column):
    """Follow a column down to the tables that are no mart."""
    if column not in lineage:
        return {column}
    return {root for source in lineage[column] for root in raw(lineage, *source)}


@pytest.mark.parametrize(
    ("column", "direct"),
    [
        ("rep_matrix.won_value", "analytics.deals.amount analytics.deals.meaning"),
        ("rep_matrix.win_rate_low", "analytics.deals.meaning"),
        ("source_quality.won_deals", "analytics.deals.meaning analytics.deals.source"),
        ("owners.owner_name", "crm.leads_raw.owner_name crm.crm_deals.owner_name "
         "crm.crm_contacts.owner_name crm.crm_accounts.owner_name"),
        ("leads.owner_name", "analytics.owners.owner_name analytics.lead_history.owner_id"),
        ("deals.amount", "analytics.deal_history.amount"),
        ("deal_history.original_amount", "crm.crm_deals.amount crm.record_versions.amount"),
        ("deal_history.source", "crm.crm_deals.lead_source crm.text_labels.label"),
        ("daily_flows.new_leads", "analytics.leads.day"),
        ("kpis.new_leads_avg_7d", "analytics.daily_flows.new_leads"),
        ("kpis.day", "crm.organisation.timezone"),
    ],
)  # fmt: skip
def test_a_column_names_the_columns_that_its_mart_reads(lineage, column, direct):
    mart, _, name = column.partition(".")
    assert lineage[f"analytics.{mart}", name] == {
        tuple(source.rsplit(".", 1)) for source in direct.split()
    }


@pytest.mark.parametrize(
    ("column", "roots"),
    [
        ("rep_matrix.won_value", f"{MONEY} picklist_meaning.meaning"),
        ("rep_matrix.junk_leads", "leads_raw.is_converted record_versions.is_converted "
         "picklist_meaning.meaning"),
        ("source_quality.source", "crm_deals.lead_source leads_raw.lead_source "
         "record_versions.lead_source text_labels.label"),
        ("accounts_by_industry.industry", "crm_accounts.industry text_labels.label"),
        ("closing_deals.days_left", "crm_deals.closing_date record_versions.closing_date "
         "organisation.timezone"),
        ("pipeline_by_stage.weighted_value", f"{MONEY} crm_deals.probability "
         "record_versions.probability picklist_meaning.meaning picklist_meaning.probability"),
        ("contacts_by_owner.owner_name", "crm_accounts.owner_name crm_contacts.owner_name "
         "crm_deals.owner_name leads_raw.owner_name crm_contacts.owner_id"),
    ],
)  # fmt: skip
def test_the_chain_leads_down_to_what_the_crm_said(lineage, described, column, roots):
    mart, _, name = column.partition(".")
    assert raw(lineage, f"analytics.{mart}", name) == {
        tuple(f"crm.{root}".rsplit(".", 1)) for root in roots.split()
    }
    said = {
        (relation, c.name): c.description for relation in described for c in described[relation]
    }
    assert "raw_data -> 'Amount'" in said["crm.crm_deals", "amount"]


def test_only_a_literal_comes_from_nothing(lineage):
    assert {column for (_, column), sources in lineage.items() if not sources} == CONSTANT


LATERAL = "select x.v from crm.t cross join lateral"
FOLLOWED = {
    "with c as (select * from crm.t), d as (select *, 1 as n from c) select id from d": "t.id",
    "select id from crm.t union all select k from crm.u": "t.id u.k",
    "with c(a) as (select day from crm.t) select a from c": "t.day",
    "with recursive r as (select id from crm.t union select u.id from crm.u join r on r.id = u.k) "
    "select id from r": "t.id u.id",
    "select sum(v) over w as s from crm.u window w as (partition by k order by id)": "u.v u.k u.id",
    "select row_number() over (order by k) as n from crm.u": "u.k",
    f"{LATERAL} (values (t.day, 1), (t.k, 2)) x (v, n)": "t.day t.k",
    f"{LATERAL} (select u.v from crm.u where u.k = t.k order by u.v limit 1) x": "u.v",  # noqa: S608
    f"{LATERAL} jsonb_to_record(t.raw) x (v text)": "t.raw",
    f"{LATERAL} jsonb_array_elements(t.raw) x (v)": "t.raw",
    "select e as a from crm.t, jsonb_array_elements_text(t.raw) e": "t.raw",
    "select d::date as d from crm.t cross join generate_series(t.day, now(), '1 day') d": "t.day",
    "select id as i from crm.t left join crm.u using (id)": "t.id",
    "select id as i from crm.t right join crm.u using (id)": "u.id",
    "select id as i from crm.t full join crm.u using (id)": "t.id u.id",
    "select count(*) as n from crm.t join crm.u on u.id = t.id group by u.k": "t.id u.id u.k",
    "select count(*) filter (where v > 1) as n from crm.u group by k": "u.v",
    "select exists (select from crm.u where u.k = t.k) and day is null as a from crm.t":
        "u.k t.k t.day",
    "select (select max(v) from crm.u where u.k = t.k) as a from crm.t": "u.v",
    "select to_jsonb(u) as a from crm.u": "u.id u.k u.v",
    "select now() as a, 'x' as b from crm.t": "",
}  # fmt: skip


@pytest.mark.parametrize("select", FOLLOWED)
def test_a_construct_is_followed(select):
    first, *others = column_lineage(select, ["a", "b"][: 1 + ("as b" in select)], TABLES).values()
    assert set(first) == {
        tuple(f"crm.{source}".rsplit(".", 1)) for source in FOLLOWED[select].split()
    }
    assert all(other == () for other in others)


@pytest.mark.parametrize(
    ("select", "named"),
    [
        (f"{LATERAL} (select t.day + u.v as v from crm.u) x", {"day", "v"}),  # noqa: S608
        ("select v from crm.u join crm.t using (nothing_common) where day > now()", {"v", "day"}),
        ("select missing.v from crm.t", {"v"}),
    ],
)
def test_what_cannot_be_followed_comes_from_all_that_is_named(select, named):
    (last,) = [found for name, found in column_lineage(select, ["v"], TABLES).items()]
    assert named <= {column for _, column in last}
