-- Asks the pipeline to erase what is personal of these records.
set local role aha_reader;

insert into crm.erasure_requests (asked_by, basis, modules, ids, subject_digest)
values (%(viewer)s, %(basis)s, %(modules)s, %(ids)s, %(digest)s)
