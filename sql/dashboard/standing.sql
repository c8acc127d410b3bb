-- grain: one row: how the open deals of the chosen sources and owners stand, and those of the team
-- As measures.standing has them; team_*: of all owners, of the chosen sources.

select own.*, team.slipping_pct as team_slipping_pct, team.overdue_pct as team_overdue_pct,
    team.older_pct as team_older_pct, team.days_in_stage as team_days_in_stage
from measures.standing(%(sources)s, %(owners)s) own
cross join measures.standing(%(sources)s) team
