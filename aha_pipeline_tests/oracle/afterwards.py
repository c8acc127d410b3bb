"""Saves that few records see: of a converted lead, and twice on the day of the first read.

Drawn apart: what else a company says is the same without them.
"""

from datetime import timedelta
from random import Random

from aha_pipeline_tests.oracle.crm_record import CrmRecord, State, saved

FEW = 3  # of each kind
MINUTES = timedelta(minutes=5)
LIKE_A_STATUS = "not contacted"  # a source that is spelled as no status is, but means one
LIKE_AN_OWNER = "1"  # a source that is called as an owner's id


def save_afterwards(random: Random, company) -> None:
    """Save some converted leads again, and some records right before and after the first read."""
    first, last = company.reads[0], company.reads[-1]
    ended = [one for one in company.records if one.events[-1][1] is not None]
    converted = [
        one for one in ended if one.last_state().get("$converted") and one.events[-1][0] < last
    ]
    for record in converted[:FEW]:
        moment = record.events[-1][0]
        _save(company, record, moment + (last - moment) * random.random(), {"Owner": None})
    quiet = [one for one in ended if one.events[-1][0] < first - timedelta(days=2)]
    for module, *saves in (
        ("Leads", {"Lead_Source": LIKE_A_STATUS}, {"Lead_Source": "Web Form"}),
        ("Deals", {"Amount": 4000}, {"Amount": 3000, "Lead_Source": LIKE_AN_OWNER}),
    ):
        for record in [one for one in quiet if one.module == module][:FEW]:
            # Nothing was known of it before: it was entered long ago and came by an import.
            record.events = record.events[-1:]
            for moment, values in zip((first - MINUTES, first + MINUTES), saves, strict=True):
                _save(company, record, moment, values)


def _save(company, record: CrmRecord, moment, values: State) -> None:
    state = saved(record.last_state() | values, moment, company.zone)
    record.events.append((moment, state))
