"""Times `seedmill assess` and DuckDB on one chat dataset; scripts/bench.sh calls it.

usage: bench_assess.py SEEDMILL DATASET THREADS
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 3
# What the judge asks of the rows, as SQL; one query for each, DuckDB shares no scan between them. Texts, keys and
# times are those that the judge reads, too.
QUERIES = {
    "counts and distinct keys": [
        f"SELECT count(*), count(DISTINCT id) FROM {table}"
        for table in ("users", "conversations", "conversation_users", "messages", "attachments", "message_reads")
    ],
    "orphans": [
        f'SELECT count(*) FROM {table} c WHERE "{column}" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {target} p WHERE p.id = c."{column}")'
        for table, column, target in (
            ("conversations", "createdById", "users"),
            ("conversation_users", "conversationId", "conversations"),
            ("conversation_users", "userId", "users"),
            ("messages", "conversationId", "conversations"),
            ("messages", "senderId", "users"),
            ("messages", "replyToId", "messages"),
            ("attachments", "messageId", "messages"),
            ("message_reads", "messageId", "messages"),
            ("message_reads", "userId", "users"),
        )
    ],
    "senders are members": [
        """SELECT count(*) FROM messages m WHERE NOT EXISTS (SELECT 1 FROM conversation_users u
            WHERE u."conversationId" = m."conversationId" AND u."userId" = m."senderId")"""
    ],
    "lengths": [
        """SELECT quantile_cont(n, [0.5, 0.95, 0.99]), avg(n), stddev(n) FROM (SELECT length(content) n FROM messages)""",
        """SELECT length(content) n, count(*) FROM messages GROUP BY n""",
    ],
    "volumes": [
        """SELECT quantile_cont(n, [0.5, 0.9, 0.95, 0.99]), max(n), sum(n) FROM (SELECT count(*) n FROM messages
        GROUP BY "conversationId")"""
    ],
    "types": ["SELECT type, count(*) FROM messages GROUP BY type"],
    "attachments by type": [
        """SELECT m.type, "mimeType", count(*), quantile_cont("sizeBytes", [0.5, 0.95, 0.99])
        FROM attachments a JOIN messages m ON m.id = a."messageId" GROUP BY 1, 2"""
    ],
    "hours and days": [
        """SELECT date_trunc('hour', "createdAt") h, count(*) FROM messages GROUP BY h""",
        """SELECT min("createdAt"), max("createdAt"), min("updatedAt"), max("updatedAt") FROM messages""",
    ],
    "order": [
        """SELECT count(*) FROM (SELECT "createdAt" <= lag("createdAt") OVER (PARTITION BY "conversationId"
        ORDER BY part_file, file_row_number) bad FROM messages) WHERE bad"""
    ],
    "read delays": [
        """SELECT quantile_cont(d, [0.5, 0.95, 0.99]), avg(d), count(*) FILTER (d <= 86400000000), count(*) FILTER (d <= 0)
        FROM (SELECT epoch_us(r."readAt") - epoch_us(m."createdAt") d FROM message_reads r JOIN messages m ON m.id = r."messageId")"""
    ],
    "e-mail addresses": [
        rf"SELECT count(*) FROM {table} WHERE regexp_matches({column}, '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{{2,}}')"
        for table, column in (
            ("users", "email"),
            ("users", '"displayName"'),
            ("messages", "content"),
            ("attachments", '"fileName"'),
            ("conversations", "title"),
        )
    ],
    "last reads": [
        """SELECT count(*) FROM conversation_users u JOIN (SELECT m."conversationId" c, r."userId" u, max(r."readAt") t
        FROM message_reads r JOIN messages m ON m.id = r."messageId" GROUP BY 1, 2) x
        ON x.c = u."conversationId" AND x.u = u."userId" WHERE x.t IS DISTINCT FROM u."lastReadAt" """
    ],
}
TABLES = ("users", "conversations", "conversation_users", "messages", "attachments", "message_reads")


def duckdb_run(dataset, threads):
    """Runs all queries, and prints how long each kind took."""
    import duckdb  # noqa: PLC0415  a process of its own, so that its memory is its own

    with tempfile.TemporaryDirectory() as spill:
        connection = duckdb.connect(config={"threads": threads, "temp_directory": spill})
        connection.execute("SET TimeZone = 'UTC'")
        for table in TABLES:
            connection.execute(
                f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{dataset}/{table}/*.parquet', filename = 'part_file', file_row_number = true)"
            )
        for kind, queries in QUERIES.items():
            start = time.perf_counter()
            for query in queries:
                connection.execute(query).fetchall()
            print(f"{kind}\t{time.perf_counter() - start:.3f}")


def measure(command):
    """Seconds, seconds of processors and greatest memory in MB of a process, and what it printed."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        sys.exit(f"error: {command[0]} ended with {status}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, printed


def main():
    program, dataset, threads = sys.argv[1:4]
    if program == "--duckdb":
        duckdb_run(dataset, int(threads))
        return
    rows, size = 0, 0
    for path in Path(dataset).glob("*/part-*"):
        size += path.stat().st_size
        path.read_bytes()  # into the cache
    with tempfile.TemporaryDirectory() as out:
        judge = [program, "assess", dataset, "--quiet", "--threads", threads, "--out", out]
        others = [sys.executable, __file__, "--duckdb", dataset, threads]
        judged = min((measure(judge) for _ in range(RUNS)), key=lambda run: run[0])
        queried = min((measure(others) for _ in range(RUNS)), key=lambda run: run[0])
    import duckdb  # noqa: PLC0415

    for table in TABLES:
        rows += duckdb.sql(f"SELECT count(*) FROM read_parquet('{dataset}/{table}/*.parquet')").fetchall()[0][0]
    print(f"{rows:,} rows, {size / 1e6:.0f} MB of Parquet, {threads} threads, best of {RUNS}, warm cache\n")
    print("| tool | seconds | of processors | million rows a second | peak memory |\n| --- | --- | --- | --- | --- |")
    for name, (seconds, busy, memory, _) in (("seedmill assess", judged), (f"DuckDB {duckdb.__version__}", queried)):
        print(f"| {name} | {seconds:.2f} | {busy:.2f} | {rows / seconds / 1e6:.2f} | {memory:.0f} MB |")
    wall, busy, memory = (mine / theirs for mine, theirs in zip(judged[:3], queried[:3], strict=True))
    print(f"\nRatio: {wall:.2f} of DuckDB's time, {busy:.2f} of its processor time, {memory:.2f} of its memory.")
    print("\nDuckDB by question, seconds:\n" + queried[3].replace("\t", "  "), end="")


if __name__ == "__main__":
    main()
