-- What each status and stage means, from three sources of which a later one wins: Zoho's defaults,
-- the organisation's pick lists in crm.crm_fields, and the user's file.
-- A value has two names, the one shown and the one kept behind it. Which of them a record carries is
-- not documented, so both are listed, also where marts show the new one for both (`renamed` is the
-- other then), and a line of the file counts for both unless each has one; where one name stands for
-- two values, the kept one counts.
-- meaning: null where no source tells it. position: open and qualified values in the organisation's
-- order, then converted and won, lost, junk; unless the file says where. What the organisation's list
-- does not hold comes after what it holds.
-- probability: of the last source that gives one, as long as the meaning stays the same.
-- Values are spelled as crm.text_labels spells their key: one row for all spellings of a word.

with labels as (
    select case field when 'Stage' then 'Deals' else 'Leads' end as module, key, label
    from crm.text_labels
    where field in ('Lead_Status', 'Stage')
),
defaults as (
    select distinct on (module, l.label)
        module, l.label as value, meaning, probability, position
    from jsonb_to_recordset(%(defaults)s::jsonb) as d (
        module text, value text, meaning text, probability numeric, position integer
    )
    join labels l using (module)
    where l.key = crm.text_key(d.value)
    order by module, l.label, d.value <> l.label, d.position
),
given as (
    select distinct on (module, l.label)
        module, l.label as value, meaning, probability, position
    from jsonb_to_recordset(%(corrections)s::jsonb) as g (
        module text, value text, meaning text, probability numeric, position integer
    )
    join labels l using (module)
    where l.key = crm.text_key(g.value)
    order by module, l.label, g.value <> l.label
),
offered as (
    select
        f.module,
        kept.label as kept,
        shown.label as shown,
        case when kept.label = shown.label and kept.key <> shown.key
            then crm.text_label(v.item ->> 'actual_value') end as renamed,
        case lower(coalesce(v.item ->> 'deal_category', v.item ->> 'forecast_type'))
            when 'open' then 'open'
            when 'closed won' then 'won'
            when 'closed lost' then 'lost'
        end as told,
        crm.to_number(v.item -> 'probability') as probability,
        row_number() over (
            partition by f.module
            order by crm.to_number(v.item -> 'sequence_number'), v.number
        ) as place
    from crm.crm_fields f
    cross join lateral jsonb_array_elements(f.picklist) with ordinality v (item, number)
    join labels kept on kept.module = f.module and kept.key = crm.text_key(
        coalesce(v.item ->> 'actual_value', v.item ->> 'display_value')
    )
    join labels shown on shown.module = f.module and shown.key = crm.text_key(
        coalesce(v.item ->> 'display_value', v.item ->> 'actual_value')
    )
    where (f.module, f.api_name) in (('Leads', 'Lead_Status'), ('Deals', 'Stage'))
),
-- A list may hold several spellings of one value: the first stands, with what any of them tells.
listed as (
    select distinct on (module, kept)
        module,
        kept,
        shown,
        renamed,
        first_value(told) over (
            partition by module, kept order by told is null, place
        ) as told,
        first_value(probability) over (
            partition by module, kept order by probability is null, place
        ) as probability,
        place
    from offered
    order by module, kept, place
),
corrections as (
    select module, value, meaning, probability, position
    from given
    union all
    (
        select distinct on (l.module, n.value)
            l.module, n.value, g.meaning, g.probability, g.position
        from given g
        join listed l on l.module = g.module and g.value in (l.kept, l.shown)
        cross join lateral (values (l.kept), (l.shown), (l.renamed)) n (value)
        where n.value is not null and not exists (
            select from given own where own.module = l.module and own.value = n.value
        )
        order by l.module, n.value, l.place
    )
),
-- Zoho ships the lead statuses in alphabetical order. Where the usual ones still stand in it, nobody
-- has put them in order: they take each other's places, so that they stand in the order of the work.
usual as (
    select
        l.kept,
        l.place,
        row_number() over (order by l.place) as standing,
        row_number() over (order by lower(l.kept) collate "C") as alphabetical,
        row_number() over (order by d.position) as working
    from listed l
    join defaults d on d.module = l.module and d.value = l.kept
    where l.module = 'Leads' and d.meaning in ('open', 'qualified')
),
reordered as (
    select u.kept, other.place
    from usual u
    join usual other on other.standing = u.working
    where (select bool_and(standing = alphabetical) from usual)
),
named as (
    select distinct on (l.module, n.value)
        l.module,
        n.value,
        l.kept,
        l.shown,
        l.told,
        l.probability,
        coalesce(r.place, l.place) as place
    from listed l
    cross join lateral (values (1, l.kept), (2, l.shown), (3, l.renamed)) n (preference, value)
    left join reordered r on l.module = 'Leads' and r.kept = l.kept
    where n.value is not null
    order by l.module, n.value, n.preference, l.place
),
of_crm as (
    select
        n.module,
        n.value,
        coalesce(n.told, kept.meaning, shown.meaning) as meaning,
        coalesce(n.probability, case
            when n.told is null or n.told = coalesce(kept.meaning, shown.meaning)
                then coalesce(kept.probability, shown.probability)
        end) as probability,
        n.place,
        case
            when n.told is null and coalesce(kept.meaning, shown.meaning) is not null
                then 'default'
            else 'crm'
        end as source
    from named n
    left join defaults kept on kept.module = n.module and kept.value = n.kept
    left join defaults shown on shown.module = n.module and shown.value = n.shown
),
known as (
    select module, value, meaning, probability, place, true as is_listed, source from of_crm
    union all
    select module, value, meaning, probability, position, false, 'default'
    from defaults
    where (module, value) not in (select module, value from of_crm)
),
corrected as (
    select
        module,
        value,
        coalesce(c.meaning, k.meaning) as meaning,
        coalesce(c.probability, case
            when c.meaning is null or c.meaning = k.meaning then k.probability
        end) as probability,
        k.place,
        coalesce(k.is_listed, false) as is_listed,
        c.position,
        case when c.meaning is null then k.source else 'file' end as source
    from known k
    full join corrections c using (module, value)
)
insert into crm.picklist_meaning (module, value, meaning, probability, position, source)
select
    module,
    value,
    meaning,
    probability,
    coalesce(position, 10 * dense_rank() over (
        partition by module
        order by
            case
                when meaning in ('converted', 'won') then 2
                when meaning = 'lost' then 3
                when meaning = 'junk' then 4
                else 1
            end,
            is_listed desc,
            place,
            case when place is null then value end
    )),
    source
from corrected
