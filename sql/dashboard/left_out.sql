-- grain: one row: how many deals of the chosen sources and owners are in no value that is shown
-- open_deals: now, with an amount that has no value in the home currency. won_deals, lost_deals: of no
-- known value, for want of an amount or of a rate, closed in the last twelve months up to the period's end.

select
    (
        select k.unconverted_deals
        from measures.kpis(%(today)s::date, %(today)s::date, %(sources)s, %(owners)s) k
    ) as open_deals,
    count(*) filter (where d.meaning = 'won') as won_deals,
    count(*) filter (where d.meaning = 'lost') as lost_deals
from analytics.deals d
where d.amount is null
    and d.closed_day > %(last_day)s::date - interval '1 year'
    and d.closed_day <= %(last_day)s::date
    and (%(sources)s::text[] is null or d.source = any(%(sources)s))
    and (%(owners)s::text[] is null or d.owner_id = any(%(owners)s))
