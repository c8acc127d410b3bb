-- grain: one row per deal behind the line %(position)s of the briefing %(id)s, as it is now
-- At most %(most)s, in the order in which the line ranks them; all_records: how many they were.

select
    d.name, d.stage, d.amount, d.closing_date, d.source, d.id,
    cardinality(i.records) as all_records
from analytics.briefing_items i
cross join unnest(i.records[:%(most)s]) with ordinality r (id, place)
join analytics.deals d on d.id = r.id
where i.briefing_id = %(id)s and i.position = %(position)s
order by r.place
limit %(most)s
