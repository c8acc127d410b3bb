-- grain: one row per live deal
-- kind: view
-- A live deal is one that is not deleted.
-- meaning: of the stage in crm.picklist_meaning; an empty or unlisted stage counts as open.
-- position: of the stage; unlisted stages just after the last open one.
-- probability (0 to 100): won 100, lost 0; open: the deal's own Probability, else the stage's.
-- amount: as in Zoho, null where empty. weighted_amount: amount times probability, exact; an
-- open deal without amount or probability weighs 0.
-- closed_day: of a won or lost deal, its Closing_Date, else the day it was last modified.

with steps as (
    select coalesce(max(position) filter (where meaning = 'open'), 0) + 1 as unlisted
    from crm.picklist_meaning
    where module = 'Deals'
),
known as (
    select
        d.*,
        o.timezone,
        coalesce(m.meaning, 'open') as meaning,
        coalesce(m.position, s.unlisted) as position,
        case m.meaning
            when 'won' then 100
            when 'lost' then 0
            else coalesce(d.probability, m.probability)
        end as chance
    from crm.crm_deals d
    join crm.organisation o on o.singleton
    cross join steps s
    left join crm.picklist_meaning m on m.module = 'Deals' and m.value = d.stage
    where d.deleted_at is null
)
select
    k.id,
    k.deal_name as name,
    coalesce(nullif(trim(k.stage), ''), '(none)') as stage,
    k.meaning,
    k.position,
    k.chance as probability,
    k.amount,
    k.closing_date,
    case
        when k.meaning in ('won', 'lost')
            then coalesce(k.closing_date, (k.modified_time at time zone k.timezone)::date)
    end as closed_day,
    coalesce(nullif(trim(k.lead_source), ''), '(none)') as source,
    coalesce(nullif(trim(k.owner_id), ''), '(none)') as owner_id,
    coalesce(w.owner_name, nullif(trim(k.owner_id), ''), '(none)') as owner_name,
    k.account_id,
    k.account_name,
    k.created_time,
    (k.created_time at time zone k.timezone)::date as day,
    k.modified_time,
    coalesce(k.amount * k.chance * 0.01, 0) as weighted_amount
from known k
left join analytics.owners w on w.owner_id = k.owner_id
