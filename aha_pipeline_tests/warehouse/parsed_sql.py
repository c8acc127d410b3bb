"""Files of SQL as trees."""

from pathlib import Path

import sqlglot
from sqlglot import exp

from aha_pipeline.sql import parts


def parsed(path: Path) -> exp.Expression:
    query = parts(path)[1].replace("%%", "%").replace("{{}}", "{}")
    for name in ("{table}", "{module}", "{name}"):
        query = query.replace(name, "thing")
    return sqlglot.parse_one(query, dialect="postgres")
