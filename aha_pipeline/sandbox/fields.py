"""Modules and fields of the stand-in, as the metadata calls of Zoho CRM describe them.

A field is written `Api_Name:type`, text being the default; `+` marks a custom one and `*` a
mandatory one. Names and types are those of the reference of Zoho CRM v2, the picklists are a
fresh organisation's, the sources and industries those of the invented company.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from zlib import crc32

LEAD_STATUSES = (
    "Attempted to Contact",
    "Contact in Future",
    "Contacted",
    "Junk Lead",
    "Lost Lead",
    "Not Contacted",
    "Pre-Qualified",
    "Not Qualified",
)
STAGES = {  # and its probability, in per cent
    "Qualification": 10,
    "Needs Analysis": 20,
    "Value Proposition": 40,
    "Identify Decision Makers": 60,
    "Proposal/Price Quote": 75,
    "Negotiation/Review": 90,
    "Closed Won": 100,
    "Closed Lost": 0,
    "Closed Lost to Competition": 0,
}
SOURCES = (
    "Facebook",
    "Instagram",
    "Google Ads",
    "IndiaMART",
    "JustDial",
    "Website",
    "WhatsApp",
    "Walk-in",
    "Referral",
    "Exhibition",
    "Channel Partner",
)
INDUSTRIES = (
    "Home Owner",
    "Architecture & Interiors",
    "Real Estate Developer",
    "Housing Society",
    "Hospitality",
    "Corporate Office",
)
BUDGETS = {  # label, and the amount in rupees up to which it holds
    "Below ₹1 lakh": 1e5,
    "₹1-3 lakh": 3e5,
    "₹3-10 lakh": 1e6,
    "₹10-50 lakh": 5e6,
    "Above ₹50 lakh": 1e12,
}
PROPERTY_TYPES = (
    "2 BHK Flat",
    "3 BHK Flat",
    "Independent House",
    "Villa",
    "Show Flat",
    "Residential Tower",
    "Common Areas",
    "Hotel",
    "Office",
)
INTERESTS = ("Lighting", "Curtains", "Climate", "Security", "Audio", "Voice Control")
LOST_REASONS = (
    "Price",
    "Went with wired system",
    "Project delayed",
    "Not reachable",
    "Installation time",
    "Local electrician",
)
PICKLISTS: dict[str, tuple[str, ...]] = {
    "Lead_Status": LEAD_STATUSES,
    "Stage": tuple(STAGES),
    "Lead_Source": SOURCES,
    "Industry": INDUSTRIES,
    "Rating": ("Acquired", "Active", "Market Failed", "Project Cancelled", "Shut Down"),
    "Salutation": ("Mr.", "Mrs.", "Ms.", "Dr.", "Prof."),
    "Type": ("New Business", "Existing Business"),
    "Account_Type": ("Customer", "Partner", "Prospect"),
    "Ownership": ("Private", "Public", "Partnership"),
    "Property_Type": PROPERTY_TYPES,
    "Budget_Range": tuple(BUDGETS),
    "City_Zone": ("North", "South", "East", "West", "Central"),
    "Interested_In": INTERESTS,
    "Lost_Reason": LOST_REASONS,
}
SYSTEM = (
    "Owner:ownerlookup Created_By:ownerlookup Modified_By:ownerlookup Created_Time:datetime "
    "Modified_Time:datetime Last_Activity_Time:datetime Tag:text Layout:lookup "
)
FIELDS = {
    "Leads": SYSTEM + "*Company *Last_Name First_Name Full_Name Salutation:picklist Designation "
    "Email:email Secondary_Email:email Phone:phone Mobile:phone Fax Website:website "
    "Lead_Source:picklist Lead_Status:picklist Industry:picklist Rating:picklist "
    "No_of_Employees:integer Annual_Revenue:currency Email_Opt_Out:boolean Skype_ID Twitter "
    "Street City State Zip_Code Country Description:textarea Record_Image:profileimage "
    "Converted_Date_Time:datetime +Property_Type:picklist +Budget_Range:picklist "
    "+Interested_In:multiselectpicklist +Site_Visit_Done:boolean +City_Zone:picklist",
    "Contacts": SYSTEM + "*Last_Name First_Name Full_Name Salutation:picklist "
    "Account_Name:lookup Lead_Source:picklist Title Department Email:email "
    "Secondary_Email:email Phone:phone Mobile:phone Date_of_Birth:date Email_Opt_Out:boolean "
    "Mailing_Street Mailing_City Mailing_State Mailing_Zip Mailing_Country "
    "Description:textarea Record_Image:profileimage +City_Zone:picklist",
    "Accounts": SYSTEM + "*Account_Name Account_Type:picklist Parent_Account:lookup "
    "Industry:picklist Rating:picklist Ownership:picklist Employees:integer "
    "Annual_Revenue:currency Website:website Phone:phone Billing_Street Billing_City "
    "Billing_State Billing_Code Billing_Country Description:textarea "
    "Record_Image:profileimage +GST_Registered:boolean +City_Zone:picklist",
    "Deals": SYSTEM + "*Deal_Name Account_Name:lookup Contact_Name:lookup Amount:currency "
    "*Closing_Date:date *Stage:picklist Probability:integer Expected_Revenue:currency "
    "Type:picklist Lead_Source:picklist Next_Step Campaign_Source:lookup Description:textarea "
    "Lead_Conversion_Time:integer Sales_Cycle_Duration:integer "
    "Overall_Sales_Duration:integer +Property_Type:picklist +Lost_Reason:picklist "
    "+Site_Visit_Done:boolean +City_Zone:picklist",
    "Tasks": SYSTEM + "*Subject Due_Date:date Status What_Id:lookup Who_Id:lookup",
    "Calls": SYSTEM + "*Subject Call_Type Call_Start_Time:datetime What_Id:lookup",
    "Events": SYSTEM + "*Event_Title Start_DateTime:datetime End_DateTime:datetime",
    "Campaigns": SYSTEM + "*Campaign_Name Status Start_Date:date Budgeted_Cost:currency",
    "Products": SYSTEM + "*Product_Name Product_Code Unit_Price:currency",
    "Notes": SYSTEM + "Note_Title Note_Content:textarea Parent_Id:lookup",
}
JSON_TYPES = {
    "boolean": "boolean",
    "currency": "double",
    "double": "double",
    "integer": "integer",
    "lookup": "jsonobject",
    "multiselectpicklist": "jsonarray",
    "ownerlookup": "jsonobject",
}
DOLLAR_KEYS = {
    "$currency_symbol": "₹",
    "$approved": True,
    "$approval": {"delegate": False, "approve": False, "reject": False, "resubmit": False},
    "$editable": True,
    "$process_flow": False,
    "$review": None,
    "$review_process": {"approve": False, "reject": False, "resubmit": False},
    "$orchestration": None,
    "$followed": False,
    "$state": "save",
}
LEAD_KEYS = {"$converted": False, "$converted_detail": {}}
LAYOUT = {"name": "Standard", "id": "5249870000000091055"}


@dataclass(frozen=True)
class Field:
    """One field of a module."""

    name: str
    type: str = "text"
    custom: bool = False
    mandatory: bool = False
    values: tuple[str, ...] = ()

    def metadata(self, module: str, label: str) -> dict:
        """Return the field as `settings/fields` answers it."""
        empty = ("-None-",) if self.type == "picklist" and not self.mandatory else ()
        return {
            "id": metadata_id(f"{module}.{self.name}"),
            "api_name": self.name,
            "field_label": label,
            "display_label": label,
            "data_type": self.type,
            "json_type": JSON_TYPES.get(self.type, "string"),
            "length": 32000 if self.type == "textarea" else 255,
            "custom_field": self.custom,
            "system_mandatory": self.mandatory,
            "read_only": False,
            "visible": True,
            "created_source": "default",
            "pick_list_values": [
                {
                    "display_value": value,
                    "actual_value": value,
                    "sequence_number": number,
                    "type": "used",
                    "maps": [],
                }
                for number, value in enumerate(empty + self.values, start=1)
            ],
        }


@dataclass(frozen=True)
class Module:
    """One module and its fields."""

    name: str
    fields: tuple[Field, ...] = ()
    custom: bool = False
    sortable: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        names = frozenset(f.name for f in self.fields) | {"id"}
        object.__setattr__(self, "sortable", names)

    @property
    def singular(self) -> str:
        """The name of one record."""
        return self.name.removesuffix("s")

    def metadata(self, position: int) -> dict:
        """Return the module as `settings/modules` answers it."""
        return {
            "id": metadata_id(self.name),
            "api_name": self.name,
            "module_name": self.name,
            "singular_label": self.singular.replace("_", " "),
            "plural_label": self.name.replace("_", " "),
            "generated_type": "custom" if self.custom else "default",
            "api_supported": True,
            "creatable": True,
            "editable": True,
            "deletable": True,
            "viewable": True,
            "convertable": self.name == "Leads",
            "visibility": 1,
            "sequence_number": position,
        }

    def fields_metadata(self) -> list[dict]:
        """Return all fields as `settings/fields` answers them."""
        return [f.metadata(self.name, self._label(f)) for f in self.fields]

    def _label(self, f: Field) -> str:
        words = f.name.replace("_", " ")
        return f"{self.singular} {words}" if f.name == "Owner" else words


def metadata_id(name: str) -> str:
    """Return a lasting id for a named thing of the organisation."""
    return f"5249870{crc32(name.encode()):012d}"


def standard_modules() -> dict[str, Module]:
    """Return the modules that every organisation here has, by name."""
    return {
        name: Module(name, tuple(_parse(item) for item in text.split()))
        for name, text in FIELDS.items()
    }


def blank(module: str) -> dict:
    """Return a record of a standard module with every field empty but the two times."""
    names = (f.name for f in standard_modules()[module].fields)
    record = dict.fromkeys(n for n in names if n not in ("Created_Time", "Modified_Time"))
    lead = LEAD_KEYS if module == "Leads" else {}
    return record | {"Tag": [], "Layout": LAYOUT} | lead | DOLLAR_KEYS


def _parse(item: str) -> Field:
    name, _, kind = item.lstrip("+*").partition(":")
    listed = kind in ("picklist", "multiselectpicklist")
    return Field(
        name,
        kind or "text",
        custom=item.startswith("+"),
        mandatory=item.startswith("*"),
        values=PICKLISTS[name] if listed else (),
    )
