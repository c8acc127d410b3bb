-- stances: pushed, cut, raised, priced, back
-- Open deals that on the day got a later closing date, an amount smaller or larger by a tenth or
-- more, an amount where there never was one, or an earlier stage. Another exchange rate is no other
-- amount. At stake in another amount is what is gone or has come.

with compared as (
    select
        n.id,
        n.name,
        n.amount,
        b.amount as amount_before,
        (n.original_amount, n.currency) is distinct from (b.original_amount, b.currency) as is_another,
        not exists (
            select from analytics.deal_history e
            where e.id = n.id and e.from_day < %(day)s and e.original_amount <> 0
        ) as was_without,
        n.closing_date,
        n.closing_date - b.closing_date as days,
        n.stage,
        b.stage as stage_before,
        n.position < b.position and not b.is_assumed as is_back
    from analytics.deal_history n
    join analytics.deal_history b
        on b.id = n.id and b.from_day < %(day)s
        and (b.until_day is null or b.until_day >= %(day)s)
    where n.from_day = %(day)s and (n.until_day is null or n.until_day > %(day)s)
        and n.meaning = 'open' and b.meaning = 'open'
)
select
    s.stance,
    c.id as subject,
    array[c.id] as records,
    %(day)s::date as first_day,
    case when s.stance in ('cut', 'raised') then abs(c.amount - c.amount_before)
        else coalesce(c.amount, 0) end as weight,
    c.name as deal,
    c.amount as money,
    case when s.stance in ('cut', 'raised') then c.amount_before end as before,
    case when s.stance = 'pushed' then c.days end as days,
    case when s.stance = 'pushed' then c.closing_date end as date,
    case when s.stance = 'back' then c.stage end as stage,
    case when s.stance = 'back' then c.stage_before end as stage_before
from compared c
cross join lateral (values
    ('pushed', c.days > 0),
    ('cut', c.is_another and c.amount < c.amount_before and c.amount <= 0.9 * c.amount_before),
    ('raised', c.is_another and c.amount_before > 0 and c.amount >= 1.1 * c.amount_before),
    ('priced', c.was_without and c.amount > 0),
    ('back', c.is_back)
) s (stance, holds)
where s.holds
