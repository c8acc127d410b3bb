"""Figures computed a second time, in plain Python, from what each read of a company could see.

It shares no SQL and no code with the product: written from the definitions in the headers of
sql/marts and in the design, before their SQL was read.

text        what two spellings have in common
crm_record  what a record was made to say, one thing after another
company     random messy companies, and what a read of one sees at a moment
diary       their calls, tasks, meetings, notes and accounts
afterwards  saves that few records see
memory      what all reads so far have told of each record
deals       how a deal stood at the end of a day, and what moved
leads       the same of a lead
activities  what was done, and on whom
figures     the marts, from these
moves       what brought a deal to the open pipeline and took it away
causes      where a change of a day came from
histories   from which day to which each content of a record held
pipeline    those of the pipeline, day by day and deal by deal
course      those of targets, working days and forecasts
asked       measures that no mart shows whole
formulas    measures of a few numbers
corners     records at which definitions part
silence     since when nothing happened on a deal
work        the list of the day's work
told        what Zoho's own history tells of a record
told_records, told_company
            records, and a company, of whose past it tells a part
apart       marts judged by drawn rows of what they read: parts, first_touches, owners, contents,
            belongings, listed, counts, went_through, logged, due
"""
