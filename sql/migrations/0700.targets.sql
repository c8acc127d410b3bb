-- Targets with their history, and the days on which nobody works.

create table crm.holidays (
    day date primary key,
    name text not null,
    told_by text not null check (told_by in ('zoho', 'file'))
);
comment on table crm.holidays is
    'Days on which the company does not work, whatever the day of the week: of Zoho and of the file '
    'holidays.csv in AHA_HOME.';

create table analytics.targets (
    scope text not null check (scope in ('company', 'rep', 'source')),
    name text not null default '',
    period text not null check (period in ('month', 'quarter', 'year')),
    first_day date not null,
    last_day date not null,
    currency text,
    amount numeric,
    deals integer,
    told_by text not null default current_user,
    told_from timestamptz not null default clock_timestamp(),
    told_until timestamptz,
    check (first_day <= last_day),
    check ((scope = 'company') = (name = '')),
    check (amount is not null or deals is not null)
);
create unique index targets_in_force
    on analytics.targets (scope, coalesce(crm.text_key(name), ''), first_day, last_day)
    where told_until is null;
comment on table analytics.targets is
    'What is to be won in a period, by the company, a rep or a source; a change or a deletion keeps '
    'what stood before, with the time until which it did.';
comment on column analytics.targets.name is
    'The rep, by name or by id, or the source; empty for the company.';
comment on column analytics.targets.period is 'Month, fiscal quarter or fiscal year.';
comment on column analytics.targets.currency is 'ISO 4217; null: the home currency.';
comment on column analytics.targets.deals is 'Number of deals to be won; null where none is set.';
comment on column analytics.targets.told_by is 'file: targets.csv; else the database login.';
comment on column analytics.targets.told_until is 'Null: in force.';

create function analytics.keep_target() returns trigger language plpgsql as $$
begin
    if old.told_until is not null then
        raise exception 'This target is history, which stays as it was: write a new one.';
    end if;
    if tg_op = 'DELETE' then
        update analytics.targets set told_until = clock_timestamp()
        where (scope, name, first_day, last_day) = (old.scope, old.name, old.first_day, old.last_day)
            and told_until is null;
        return null;
    end if;
    if new.told_until is not null then
        return new;
    end if;
    if (new.amount, new.deals, new.currency) is distinct from (old.amount, old.deals, old.currency)
    then
        insert into analytics.targets
        select (jsonb_populate_record(old, jsonb_build_object('told_until', clock_timestamp()))).*;
        new.told_from = clock_timestamp();
    end if;
    return new;
end
$$;
create trigger keep_target before update or delete on analytics.targets
    for each row execute function analytics.keep_target();

select crm.protect('crm.holidays');
select crm.protect('analytics.targets');
