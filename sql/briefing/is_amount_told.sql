-- Whether a deal is worth so much (amount), at the end of the day or by now, and was last told in a
-- message, of the four weeks before, as worth another amount (told).

select bool_or(h.amount = %(amount)s) and %(amount)s <> %(told)s and %(told)s = (
    select case
        when i.subject = %(id)s then coalesce(i.figures ->> 'deal_money', i.figures ->> 'money')
        when i.records[1] = %(id)s then i.figures ->> 'deal_money'
        else i.figures ->> 'second_money'
    end::numeric as amount
    from analytics.briefing_items i
    where i.in_message and i.figures ? 'deal'
        and i.day < %(day)s and %(day)s::date - i.day <= 28
        and not exists (
            select from analytics.ai_briefings_log l where l.day = i.day and l.id > i.briefing_id
        )
        and (
            i.subject = %(id)s and (i.figures ? 'money' or i.figures ? 'deal_money')
            or i.subject = '' and i.records[1] = %(id)s and i.figures ? 'deal_money'
            or i.subject = '' and i.records[2] = %(id)s and i.figures ? 'second_money'
        )
    order by i.day desc, i.position
    limit 1
)
from analytics.deal_history h
where h.id = %(id)s and (h.is_present or daterange(h.from_day, h.until_day) @> %(day)s::date)
