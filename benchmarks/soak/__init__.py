"""A month at speed: the services of a deployment in a time that runs to the next thing of a day.

`clock` is that time; `postgres`, `crm` (a process of `zoho`) and `services` live in it; `faults` is
what befalls them, `days` what happens on a day, `verdict` what must hold at the end; `scan` looks
for secrets in all that was written (`place`), shown (`pages`) and started (`commands`); `run` is
the part itself.
"""
