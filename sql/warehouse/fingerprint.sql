-- All that the rows of a mart depend on, but for the records: its own text and that of the measures
-- and functions, the zone of the days, the home currency, the way rates are read and what speaks
-- against one, the meanings, also by layout and pipeline, and the labels.
-- is_told: of figures that were told; then without the meanings of values, which are compared one by
-- one, and a layout counts where it says otherwise.
select md5(concat_ws(
    ';',
    %(select)s,
    (select obj_description('measures'::regnamespace, 'pg_namespace')),
    (select timezone || currency from crm.organisation),
    (
        select string_agg(proname || prosrc, ';' order by proname, prosrc)
        from pg_proc
        where pronamespace = 'crm'::regnamespace
    ),
    measures.company_rate_reading(),
    (select string_agg(w::text, ';' order by w.currency) from crm.currency_worth w),
    (
        select string_agg(m::text, ';' order by m.module, m.value)
        from crm.picklist_meaning m
        where not %(is_told)s
    ),
    (
        select string_agg(
            concat_ws(',', l.layout_id, l.pipeline, l.stage, l.meaning), ';'
            order by l.layout_id, l.pipeline, l.stage
        )
        from crm.stage_layouts l
        left join crm.picklist_meaning m on m.module = 'Deals' and m.value = l.stage
        where not %(is_told)s or l.meaning is distinct from m.meaning
    ),
    (select max(changed_at) from crm.text_labels)
))
