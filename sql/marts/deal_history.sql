-- grain: one row per content of a deal: what it said, from one day to another
-- kind: incremental
-- records: crm.crm_deals
-- index: id, day, closed_day+amount, synced_at, owner_id
-- owner: sales operations
-- crm.record_versions holds each former content and when another took its place, the module table
-- holds the present one. Neighbours that say the same of stage, money, probability, closing date and
-- owner are one content: a save that changes none of these moves nothing.
-- What it said before it was first watched is told by Zoho's own history where that was read
-- (measures.contents_before), and never instead of what was watched. Currency, rate, layout and
-- pipeline are taken to have been the first ones watched, since no history has them.
-- Before the first content known there is no record of what was said, so that content reaches back
-- to Created_Time. If a deal is closed in it, the deal counts as open until the day it closed, with
-- the same amount: that time is a row of its own (is_assumed), at the stage '(not known)', and so is
-- one of which Zoho's history does not tell the stage before a closed one. What its probability was
-- is not known, so it weighs nothing and is counted by measures of the weighted pipeline as a deal
-- without a weight.
-- A deal is won or lost on one day, closed_day: its closing date, but never later than the day it
-- was first seen so. From that day on it is out of the open pipeline, also where it was read as open
-- later than that.
-- A content holds on each day from from_day until before until_day (null: it still holds; the day
-- on which the deal was deleted, for the last content of a deleted deal). One that was replaced on
-- the day it was written holds on none. The contents of a deal leave no gap and do not overlap.
-- is_present: the content that the module table holds. is_deleted: the deal is deleted by now.
-- meaning: of the stage in crm.picklist_meaning; an empty or unlisted stage counts as open. A stage
-- that means one thing in one layout or pipeline and another in another (crm.stage_layouts) means
-- what that of the deal says, and is a stage of its own for each meaning: 'Closed (won)'.
-- position: of the stage; an empty one at the first open step, unlisted ones just after the last,
-- '(not known)' before all.
-- version: of crm.record_versions, null where the module table holds it, below 0 where Zoho's
-- history tells it; it orders the contents.
-- said_from, said_until: when the content held, to the second; a first content from Created_Time.
-- Both are null where is_assumed.
-- is_start_known: false where it is not known since when the deal stood in the stage: for a first
-- content that was written a day or more after the creation with no history before it, and for one
-- of which the history does not tell. All other times are as exact as the daily reads.
-- known_by: what its beginning is known by: watched, zoho_history, or assumed: taken to have said then
-- what it said next. known_from: from that day on what it says is known; null: on no day.
-- is_unconverted: it has an amount that cannot be had in the home currency (measures.home_amount).
-- figures:
--   probability (percent): won 100, lost 0; open: the deal's own Probability if it can be one, else
--     the stage's
--   amount (money): Amount in the home currency by the deal's own rate; null where empty, and where
--     it cannot be converted
--   weighted_amount (money): amount times probability, exact; an open deal without amount or
--     probability weighs 0
--   original_amount (number): Amount as in Zoho, in the currency of the deal
--   exchange_rate (number): Exchange_Rate as in Zoho

