-- When the company works: the days of the user's file where it has any, else those of Zoho.
with week (name, number) as (values
    ('monday', 1), ('tuesday', 2), ('wednesday', 3), ('thursday', 4), ('friday', 5),
    ('saturday', 6), ('sunday', 7)
),
told as (
    select
        h,
        h ->> 'type' as kind,
        case jsonb_typeof(h -> 'business_days') when 'array' then h -> 'business_days' else '[]' end
            as days,
        case jsonb_typeof(h -> 'custom_timing') when 'array' then h -> 'custom_timing' else '[]' end
            as timings
    from (select business_hours as h from crm.organisation) o
    where jsonb_typeof(h) = 'object'
),
of_zoho as (
    select
        w.number as weekday,
        case when t.kind = 'custom'
            then crm.to_clock(coalesce(c.t #>> '{business_timing,0}', t.h #>> '{daily_timing,0}'))
            else '00:00'
        end as opens,
        case when t.kind = 'custom'
            then crm.to_clock(coalesce(c.t #>> '{business_timing,1}', t.h #>> '{daily_timing,1}'))
            else '24:00'
        end as closes
    from told t
    cross join week w
    left join lateral (
        select c.t
        from jsonb_array_elements(t.timings) c (t)
        where lower(c.t ->> 'days') = w.name
        limit 1
    ) c on true
    where t.kind = '24*7'
        or w.name in (select lower(d) from jsonb_array_elements_text(t.days) d)
),
of_file as (
    select w.number as weekday, crm.to_clock(l.opens) as opens, crm.to_clock(l.closes) as closes
    from jsonb_to_recordset(%(lines)s::jsonb) as l (day text, opens text, closes text)
    join week w on w.name = l.day
),
hours as (
    select weekday, opens, closes, 'file' as told_by
    from of_file
    union all
    select weekday, opens, closes, 'zoho'
    from of_zoho
    where opens is not null and closes is not null and not exists (select from of_file)
),
gone as (
    delete from crm.business_hours b
    where not exists (select from hours h where h.weekday = b.weekday)
)
insert into crm.business_hours (weekday, opens, closes, told_by)
select weekday, opens, closes, told_by
from hours
on conflict (weekday) do update
set opens = excluded.opens, closes = excluded.closes, told_by = excluded.told_by
where (business_hours.opens, business_hours.closes, business_hours.told_by)
    is distinct from (excluded.opens, excluded.closes, excluded.told_by)
