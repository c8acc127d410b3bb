-- Whether the parts of the pipeline's movement add up; see glance.sql.

-- name: parts
with moves as (
    select kind, sum(value) as value
    from analytics.pipeline_movements
    where day > %(day)s::date - 7 and day <= %(day)s
    group by kind
)
select coalesce((select value from moves where kind = 'opened'), 0) = %(opened)s
    and coalesce((select -value from moves where kind = 'won'), 0) = %(won)s
    and coalesce((select -value from moves where kind = 'lost'), 0) = %(lost)s
    and coalesce((
        select sum(-p.value) = %(deal_money)s and 2 * %(deal_money)s > %(lost)s
        from analytics.pipeline_movements p
        join analytics.deal_history h using (id)
        where p.kind = 'lost' and h.is_present and h.name = %(deal)s
            and p.day > %(day)s::date - 7 and p.day <= %(day)s
        group by p.id
        having sum(-p.value) = %(deal_money)s
    ), %(deal)s is null and %(deal_money)s is null)
    and coalesce((select sum(value) from moves), 0) = (
        select t.open_pipeline_value - b.open_pipeline_value
        from analytics.kpis t, analytics.kpis b
        where t.day = %(day)s and b.day = %(day)s::date - 7)
    and coalesce((
        select sum(value) from moves where kind not in ('opened', 'won', 'lost')
    ), 0) = 0

-- name: parts_more
with moves as (
    select kind, sum(value) as value
    from analytics.pipeline_movements
    where day > %(day)s::date - 7 and day <= %(day)s
    group by kind
)
select coalesce((select value from moves where kind = 'opened'), 0) = %(opened)s
    and coalesce((select -value from moves where kind = 'won'), 0) = %(won)s
    and coalesce((select -value from moves where kind = 'lost'), 0) = %(lost)s
    and coalesce((
        select sum(-p.value) = %(deal_money)s and 2 * %(deal_money)s > %(lost)s
        from analytics.pipeline_movements p
        join analytics.deal_history h using (id)
        where p.kind = 'lost' and h.is_present and h.name = %(deal)s
            and p.day > %(day)s::date - 7 and p.day <= %(day)s
        group by p.id
        having sum(-p.value) = %(deal_money)s
    ), %(deal)s is null and %(deal_money)s is null)
    and coalesce((select sum(value) from moves), 0) = (
        select t.open_pipeline_value - b.open_pipeline_value
        from analytics.kpis t, analytics.kpis b
        where t.day = %(day)s and b.day = %(day)s::date - 7)
    and coalesce((
        select sum(value) from moves where kind not in ('opened', 'won', 'lost')
    ), 0) = %(other)s and %(other)s > 0

-- name: parts_less
with moves as (
    select kind, sum(value) as value
    from analytics.pipeline_movements
    where day > %(day)s::date - 7 and day <= %(day)s
    group by kind
)
select coalesce((select value from moves where kind = 'opened'), 0) = %(opened)s
    and coalesce((select -value from moves where kind = 'won'), 0) = %(won)s
    and coalesce((select -value from moves where kind = 'lost'), 0) = %(lost)s
    and coalesce((
        select sum(-p.value) = %(deal_money)s and 2 * %(deal_money)s > %(lost)s
        from analytics.pipeline_movements p
        join analytics.deal_history h using (id)
        where p.kind = 'lost' and h.is_present and h.name = %(deal)s
            and p.day > %(day)s::date - 7 and p.day <= %(day)s
        group by p.id
        having sum(-p.value) = %(deal_money)s
    ), %(deal)s is null and %(deal_money)s is null)
    and coalesce((select sum(value) from moves), 0) = (
        select t.open_pipeline_value - b.open_pipeline_value
        from analytics.kpis t, analytics.kpis b
        where t.day = %(day)s and b.day = %(day)s::date - 7)
    and coalesce((
        select sum(value) from moves where kind not in ('opened', 'won', 'lost')
    ), 0) = 0 - %(other)s and %(other)s > 0
