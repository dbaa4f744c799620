"""Reads datasets with Spark itself, and compares what it sees with what DuckDB sees in the same files.

usage: read_with_spark.py SPARK_PROFILE_DATASET_DIR STANDARD_PROFILE_DATASET_DIR

Prints JSON: Spark's version; `read`, for each entity of the first dataset the rows that each reader counts, how many
rows they see differently and Spark's type of every column; `joined`, the rows of a join over the foreign key of
tests/models/every_type.yaml; `refused`, what Spark says of the same entity in the second dataset. Spark runs on this
machine alone: one thread, no page, no network.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import duckdb
from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

from dataset import part_files, scan

PARENTS, CHILDREN = "order", "order's \"lines\" $HOME `x` 🛒"


def started(scratch):
    """A Spark of this process alone."""
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.memory": "1g",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": scratch,
        "spark.sql.warehouse.dir": scratch,
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.session.timeZone": "UTC",
        "spark.log.level": "OFF",
    }
    builder = SparkSession.builder.master("local[1]").appName("read_with_spark")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def entities(dataset):
    """The folders that have parts."""
    return sorted(path for path in Path(dataset).iterdir() if path.is_dir() and part_files(path))


def differing_rows(connection, parts, table):
    """How many rows stand in one of the two only; NULL is unlike any value."""
    connection.register("spark_table", table)
    names = ", ".join('"' + name.replace('"', '""') + '"' for name in table.column_names)
    ours, theirs = f"(SELECT {names} FROM {scan(parts)})", "(SELECT * FROM spark_table)"
    query = f"SELECT (SELECT count(*) FROM ({ours} EXCEPT ALL {theirs})) + (SELECT count(*) FROM ({theirs} EXCEPT ALL {ours}))"
    count = connection.execute(query).fetchall()[0][0]
    connection.unregister("spark_table")
    return count


def read(spark, connection, folder):
    """An entity as Spark reads it."""
    parts = part_files(folder)
    frame = spark.read.parquet(str(folder))
    duckdb_rows, *_ = connection.execute(f"SELECT count(*) FROM {scan(parts)}").fetchall()[0]
    return {
        "rows": {"spark": frame.count(), "duckdb": duckdb_rows},
        "differing_rows": differing_rows(connection, parts, frame.toArrow()),
        "columns": {field.name: field.dataType.simpleString() for field in frame.schema.fields},
    }


def complaint(action):
    """The reason at the bottom of what Spark says, or nothing where it does what it is asked."""
    try:
        action()
    except Exception as error:  # of Spark, Java or Arrow: each is a refusal
        reasons = [line for line in str(error).splitlines() if line.startswith("Caused by:")]
        return (reasons or str(error).splitlines())[-1 if reasons else 0]
    return None


def refused(spark, connection, schema, folder):
    """What Spark says of an entity of the other profile: as a whole, and of its UUIDs one by one, asked for as text. The
    other columns are compared as they are read."""
    parts = part_files(folder)
    types = {row[0]: row[1] for row in connection.execute(f"DESCRIBE SELECT * FROM {scan(parts)}").fetchall()}
    uuids = [field for field in schema.fields if types[field.name].startswith("UUID")]
    others = StructType([field for field in schema.fields if field not in uuids])

    def alone(field):
        return complaint(lambda: spark.read.schema(StructType([field])).parquet(str(folder)).toArrow())

    return {
        "whole": complaint(lambda: spark.read.parquet(str(folder))),
        "columns": {field.name: alone(field) for field in uuids},
        "differing_rows_without_them": differing_rows(
            connection, parts, spark.read.schema(others).parquet(str(folder)).toArrow()
        ),
    }


def joined(spark, dataset):
    """Rows of the children beside their parents."""
    parents = spark.read.parquet(str(Path(dataset) / PARENTS))
    children = spark.read.parquet(str(Path(dataset) / CHILDREN))
    return children.join(parents, children["order select"] == parents["select"]).count()


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: read_with_spark.py SPARK_PROFILE_DATASET_DIR STANDARD_PROFILE_DATASET_DIR")
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    with tempfile.TemporaryDirectory() as scratch:
        spark = started(scratch)
        found = {"version": spark.version}
        found["read"] = {folder.name: read(spark, connection, folder) for folder in entities(sys.argv[1])}
        found["joined"] = joined(spark, sys.argv[1])
        schema = spark.read.parquet(str(Path(sys.argv[1]) / CHILDREN)).schema
        found["refused"] = refused(spark, connection, schema, Path(sys.argv[2]) / CHILDREN)
        spark.stop()
    print(json.dumps(found, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
