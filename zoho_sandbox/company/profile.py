"""Who and what the invented company deals with: users, sources, kinds of customer, holidays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from zoho_sandbox.company.names import words
from zoho_sandbox.ids import metadata_id

EPOCH = date(2025, 7, 1)  # the first day of the invented company's CRM


@dataclass(frozen=True)
class User:
    """A user of the CRM; a rep if `load` is above 0, which is the rep's share of new leads."""

    name: str
    role: str
    skill: float = 1.0
    load: float = 0.0
    joined: date = EPOCH
    left: date | None = None
    successor: str | None = None

    @cached_property
    def reference(self) -> dict[str, str]:
        """The user as records name an owner."""
        first, _, last = self.name.lower().partition(" ")
        mail = f"{first}.{last.replace(' ', '')}@example.com"
        return {"name": self.name, "id": metadata_id(f"user {self.name}"), "email": mail}


USERS = (
    User("Neha Agarwal", "CEO"),
    User("Sanjay Deshpande", "Sales Head", 1.3, 0.15),
    User("Priya Nair", "Sales Executive", 1.3, 1.2),
    User("Arjun Mehta", "Sales Executive", 1.1, 1.3),
    User("Sneha Kulkarni", "Sales Executive", 1.4, 0.9),
    User("Mohammed Faizan", "Sales Executive", 1.0, 1.1),
    User("Gurpreet Kaur", "Sales Executive", 0.95, 1.0),
    User("Karthik Subramanian", "Sales Executive", 1.15, 1.0),
    User("Ananya Bose", "Sales Executive", 0.85, 0.8),
    User("Rohit Yadav", "Sales Executive", 0.6, 1.2),
    User(
        "Vikram Rathore",
        "Sales Executive",
        skill=0.8,
        load=1.0,
        left=date(2026, 3, 31),
        successor="Lakshmi Reddy",
    ),
    User("Lakshmi Reddy", "Sales Executive", 1.05, 0.9, joined=date(2026, 3, 2)),
    User("Web Forms", "Integration"),
)
USER = {user.name: user for user in USERS}
REPS = tuple(user for user in USERS if user.load)


class Source(NamedTuple):
    """Where leads come from: share, quality, and how many are businesses."""

    name: str | None
    weight: float
    junk: float
    conversion: float
    business: float
    at_counter: bool = False


SOURCES = (
    Source("Facebook", 20, 0.31, 0.08, 0.08),
    Source("Instagram", 13, 0.34, 0.07, 0.10),
    Source("Google Ads", 16, 0.14, 0.19, 0.20),
    Source("IndiaMART", 10, 0.27, 0.11, 0.55),
    Source("JustDial", 8, 0.36, 0.07, 0.25),
    Source("Website", 9, 0.11, 0.20, 0.22),
    Source("WhatsApp", 6, 0.18, 0.16, 0.12),
    Source("Walk-in", 5, 0.03, 0.38, 0.15, at_counter=True),
    Source("Referral", 6, 0.02, 0.46, 0.25, at_counter=True),
    Source("Channel Partner", 2, 0.03, 0.42, 0.80, at_counter=True),
    Source("facebook", 0.5, 0.35, 0.06, 0.08),
    Source("google ads", 0.2, 0.15, 0.18, 0.20),
    Source(None, 3.5, 0.26, 0.08, 0.15),
)
EXHIBITION = Source("Exhibition", 0, 0.21, 0.14, 0.30, at_counter=True)


class Segment(NamedTuple):
    """A kind of customer; amounts in rupees, days from first talk to signature."""

    industry: str
    weight: float
    amounts: dict[str, tuple[float, float]]
    days: float
    win: float
    firms: tuple[str, ...] = ()


HOME = Segment(
    "Home Owner",
    1,
    {
        "2 BHK Flat": (45_000, 1.6e5),
        "3 BHK Flat": (1e5, 4.5e5),
        "Independent House": (1.8e5, 9e5),
        "Villa": (4e5, 2.2e6),
    },
    days=24,
    win=1.0,
)
BUSINESSES = (
    Segment(
        "Architecture & Interiors",
        35,
        {"3 BHK Flat": (1.5e5, 6e5), "Villa": (6e5, 3e6), "Show Flat": (2e5, 8e5)},
        days=40,
        win=1.15,
        firms=("Design Studio", "Architects", "Interiors", "Spaces LLP"),
    ),
    Segment(
        "Real Estate Developer",
        22,
        {"Residential Tower": (2.5e6, 1.2e7), "Show Flat": (2e5, 9e5)},
        days=85,
        win=0.75,
        firms=("Developers", "Infra", "Realty", "Constructions Pvt Ltd"),
    ),
    Segment(
        "Corporate Office",
        20,
        {"Office": (3e5, 2.5e6)},
        days=45,
        win=0.9,
        firms=("Technologies Pvt Ltd", "Diagnostics", "Capital", "Exports"),
    ),
    Segment(
        "Housing Society",
        14,
        {"Common Areas": (6e5, 4.5e6)},
        days=75,
        win=0.7,
        firms=("Heights CHS", "Residents Welfare Association", "Enclave AOA"),
    ),
    Segment(
        "Hospitality",
        9,
        {"Hotel": (1.5e6, 7.5e6)},
        days=70,
        win=0.8,
        firms=("Residency", "Grand", "Boutique Stays", "Resorts"),
    ),
)
DIWALI = tuple(
    date.fromisoformat(day)
    for day in words(
        "2025-10-20 2026-11-08 2027-10-29 2028-10-17 2029-11-05 2030-10-26 2031-11-14 "
        "2032-11-02 2033-10-22 2034-11-10 2035-10-30"
    )
)
HOLIDAYS = {(1, 26): "Republic Day", (8, 15): "Independence Day", (10, 2): "Gandhi Jayanti"}
