-- How often a model found the planted fact.

select hits, asked
from analytics.model_measurements
where model = %(model)s
