-- Whether a reason for losing is the most frequent; see glance.sql.

-- name: reason_most
with losses as (
    select coalesce(
        crm.text_label(r.raw_data ->> 'Lost_Reason'),
        crm.text_label(r.raw_data ->> 'Reason_For_Loss__s'),
        crm.text_label(r.raw_data ->> 'Closed_Lost_Reason')
    ) as reason
    from analytics.deal_history h
    join crm.crm_deals r using (id)
    where h.is_present and not h.is_deleted and h.meaning = 'lost'
        and h.closed_day > %(day)s::date - 30 and h.closed_day <= %(day)s
)
select count(*) = %(of)s and %(since)s + 29 = %(day)s::date and count(*) filter (where reason = %(reason)s) = %(n)s and %(n)s >= 3
    and %(n)s > all (
        select count(*) from losses where reason <> %(reason)s group by reason)
from losses
