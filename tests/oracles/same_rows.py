"""Sees whether two datasets hold the same rows, whatever their formats, as DuckDB reads them.

usage: same_rows.py TYPED_DATASET_DIR OTHER_DATASET_DIR

The types are those of the first dataset, so that it should be Parquet; every value of the other one is cast to them.
Prints a line `entity<TAB>differing_rows` for each entity; exit status 1 if any row differs.
"""

import sys
from pathlib import Path

import duckdb

from dataset import part_files, scan, sql_name


def differing_rows(connection, typed, other):
    """How many rows stand in one of two scans only; NULL is unlike any value."""
    types = {row[0]: row[1] for row in connection.execute(f"DESCRIBE SELECT * FROM {typed}").fetchall()}
    names = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {other}").fetchall()]
    if names != list(types):
        sys.exit(f"error: the columns are {list(types)} and {names}")
    casts = ", ".join(f"CAST({sql_name(name)} AS {kind}) AS {sql_name(name)}" for name, kind in types.items())
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
