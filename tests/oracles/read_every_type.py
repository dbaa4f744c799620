"""Reads every part of any dataset with pyarrow and with DuckDB, and compares what they see.

usage: read_every_type.py DATASET_DIR

Prints JSON: for each entity its format and parts, the rows that each reader counts, its columns with the types that
each reader gives them, and how many values are NULL. Exit status 1 if the readers disagree, in a number of rows, a
column or (in Parquet) any value.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.csv
import pyarrow.parquet

from dataset import is_parquet, part_files, scan, sql_name


CSV_PARSE = pyarrow.csv.ParseOptions(newlines_in_values=True)


def arrow_table(part):
    """A part as pyarrow reads it. In CSV every column is text, and only a bare empty field is NULL."""
    if is_parquet([part]):
        return pyarrow.parquet.read_table(part, partitioning=None)
    with pyarrow.input_stream(part) as stream:
        names = pyarrow.csv.open_csv(stream, parse_options=CSV_PARSE).schema.names
    with pyarrow.input_stream(part) as stream:
        convert = pyarrow.csv.ConvertOptions(
            column_types={name: pyarrow.string() for name in names},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        )
        return pyarrow.csv.read_csv(stream, parse_options=CSV_PARSE, convert_options=convert)


def differing_rows(connection, part, table):
    """How many rows of a part the two readers see differently, with NULL unlike any value."""
    connection.register("arrow_part", table)
    count = connection.execute(
        f"SELECT count(*) FROM (SELECT * FROM {scan([part])} EXCEPT ALL SELECT * FROM arrow_part)"
    ).fetchall()[0][0]
    connection.unregister("arrow_part")
    return count


def read_entity(connection, parts):
    described = connection.execute(f"DESCRIBE SELECT * FROM {scan(parts)}").fetchall()
    duckdb_types = {row[0]: row[1] for row in described}
    counted = ", ".join(f"count(*) - count({sql_name(name)})" for name in duckdb_types)
    duckdb_rows, *duckdb_nulls = connection.execute(f"SELECT count(*), {counted} FROM {scan(parts)}").fetchall()[0]
    arrow_types, arrow_nulls, arrow_rows, differing = {}, Counter(), 0, 0
    for part in parts:
        table = arrow_table(part)
        arrow_types = {field.name: str(field.type) for field in table.schema}
        arrow_rows += table.num_rows
        for name in table.column_names:
            arrow_nulls[name] += table.column(name).null_count
        differing += differing_rows(connection, part, table)
    nulls = dict(zip(duckdb_types, duckdb_nulls))
    agree = (
        duckdb_rows == arrow_rows
        and list(duckdb_types) == list(arrow_types)
        and all(nulls[name] == arrow_nulls[name] for name in nulls)
        and differing == 0
    )
    return {
        "format": Path(parts[0]).name.split(".", 1)[1],
        "parts": len(parts),
        "rows": {"duckdb": duckdb_rows, "pyarrow": arrow_rows},
        "differing_rows": differing,
        "columns": {
            name: {"duckdb": kind, "pyarrow": arrow_types.get(name), "nulls": nulls[name]}
            for name, kind in duckdb_types.items()
        },
        "agree": agree,
    }


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: read_every_type.py DATASET_DIR")
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    folders = sorted(path for path in Path(sys.argv[1]).iterdir() if path.is_dir() and part_files(path))
    if not folders:
        sys.exit(f"error: no parts under {sys.argv[1]}")
    entities = {folder.name: read_entity(connection, part_files(folder)) for folder in folders}
    print(json.dumps(entities, indent=2))
    sys.exit(0 if all(entity["agree"] for entity in entities.values()) else 1)


if __name__ == "__main__":
    main()
