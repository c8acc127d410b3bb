-- grain: one row per content of a deal: what it said, from one day to another
-- kind: incremental
-- records: crm.crm_deals
-- owner: sales operations
-- crm.record_versions holds each former content and when another took its place, the module table
-- holds the present one. Before the first content known there is no record of what was said, so
-- that content reaches back to Created_Time. If a deal is closed in it, the deal counts as open
-- until its closing date, at the latest until that content was written, with the same amount: that
-- time is a row of its own (is_assumed), at the stage '(not known)', weighted with the probability
-- of the first open stage, the cautious choice.
-- A content holds on each day from from_day until before until_day (null: it still holds; the day
-- on which the deal was deleted, for the last content of a deleted deal). One that was replaced on
-- the day it was written holds on none. The contents of a deal leave no gap and do not overlap.
-- is_present: the content that the module table holds. is_deleted: the deal is deleted by now.
-- meaning: of the stage in crm.picklist_meaning; an empty or unlisted stage counts as open.
-- position: of the stage; unlisted stages just after the last open one, '(not known)' before all.
-- closed_day: of a won or lost deal, its Closing_Date, else the day that content was written.
-- version: of crm.record_versions, null for the present content; it orders the contents of a deal.
-- said_from, said_until: when the content held, to the second, with no assumption: a first content
-- from Created_Time. Both are null where is_assumed.
-- is_start_known: false for a first content that was written a day or more after the creation:
-- what the deal said before is not known. All other times are as exact as the daily reads.
-- figures:
--   probability (percent): won 100, lost 0; open: the deal's own Probability, else the stage's
--   amount (money): Amount as in Zoho, null where empty
--   weighted_amount (money): amount times probability, exact; an open deal without amount or
--     probability weighs 0

with stages as (
    select
        coalesce(max(position) filter (where meaning = 'open'), 0) + 1 as unlisted,
        (array_agg(probability order by position) filter (where meaning = 'open'))[1] as first_chance
    from crm.picklist_meaning
    where module = 'Deals'
),
former as (
    select
        id,
        version,
        modified_time,
        lag(coalesce(replaced_by, replaced_at)) over record as said_from,
        coalesce(replaced_by, replaced_at) as said_until,
        lead(version) over record is null as is_last,
        stage,
        amount,
        probability,
        closing_date,
        owner_id
    from crm.record_versions
    where module = 'Deals'
    and id in (select id from crm.crm_deals where synced_at > %(since)s)
    window record as (partition by id order by version)
),
contents as (
    select
        d.id,
        null::bigint as version,
        coalesce(f.said_until, d.created_time, d.modified_time, d.synced_at) as said_from,
        d.deleted_at as said_until,
        f.id is null as is_first,
        f.id is not null or coalesce(d.modified_time < d.created_time + interval '1 day', false)
            as is_start_known,
        true as is_present,
        d.modified_time,
        d.stage,
        d.amount,
        d.probability,
        d.closing_date,
        d.owner_id
    from crm.crm_deals d
    left join former f on f.id = d.id and f.is_last
    where d.synced_at > %(since)s
    union all
    select
        f.id,
        f.version,
        coalesce(f.said_from, d.created_time, d.modified_time, d.synced_at),
        f.said_until,
        f.said_from is null,
        f.said_from is not null
            or coalesce(f.modified_time < d.created_time + interval '1 day', false),
        false,
        f.modified_time,
        f.stage,
        f.amount,
        f.probability,
        f.closing_date,
        f.owner_id
    from former f
    join crm.crm_deals d on d.id = f.id
    where d.synced_at > %(since)s
),
dated as (
    select
        c.*,
        coalesce(l.label, crm.label_or_none(c.stage)) as stage_label,
        (c.said_from at time zone o.timezone)::date as from_day,
        (c.said_until at time zone o.timezone)::date as until_day,
        (c.modified_time at time zone o.timezone)::date as written_day,
        coalesce(m.meaning, 'open') as meaning,
        coalesce(m.position, s.unlisted) as position,
        case m.meaning
            when 'won' then 100
            when 'lost' then 0
            else coalesce(c.probability, m.probability)
        end as chance,
        s.first_chance
    from contents c
    join crm.organisation o on o.singleton
    cross join stages s
    left join crm.text_labels l on l.field = 'Stage' and l.key = crm.text_key(c.stage)
    left join crm.picklist_meaning m
        on m.module = 'Deals' and m.value = coalesce(l.label, crm.text_label(c.stage))
),
known as (
    select
        *,
        -- never before the deal existed, nor after it was something else
        case when is_first and meaning in ('won', 'lost') then
            greatest(from_day, least(closing_date, written_day, until_day))
        end as assumed_until
    from dated
),
spans as (
    select
        id,
        version,
        said_from,
        said_until,
        is_start_known,
        coalesce(assumed_until, from_day) as from_day,
        until_day,
        is_present,
        false as is_assumed,
        stage_label as stage,
        meaning,
        position,
        chance,
        amount,
        closing_date,
        case when meaning in ('won', 'lost') then coalesce(closing_date, written_day) end
            as closed_day,
        owner_id
    from known
    union all
    select
        id,
        version,
        null,
        null,
        false,
        from_day,
        assumed_until,
        false,
        true,
        '(not known)',
        'open',
        0,
        first_chance,
        amount,
        closing_date,
        null,
        owner_id
    from known
    where assumed_until > from_day
)
select
    s.id,
    s.from_day,
    s.until_day,
    s.is_present,
    d.deleted_at is not null as is_deleted,
    s.is_assumed,
    s.stage,
    s.meaning,
    s.position,
    s.chance as probability,
    s.amount,
    coalesce(s.amount * s.chance * 0.01, 0) as weighted_amount,
    s.closing_date,
    s.closed_day,
    coalesce(source.label, crm.label_or_none(d.lead_source)) as source,
    crm.label_or_none(s.owner_id) as owner_id,
    d.deal_name as name,
    d.account_id,
    d.account_name,
    (d.created_time at time zone o.timezone)::date as day,
    d.synced_at,
    s.version,
    s.said_from,
    s.said_until,
    s.is_start_known
from spans s
join crm.crm_deals d on d.id = s.id
left join crm.text_labels source
    on source.field = 'Lead_Source' and source.key = crm.text_key(d.lead_source)
join crm.organisation o on o.singleton
