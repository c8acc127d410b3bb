-- grain: one row per entity and step of analytics.entered_funnel
-- kind: table
-- key: entity, number
-- owner: sales operations
-- Of leads: Created, Qualified, Converted, Won. Of deals: the open stages in their order, by the
-- list of Zoho and, for those that are not on it, by where live deals stand or stood; then Won.
-- figures:
--   number (count): its place among the steps of the entity, from 1
--   stage_position (count): of an open stage, as in analytics.deal_history; null of all other steps

with deal_steps as (
    -- Of a stage of two names the one that its deals are shown with.
    select position, (array_agg(value order by l.label is null, value))[1] as step
    from crm.picklist_meaning
    left join (select distinct label from crm.text_labels where field = 'Stage') l on l.label = value
    where module = 'Deals' and coalesce(meaning, 'open') = 'open'
        -- Zoho's defaults are no steps of a company that has named its own.
        and (
            source <> 'default' or not exists (
                select from crm.picklist_meaning where module = 'Deals' and source = 'crm'
            )
        )
    group by position
),
stages as (
    select
        position,
        step,
        row_number() over (order by position)::integer as number
    from (
        select position, step from deal_steps
        union all
        select position, string_agg(distinct stage, ' / ' order by stage)
        from analytics.stage_deals
        where meaning = 'open' and position not in (select position from deal_steps)
        group by position
    ) s
)
select 'lead' as entity, v.number, v.step, null::integer as stage_position
from (values (1, 'Created'), (2, 'Qualified'), (3, 'Converted'), (4, 'Won')) v (number, step)
union all
select 'deal', number, step, position from stages
union all
select 'deal', coalesce(max(number), 0) + 1, 'Won', null from stages
