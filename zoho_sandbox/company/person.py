"""Invents one customer: a person, a place, a firm, what they want and what it is worth.

Telephone numbers begin with a 5, which no Indian mobile number does, and mail addresses use the
domains reserved for examples, so that nothing here can reach a real person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from zoho_sandbox.company.names import AWKWARD, BUILDINGS, FIRM_NAMES, REGIONS, STREETS, Region
from zoho_sandbox.company.profile import BUSINESSES, HOME, Segment, Source
from zoho_sandbox.company.random_choices import pick, weighted, whole
from zoho_sandbox.zoho.fields import BUDGETS, INTERESTS, PICKLISTS

_region = weighted(REGIONS, [region.weight for region in REGIONS])
_town = {r.state: weighted(list(r.towns), range(2 * len(r.towns), 0, -2)) for r in REGIONS}
_business = weighted(BUSINESSES, [segment.weight for segment in BUSINESSES])
MAIL_DOMAINS = ("example.com", "example.org", "example.net")
DESIGNATIONS = ("Proprietor", "Project Manager", "Director", "Procurement Head", "Principal")


@dataclass
class Person:
    """A customer; `fields` as they stand on the lead, `amount` in rupees."""

    segment: Segment
    property_type: str
    amount: float
    fields: dict

    @property
    def account(self) -> str:
        """The name of the account that a conversion makes."""
        if self.fields["Company"] != "Individual":
            return self.fields["Company"]
        return f"{self.fields['Last_Name']} Residence, {self.fields['City']}"


def invent(rng: Random, source: Source) -> Person:
    """Return a new customer that comes from `source`."""
    region = _region(rng)
    segment = HOME
    if rng.random() < source.business:
        segment = _business(rng)
    property_type, amount = _project(rng, segment)
    fields = {
        **_name(rng, region),
        **_place(rng, region),
        **_firm(rng, segment),
        **_wish(rng, segment, property_type, amount),
    }
    fields.update(_contact(rng, fields))
    if rng.random() < 0.007:
        fields |= pick(rng, AWKWARD)
    return Person(segment, property_type, amount, fields)


def next_project(rng: Random, person: Person) -> Person:
    """Return the same customer with another project in mind."""
    property_type, amount = _project(rng, person.segment)
    return replace(person, property_type=property_type, amount=amount)


def _project(rng: Random, segment: Segment) -> tuple[str, float]:
    property_type = pick(rng, tuple(segment.amounts))
    low, high = segment.amounts[property_type]
    return property_type, low * (high / low) ** rng.triangular(0, 1, 0.25)


def _name(rng: Random, region: Region) -> dict:
    home = region if rng.random() < 0.7 else _region(rng)
    first, last = pick(rng, home.first), pick(rng, home.last)
    known = rng.random() < 0.93
    return {
        "First_Name": first if known else None,
        "Last_Name": last if known else first,
        "Full_Name": f"{first} {last}" if known else first,
    }


def _place(rng: Random, region: Region) -> dict:
    town = _town[region.state](rng)
    known = rng.random() < 0.6
    house = f"{whole(rng, 1, 1904)}, {pick(rng, BUILDINGS)}, {pick(rng, STREETS)}"
    return {
        "Street": house if known else None,
        "City": town,
        "State": region.state,
        "Zip_Code": f"{region.towns[town]}{whole(rng, 1, 99):03d}" if known else None,
        "Country": "India",
        "City_Zone": pick(rng, PICKLISTS["City_Zone"]) if known else None,
    }


def _firm(rng: Random, segment: Segment) -> dict:
    if not segment.firms:
        return {"Company": "Individual", "Industry": segment.industry}
    staff = int(8 * 40 ** rng.random())
    return {
        "Company": f"{pick(rng, FIRM_NAMES)} {pick(rng, segment.firms)}",
        "Industry": segment.industry,
        "Designation": pick(rng, DESIGNATIONS),
        "No_of_Employees": staff,
        "Annual_Revenue": staff * whole(rng, 8, 40) * 100_000,
    }


def _wish(rng: Random, segment: Segment, property_type: str, amount: float) -> dict:
    told = rng.random() < 0.7
    budget = next(label for label, top in BUDGETS.items() if amount < top)
    return {
        "Property_Type": property_type if told or segment.firms else None,
        "Budget_Range": budget if told and rng.random() < 0.7 else None,
        "Interested_In": rng.sample(INTERESTS, pick(rng, (1, 1, 2, 3))) if told else [],
        "Site_Visit_Done": False,
        "Email_Opt_Out": rng.random() < 0.02,
    }


def _contact(rng: Random, fields: dict) -> dict:
    number = f"+91 5{whole(rng, 0, 9999):04d} {whole(rng, 0, 99999):05d}"
    if fields["Company"] == "Individual":
        domain, site = pick(rng, MAIL_DOMAINS), None
    else:
        domain = "-".join(fields["Company"].lower().split()) + ".example"
        site = f"https://www.{domain}" if rng.random() < 0.5 else None
    mail = ".".join(fields["Full_Name"].lower().split())
    return {
        "Mobile": number,
        "Phone": number if rng.random() < 0.4 else None,
        "Email": f"{mail}{whole(rng, 1, 99)}@{domain}" if rng.random() < 0.82 else None,
        "Website": site,
    }
