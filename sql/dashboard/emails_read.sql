-- grain: one row: of how many leads of the last 90 days the e-mails were read
-- Columns as in measures.emails_read; problem: why they are not to be had, null where they are.

select leads, read_leads, problem
from measures.emails_read()
