"""Whether the page is read on a phone, where all but the day's work is folded."""

import streamlit as st


def is_on_phone() -> bool:
    """Return whether the browser says it is one of a phone (MDN: look for Mobi)."""
    return "Mobi" in (st.context.headers.get("User-Agent") or "")
