-- PostgreSQL compiles a query that it believes to be dear before it runs it. Those of the marts have
-- many parts and are believed to be dear while a table has no statistics yet: compiling then takes
-- seconds, running them milliseconds.
set local jit = off;
