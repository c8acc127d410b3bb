-- Keeps how often a model found the planted fact, instead of an earlier measurement.

insert into analytics.model_measurements (model, hits, asked)
values (%(model)s, %(hits)s, %(asked)s)
on conflict (model) do update set
    hits = excluded.hits,
    asked = excluded.asked,
    measured_at = now()
