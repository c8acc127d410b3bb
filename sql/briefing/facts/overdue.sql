-- stances: overdue_more, overdue_fewer, overdue_same
-- Open deals past their closing date at the end of the day against seven days before. Same: they
-- differ by one, or less than a tenth. Of fewer deals that are worth more than those were nothing is
-- said: it is no relief.

with overdue as (
    select
        d.day,
        count(h.id) as deals,
        sum(h.amount) as value,
        array_agg(h.id order by h.closing_date, h.id) filter (where h.id is not null) as records
    from (values (%(day)s::date), (%(day)s::date - 7)) d (day)
    left join analytics.deal_history h
        on h.from_day <= d.day and (h.until_day is null or h.until_day > d.day)
        and h.meaning = 'open' and h.closing_date <= d.day
    group by d.day
)
select
    case
        when measures.is_level(t.deals, b.deals) then 'overdue_same'
        when t.deals > b.deals then 'overdue_more'
        else 'overdue_fewer'
    end as stance,
    '' as subject,
    t.records,
    b.day as first_day,
    coalesce(t.value, 0) as weight,
    t.deals as n,
    t.value as money,
    b.deals as before
from overdue t
join overdue b on b.day = t.day - 7
where t.day = %(day)s and t.deals > 0
    and not (t.deals < b.deals and not measures.is_level(t.deals, b.deals) and t.value > b.value)
    and exists (select from analytics.kpis where day = b.day)
    and b.day >= (select since from measures.first_records() where entity = 'deal')
