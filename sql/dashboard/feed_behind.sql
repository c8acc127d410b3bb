-- grain: one row per deal, lead or source behind an entry of the feed, at most three an entry
-- %(kinds)s, %(days)s, %(figures)s, %(spans)s: the entries, as rows of feed.sql say them. What did most
-- comes first: deals by what they moved in the open pipeline on these days, or by their amount where
-- they were won or lost; of leads the sources they came from, for the junk share those of junk. Of a
-- restated figure the records that landed since it was told. name: as of now. is_record: not a source.
-- all_behind: how many they are. Of the chosen sources and owners; where one source is chosen, it is
-- not named as what is behind its own leads.

with entries as (
    select *
    from unnest(%(kinds)s::text[], %(days)s::date[], %(figures)s::text[], %(spans)s::integer[])
        e (kind, day, figure, days)
),
unusual as (
    select * from entries where kind = 'unusual'
),
movements as (
    -- Summed once for all figures of the same days, and only the first three are sorted.
    select s.day, m.*
    from (
        select day, days, array_agg(figure) as figures
        from unusual
        where figure in ('open_deals', 'open_pipeline_value', 'weighted_pipeline_value')
        group by day, days
    ) s
    cross join lateral (
        with moved as materialized (
            select
                m.id,
                sum(m.deals) as deals,
                sum(m.value) as value,
                sum(m.weighted_value) as weighted_value
            from analytics.pipeline_movements m
            where m.day between s.day - s.days + 1 and s.day
                and (%(sources)s::text[] is null or m.source = any(%(sources)s))
                and (%(owners)s::text[] is null or m.owner_id = any(%(owners)s))
            group by m.id
        )
        select f.figure, t.*
        from unnest(s.figures) f (figure)
        cross join lateral (
            select id, size, count(*) over () as all_behind
            from (
                select id, case f.figure
                    when 'open_deals' then deals
                    when 'open_pipeline_value' then value
                    else weighted_value
                end as size
                from moved
            ) d
            where size <> 0
            order by abs(size) desc, id
            limit 3
        ) t
    ) m
),
parts as (
    select
        e.day,
        e.figure,
        d.id as part,
        true as is_record,
        coalesce(d.amount, 0) as size,
        null::bigint as all_behind
    from unusual e
    join analytics.deals d on d.closed_day = e.day and e.figure ^@ (d.meaning || '_')
    where (%(sources)s::text[] is null or d.source = any(%(sources)s))
        and (%(owners)s::text[] is null or d.owner_id = any(%(owners)s))
    union all
    select e.day, e.figure, p.source, false, sum(p.new_leads), null
    from unusual e
    join analytics.change_parts p on p.day = e.day
    where e.figure = 'new_leads'
        and cardinality(%(sources)s::text[]) is distinct from 1
        and (%(sources)s::text[] is null or p.source = any(%(sources)s))
        and (%(owners)s::text[] is null or p.owner_id = any(%(owners)s))
    group by e.day, e.figure, p.source
    union all
    select e.day, e.figure, w.source, false, sum(w.junk_leads), null
    from unusual e
    join analytics.week_leads w on w.day = e.day
    where e.figure = 'junk_pct'
        and cardinality(%(sources)s::text[]) is distinct from 1
        and (%(sources)s::text[] is null or w.source = any(%(sources)s))
        and (%(owners)s::text[] is null or w.owner_id = any(%(owners)s))
    group by e.day, e.figure, w.source
    union all
    select day, figure, id, true, size, all_behind
    from movements
),
ranked as (
    select
        'unusual' as kind,
        day,
        figure,
        part,
        is_record,
        row_number() over entry as place,
        coalesce(all_behind, count(*) over (partition by day, figure)) as all_behind
    from parts
    where size <> 0 or figure ~ '^(won|lost)_'
    window entry as (partition by day, figure order by abs(size) desc, part)
    union all
    select e.kind, e.day, e.figure, p.id, true, row_number() over entry,
        case
            when coalesce(%(sources)s::text[], %(owners)s::text[]) is null then r.records_in_all
            else count(*) over (partition by e.day, e.figure)
        end
    from entries e
    cross join lateral (
        select records, records_in_all
        from analytics.restatements
        where day = e.day and figure = e.figure
        order by restated_at desc
        limit 1
    ) r
    cross join lateral unnest(r.records) with ordinality p (id, place)
    where e.kind = 'restated'
        and (
            coalesce(%(sources)s::text[], %(owners)s::text[]) is null
            or exists (select from measures.of_chosen(array[p.id], %(sources)s, %(owners)s))
        )
    window entry as (partition by e.day, e.figure order by p.place)
)
select
    r.kind,
    r.day,
    r.figure,
    -- Looked up one by one: of all their records it is a few.
    coalesce(
        case when r.is_record then (select deal_name from crm.crm_deals where id = r.part) end,
        case when r.is_record then (select full_name from crm.leads_raw where id = r.part) end,
        r.part
    ) as name,
    r.is_record,
    r.all_behind
from ranked r
where r.place <= 3
order by r.day desc, r.kind, r.figure, r.place
