-- Keep what Zoho says of the company in place of what it said before. A part that is null was not
-- told this time and stays as it was.
with fiscal as (
    select
        array_position(
            array['JANUARY', 'FEBRUARY', 'MARCH', 'APRIL', 'MAY', 'JUNE', 'JULY', 'AUGUST',
                'SEPTEMBER', 'OCTOBER', 'NOVEMBER', 'DECEMBER'],
            upper(f ->> 'start_month')
        ) as first_month,
        f ->> 'display_based_on' = 'end_month' as by_end
    from (select %(fiscal_year)s::jsonb as f) told
    where f is not null
),
week (name, number) as (values
    ('monday', 1), ('tuesday', 2), ('wednesday', 3), ('thursday', 4), ('friday', 5),
    ('saturday', 6), ('sunday', 7)
),
hours as (
    select
        h,
        (select number from week where name = lower(h ->> 'week_starts_on')) as starts_on,
        (
            select array_agg(number order by number)
            from week
            join jsonb_array_elements_text(case jsonb_typeof(h -> 'business_days')
                when 'array' then h -> 'business_days' else '[]' end) d (day)
                on name = lower(d.day)
        ) as days
    from (select %(business_hours)s::jsonb as h) told
    where h is not null
),
currencies as (
    select *
    from jsonb_to_recordset(%(currencies)s::jsonb) as c (
        iso_code text, name text, symbol text, exchange_rate text, is_base boolean,
        is_active boolean, exchange_rate_updated_time text
    )
    where iso_code is not null
),
no_longer as (
    delete from crm.currencies
    where %(currencies)s::jsonb is not null
    and iso_code not in (select iso_code from currencies)
),
kept_currencies as (
    insert into crm.currencies
        (iso_code, name, symbol, exchange_rate, is_home, is_active, rate_updated_at)
    select
        upper(iso_code),
        name,
        symbol,
        crm.to_number(to_jsonb(exchange_rate)),
        coalesce(is_base, false),
        coalesce(is_active, true),
        crm.to_time(exchange_rate_updated_time)
    from currencies
    on conflict (iso_code) do update
    set
        name = excluded.name,
        symbol = excluded.symbol,
        exchange_rate = excluded.exchange_rate,
        is_home = excluded.is_home,
        is_active = excluded.is_active,
        rate_updated_at = excluded.rate_updated_at
),
holidays as (
    select distinct on (h.date) h.date::date as day, coalesce(nullif(btrim(h.name), ''), '') as name
    from jsonb_to_recordset(%(holidays)s::jsonb) as h (date text, name text, type text)
    where h.date ~ '^\d{4}-\d\d-\d\d$' and h.type is distinct from 'shift_holiday'
    order by h.date, h.name
),
-- Those of a year gone by are no longer told, and were holidays all the same.
cancelled as (
    delete from crm.holidays
    where told_by = 'zoho'
    and day >= (select min(day) from holidays)
    and day not in (select day from holidays)
),
kept_holidays as (
    insert into crm.holidays (day, name, told_by)
    select day, name, 'zoho'
    from holidays
    on conflict (day) do update set name = excluded.name where holidays.told_by = 'zoho'
),
stages as (
    select distinct on (l.id, p.name, s.stage)
        l.id as layout_id,
        l.name as layout,
        p.name as pipeline,
        s.stage,
        s.number::integer as position,
        case lower(s.told)
            when 'open' then 'open'
            when 'closed won' then 'won'
            when 'closed lost' then 'lost'
        end as meaning
    from jsonb_to_recordset(%(layouts)s::jsonb) as l (id text, name text, pipelines jsonb)
    cross join lateral (
        select coalesce(v ->> 'display_value', v ->> 'actual_value', '') as name, v -> 'maps' as maps
        from jsonb_array_elements(l.pipelines) v
    ) p
    cross join lateral (
        select
            crm.text_label(coalesce(m ->> 'actual_value', m ->> 'display_value')) as stage,
            coalesce(m ->> 'deal_category', m ->> 'forecast_type') as told,
            number
        from jsonb_array_elements(case jsonb_typeof(p.maps) when 'array' then p.maps else '[]' end)
            with ordinality x (m, number)
    ) s
    where s.stage is not null
    order by l.id, p.name, s.stage, s.number
),
-- Those of a layout or pipeline that is no more stay: what its deals said then meant what it did.
kept_stages as (
    insert into crm.stage_layouts (layout_id, layout, pipeline, stage, position, meaning)
    select layout_id, layout, pipeline, stage, position, meaning
    from stages
    on conflict (layout_id, pipeline, stage) do update
    set layout = excluded.layout, position = excluded.position, meaning = excluded.meaning
),
-- A status that is not told is no sign that somebody left.
people as (
    select id, bool_or(coalesce(lower(status), 'active') = 'active') as is_active
    from jsonb_to_recordset(%(users)s::jsonb) as u (id text, status text)
    where id is not null
    group by id
),
gone_people as (
    update crm.users
    set is_active = false
    where is_active and exists (select from people) and id not in (select id from people)
),
kept_people as (
    insert into crm.users (id, is_active)
    select id, is_active
    from people
    on conflict (id) do update set is_active = excluded.is_active
    where crm.users.is_active <> excluded.is_active
)
update crm.organisation o
set
    fiscal_start_month = coalesce((select first_month from fiscal), o.fiscal_start_month),
    fiscal_named_by_end = coalesce((select by_end from fiscal), o.fiscal_named_by_end),
    week_starts_on = coalesce((select starts_on from hours), o.week_starts_on),
    business_days = coalesce((select days from hours), o.business_days),
    business_hours = coalesce((select h from hours), o.business_hours),
    profiled_at = now()
where o.singleton
