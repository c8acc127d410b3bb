"""Pick lists, as the metadata of an organisation has them."""

from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json


def put_picklist(
    connection: Connection, module: str, *values: str | dict, field: str | None = None
) -> None:
    """Land a pick list of a module: names of values, or whole values."""
    items = [
        {"display_value": v, "actual_value": v, "sequence_number": n} if isinstance(v, str) else v
        for n, v in enumerate(values, start=1)
    ]
    field = field or {"Leads": "Lead_Status", "Deals": "Stage"}[module]
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into crm.crm_fields (module, api_name, picklist, raw_data) "
            "values (%s, %s, %s, '{}') on conflict (module, api_name) "
            "do update set picklist = excluded.picklist",
            [module, field, Json(items)],
        )
