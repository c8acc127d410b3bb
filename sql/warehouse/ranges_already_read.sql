-- What a read that stopped has done of this window already.
select read_from, read_to
from crm.paused_reads
where module = %(module)s
and (%(since)s::timestamptz is null or read_from >= %(since)s)
and (%(until)s::timestamptz is null or read_to <= %(until)s)
order by read_from nulls first;
