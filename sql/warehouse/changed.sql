where id in (select id from {records} where synced_at > %(since)s)
