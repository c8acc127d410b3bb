"""Names of the module tables."""

import hashlib
import re

LEADS_TABLE = "leads_raw"
LONGEST_NAME = 55
TAKEN = {"crm_fields"}  # tables of the schema that hold no records


def table_name(module: str) -> str:
    """Return the table of a module in schema `crm`, safe for any module name.

    Leads have the name the product began with; the others are `crm_<module>` in lower case. A name
    that had to be changed or cut carries a hash, so that two modules never share a table.
    """
    if module == "Leads":
        return LEADS_TABLE
    plain = f"crm_{re.sub(r'[^a-z0-9_]', '_', module.lower())}"
    is_whole = plain == f"crm_{module.lower()}" and len(plain) <= LONGEST_NAME
    if is_whole and plain not in TAKEN:
        return plain
    return f"{plain[:46]}_{hashlib.sha256(module.encode()).hexdigest()[:8]}"
