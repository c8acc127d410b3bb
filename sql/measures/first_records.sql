-- The day of the first lead and of the first deal, null where there is none. Of the days before it
-- nothing is known, so that no figure is compared with their zero.
create function measures.first_records() returns table (entity text, since date)
language sql stable as $$
    select 'lead', (select min(k.day) from analytics.kpi_days k where k.new_leads > 0)
    union all
    select 'deal', (select d.day from analytics.deals d order by d.day limit 1)
$$;
