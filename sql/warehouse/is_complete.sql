-- Whether a mart holds each record of its table once: otherwise one of the two was changed by hand.
select (select count(*) from {table} where is_present) = (select count(*) from {records})
