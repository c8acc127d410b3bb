-- What the history of leads and deals is made of, as columns: a query over all versions then reads
-- no JSON. And the deal that a conversion made, where the lead names it.
alter table crm.record_versions
    add owner_id text generated always as (raw_data #>> '{Owner,id}') stored,
    add lead_source text generated always as (raw_data ->> 'Lead_Source') stored,
    add lead_status text generated always as (raw_data ->> 'Lead_Status') stored,
    add is_converted boolean generated always as (
        coalesce(raw_data -> '$converted' = 'true'::jsonb, false)) stored,
    add stage text generated always as (raw_data ->> 'Stage') stored,
    add amount numeric generated always as (crm.to_number(raw_data -> 'Amount')) stored,
    add probability numeric generated always as (crm.to_number(raw_data -> 'Probability')) stored,
    add closing_date date generated always as (crm.to_date(raw_data ->> 'Closing_Date')) stored;

alter table crm.leads_raw
    add deal_id text generated always as (coalesce(
        raw_data #>> '{$converted_detail,deal,id}',
        raw_data #>> '{$converted_detail,deal}',
        raw_data #>> '{Converted_Deal,id}')) stored;
