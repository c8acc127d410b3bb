-- Delete what tells of reads and figures older than `logs` days and is needed for none: reads that
-- succeeded stay, because they say which days are read; the copies of facts that the briefings'
-- log holds stay too. And former contents older than `versions` days (null: none) of modules of
-- which no history is made: those of leads and deals are never deleted.
with reads as (
    delete from crm.sync_logs
    where status not in ('success', 'running', 'paused')
        and started_at < now() - %(logs)s * interval '1 day'
    returning 1
),
credits as (
    delete from crm.api_credits
    where hour < now() - %(logs)s * interval '1 day'
    returning 1
),
facts as (
    delete from analytics.facts
    where day < current_date - %(logs)s
    returning 1
),
versions as (
    delete from crm.record_versions
    where module not in ('Leads', 'Deals')
        and replaced_at < now() - %(versions)s * interval '1 day'
    returning 1
)
select
    (select count(*) from reads) as "failed reads",
    (select count(*) from credits) as "hours of credits",
    (select count(*) from facts) as "facts",
    (select count(*) from versions) as "former contents";
