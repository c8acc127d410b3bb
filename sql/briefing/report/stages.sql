-- Stages of open deals in their order.

select stage, deals, value, weighted_value
from analytics.pipeline_by_stage
where meaning = 'open'
order by position, stage
