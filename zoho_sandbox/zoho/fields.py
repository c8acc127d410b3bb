"""Modules and fields of the stand-in, as the metadata calls of Zoho CRM describe them.

A field is written `Api_Name:type`, text being the default; `+` marks a custom one and `*` a
mandatory one. Names and types are those of the reference of Zoho CRM v2, the picklists are a
fresh organisation's, the sources and industries those of the invented company.
"""

from __future__ import annotations

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
    "Status": ("Not Started", "Deferred", "In Progress", "Completed", "Waiting for input"),
    "Priority": ("High", "Highest", "Low", "Lowest", "Normal"),
    "Call_Type": ("Outbound", "Inbound", "Missed"),
    "Outgoing_Call_Status": ("Scheduled", "Completed", "Overdue", "Cancelled"),
    "Call_Purpose": ("Prospecting", "Administrative", "Negotiation", "Demo", "Project", "Desk"),
    "Call_Result": ("Interested", "Not interested", "No response/Busy", "Requested call back"),
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
    "Tasks": SYSTEM + "*Subject Due_Date:date Status:picklist Priority:picklist "
    "Closed_Time:datetime What_Id:lookup Who_Id:lookup Description:textarea",
    "Calls": SYSTEM + "*Subject Call_Type:picklist Call_Start_Time:datetime Call_Duration "
    "Call_Duration_in_seconds:integer Call_Status Outgoing_Call_Status:picklist "
    "Call_Purpose:picklist Call_Result:picklist What_Id:lookup Who_Id:lookup "
    "Description:textarea",
    "Events": SYSTEM + "*Event_Title *Start_DateTime:datetime *End_DateTime:datetime "
    "All_day:boolean Venue Participants:participants Check_In_Time:datetime Check_In_Status "
    "What_Id:lookup Who_Id:lookup Description:textarea",
    "Campaigns": SYSTEM + "*Campaign_Name Status Start_Date:date Budgeted_Cost:currency",
    "Products": SYSTEM + "*Product_Name Product_Code Unit_Price:currency",
    "Deals_X_Products": "Deals:lookup Products:lookup Created_Time:datetime Modified_Time:datetime",
    "Notes": SYSTEM + "Note_Title Note_Content:textarea Parent_Id:lookup",
    "DealHistory": "Potential_Name:lookup Stage:picklist Moved_To__s:text Amount:currency "
    "Probability:integer Expected_Revenue:currency Closing_Date:date "
    "Stage_Duration_Calendar_Days:integer Modified_Time:datetime Modified_By:ownerlookup "
    "Created_Time:datetime",
    "Lead_Status_History": "Full_Name:lookup Lead_Status:picklist Moved_To__s:text "
    "Owner:ownerlookup Duration_Days:integer Modified_Time:datetime Modified_By:ownerlookup "
    "Created_Time:datetime",
}
# Where the lookups lead. Those that lead to several modules, as What_Id does, say nothing of it.
LOOKUP_MODULES = {
    "Account_Name": "Accounts",
    "Parent_Account": "Accounts",
    "Contact_Name": "Contacts",
    "Who_Id": "Contacts",
    "Campaign_Source": "Campaigns",
    "Deals": "Deals",
    "Products": "Products",
    "Potential_Name": "Deals",
    "Full_Name": "Leads",
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
LINK_KEYS = {"$se_module": None}  # which module What_Id or Parent_Id leads to
LEAD_KEYS = {"$converted": False, "$converted_detail": {}}
LAYOUT = {"name": "Standard", "id": "5249870000000091055"}
