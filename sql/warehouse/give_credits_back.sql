update crm.api_credits
set spent = greatest(spent - %(credits)s, 0)
where hour = (select max(hour) from crm.api_credits);