with changed as (
    select id
    from (
        select id, synced_at from crm.crm_deals where synced_at > %(since)s
        union
        select record_id, read_at
        from crm.record_history_reads
        where module = 'Deals' and read_at > %(since)s
        except
        select id, synced_at from analytics.deal_history where synced_at > %(since)s
    ) landed
),
-- Once, not for each content.
stages as materialized (
    select
        min(position) filter (where meaning = 'open') as first,
        coalesce(max(position) filter (where meaning = 'open'), 0) + 1 as unlisted,
        max(position) filter (where meaning = 'won') as won,
        max(position) filter (where meaning = 'lost') as lost
    from crm.picklist_meaning
    where module = 'Deals'
),
disputed as materialized (
    select layout_id, crm.text_key(pipeline) as pipeline, crm.text_key(stage) as stage, meaning
    from crm.stage_layouts
    where crm.text_key(stage) in (
        select crm.text_key(stage) from crm.stage_layouts group by 1 having count(distinct meaning) > 1
    )
),
company as materialized ( -- else how rates are read is worked out for each content
    select
        o.timezone,
        o.currency as home,
        h.dollars as home_dollars,
        measures.company_rate_reading() as reading
    from crm.organisation o
    left join crm.currency_worth h on h.currency = o.currency
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
        currency,
        exchange_rate,
        probability,
        closing_date,
        owner_id,
        layout_id,
        pipeline
    from crm.record_versions
    where module = 'Deals'
    and id in (select id from changed)
    window record as (partition by id order by version)
),
contents as (
    select
        d.id,
        null::bigint as version,
        coalesce(f.said_until, d.created_time, d.modified_time, d.synced_at) as since,
        coalesce(f.said_until, d.content_since, d.modified_time, d.created_time, d.synced_at)
            as written_at,
        d.stage,
        d.amount,
        d.currency,
        d.exchange_rate,
        d.probability,
        d.closing_date,
        d.owner_id,
        d.layout_id,
        d.pipeline
    from crm.crm_deals d
    left join former f on f.id = d.id and f.is_last
    where d.id in (select id from changed)
    union all
    select
        f.id,
        f.version,
        coalesce(f.said_from, d.created_time, d.modified_time, d.synced_at),
        coalesce(f.said_from, f.modified_time, d.created_time, d.synced_at),
        f.stage,
        f.amount,
        f.currency,
        f.exchange_rate,
        f.probability,
        f.closing_date,
        f.owner_id,
        f.layout_id,
        f.pipeline
    from former f
    join crm.crm_deals d on d.id = f.id
),
-- Those of which Zoho's history was read: when, and what was first watched.
history_reads as (
    select record_id as id, max(read_at) as read_at
    from crm.record_history_reads
    where module = 'Deals' and record_id in (select id from changed)
    group by record_id
),
first_read as (
    select distinct on (c.id) c.*
    from contents c
    join history_reads r on r.id = c.id
    order by c.id, c.version
),
-- One by one: in one go over many records its plan, which knows not how many, takes the square.
learned as (
    select
        l.*,
        -row_number() over (partition by l.id order by l.said_from desc) as version,
        l.said_from as written_at
    from (
        select
            array[f.id] as ids,
            array[d.created_time] as created_times,
            array[f.written_at] as read_times,
            array[jsonb_build_object(
                'Stage', f.stage, 'Amount', f.amount, 'Probability', f.probability,
                'Closing_Date', f.closing_date, 'Owner', f.owner_id
            )] as contents
        from first_read f
        join crm.crm_deals d on d.id = f.id
    ) f
    cross join lateral measures.contents_before(
        'Deals', f.ids, f.created_times, f.read_times, f.contents
    ) l
),
all_contents as (
    select *, null::timestamptz as assumed_until, null::boolean as is_stage_known
    from contents
    union all
    select
        l.id,
        l.version,
        l.said_from,
        l.written_at,
        l.said ->> 'Stage',
        (l.said ->> 'Amount')::numeric,
        f.currency,
        f.exchange_rate,
        (l.said ->> 'Probability')::numeric,
        (l.said ->> 'Closing_Date')::date,
        l.said ->> 'Owner',
        f.layout_id,
        f.pipeline,
        l.assumed_until,
        ('Stage' = any(l.assumed)) is not true
    from learned l
    join first_read f on f.id = l.id
),
-- Each spelling once: its label takes longer to work out than all else of a content.
labels as materialized (
    select
        s.field,
        s.value,
        crm.text_key(s.value) as key,
        coalesce(t.label, crm.label_or_none(s.value)) as shown
    from (
        select 'Stage' as field, coalesce(stage, '') as value from all_contents
        union
        select 'owner_id', coalesce(owner_id, '') from all_contents
    ) s
    left join crm.text_labels t on t.field = s.field and t.key = crm.text_key(s.value)
),
named as (
    select
        c.*,
        case when not u.is_unplaced then l.shown end as listed_name,
        case when u.is_unplaced then '(not known)'
            else concat(l.shown, ' (' || p.meaning || ')') end as stage_name,
        u.is_unplaced,
        case when not u.is_unplaced then p.meaning end as pipeline_meaning,
        w.shown as owner
    from all_contents c
    join labels l on l.field = 'Stage' and l.value = coalesce(c.stage, '')
    join labels w on w.field = 'owner_id' and w.value = coalesce(c.owner_id, '')
    cross join lateral (
        select case when count(distinct d.meaning) = 1 then min(d.meaning) end as meaning
        from disputed d
        where d.stage = l.key
        and (c.layout_id is null or d.layout_id = c.layout_id)
        and (c.pipeline is null or d.pipeline = crm.text_key(c.pipeline))
    ) p
    -- Nobody takes a deal to have been closed of which that is not known.
    cross join lateral (
        select c.is_stage_known is false and coalesce(p.meaning, (
            select m.meaning
            from crm.picklist_meaning m
            where m.module = 'Deals' and m.value = l.shown
        ), 'open') in ('won', 'lost') as is_unplaced
    ) u
),
compared as (
    select
        *,
        -- What was first watched holds since then where its past is told, else since the creation.
        case when lag(version) over record < 0 then written_at else since end as said_from,
        lag(id) over record is null as is_first,
        (stage_name, amount, currency, exchange_rate, probability, closing_date, owner)
            is distinct from (
                lag(stage_name) over record,
                lag(amount) over record,
                lag(currency) over record,
                lag(exchange_rate) over record,
                lag(probability) over record,
                lag(closing_date) over record,
                lag(owner) over record
            )
            or assumed_until is not null and lag(assumed_until) over record is null as is_another
    from named
    window record as (partition by id order by version)
),
different as (
    select
        *,
        lead(said_from) over record as next_from,
        lead(id) over record is null as is_present
    from compared
    where is_another
    window record as (partition by id order by version)
),
meant as (
    select
        c.*,
        d.deleted_at,
        case
            when c.version < 0 then c.is_stage_known
            else not c.is_first
                or coalesce(c.written_at < d.created_time + interval '1 day', false)
        end as is_start_known,
        case
            when c.version < 0 then c.assumed_until
            when c.is_first and c.written_at > d.created_time then c.written_at
        end as unsure_until,
        coalesce(c.next_from, d.deleted_at) as said_until,
        o.timezone,
        coalesce(c.pipeline_meaning, m.meaning, 'open') as meaning,
        coalesce(
            case
                when c.is_unplaced then 0
                when c.listed_name = '(none)' then s.first
                when c.pipeline_meaning is null or c.pipeline_meaning = m.meaning then m.position
                when c.pipeline_meaning = 'won' then s.won
                when c.pipeline_meaning = 'lost' then s.lost
            end,
            s.unlisted
        ) as position,
        case coalesce(c.pipeline_meaning, m.meaning)
            when 'won' then 100
            when 'lost' then 0
            else coalesce(
                case when c.probability between 0 and 100 then c.probability end,
                case when coalesce(c.pipeline_meaning = m.meaning, true) then m.probability end
            )
        end as chance,
        measures.home_amount(
            c.amount, c.currency, c.exchange_rate, o.home, o.reading, w.dollars / o.home_dollars
        ) as home_amount,
        (c.said_from at time zone o.timezone)::date as said_day,
        (c.written_at at time zone o.timezone)::date as written_day
    from different c
    join crm.crm_deals d on d.id = c.id
    cross join company o
    cross join stages s
    left join crm.picklist_meaning m on m.module = 'Deals' and m.value = c.listed_name
    left join crm.currency_worth w on w.currency = c.currency
),
turned as (
    select
        *,
        count(*) filter (where meaning is distinct from meaning_before) over record as turn
    from (
        select *, lag(meaning) over (partition by id order by version) as meaning_before
        from meant
    ) m
    window record as (partition by id order by version)
),
closed as (
    select
        *,
        -- the closing date that it has by now, but not later than when it was first seen so
        case when meaning in ('won', 'lost') then least(
            last_value(closing_date) over whole, first_value(written_day) over whole
        ) end as closed_day
    from turned
    window whole as (
        partition by id, turn order by version
        rows between unbounded preceding and unbounded following
    )
),
begun as (
    select
        *,
        case
            when is_first and meaning in ('won', 'lost')
                then greatest(said_day, least(closed_day, (said_until at time zone timezone)::date))
            when is_first or closed_day is null or meaning = meaning_before then said_day
            else closed_day
        end as begun_day
    from closed
),
bounded as (
    select
        *,
        -- what closed on an earlier day was nothing else since; nothing is before the creation
        greatest(
            first_value(said_day) over record,
            min(begun_day) over (
                partition by id order by version rows between current row and unbounded following
            )
        ) as from_day
    from begun
    window record as (partition by id order by version)
),
spans as (
    select
        id,
        version,
        said_from,
        said_until,
        is_start_known,
        (unsure_until at time zone timezone)::date as sure_day,
        from_day,
        case
            when not is_present then lead(from_day) over (partition by id order by version)
            when deleted_at is not null
                then greatest(from_day, (deleted_at at time zone timezone)::date)
        end as until_day,
        is_present,
        is_unplaced as is_assumed,
        stage_name as stage,
        meaning,
        position,
        chance,
        home_amount,
        amount,
        currency,
        exchange_rate,
        closing_date,
        closed_day,
        owner
    from bounded
    union all
    select
        id,
        version,
        null,
        null,
        false,
        'infinity',
        said_day,
        from_day,
        false,
        true,
        '(not known)',
        'open',
        0,
        null,
        home_amount,
        amount,
        currency,
        exchange_rate,
        closing_date,
        null,
        owner
    from bounded
    where is_first and said_day < from_day
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
    s.home_amount as amount,
    coalesce(s.home_amount * s.chance * 0.01, 0) as weighted_amount,
    s.closing_date,
    s.closed_day,
    coalesce(source.label, crm.label_or_none(d.lead_source)) as source,
    s.owner as owner_id,
    d.deal_name as name,
    d.account_id,
    d.account_name,
    (d.created_time at time zone o.timezone)::date as day,
    greatest(d.synced_at, r.read_at) as synced_at,
    s.version,
    s.said_from,
    s.said_until,
    s.is_start_known,
    case
        when s.sure_day > s.from_day then 'assumed'
        when s.version < 0 then 'zoho_history'
        else 'watched'
    end as known_by,
    case
        when s.sure_day is null then s.from_day
        when s.sure_day < coalesce(s.until_day, 'infinity') then greatest(s.from_day, s.sure_day)
    end as known_from,
    s.amount as original_amount,
    coalesce(s.currency, o.currency) as currency,
    s.exchange_rate,
    s.amount is not null and s.home_amount is null as is_unconverted
from spans s
join crm.crm_deals d on d.id = s.id
left join history_reads r on r.id = s.id
left join crm.text_labels source
    on source.field = 'Lead_Source' and source.key = crm.text_key(d.lead_source)
join crm.organisation o on o.singleton
