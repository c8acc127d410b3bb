-- Stages of open deals in their order. Values are null where that of none of the deals is known.

select stage, deals, value, weighted_value
from analytics.pipeline_by_stage
where meaning = 'open'
order by position, stage
