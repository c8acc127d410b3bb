-- Whether most of the day's losses have one reason; see glance.sql.

-- name: lost_alike
with losses as (
    select coalesce(
        crm.text_label(r.raw_data ->> 'Lost_Reason'),
        crm.text_label(r.raw_data ->> 'Reason_For_Loss__s'),
        crm.text_label(r.raw_data ->> 'Closed_Lost_Reason')
    ) as reason
    from analytics.deal_history h
    join crm.crm_deals r using (id)
    where h.is_present and not h.is_deleted and h.meaning = 'lost' and h.closed_day = %(day)s
)
select count(*) filter (where reason = %(reason)s) = %(n)s
    and %(n)s >= 3 and %(n)s > count(*) - %(n)s
from losses
