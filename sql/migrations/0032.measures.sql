-- The interval of a win rate is a measure now (sql/measures/win_rate.sql).
drop function if exists crm.win_rate_interval(bigint, bigint);
