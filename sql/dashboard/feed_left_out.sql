-- grain: one row: how many restated figures of the period the feed leaves out for the filters
-- They are of the whole company; of those left out no record is known to be of the chosen sources and
-- owners (measures.of_chosen).

select count(*) as restated
from (
    select distinct on (day, figure) day, figure, records
    from analytics.restatements
    where day between %(first_day)s::date and %(last_day)s::date
    order by day, figure, restated_at desc
) r
where coalesce(%(sources)s::text[], %(owners)s::text[]) is not null
    and not exists (select from measures.of_chosen(r.records, %(sources)s, %(owners)s))
