"""The Twilio account that tests send from, and its approved templates."""

ACCOUNT = "AC" + "0" * 32
TEMPLATES = {"briefing": "HX" + "1" * 32, "alert": "HX" + "2" * 32}
