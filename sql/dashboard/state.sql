-- grain: one row, also before the first sync
-- What every page needs: whose data this is, how fresh it is, and its version.
-- version: changes whenever a row of the marts or the logs is written, or a mart is built anew. It
-- is made of PostgreSQL's own counters, so it costs no scan; they may trail a commit by seconds.
-- as_of: the time up to which Leads and Deals have been read, by the CRM's clock, with all fields that
-- the KPIs stand on; the day it falls on is a part-day in every figure. is_stale: as_of is two days old,
-- twice the daily schedule.
-- syncs: ids of the runs under way that read, also once all is read and figures are being made.
-- trouble: modules whose newest read did not complete. modules: those that are read; null is all.

with organisation as (
    select name, is_sandbox, timezone, currency, web_url, fiscal_start_month, week_starts_on
    from crm.organisation
),
newest as (
    select distinct on (module) module, status
    from crm.sync_logs
    where (%(modules)s::text[] is null or module = any(%(modules)s))
    order by module, started_at desc
),
lost as (
    select module, min(coalesce(since, '-infinity')) as since
    from analytics.unknown
    where mart = 'kpis' and field is not null
    group by module
),
read_up_to as (
    select l.module, max(least(l.window_end, coalesce(l.read_until, l.finished_at))) as time
    from crm.sync_logs l
    left join lost using (module)
    where l.status = 'success' and l.module in ('Leads', 'Deals')
        and l.finished_at <= coalesce(lost.since, 'infinity')
    group by l.module
),
reads as (
    select min(time) as as_of from read_up_to
),
written as (
    select
        current_database() || md5(string_agg(
            concat_ws(' ', relid, n_tup_ins, n_tup_upd, n_tup_del), ',' order by relid
        )) as version
    from pg_stat_user_tables
    where schemaname = 'analytics'
        or (schemaname = 'crm' and relname in (
            'organisation', 'picklist_meaning', 'sync_logs', 'reconciliations'
        ))
)
select
    o.name,
    o.is_sandbox,
    o.timezone,
    o.currency,
    o.web_url,
    coalesce(o.fiscal_start_month, 1) as fiscal_start_month,
    coalesce(o.week_starts_on, 1) as week_starts_on,
    w.version,
    r.as_of,
    array(
        select h.run_id
        from crm.run_heartbeats h
        where h.beat_at > now() - %(dead_seconds)s * interval '1 second'
            and exists (select from crm.sync_logs l where l.run_id = h.run_id)
        order by h.run_id
    ) as syncs,
    coalesce(r.as_of < now() - interval '2 days', false) as is_stale,
    array(
        select n.module from newest n where n.status in ('failed', 'interrupted', 'paused') order by n.module
    ) as trouble
from written w
cross join reads r
left join organisation o on true
