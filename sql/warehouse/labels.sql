-- The labels in use, at most 300 a field: those of lists and files first.
select field, key, label, told_by
from (
    select
        *,
        row_number() over (
            partition by field order by told_by = 'records', told_by, label, key
        ) as place
    from crm.text_labels
    where label <> '(none)' and told_by <> 'file'
) l
where place <= 300
order by field, place
