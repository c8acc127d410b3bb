-- Whether a loss that is printed was one; see glance.sql.

-- name: lost
select exists (
    select from analytics.deal_history h
    join crm.crm_deals r using (id)
    where h.id = %(subject)s and h.is_present and not h.is_deleted
        and h.meaning = 'lost' and h.closed_day = %(day)s
        and h.name = %(deal)s and h.amount is not distinct from %(money)s
        and coalesce(crm.text_label(r.raw_data ->> 'Lost_Reason'),
            crm.text_label(r.raw_data ->> 'Reason_For_Loss__s'),
            crm.text_label(r.raw_data ->> 'Closed_Lost_Reason')) is null
)

-- name: lost_reason
select exists (
    select from analytics.deal_history h
    join crm.crm_deals r using (id)
    where h.id = %(subject)s and h.is_present and not h.is_deleted
        and h.meaning = 'lost' and h.closed_day = %(day)s
        and h.name = %(deal)s and h.amount is not distinct from %(money)s
        and %(reason)s in (
            crm.text_label(r.raw_data ->> 'Lost_Reason'), crm.text_label(r.raw_data ->> 'Reason_For_Loss__s'),
            crm.text_label(r.raw_data ->> 'Closed_Lost_Reason'))
)

-- name: lost_many
select count(*) = %(n)s and count(*) >= 3 and sum(amount) is not distinct from %(money)s
    and (%(deal)s is null or (
        count(*) filter (where name = %(deal)s and amount = %(deal_money)s) = 1
        and max(amount) = %(deal_money)s
        and count(*) filter (where amount = %(deal_money)s) = 1))
    and (%(deal)s is null or %(reason)s is not null or bool_or(
        name = %(deal)s and amount = %(deal_money)s and coalesce(
            crm.text_label(r.raw_data ->> 'Lost_Reason'),
            crm.text_label(r.raw_data ->> 'Reason_For_Loss__s'),
            crm.text_label(r.raw_data ->> 'Closed_Lost_Reason')) is null))
    and (%(reason)s is null or bool_or(name = %(deal)s and amount = %(deal_money)s and %(reason)s in (
        crm.text_label(r.raw_data ->> 'Lost_Reason'), crm.text_label(r.raw_data ->> 'Reason_For_Loss__s'),
        crm.text_label(r.raw_data ->> 'Closed_Lost_Reason'))))
from analytics.deal_history
join (select id, raw_data from crm.crm_deals) r using (id)
where is_present and not is_deleted and meaning = 'lost' and closed_day = %(day)s
