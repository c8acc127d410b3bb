-- Every table of the two schemas that has no wall yet, whichever migration made it.
select crm.protect(oid::regclass)
from pg_class
where relnamespace in ('crm'::regnamespace, 'analytics'::regnamespace)
    and relkind = 'r'
    and not relrowsecurity
