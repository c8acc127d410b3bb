"""How many connections to the database each part may hold at a time.

Bounds by construction, from which pools are sized. A test counts the sessions of a real sync.
"""

# A module that is read has one for its records and one for the log.
MOST_MODULES, MODULE = 4, 2
# A process that runs a job, beside them: Dagster's three pools and one above their size, the
# heartbeat, the step at work and what it tells Dagster meanwhile, one for calls and credits, the
# table on a terminal.
RUN_OVERFLOW = 1
BESIDE_MODULES = 8
LEAST_FOR_SYNC = BESIDE_MODULES + MODULE
MOST_FOR_SYNC = BESIDE_MODULES + MODULE * MOST_MODULES
# `aha up` beside a sync. Dagster's web server has three pools too, and a session that listens.
DAEMON, UI_OVERFLOW, PAGES = 8, 2, 8
UI = 3 * (1 + UI_OVERFLOW) + 1
MOST_FOR_UP = MOST_FOR_SYNC + DAEMON + UI + PAGES
