"""A dataset's folder as DuckDB tables. The oracles of this folder share it; none knows the program's code.

DATASET/<entity>/part-00000.parquet, or .csv, or .csv.zst. Each table has its declared columns and two more:
`part`, the number of the file, and `position`, which rises in file order over all parts.
"""

import csv
import re
import sys
import tempfile
from pathlib import Path

import duckdb


class Dataset:
    """The parts of a dataset and a DuckDB connection in which each entity is a table."""

    def __init__(self, directory, tables):
        """`tables` maps entities to their columns, and those to SQL types."""
        self.directory = Path(directory)
        self.spill = tempfile.TemporaryDirectory()  # what does not fit into memory goes there
        self.connection = duckdb.connect(config={"temp_directory": self.spill.name})
        self.connection.execute("SET TimeZone = 'UTC'")
        self.connection.execute("SET preserve_insertion_order = true")
        self.tables = tables
        for entity, columns in tables.items():
            self._open(entity, columns)

    def _open(self, entity, columns):
        parts = part_files(self.directory / entity)
        if not parts:
            sys.exit(f"error: no parts in {self.directory / entity}")
        found = [row[0] for row in self.rows(f"DESCRIBE SELECT * FROM {scan(parts)}")]
        if found != list(columns):
            sys.exit(f"error: {entity} has the columns {found}, expected {list(columns)}")
        typed = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in columns.items())
        number = r"CAST(regexp_extract(part_file, 'part-(\d+)\.', 1) AS INTEGER) AS part"
        if is_parquet(parts):
            place = "CAST(part AS BIGINT) * 1099511627776 + file_row_number AS position"
            self.connection.execute(
                f'CREATE VIEW "{entity}" AS SELECT {typed}, {number}, {place} '
                f"FROM read_parquet({sql_list(parts)}, filename = 'part_file', file_row_number = true)"
            )
        else:
            self.connection.execute(
                f'CREATE TABLE "{entity}" AS SELECT {typed}, {number}, row_number() OVER () AS position '
                f"FROM {csv_scan(parts)}"
            )

    def hold(self):
        """Reads everything into memory, where it can be changed."""
        for entity in self.tables:
            self.connection.execute(f'CREATE TABLE held AS SELECT * FROM "{entity}"')
            kind = "VIEW" if is_parquet(part_files(self.directory / entity)) else "TABLE"
            self.connection.execute(f'DROP {kind} "{entity}"')
            self.connection.execute(f'ALTER TABLE held RENAME TO "{entity}"')

    def rows(self, query):
        """All rows of a query's result."""
        return self.connection.execute(query).fetchall()

    def value(self, query):
        """The one value that a query returns."""
        return self.rows(query)[0][0]

    def count(self, counter):
        """What a query counts, or a function of the dataset."""
        return self.value(counter) if isinstance(counter, str) else counter(self)


def part_files(folder):
    """The parts of an entity's folder in order."""
    named = re.compile(r"part-\d+\.(parquet|csv|csv\.zst)")
    return sorted(str(path) for path in folder.glob("part-*") if named.fullmatch(path.name))


def is_parquet(parts):
    """Whether the parts are Parquet; all parts of a dataset have one format."""
    return parts[0].endswith(".parquet")


def scan(parts):
    """The rows of parts as the readers find them: typed in Parquet, text in CSV."""
    reader = f"read_parquet({sql_list(parts)}, filename = 'part_file')" if is_parquet(parts) else csv_scan(parts)
    return f"(SELECT * EXCLUDE part_file FROM {reader})"


def csv_scan(parts):
    """The scan of CSV as psql's \\copy writes it: NULL bare, the empty string quoted. Every column is text, the
    last one is the name of the part."""
    compression = "zstd" if parts[0].endswith(".zst") else "none"
    return (
        f"read_csv({sql_list(parts)}, header = true, all_varchar = true, nullstr = '', allow_quoted_nulls = false, "
        f"delim = ',', quote = '\"', escape = '\"', new_line = '\\n', parallel = false, "
        f"compression = '{compression}', filename = 'part_file')"
    )


def sql_text(text):
    """A SQL string literal."""
    return "'" + str(text).replace("'", "''") + "'"


def sql_name(name):
    """A SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def sql_list(texts):
    """A SQL list of string literals."""
    return "[" + ", ".join(sql_text(text) for text in texts) + "]"


def judge(dataset, promises):
    """Prints a line `name<TAB>broken` for each promise, a pair of a name and what counts the rows that break it.

    Leaves with status 1 if any is broken."""
    broken = 0
    for name, counter in promises:
        count = dataset.count(counter)
        print(f"{name}\t{count}", flush=True)
        broken += count
    sys.exit(1 if broken else 0)


def broken(table, promise):
    """The query that counts the rows of a table expression for which a promise is false or NULL."""
    return f"SELECT count(*) FROM {table} WHERE ({promise}) IS NOT TRUE"


def repeats(table, column):
    """The query that counts the rows whose value of a column is NULL or stands in another row, too."""
    return f"SELECT count(*) - count(DISTINCT {column}) FROM {table}"


def orphans(table, column, target):
    """The query that counts the values of a foreign key that point at no row; NULL points at none on purpose."""
    return f"""SELECT count(*) FROM {table} c WHERE c."{column}" IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM {target} p WHERE p.id = c."{column}")"""


def elements(column):
    """The elements of an array of plain texts, whether it was read of Parquet or as Postgres writes it in CSV."""
    texts = f"string_split(trim(CAST({column} AS VARCHAR), '[]{{}}'), ',')"
    return f"list_filter(list_transform({texts}, lambda text: trim(text, ' \"')), lambda text: text <> '')"


def is_v7(column, time):
    """A promise: a UUID of version 7 with the milliseconds of a time."""
    digits = f"replace(CAST({column} AS VARCHAR), '-', '')"
    milliseconds = f"CAST('0x' || substr({digits}, 1, 12) AS BIGINT)"
    return f"substr({digits}, 13, 1) = '7' AND substr({digits}, 17, 1) IN ('8', '9', 'a', 'b') AND {milliseconds} = epoch_ms({time})"


def share(table, condition, expected):
    """The query that says 1 if the share of rows with a condition is off by more than five standard errors."""
    return f"""SELECT (abs(avg(({condition})::INT) - {expected})
        > 5 * sqrt({expected} * (1 - {expected}) / count(*)))::INT FROM {table}"""


def records(path, fields):
    """The records of a CSV as SQL rows of texts."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = ("(" + ", ".join(sql_text(row[field]) for field in fields) + ")" for row in csv.DictReader(file))
        return ", ".join(dict.fromkeys(rows))
