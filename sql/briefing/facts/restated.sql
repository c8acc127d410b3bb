-- stances: restated_leads, restated_won, restated_lost, restated_pipeline, restated_definition
-- Figures at a glance of the fourteen days before that changed since the last briefing. Leads are told
-- where a tenth of them changed, the pipeline where a hundredth did. Where the way of counting
-- changed, it is that which is told, and of how many told days, however long ago. What became known of the time before the first read,
-- from Zoho's own history, is no change of records and is told in the dashboard alone.
-- before: what readers know of the day: what its briefing said at a glance, or the last correction that
-- was in a message; a correction for which there was no room told nobody.

with last_told as (
    select max(created_at) as created_at
    from analytics.ai_briefings_log
    where day < %(day)s
),
changed as (
    select
        r.day,
        r.figure,
        (array_agg(r.before order by r.restated_at))[1] as before,
        (array_agg(r.after order by r.restated_at desc))[1] as after,
        bool_or(r.reason = 'definition changed') as is_redefined,
        bool_or(r.reason = 'history learned from Zoho') as is_learned
    from analytics.restatements r
    join last_told t on r.restated_at > t.created_at
    where r.day < %(day)s
        and (r.day >= %(day)s::date - 14 or r.reason = 'definition changed')
        and r.figure in ('new_leads', 'won_deals', 'lost_deals', 'open_pipeline_value')
        and exists (select from analytics.ai_briefings_log l where l.day = r.day)
    group by r.day, r.figure
),
told as (
    select c.*, s.stance, case when c.is_redefined then c.before else coalesce(i.told, g.told, c.before) end as told
    from changed c
    join (values
        ('new_leads', 'restated_leads', 'n'),
        ('won_deals', 'restated_won', 'won'),
        ('lost_deals', 'restated_lost', 'lost'),
        ('open_pipeline_value', 'restated_pipeline', 'money')
    ) s (figure, stance, said) using (figure)
    left join lateral (
        select (f.figures ->> s.said)::numeric as told
        from analytics.ai_briefings_log l
        cross join jsonb_to_recordset(l.facts) f (kind text, figures jsonb)
        where l.day = c.day and f.kind = 'glance'
        order by l.id desc
        limit 1
    ) g on true
    left join lateral (
        select coalesce(i.figures ->> 'n', i.figures ->> 'money')::numeric as told
        from analytics.briefing_items i
        where i.stance = s.stance and i.subject = c.day::text and i.in_message
            and i.day < %(day)s
            and i.briefing_id in (select max(id) from analytics.ai_briefings_log group by day)
        order by i.day desc
        limit 1
    ) i on true
),
known as (
    select
        day, figure, stance, told as before, after, is_redefined, is_learned,
        figure = 'open_pipeline_value' as is_money
    from told
    where told is not null and after is not null and told <> after
)
select
    stance,
    day::text as subject,
    day as first_day,
    0::numeric as weight,
    case when not is_money then after end as n,
    case when is_money then after end as money,
    before,
    day as date
from known
where not is_redefined and not is_learned and abs(after - before) >= abs(before) * case figure
    when 'new_leads' then 0.1
    when 'open_pipeline_value' then 0.01
    else 0
end
union all
select 'restated_definition', '', min(day), 0, count(distinct day), null, null, null
from known
where is_redefined
having count(*) > 0
