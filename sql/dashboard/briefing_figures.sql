-- grain: one row per figure that the briefing %(id)s prints, in the order of its texts
-- place: report or message. definition: of the mart's column that the figure is made of, as the
-- metric dictionary has it now; where the figure counts rows, what a row of the mart is.
-- path: the file that makes the mart.
-- The column is the one that the fact's id ends with; `otherwise` names those of the other facts.

with briefing as (
    select facts, proof
    from analytics.ai_briefings_log
    where id = %(id)s
),
printed as (
    select p.ordinality as number, f.*
    from briefing b
    cross join jsonb_array_elements(b.proof -> 'figures') with ordinality p
    cross join jsonb_to_record(p.value) f (
        text text, figure text, fact text, "column" text, mart text
    )
),
facts as (
    select f.*
    from briefing b
    cross join jsonb_to_recordset(b.facts) f (id text, label text, name text, comparison text)
),
otherwise (pattern, name) as (
    values
        ('new_leads_average', 'new_leads_avg_7d'),
        ('(rep_\d+_)?win_rate', 'win_rate_by_count'),
        ('open_rep_\d+_value', 'open_value'),
        ('(closing_30|overdue|overdue_owner)_value', 'amount'),
        ('(funnel|first_step)_.*', 'records'),
        ('change_.*', 'value'),
        ('cause_.*', 'value')
),
matched as (
    select
        p.number,
        d.definition,
        row_number() over (partition by p.number order by length(d.name) desc) as rank
    from printed p
    left join otherwise o on p.fact ~ ('^(' || o.pattern || ')$')
    join analytics.metric_dictionary d
        on d.mart = p.mart
        and case
            when o.name is null then right('_' || p.fact, length(d.name) + 1) = '_' || d.name
            else d.name = o.name
        end
)
select
    p.number,
    'sql/marts/' || p.mart || '.sql' as path,
    case p.text when 'report' then 'Report' else 'Message' end as place,
    p.figure,
    concat_ws(' · ', f.label, f.name)
        || case when p."column" = 'previous' then ', ' || f.comparison else '' end as label,
    p.mart,
    coalesce(
        upper(left(m.definition, 1)) || substr(m.definition, 2),
        obj_description(to_regclass('analytics.' || quote_ident(p.mart)))
    ) as definition,
    p.fact
from printed p
join facts f on f.id = p.fact
left join matched m on m.number = p.number and m.rank = 1
order by p.number
