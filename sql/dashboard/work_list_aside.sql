-- grain: one row: how many records the viewer has put aside in the work list

select count(*) as aside_records
from analytics.work_list_marks m
join analytics.work_list w on w.module = m.module and w.id = m.record_id
where m.viewer = %(viewer)s and m.hidden_until > now()
