-- Whether no deal was won; see glance.sql.

-- name: none_won
select not exists (select from analytics.deals where meaning = 'won' and closed_day = %(day)s)
    and (select won_deals from analytics.kpis where day = %(day)s) = 0
