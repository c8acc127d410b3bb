-- What a record said before, unless only values that change by themselves differ.
insert into crm.record_versions (module, id, modified_time, replaced_by, raw_data)
select %(module)s, t.id, t.modified_time, i.modified_time, t.raw_data
from incoming i
join crm.{table} t using (id)
where i.effect = 'updated'
and crm.edited_content(t.raw_data) <> crm.edited_content(i.raw_data);
