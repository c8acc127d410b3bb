-- grain: one row per stage with open deals, in the order of the pipeline

select stage, deals, value, weighted_value, avg_age_days
from analytics.pipeline_by_stage
where meaning = 'open'
order by position, stage
