-- grain: one row: how many deals of the chosen sources and owners are in no value that is shown
-- open_deals: now, with an amount that has no value in the home currency; null before the first sync.
-- won_deals, lost_deals: of no known value, for want of an amount or of a rate, closed in the last twelve
-- months up to the period's end.

select k.unconverted_deals as open_deals, u.won_deals, u.lost_deals
from measures.unvalued_deals(
    (%(last_day)s::date - interval '1 year')::date + 1, %(last_day)s::date, %(sources)s, %(owners)s
) u
left join measures.kpis(%(today)s::date, %(today)s::date, %(sources)s, %(owners)s) k on true
