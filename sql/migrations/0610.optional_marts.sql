-- What the work list and the briefing read of activities is there, and empty, before it is first built:
-- where activities cannot be read it never is. The marts take the place of these tables.
do $$ begin
    if to_regclass('analytics.first_touch') is null then
        create table analytics.first_touch (
            id text,
            source text,
            owner_id text,
            day date,
            state text,
            created_time timestamptz,
            first_touch_at timestamptz,
            until_at timestamptz,
            worked_before numeric,
            wait_minutes numeric
        );
        perform crm.protect('analytics.first_touch');
    end if;
    if to_regclass('analytics.deal_silence') is null then
        create table analytics.deal_silence (
            id text,
            owner_id text,
            source text,
            value numeric,
            last_at timestamptz,
            silent_since timestamptz,
            next_at timestamptz,
            days_silent integer,
            is_quiet boolean,
            unrecorded_meeting_at timestamptz
        );
        perform crm.protect('analytics.deal_silence');
    end if;
end $$;
