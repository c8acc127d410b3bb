-- A complete read of the window stands for its parts.
delete from crm.paused_reads
where module = %(module)s
and (%(since)s::timestamptz is null or read_from >= %(since)s)
and (%(until)s::timestamptz is null or read_to <= %(until)s);
