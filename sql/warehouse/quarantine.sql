-- The text of a record that could not be landed as sent; the same text once, however often it is read.
insert into crm.quarantine (module, id, run_id, reason, original)
values (%(module)s, %(id)s, %(run_id)s, %(reason)s, %(text)s)
on conflict (module, id, md5(original)) do nothing;
