-- asset: analytics/closing_deals
-- severity: error
-- blocking: yes
-- description: It does not hold each open deal that is due once and with its amount. Run `aha sync`
-- to build it again.

with due as (
    select d.id, d.amount
    from analytics.deals d
    cross join (
        select coalesce(
            (select max(day) from analytics.closing_deals), (now() at time zone o.timezone)::date
        ) as day
        from crm.organisation o
    ) c
    where d.meaning = 'open' and d.closing_date <= c.day + 30
)
select 'deal ' || id as rule, coalesce(d.amount, 0) as expected, coalesce(c.amount, 0) as found
from due d
full join analytics.closing_deals c using (id)
where d.id is null or c.id is null or c.amount is distinct from d.amount
