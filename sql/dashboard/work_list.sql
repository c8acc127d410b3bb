-- grain: one row per record of the work list that the viewer has not put aside, the most urgent first
-- mine: only those whose owner logs in with the viewer's address. aged: the rows that are only old
-- too, after all others. all_records, all_value, aged_records, aged_value: of the whole list, under the
-- same filters; aside_records: how many of it the viewer has put aside. At most %(most)s rows.

with kept as not materialized (
    select
        w.*,
        m.viewer is not null as is_aside
    from analytics.work_list w
    left join analytics.work_list_marks m
        on m.viewer = %(viewer)s
        and m.module = w.module
        and m.record_id = w.id
        and m.hidden_until > now()
    left join crm.leads_raw l on %(mine)s and w.module = 'Leads' and l.id = w.id
    left join crm.crm_deals d on %(mine)s and w.module = 'Deals' and d.id = w.id
    where (%(sources)s::text[] is null or w.source = any(%(sources)s))
        and (%(owners)s::text[] is null or w.owner_id = any(%(owners)s))
        and (
            not %(mine)s
            or lower(coalesce(l.raw_data, d.raw_data) #>> '{Owner,email}') = %(viewer)s
        )
),
counted as (
    select
        count(*) filter (where not is_aged and not is_aside) as all_records,
        sum(value) filter (where not is_aged and not is_aside) as all_value,
        count(*) filter (where is_aged and not is_aside) as aged_records,
        sum(value) filter (where is_aged and not is_aside) as aged_value,
        count(*) filter (where is_aside) as aside_records
    from kept
),
listed as (
    select *
    from kept
    where not is_aside and (%(aged)s or not is_aged)
    order by is_aged, score desc, value desc nulls last, id
    limit %(most)s
)
select
    w.module,
    w.id,
    w.reasons,
    w.is_aged,
    w.value,
    w.closing_date,
    w.days_overdue,
    w.days_left,
    w.days_quiet,
    w.times_pushed,
    w.last_activity_time,
    w.unrecorded_meeting_at,
    c.all_records,
    c.all_value,
    c.aged_records,
    c.aged_value,
    c.aside_records,
    coalesce(o.owner_name, w.owner_id) as owner_name,
    coalesce(l.created_time, d.created_time) as created_time,
    coalesce(nullif(l.full_name, ''), d.deal_name, '(no name)') as name,
    coalesce(l.company, d.account_name) as company,
    d.stage,
    l.lead_status
from listed w
cross join counted c
left join analytics.owners o on o.owner_id = w.owner_id
left join crm.leads_raw l on w.module = 'Leads' and l.id = w.id
left join crm.crm_deals d on w.module = 'Deals' and d.id = w.id
order by w.is_aged, w.score desc, w.value desc nulls last, w.id
