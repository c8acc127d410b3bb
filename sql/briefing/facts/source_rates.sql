-- stances: junk_highest, conv_highest
-- Of the sources with 30 leads or more created in the 90 days up to the day, the one with the
-- highest share, where there are two or more and no other has it as high. By what the leads said at
-- the end of the day.

with sources as (
    select
        source,
        count(*) as leads,
        count(*) filter (where meaning = 'junk') as junk,
        count(*) filter (where meaning = 'converted') as converted
    from analytics.lead_history
    where from_day <= %(day)s and (until_day is null or until_day > %(day)s)
        and day between %(day)s::date - 89 and %(day)s
    group by source
),
shares as (
    select
        k.stance,
        s.source,
        s.leads,
        round(measures.pct(k.part, s.leads), 1) as share,
        round(measures.pct(sum(k.part) over kinds, sum(s.leads) over kinds), 1) as all_share
    from sources s
    cross join lateral (values
        ('junk_highest', s.junk), ('conv_highest', s.converted)
    ) k (stance, part)
    window kinds as (partition by k.stance)
),
ranked as (
    select
        *,
        count(*) over kinds as sources,
        row_number() over highest as rank,
        lead(share) over highest as next_share
    from shares
    where leads >= 30 and source <> '(none)'
    window
        kinds as (partition by stance),
        highest as (partition by stance order by share desc, source)
)
select
    stance,
    source as subject,
    %(day)s::date - 89 as first_day,
    0::numeric as weight,
    source,
    share as pct,
    all_share as "all",
    sources
from ranked
where rank = 1 and measures.stands_out(share, next_share, sources, 2)
    and share > all_share
