-- One row per record of the window: its newest text, and what it does to the row that is there.
create temporary table incoming on commit drop as
with records as (
    select
        record.value ->> 'id' as id,
        record.value as raw_data,
        crm.to_time(record.value ->> 'Modified_Time') as modified_time,
        page.number as page,
        record.ordinality as place
    from staged_pages page
    cross join lateral jsonb_array_elements(page.body -> 'data') with ordinality as record
),
newest as (
    select distinct on (id) id, raw_data, modified_time
    from records
    where modified_time is null or modified_time < %(until)s
    order by id, modified_time desc nulls last, page desc, place desc
)
select
    n.id,
    n.raw_data,
    n.modified_time,
    case
        when t.id is null then 'inserted'
        when n.modified_time < t.modified_time then 'unchanged'
        when t.raw_data = n.raw_data and t.deleted_at is null then 'unchanged'
        else 'updated'
    end as effect
from newest n
left join crm.{table} t using (id);

create index on incoming (id);
analyze incoming;
