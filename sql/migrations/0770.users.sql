-- Who may still act: the users of Zoho, by id. Names are those of the records.

create table crm.users (
    id text primary key,
    is_active boolean not null
);
comment on table crm.users is
    'The users that Zoho has told of. Who is not in here was never told, and nobody says they left.';
comment on column crm.users.is_active is
    'False for who is disabled or deleted in Zoho, or no longer told.';

select crm.protect('crm.users'::regclass);
