-- stances: pipeline_up, pipeline_down, pipeline_level
-- The open pipeline at the end of the day against seven days before, if the first deal had come by then.
-- Level: they differ by less than a twentieth. assumed: of the earlier one, where it is so much that it
-- has to be told. Nothing is told where deals were open and the value of none was known.

select
    case
        when abs(t.open_pipeline_value - b.open_pipeline_value)
            <= greatest(abs(b.open_pipeline_value) * 0.05, 1) then 'pipeline_level'
        when t.open_pipeline_value > b.open_pipeline_value then 'pipeline_up'
        else 'pipeline_down'
    end as stance,
    '' as subject,
    b.day as first_day,
    abs(t.open_pipeline_value - b.open_pipeline_value) as weight,
    t.open_pipeline_value as money,
    b.open_pipeline_value as before,
    case when b.open_pipeline_value > 0 then
        round(measures.much_assumed(measures.assumed_pct(b.day)), 1)
    end as assumed
from analytics.kpis t
join analytics.kpis b on b.day = t.day - 7
join measures.first_records() r on r.entity = 'deal' and r.since <= b.day
where t.day = %(day)s and (t.open_pipeline_value > 0 or b.open_pipeline_value > 0)
    and measures.known_value(t.open_pipeline_value, t.open_deals, (
        select v.open_value from measures.open_values(t.day) v
    )) is not null
    and measures.known_value(b.open_pipeline_value, b.open_deals, (
        select v.open_value from measures.open_values(b.day) v
    )) is not null
