-- All that the rows of a mart depend on, but for the records: its own text, the zone of the days and
-- the meanings and labels.
select md5(concat_ws(
    ';',
    %(select)s,
    (select timezone from crm.organisation),
    (select string_agg(m::text, ';' order by m.module, m.value) from crm.picklist_meaning m),
    (select max(changed_at) from crm.text_labels)
))
