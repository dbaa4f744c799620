"""Reads a Parquet dataset with polars, and compares what it sees with what DuckDB sees in the same files.

usage: read_with_polars.py DATASET_DIR

Prints JSON: for each entity the rows that each reader counts, how many rows they see differently, and polars' type of
every column. What polars has no type for (UUID, JSON) is compared as what it gives instead, bytes or text.
"""

import json
import sys
from pathlib import Path

import duckdb
import polars

from dataset import part_files, scan, sql_name


def as_polars_gives(name, duckdb_type, polars_type):
    """DuckDB's column in the form that polars has."""
    name = sql_name(name)
    if polars_type == polars.Binary and duckdb_type == "UUID":
        return f"unhex(replace(CAST({name} AS VARCHAR), '-', '')) AS {name}"
    if polars_type == polars.List(polars.Binary) and duckdb_type == "UUID[]":
        return f"list_transform({name}, lambda one: unhex(replace(CAST(one AS VARCHAR), '-', ''))) AS {name}"
    if duckdb_type == "JSON":
        return f"CAST({name} AS VARCHAR) AS {name}"
    return name


def read_entity(connection, parts):
    frame = polars.read_parquet(parts, hive_partitioning=False)
    described = connection.execute(f"DESCRIBE SELECT * FROM {scan(parts)}").fetchall()
    types = {row[0]: row[1] for row in described}
    if list(types) != frame.columns:
        sys.exit(f"error: the columns are {list(types)} and {frame.columns}")
    forms = ", ".join(as_polars_gives(name, kind, frame.schema[name]) for name, kind in types.items())
    connection.register("polars_table", frame.to_arrow())
    ours, theirs = f"(SELECT {forms} FROM {scan(parts)})", "(SELECT * FROM polars_table)"
    differing = connection.execute(
        f"SELECT (SELECT count(*) FROM ({ours} EXCEPT ALL {theirs})) + (SELECT count(*) FROM ({theirs} EXCEPT ALL {ours}))"
    ).fetchall()[0][0]
    connection.unregister("polars_table")
    duckdb_rows = connection.execute(f"SELECT count(*) FROM {scan(parts)}").fetchall()[0][0]
    return {
        "rows": {"polars": frame.height, "duckdb": duckdb_rows},
        "differing_rows": differing,
        "columns": {name: str(kind) for name, kind in frame.schema.items()},
    }


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: read_with_polars.py DATASET_DIR")
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    folders = sorted(path for path in Path(sys.argv[1]).iterdir() if path.is_dir() and part_files(path))
    if not folders:
        sys.exit(f"error: no parts under {sys.argv[1]}")
    found = {folder.name: read_entity(connection, part_files(folder)) for folder in folders}
    print(json.dumps(found, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
