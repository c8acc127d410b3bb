-- grain: one row per figure whose name, definition, mart or owner contains the text; all if empty

select
    label,
    unit,
    upper(left(definition, 1)) || substr(definition, 2) as definition,
    mart,
    name,
    owner
from analytics.metric_dictionary
where strpos(lower(concat_ws(' ', label, name, mart, definition, owner)), lower(%(text)s)) > 0
order by mart, position
