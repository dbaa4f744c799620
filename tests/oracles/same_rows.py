"""Sees whether two datasets hold the same rows, whatever their formats, as DuckDB reads them.

usage: same_rows.py TYPED_DATASET_DIR OTHER_DATASET_DIR

The types are those of the first dataset, so that it should be Parquet; every value of the other one is cast to them.
Prints a line `entity<TAB>differing_rows` for each entity; exit status 1 if any row differs.
"""

import sys
from pathlib import Path

import duckdb

from dataset import part_files, scan, sql_name


def array_elements(text):
    """The elements of an array in Postgres' text form."""
    elements, at, end = [], 1, len(text) - 1
    while at < end:
        element, quoted = "", text[at] == '"'
        at += quoted
        while at < end and text[at] != ('"' if quoted else ","):
            at += text[at] == "\\"
            element += text[at]
            at += 1
        at += 2 if quoted else 1
        elements.append(None if element == "NULL" and not quoted else element)
    return elements


def as_typed(name, kind, stored):
    """A column of the other dataset in the type that the first one has."""
    if kind.endswith("[]") and stored == "VARCHAR":
        return f"CAST(array_elements({name}) AS {kind})"
    return f"CAST({name} AS {kind})"


def differing_rows(connection, typed, other):
    """How many rows stand in one of two scans only; NULL is unlike any value."""
    types = {row[0]: row[1] for row in connection.execute(f"DESCRIBE SELECT * FROM {typed}").fetchall()}
    stored = {row[0]: row[1] for row in connection.execute(f"DESCRIBE SELECT * FROM {other}").fetchall()}
    if list(stored) != list(types):
        sys.exit(f"error: the columns are {list(types)} and {list(stored)}")
    casts = ", ".join(
        f"{as_typed(sql_name(name), kind, stored[name])} AS {sql_name(name)}" for name, kind in types.items()
    )
    cast = f"(SELECT {casts} FROM {other})"
    one_way = f"(SELECT * FROM {typed} EXCEPT ALL SELECT * FROM {cast})"
    other_way = f"(SELECT * FROM {cast} EXCEPT ALL SELECT * FROM {typed})"
    return connection.execute(
        f"SELECT (SELECT count(*) FROM {one_way}) + (SELECT count(*) FROM {other_way})"
    ).fetchall()[0][0]


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: same_rows.py TYPED_DATASET_DIR OTHER_DATASET_DIR")
    typed, other = Path(sys.argv[1]), Path(sys.argv[2])
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.create_function("array_elements", array_elements, ["VARCHAR"], "VARCHAR[]")
    folders = sorted(path for path in typed.iterdir() if path.is_dir() and part_files(path))
    if not folders:
        sys.exit(f"error: no parts under {typed}")
    differing = 0
    for folder in folders:
        counterpart = part_files(other / folder.name)
        if not counterpart:
            sys.exit(f"error: no parts in {other / folder.name}")
        count = differing_rows(connection, scan(part_files(folder)), scan(counterpart))
        print(f"{folder.name}\t{count}")
        differing += count
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
