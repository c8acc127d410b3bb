-- grain: one row per live record that is found by the text, at most 20, the latest changed first
-- %(words)s: a query of words, each the beginning of one of the record's (crm.search_terms), or null;
-- %(number)s: as of crm.search_number, or null; %(text)s: an id.

with asked as (
    select case
        when %(number)s::text is not null then (quote_literal('tel' || %(number)s) || ':*')::tsquery
        else (
            select string_agg(quote_literal(w) || ':*', ' & ')
            from unnest(crm.search_words(%(text)s)) w
        )::tsquery
    end as query
),
found as (
    select * from (
        select 'Leads' as module, l.id, coalesce(l.full_name, '(no name)') as name, l.company,
            l.lead_status as stage, l.owner_name, l.modified_time
        from crm.leads_raw l
        where l.deleted_at is null
            and (crm.search_terms(l.raw_data) @@ (select query from asked) or l.id = %(text)s)
        order by l.modified_time desc nulls last
        limit 20
    ) l
    union all
    select * from (
        select 'Deals', d.id, coalesce(d.deal_name, '(no name)'), d.account_name, d.stage,
            d.owner_name, d.modified_time
        from crm.crm_deals d
        where d.deleted_at is null
            and (crm.search_terms(d.raw_data) @@ (select query from asked) or d.id = %(text)s)
        order by d.modified_time desc nulls last
        limit 20
    ) d
    union all
    select * from (
        select 'Contacts', c.id, coalesce(c.full_name, '(no name)'), c.account_name, null,
            c.owner_name, c.modified_time
        from crm.crm_contacts c
        where c.deleted_at is null
            and (crm.search_terms(c.raw_data) @@ (select query from asked) or c.id = %(text)s)
        order by c.modified_time desc nulls last
        limit 20
    ) c
    union all
    select * from (
        select 'Accounts', a.id, coalesce(a.account_name, '(no name)'), null, a.industry,
            a.owner_name, a.modified_time
        from crm.crm_accounts a
        where a.deleted_at is null
            and (crm.search_terms(a.raw_data) @@ (select query from asked) or a.id = %(text)s)
        order by a.modified_time desc nulls last
        limit 20
    ) a
)
select module, id, name, company, stage, owner_name
from found
order by modified_time desc nulls last, id
limit 20
