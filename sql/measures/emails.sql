-- Of which records Zoho's e-mails matter, and of which they were read. Zoho lists those of one record at
-- a time, for a credit: all cannot be asked, and what was not is not known.

-- The records whose e-mails a figure rests on, where calls are read. rank: 1 for open leads of the
-- last 90 days that wait for the first touch, 2 for open deals, 3 for the other leads of these days,
-- whose first touch an e-mail may have been. is_due: they are to be read now. An e-mail moves no time of
-- its record, so those that wait are read again each hour in their first two days, each day from then
-- on; deals each third day, and when they change; of the other leads nothing matters that came later
-- than their first touch or end. What could not be read is tried again after a day.
create function measures.email_records() returns table (
    module text, id text, rank integer, modified_time timestamptz, read_at timestamptz, is_due boolean
)
language sql stable as $$
    with wanted as (
        select
            'Leads' as module,
            l.id,
            case when w.until_at is null then 1 else 3 end as rank,
            l.modified_time,
            l.synced_at,
            w.until_at,
            case when l.created_time > now() - interval '2 days' then interval '1 hour'
                else interval '20 hours' end as rest
        from crm.leads_raw l
        left join crm.picklist_meaning m on m.module = 'Leads' and m.value = l.lead_status
        left join analytics.first_touch f on f.id = l.id
        cross join lateral (
            select case
                when f.first_touch_at <= now() then f.first_touch_at
                when l.is_converted or m.meaning in ('junk', 'lost')
                    then coalesce(l.converted_time, f.ended_at, l.modified_time)
            end as until_at
        ) w
        where l.created_time > now() - interval '90 days' and l.deleted_at is null
        union all
        select 'Deals', d.id, 2, d.modified_time, d.synced_at, null, interval '3 days'
        from crm.crm_deals d
        left join crm.picklist_meaning m on m.module = 'Deals' and m.value = d.stage
        where d.deleted_at is null and coalesce(m.meaning, 'open') not in ('won', 'lost')
    )
    select
        w.module,
        w.id,
        w.rank,
        w.modified_time,
        r.read_at,
        case
            when r.problem is not null and r.asked_at > now() - interval '20 hours' then false
            when r.read_at is null then true
            when w.rank = 3 then r.read_at < w.until_at
            else r.read_at < greatest(w.synced_at, now() - w.rest)
        end
    from wanted w
    left join crm.record_email_reads r on r.module = w.module and r.record_id = w.id
    where exists (select from crm.modules c where c.module = 'Calls' and c.is_configured)
        and not exists (select from crm.forgotten f where f.module = w.module and f.id = w.id)
$$;

-- How far they were read: of how many leads of the last 90 days and of how many open deals, and of how
-- many of each they matter; and why they are not to be had, where they are not. Leads are counted by an
-- index of measures.email_records' condition: there may be very many. Who asks for leads alone pays for
-- them alone.
create function measures.emails_read() returns table (
    leads bigint, read_leads bigint, deals bigint, read_deals bigint, problem text
)
language sql stable as $$
    select
        (
            select count(*)
            from crm.leads_raw l
            where l.created_time > now() - interval '90 days'
                and l.deleted_at is null
                and c.is_configured
        ) - (
            select count(*)
            from crm.forgotten f
            join crm.leads_raw l on l.id = f.id
            where f.module = 'Leads'
                and l.created_time > now() - interval '90 days'
                and l.deleted_at is null
                and c.is_configured
        ),
        (
            select count(*)
            from crm.record_email_reads r
            join crm.leads_raw l on l.id = r.record_id
            where r.module = 'Leads'
                and r.read_at is not null
                and l.created_time > now() - interval '90 days'
                and l.deleted_at is null
                and c.is_configured
                and not exists (select from crm.forgotten f where f.module = 'Leads' and f.id = l.id)
        ),
        (select count(*) from measures.email_records() e where e.module = 'Deals'),
        (select count(e.read_at) from measures.email_records() e where e.module = 'Deals'),
        (
            select string_agg(distinct r.problem, ' ')
            from crm.record_email_reads r
            where r.record_id = ''
        )
    from (
        select bool_or(m.is_configured) as is_configured
        from crm.modules m
        where m.module = 'Calls'
    ) c
$$;
