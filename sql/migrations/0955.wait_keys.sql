-- What is read of first touches where activities are not.
alter table analytics.first_touch add column if not exists wait_key bigint;
