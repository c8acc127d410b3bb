-- What a check found, counted in all and cut to the first rows.
select count(*) over () as wrong_rows, found.*
from (
{check}
) found
limit {shown}
