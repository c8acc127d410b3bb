"""Invented names: regions with their towns and people, firms, streets, and awkward records."""

from __future__ import annotations

from typing import NamedTuple


def words(text: str, separator: str = " ") -> list[str]:
    """Return a text as a list; quicker to read than a list of quoted words."""
    return text.split(separator)


FIRM_NAMES = words(
    "Aarambh Suvarna Neelkanth Shubham Vasundhara Trishul Navakalpa Saptarshi Malhar "
    "Dhruvtara Chinar Kaveri Mandakini Panchvati Ashwamegh Nakshatra Udayan Girnar "
    "Tungabhadra Sahyadri Meenakshi Ratnagiri Konark Swarnim Jaltarang Prithvi Amaltas "
    "Gulmohar Kadamba Indraprabha"
)
BUILDINGS = words(
    "Gulmohar Heights, Lotus Court, Silver Oak Enclave, Neelgagan, Green Meadows, Sai Krupa, "
    "Palm Grove, Shanti Kunj, Lake Vista, Orchid Residency, Sunrise Towers, Ashirwad",
    ", ",
)
STREETS = words(
    "MG Road, Station Road, Link Road, Temple Street, Ring Road, Gandhi Nagar, Nehru Marg, "
    "Civil Lines, Lake Road, Park Street, Model Town, Jubilee Layout",
    ", ",
)


class Region(NamedTuple):
    """A part of the country: `towns` maps a town to the first three digits of its PIN codes."""

    state: str
    weight: float
    towns: dict[str, str]
    first: list[str]
    last: list[str]


def _region(state: str, weight: float, towns: dict[str, str], first: str, last: str) -> Region:
    return Region(state, weight, towns, first.split(), last.split())


REGIONS = (
    _region(
        "Maharashtra",
        26,
        {"Mumbai": "400", "Thane": "400", "Pune": "411", "Nagpur": "440", "Nashik": "422"},
        "Amit Sachin Rahul Swapnil Prashant Aditi Manasi Rutuja Vaishali Omkar Tejas Sayali Nikhil",
        "Patil Joshi Deshmukh Kulkarni Pawar Shinde Gokhale Bhosale Sawant Jadhav More Kadam",
    ),
    _region(
        "Karnataka",
        18,
        {"Bengaluru": "560", "Mysuru": "570", "Mangaluru": "575"},
        "Manjunath Suresh Deepa Raghavendra Shruthi Kavya Naveen Pooja Chetan Vinay Bhavana",
        "Gowda Hegde Shetty Rao Murthy Bhat Kamath Nayak Acharya Reddy",
    ),
    _region(
        "Tamil Nadu",
        11,
        {"Chennai": "600", "Coimbatore": "641", "Madurai": "625"},
        "Senthil Murugan Karthikeyan Divya Revathi Prabhu Lavanya Arun Saravanan Nithya Meena",
        "Subramaniam Krishnan Rajendran Venkatesan Natarajan Selvam Sundaram Pillai",
    ),
    _region(
        "Telangana",
        10,
        {"Hyderabad": "500", "Warangal": "506"},
        "Srinivas Ravi Swathi Mahesh Kiran Sravani Harika Venkat Imran Ayesha Sai",
        "Reddy Rao Chowdary Goud Naidu Varma Siddiqui Khan Yellapragada",
    ),
    _region(
        "Delhi",
        12,
        {"New Delhi": "110", "Gurugram": "122", "Noida": "201"},
        "Rajesh Vikas Pankaj Shivani Ritu Manish Deepak Nidhi Kunal Simran Zoya Tarun",
        "Sharma Gupta Verma Malhotra Kapoor Singh Khanna Bansal Chauhan Arora Jain",
    ),
    _region(
        "Gujarat",
        9,
        {"Ahmedabad": "380", "Surat": "395", "Vadodara": "390"},
        "Jignesh Hardik Chirag Hetal Bhavesh Komal Mitesh Dhara Parth Nirav Falguni",
        "Patel Shah Desai Mehta Trivedi Parekh Modi Thakkar Solanki",
    ),
    _region(
        "West Bengal",
        5,
        {"Kolkata": "700", "Siliguri": "734"},
        "Sourav Arindam Moumita Debasish Sreeja Subhash Ritwik Payel Abhijit",
        "Banerjee Chatterjee Ghosh Sengupta Mukherjee Das Dutta Roy",
    ),
    _region(
        "Kerala",
        5,
        {"Kochi": "682", "Thiruvananthapuram": "695"},
        "Anoop Biju Reshma Jithin Mathew Sandhya Fathima Vishnu Liya",
        "Nair Menon Thomas Varghese Kurian Pillai Namboothiri Joseph",
    ),
    _region(
        "Punjab",
        4,
        {"Chandigarh": "160", "Ludhiana": "141"},
        "Harpreet Manpreet Jaspreet Amandeep Navjot Rupinder Sukhwinder Jasleen",
        "Singh Kaur Sidhu Gill Dhillon Sandhu Bajwa",
    ),
)

# Records that keep every later step honest: scripts, quotes, marks, lengths.
AWKWARD = (
    {"First_Name": "अनिल", "Last_Name": "शर्मा", "Full_Name": "अनिल शर्मा"},
    {"First_Name": "கவிதா", "Last_Name": "இராசேந்திரன்", "Full_Name": "கவிதா இராசேந்திரன்"},
    {
        "First_Name": 'Sebastian "Babloo"',
        "Last_Name": "D'Souza",
        "Full_Name": 'Sebastian "Babloo" D\'Souza',
    },
    {"First_Name": None, "Last_Name": "🏠 Raj 🙏🏽", "Full_Name": "🏠 Raj 🙏🏽"},
    {"First_Name": "*Anita*", "Last_Name": "_Rao_", "Full_Name": "*Anita* _Rao_"},
    {
        "First_Name": "Farhan",
        "Last_Name": "O\\'Neil <b>Ali</b>",
        "Full_Name": "Farhan O\\'Neil <b>Ali</b>",
    },
    {
        "Company": "Shree Siddhivinayak "
        + "Co-operative Housing & Welfare Society Wing " * 4
        + "Ltd"
    },
    {"Company": 'Chawla\u00a0&\u00a0Sons, 50% off; "Smart"\tHomes'},
)
