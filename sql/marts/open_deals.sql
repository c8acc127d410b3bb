-- grain: one row per open deal: how it changed while it was open
-- kind: incremental
-- strategy: delete+insert
-- key: id
-- owner: sales operations
-- Live deals. What lists of open deals are made of, and what they are measured by until now is not
-- here, so that only changed deals are read. Compared are all contents of analytics.deal_history in
-- which the deal was open, also those before it was closed and opened again; what changed as it closed
-- or reopened is no push. furthest_stage: of the open stages that it had reached, the last one;
-- furthest_position: the place of that one.
-- came_at, is_start_known: when it came to its stage, and whether that is known, as in
-- analytics.deal_stays. What else the records say: analytics.open_deal_records, so that a field which
-- Zoho no longer serves stops no figure of the pipeline.
-- figures:
--   amount (money): Amount in the home currency, null where empty
--   weighted_amount (money): amount times probability, 0 without one of them
--   times_pushed (count): how often the closing date became later
--   days_pushed (days): by how many days in all; what was brought forward is not taken off
--   highest_amount (money): highest Amount while open; null where it never had one, and where the
--     present one has no value in the home currency, so that nobody knows which is higher

with compared as (
    select
        h.*,
        -- greatest passes over nulls: an empty date was not pushed
        case when h.meaning = 'open' and lag(h.meaning) over record = 'open'
            then greatest(h.closing_date - lag(h.closing_date) over record, 0)
            else 0
        end as pushed
    from analytics.deal_history h
    where not h.is_assumed
    -- in the order of bytes, which is quicker than that of a language
    window record as (partition by h.id collate "C" order by h.version)
),
deals as (
    select
        *,
        count(*) filter (where pushed > 0) over whole as times_pushed,
        sum(pushed) over whole as days_pushed,
        first_value(stage) over furthest as furthest_stage,
        first_value(position) over furthest as furthest_position,
        case when not is_unconverted then max(amount) filter (where meaning = 'open') over whole end
            as highest_amount
    from compared
    window
        whole as (partition by id collate "C"),
        furthest as (
            partition by id collate "C" order by meaning = 'open' desc, position desc, version
        )
)
select
    d.id,
    d.name,
    d.owner_id,
    d.account_name,
    d.source,
    d.stage,
    d.position,
    d.amount,
    d.weighted_amount,
    d.closing_date,
    d.day,
    d.times_pushed,
    d.days_pushed,
    d.furthest_stage,
    d.furthest_position,
    d.highest_amount,
    s.came_at,
    s.is_start_known
from deals d
left join analytics.deal_stays s on s.id = d.id and s.is_standing
where d.is_present and not d.is_deleted and d.meaning = 'open'
