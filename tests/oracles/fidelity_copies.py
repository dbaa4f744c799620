"""Writes a copy of a dataset as another tool would: shuffled, under other names, or with faults.

usage: fidelity_copies.py chat|shop DATASET OUT shuffled|renamed|faulty|lost

shuffled   rows in the order of a hash, in other files, some of them CSV
renamed    one file for each table, other names; OUT/mapping.yaml says which they are
faulty     parts like the dataset's own, with a few wrong rows of every kind
lost       parts like the dataset's own, with rows that are under no parent
"""

import importlib
import sys
from pathlib import Path

from dataset import Dataset, sql_text


def write(dataset, query, path):
    """Writes the rows of a query into a file whose name tells its format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    form = "PARQUET, COMPRESSION snappy, ROW_GROUP_SIZE 30000" if path.suffix == ".parquet" else "CSV, HEADER"
    dataset.connection.execute(f"COPY ({query}) TO {sql_text(path)} (FORMAT {form})")


def columns(dataset, table):
    """The names of a table's columns."""
    return ", ".join(f'"{name}"' for name in dataset.tables[table])


def shuffled(dataset, out):
    """Big tables in three files of different sizes, small ones as CSV."""
    for table in dataset.tables:
        rows = dataset.value(f"SELECT count(*) FROM {table}")
        names = columns(dataset, table)
        dataset.connection.execute(
            f"CREATE TABLE mixed AS SELECT {names}, row_number() OVER (ORDER BY hash(id), id) - 1 AS place FROM {table}"
        )
        if rows < 30_000:
            write(dataset, f"SELECT {names} FROM mixed ORDER BY place", out / f"{table}.csv")
        else:
            cuts = [0, rows // 7, rows // 2, rows]
            for number, (first, last) in enumerate(zip(cuts[:-1], cuts[1:], strict=True)):
                chosen = f"SELECT {names} FROM mixed WHERE place >= {first} AND place < {last} ORDER BY place"
                write(dataset, chosen, out / table / "of" / f"{chr(97 + number)}.parquet")
        dataset.connection.execute("DROP TABLE mixed")


def renamed(dataset, out):
    """Names that nothing but the mapping tells."""
    lines = []
    for number, (table, named) in enumerate(dataset.tables.items()):
        other = {name: f"c{place}_{number}" for place, name in enumerate(named)}
        chosen = ", ".join(f'"{name}" AS {given}' for name, given in other.items())
        write(dataset, f"SELECT {chosen} FROM {table} ORDER BY position", out / "lake" / f"t{number}.parquet")
        given = ", ".join(f"{name}: {given}" for name, given in other.items())
        lines.append(f'{table}: {{files: "lake/t{number}.parquet", columns: {{{given}}}}}\n')
    (out / "mapping.yaml").write_text("".join(lines), encoding="utf-8")


def faulty(dataset, out, faults):
    """The faults, and all parts as they were cut."""
    dataset.hold()
    for fault in faults:
        dataset.connection.execute(fault)
    for table in dataset.tables:
        for (part,) in dataset.rows(f"SELECT DISTINCT part FROM {table} ORDER BY 1"):
            chosen = f"SELECT {columns(dataset, table)} FROM {table} WHERE part = {part} ORDER BY position"
            write(dataset, chosen, out / table / f"part-{part:05}.parquet")


def some(table, count, turn, condition="true"):
    """A condition that holds for a few rows of those that meet one. Rows of another turn are others."""
    chosen = f"SELECT position FROM {table} WHERE position % 23 = {turn} AND {condition}"
    return f"position IN ({chosen} ORDER BY hash(position) LIMIT {count})"


FIRST = "(SELECT id FROM {0} ORDER BY position LIMIT 1)"
FAULTS = {
    # Every row keeps its parent.
    ("chat", "faulty"): [
        f"UPDATE users SET id = {FIRST.format('users')} WHERE {some('users', 2, 1)}",
        f"UPDATE users SET email = 'one@example.com' WHERE {some('users', 4, 2)}",
        f"UPDATE users SET email = 'jane.roe@gmail.com' WHERE {some('users', 1, 3)}",
        f"""UPDATE users SET "updatedAt" = "createdAt" - INTERVAL 1 DAY WHERE {some("users", 3, 4)}""",
        f"""UPDATE conversations SET "createdById" = uuid() WHERE {some("conversations", 3, 1)}""",
        f"""UPDATE conversation_users SET "userId" = (SELECT o."userId" FROM conversation_users o
            WHERE o."conversationId" = conversation_users."conversationId" ORDER BY o.position LIMIT 1)
            WHERE {some("conversation_users", 6, 1)}""",
        f"""UPDATE messages SET "createdAt" = "createdAt" - INTERVAL 10 DAY WHERE {some("messages", 6, 1)}""",
        f"""UPDATE messages SET "senderId" = uuid() WHERE {some("messages", 3, 2)}""",
        f"""UPDATE messages SET "senderId" = NULL WHERE {some("messages", 2, 3)}""",
        f"""UPDATE messages SET content = NULL WHERE {some("messages", 5, 4, "type = 'TEXT'")}""",
        f"""UPDATE messages SET content = 'call max.mustermann@gmail.com today'
            WHERE {some("messages", 3, 5, "type = 'TEXT'")}""",
        f"""UPDATE messages SET content = repeat('word ', 900) WHERE {some("messages", 2, 6, "type = 'TEXT'")}""",
        f"""UPDATE attachments SET id = {FIRST.format("attachments")} WHERE {some("attachments", 3, 1)}""",
        f"""UPDATE message_reads SET "userId" = uuid() WHERE {some("message_reads", 2, 1)}""",
        f"""UPDATE message_reads SET "readAt" = "readAt" - INTERVAL 9 DAY WHERE {some("message_reads", 5, 2)}""",
    ],
    # Rows lose their parents, with all that stands under them.
    ("chat", "lost"): [
        f"""UPDATE messages SET id = {FIRST.format("messages")} WHERE {some("messages", 3, 1)}""",
        f"""UPDATE messages SET "conversationId" = uuid() WHERE {some("messages", 5, 2)}""",
        f"""UPDATE messages SET "conversationId" = NULL WHERE {some("messages", 4, 3)}""",
        f"""UPDATE attachments SET "messageId" = uuid() WHERE {some("attachments", 7, 1)}""",
        f"""UPDATE message_reads SET "messageId" = NULL WHERE {some("message_reads", 3, 1)}""",
        f"""DELETE FROM conversations WHERE {some("conversations", 1, 1)}""",
    ],
    ("shop", "faulty"): [
        f"UPDATE users SET id = {FIRST.format('users')} WHERE {some('users', 2, 1)}",
        f"UPDATE users SET email = 'one@example.com' WHERE {some('users', 4, 2)}",
        f"UPDATE users SET age = 17 WHERE {some('users', 3, 3)}",
        f"UPDATE products SET price = 1000 WHERE {some('products', 3, 1)}",
        f"UPDATE products SET sku = 'SKU-1' WHERE {some('products', 2, 2)}",
        f"UPDATE orders SET user_id = uuid() WHERE {some('orders', 6, 1)}",
        f"UPDATE orders SET created_at = TIMESTAMPTZ '2022-01-01 00:00:00+00' WHERE {some('orders', 6, 2)}",
        f"UPDATE orders SET total = total + 0.01 WHERE {some('orders', 5, 3)}",
        f"UPDATE order_items SET product_id = NULL WHERE {some('order_items', 4, 1)}",
        f"UPDATE order_items SET product_id = uuid() WHERE {some('order_items', 2, 2)}",
        f"UPDATE order_items SET quantity = 13 WHERE {some('order_items', 2, 3)}",
    ],
}


def main():
    kind, directory, out, how = sys.argv[1:5]
    dataset = Dataset(directory, importlib.import_module(f"fidelity_{kind}").TABLES)
    if (kind, how) in FAULTS:
        faulty(dataset, Path(out), FAULTS[kind, how])
    else:
        {"shuffled": shuffled, "renamed": renamed}[how](dataset, Path(out))


if __name__ == "__main__":
    main()
