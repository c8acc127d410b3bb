-- A tracker is read in order of Modified_Time, whichever the way. One that was cut short before this
-- was known begins anew: its rows land once.
alter table crm.record_history_reads add column read_until timestamptz;
comment on column crm.record_history_reads.read_until is
    'Of a tracker as such: all of its rows before this time have landed. Null: not known.';
