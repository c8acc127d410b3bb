alter table crm.organisation add web_url text;
comment on column crm.organisation.web_url is
    'Address of the organisation in the CRM, by its data centre, as https://crm.zoho.in/crm/org123; '
    'a record is below it. Null: not known, or a stand-in.';
