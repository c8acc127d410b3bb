-- asset: crm/crm_deals
-- severity: warn
-- blocking: no
-- description: Records bear dates, money or a probability that cannot be. Correct them in Zoho.
--
-- An hour of grace: the clocks of Zoho and of this database differ a little.

select r.id, c.rule
from crm.crm_deals r
join crm.organisation o on o.singleton
left join crm.text_labels l on l.field = 'Stage' and l.key = crm.text_key(r.stage)
left join crm.picklist_meaning m
    on m.module = 'Deals' and m.value = coalesce(l.label, crm.text_label(r.stage))
cross join lateral (values
    ('Created_Time in the future', created_time > now() + interval '1 hour'),
    ('Modified_Time in the future', modified_time > now() + interval '1 hour'),
    ('won, with a Closing_Date in the future',
        m.meaning = 'won' and closing_date > (now() at time zone o.timezone)::date),
    ('Amount below zero', amount < 0),
    ('Probability outside 0 to 100', r.probability not between 0 and 100)
) c (rule, is_wrong)
where r.deleted_at is null and c.is_wrong
order by r.id
