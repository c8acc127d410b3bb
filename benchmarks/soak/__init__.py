"""A month at speed: the services of a deployment in a time that runs to the next thing of a day.

`clock` is that time; `postgres`, `zoho` and `services` are the processes that live in it; `faults`
is what befalls them, `days` what happens on a day, `verdict` what must hold at the end, `secrets`,
`pages` and `scan` look for secrets in all that was written and shown; `run` is the part itself.
"""
