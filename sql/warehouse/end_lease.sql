delete from crm.call_leases where holder = %(holder)s;
