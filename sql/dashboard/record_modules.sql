-- grain: one row per module that has a table
-- name_column: the column with a record's name; null where the table has none.

select
    m.module,
    m.table_name,
    (
        select a.attname
        from pg_attribute a
        where a.attrelid = to_regclass('crm.' || quote_ident(m.table_name))
        and a.attname in ('full_name', 'deal_name', 'account_name')
        order by array_position(array['full_name', 'deal_name', 'account_name'], a.attname::text)
        limit 1
    ) as name_column
from crm.modules m
order by array_position(array['Leads', 'Deals', 'Contacts', 'Accounts'], m.module), m.module
