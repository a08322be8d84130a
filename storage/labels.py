"""The taxonomy as a table, so that SQL knows the labels' names and a correction can name no other."""

from sqlalchemy import Connection

from configs.taxonomy import Taxonomy
from storage import schema
from storage.upsert import insert


def write_labels(connection: Connection, taxonomy: Taxonomy) -> None:
    """Write every label as the taxonomy has it now; one that it has no more stays, for what was said with it."""
    rows = [
        label.model_dump() | {"position": position, "taxonomy_version": str(taxonomy.version)}
        for position, label in enumerate(taxonomy.labels, 1)
    ]
    statement = insert(connection, schema.label)
    newest = {
        column.name: statement.excluded[column.name] for column in schema.label.c if column.name != "id"
    }
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=newest), rows)
