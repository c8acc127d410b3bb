-- grain: one row: of how many leads of the last 90 days and open deals the e-mails were read
-- Columns as in measures.emails_read; problem: why they are not to be had, null where they are.

select leads, read_leads, deals, read_deals, problem
from measures.emails_read()
