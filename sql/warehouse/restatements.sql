-- What was told of a day, and what became of it.

-- name: meanings
-- What each status and stage that is known means, as text; null where no source tells.
select jsonb_object_agg(
    l.field || ' ' || l.label, m.meaning || ' ' || coalesce(m.probability::text, '')
)::text
from crm.text_labels l
left join crm.picklist_meaning m
    on m.module = case l.field when 'Stage' then 'Deals' else 'Leads' end and m.value = l.label
where l.field in ('Lead_Status', 'Stage')

-- name: is_same_definition
-- A value that came since changes no figure that was told: only records can, that carry it now.
select exists (
    select from analytics.mart_builds b
    where b.mart = %(mart)s and b.fingerprint = %(fingerprint)s and not exists (
        select from jsonb_each(b.meanings) was
        join jsonb_each(%(meanings)s::jsonb) since using (key)
        where was.value is distinct from since.value
    )
)

-- name: save_definition
insert into analytics.mart_builds (mart, fingerprint, meanings)
values (%(mart)s, %(fingerprint)s, %(meanings)s)
on conflict (mart) do update
set fingerprint = excluded.fingerprint, meanings = excluded.meanings

-- name: keep_told
-- Hold what a daily mart says of days that were over when it was last refreshed: these were told.
create temporary table told on commit drop as
select m.day, to_jsonb(m) - 'day' as figures
from {table} m
cross join crm.organisation o
join analytics.mart_refreshes r on r.mart = %(mart)s
where m.day < (r.refreshed_at at time zone o.timezone)::date

-- name: restate
-- Note each figure of a told day that has become another one, and which records that landed since
-- can have made it so: those of its sort that existed on the day; of a flow, those that are of the
-- day or were. A record of which only Zoho's history came since can have changed days up to the
-- first read, but not how many leads there were; and it did where no other record is of a flow's day,
-- or new here. Days that the mart no longer holds are no restatement.
with refreshed as (
    select coalesce(max(refreshed_at), '-infinity') as since
    from analytics.mart_refreshes
    where mart = %(mart)s
),
restated as (
    select
        m.day,
        f.figure,
        f.before::numeric as before,
        (n.figures ->> f.figure)::numeric as after,
        f.figure in ('new_leads', 'new_leads_avg_7d', 'junk_pct', 'leads', 'junk_leads') as is_of_leads,
        f.figure not in ('new_leads', 'new_leads_avg_7d', 'leads') as is_learnable,
        f.figure in ('won_deals', 'won_value', 'lost_deals', 'lost_value') as is_flow
    from told t
    join {table} m using (day)
    -- once a day, not once a figure
    cross join lateral (select to_jsonb(m) as figures offset 0) n
    cross join lateral jsonb_each_text(t.figures) f (figure, before)
    where n.figures ? f.figure
    and (n.figures ->> f.figure)::numeric is distinct from f.before::numeric
),
found as (
    -- By id: a join would read the records of all, for how few landed is not known beforehand.
    select h.id, true as is_lead, h.day, array[h.day] as flow_days, (
        select l.synced_at <= r.since from crm.leads_raw l where l.id = h.id
    ) as is_learned
    from analytics.lead_history h
    cross join refreshed r
    where h.synced_at > r.since and h.is_present and exists (select from restated)
    union all
    -- The days on which a deal can have counted as closed: a closing date that it had, which can lie
    -- before its creation, or when it was first seen so.
    select
        h.id,
        false,
        h.day,
        array_agg(f.day) filter (where h.closed_day is not null),
        (select d.synced_at <= r.since from crm.crm_deals d where d.id = h.id)
    from analytics.deal_history h
    cross join refreshed r
    cross join crm.organisation o
    cross join lateral (values
        (h.closed_day),
        (h.closing_date),
        (h.known_from),
        ((h.said_from at time zone o.timezone)::date)
    ) f (day)
    where h.synced_at > r.since and exists (select from restated)
    group by h.id, h.day, r.since
),
landed as (
    select
        *,
        not is_learned and not exists (
            select from crm.record_versions v
            where v.module = case when f.is_lead then 'Leads' else 'Deals' end and v.id = f.id
        ) as is_new
    from found f
)
insert into analytics.restatements (
    day, figure, before, after, reason, records, records_in_all, run_id
)
select
    r.day,
    r.figure,
    r.before,
    r.after,
    case
        when %(reason)s = %(records)s and bool_or(l.is_learned) and not bool_or(
            case when r.is_flow then not l.is_learned and r.day = any(l.flow_days) else l.is_new end
        ) then %(history)s
        else %(reason)s
    end,
    coalesce((array_agg(l.id order by (r.day = any(l.flow_days)) is not true, l.id)
        filter (where l.id is not null))[:50], '{{}}'),
    count(l.id),
    %(run_id)s
from restated r
cross join (
    select (connected_at at time zone timezone)::date as first_day from crm.organisation
) c
left join landed l
    on l.is_lead = r.is_of_leads
    and (l.day <= r.day or r.day >= any(l.flow_days))
    and (not l.is_learned or r.is_learnable and r.day <= c.first_day)
group by r.day, r.figure, r.before, r.after
