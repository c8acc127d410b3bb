"""Figures computed a second time, in plain Python, from what each read of a company could see.

It shares no SQL and no code with the product: written from the definitions in the headers of
sql/marts and in the design, before their SQL was read.

text        what two spellings have in common
company     random messy companies, and what a read of one sees at a moment
memory      what all reads so far have told of each record
deals       how a deal stood at the end of a day, and what moved
leads       the same of a lead
figures     every mart, from both
"""
