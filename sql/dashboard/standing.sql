-- grain: one row: how the open deals of the chosen sources and owners stand, and those of the team
-- As measures.standing has them; team_*: of all owners, of the chosen sources. Where no owners are
-- chosen the two are the same, and computed once.

with own as materialized (
    select * from measures.standing(%(sources)s, %(owners)s)
),
team as (
    select * from own where %(owners)s::text[] is null
    union all
    select * from measures.standing(%(sources)s) where %(owners)s::text[] is not null
)
select own.*, team.slipping_pct as team_slipping_pct, team.overdue_pct as team_overdue_pct,
    team.older_pct as team_older_pct, team.days_in_stage as team_days_in_stage
from own
cross join team
