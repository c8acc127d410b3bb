-- Shows all records again that the viewer has put aside.
set local role aha_reader;

update analytics.work_list_marks
set hidden_until = now()
where viewer = %(viewer)s and hidden_until > now()
