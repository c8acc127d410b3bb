-- Before every query of a reader, in the same round trip: all of it ends with the query, so that a
-- pooler that lends the connection to others hands nothing on.
set transaction read only;
set local role aha_reader;
set local jit = off;
set local work_mem = '32MB';
set local statement_timeout = '30s';
