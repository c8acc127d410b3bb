-- grain: one row per open deal that is overdue or closes within 30 days
-- kind: view
-- owner: sales operations
-- Not stored: it is open deals with what today makes of them. day: today in the organisation's time
-- zone. An open deal without a closing date is not here; one that closes today is not overdue. week: the
-- Monday of the week (ISO 8601) of the closing date.
-- figures:
--   amount (money): Amount of the deal, null where empty
--   weighted_amount (money): amount times probability, 0 without one of them
--   days_left (days): closing date minus day, negative when overdue

select
    d.id,
    d.name,
    d.owner_id,
    coalesce(w.owner_name, d.owner_id) as owner_name,
    d.account_name,
    d.source,
    d.stage,
    d.amount,
    d.weighted_amount,
    d.closing_date,
    d.closing_date - t.day as days_left,
    d.closing_date < t.day as is_overdue,
    t.day,
    date_trunc('week', d.closing_date::timestamp)::date as week
from analytics.open_deals d
left join analytics.owners w on w.owner_id = d.owner_id
cross join (
    select (now() at time zone o.timezone)::date as day from crm.organisation o
) t
where d.closing_date <= t.day + 30
