"""Times `seedmill generate` beside a bare Parquet writer, DuckDB, numpy with pyarrow, and Node; scripts/bench.sh calls it.

usage: bench_generate.py SEEDMILL SHARDS THREADS WORK [NODE]
SHARDS is the program of tests/bench, WORK a folder with room for 6 GB, NODE a folder in which npm has installed what
bench_users.mjs needs.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 3
# Of shards, whose ways take turns: what disturbs one round disturbs all its ways, and of many ratios the middle one is told.
SHARD_ROUNDS = 9
ROOT = Path(__file__).parent.parent


def measure(command, **options):
    """Seconds, seconds of processors and greatest memory in MB of a process, and what it printed."""
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True, **options)
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        sys.exit(f"error: {command[0]} ended with {status}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, printed


def best(command, folder=None, **options):
    """The fastest of some runs; what each wrote is removed before the next."""
    runs = []
    for _ in range(ROUNDS):
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
        runs.append(measure(command, **options))
    return min(runs, key=lambda run: run[0])


def messages_alone(work):
    """The chat model without attachments and read receipts: messages, and the few rows that they need."""
    folder = work / "messages"
    shutil.copytree(ROOT / "configs/chat", folder)
    path = folder / "chat.yaml"
    text = path.read_text()
    text = text[: text.index("\n  attachments:\n") + 1].replace("      lastReadAt: {max: message_reads.readAt}\n", "")
    # The groups of checks speak of what is gone.
    text = text[: text.index("\nassess:\n")] + text[text.index("\nbands:\n") :]
    path.write_text(text)
    return folder


def shards(program, model, threads, work):
    """The seconds of each round of each way that tests/bench measures, and the rows."""
    folder = work / "shards"
    folder.mkdir()
    _, _, _, printed = measure([program, model, "dev", threads, SHARD_ROUNDS, folder])
    folder.rmdir()
    seconds, rows = {}, 0
    for line in map(json.loads, printed.splitlines()):
        rows = line["rows"]
        seconds.setdefault(line["way"], []).append(line["seconds"])
    return rows, seconds


def compare_shards(program, threads, work):
    print(f"Shards, {threads} threads, {SHARD_ROUNDS} rounds in turn in one process: the median, and a quarter and three quarters\n")
    print("| rows | way | million rows a second | of the bare writer | of Parquet |\n| --- | --- | --- | --- | --- |")
    models = (("messages, 5M", messages_alone(work)), ("chat dev, all tables", ROOT / "configs/chat"))
    for name, model in models:
        rows, seconds = shards(program, model, threads, work)
        ways = (
            ("bare", "bare writer of ready arrays"),
            ("unkept", "the same, never waiting for the disk"),
            ("parquet", "seedmill to Parquet"),
            ("csv", "seedmill to CSV, discarded"),
            ("hashed", "seedmill to CSV, hashed and discarded"),
        )
        for way, title in ways:
            rate = rows / statistics.median(seconds[way]) / 1e6
            of_bare, of_parquet = (told_ratio(seconds[other], seconds[way]) for other in ("bare", "parquet"))
            print(f"| {name} | {title} | {rate:.2f} | {of_bare} | {of_parquet} |")


def told_ratio(ones, others):
    """The median of the rounds' ratios, with the quartiles."""
    low, middle, high = statistics.quantiles([one / other for one, other in zip(ones, others)], n=4, method="inclusive")
    return f"{middle:.2f}" if low == high else f"{middle:.2f} ({low:.2f} to {high:.2f})"


def compare_others(program, threads, work):
    """The whole of dev, by seedmill, by DuckDB's SQL, by numpy and pyarrow."""
    out = work / "out"
    peers = ROOT / "scripts/bench_peers.py"
    ways = [("seedmill generate", [program, "generate", ROOT / "configs/chat", "--band", "dev", "--seed", "bench", "--out", out, "--threads", threads, "--quiet"])]
    ways += [(peer, [sys.executable, peers, peer, threads, out]) for peer in ("DuckDB", "numpy and pyarrow")]
    print(f"\nThe whole of chat dev to Parquet zstd(1), {threads} threads, best of {ROUNDS}\n")
    print("| way | million rows | seconds | of processors | million rows a second | MB | peak memory | seedmill is faster by |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    first = None
    for name, command in ways:
        seconds, busy, memory, _ = best(command, out)
        rows, size = counted(out)
        rate = rows / seconds / 1e6
        first = first or rate
        print(f"| {name} | {rows / 1e6:.2f} | {seconds:.2f} | {busy:.2f} | {rate:.2f} | {size / 1e6:.0f} | {memory:.0f} MB | {first / rate:.2f} |")
    shutil.rmtree(out)
    return first


def counted(folder):
    """Rows and bytes of all Parquet files below a folder."""
    import pyarrow.parquet  # noqa: PLC0415

    paths = list(folder.rglob("*.parquet"))
    return sum(pyarrow.parquet.read_metadata(path).num_rows for path in paths), sum(path.stat().st_size for path in paths)


def compare_node(program, threads, work, node, chat_rate):
    out = work / "out"
    users = work / "users.csv"
    seconds, busy, _, printed = best(["node", ROOT / "scripts/bench_users.mjs", users], cwd=ROOT, env={**os.environ, "NODE_MODULES": node})
    rows = int(printed.split()[-1])
    node_rate = rows / seconds / 1e6
    print(f"\nNode, users as the documents print them: {rows:,} rows in {seconds:.2f} s, {node_rate:.3f} million a second")
    print(f"chat dev by seedmill, of any table: {chat_rate / node_rate:.1f} times as many rows a second")
    shop = [program, "generate", "configs/shop", "--band", "dev", "--seed", "bench", "--format", "csv", "--out", out, "--threads", threads, "--quiet"]
    seconds, busy, _, _ = best(shop, out, cwd=ROOT)
    print(f"shop by seedmill, the same users among 600,000 rows of CSV: {0.6 / seconds / node_rate:.1f} times")
    _, idle, _, _ = best([program, "check", "configs/shop", "--band", "dev"], cwd=ROOT)
    print(f"shop: {busy:.2f} s of processors for 600,000 rows, {idle:.2f} s of them for start-up (as `check`)")
    shutil.rmtree(out)


def main():
    program, shard_program, threads, work, *node = sys.argv[1:]
    work = Path(work)
    program, shard_program = Path(program).resolve(), Path(shard_program).resolve()
    compare_shards(shard_program, threads, work)
    rate = compare_others(program, threads, work)
    if node:
        compare_node(program, threads, work, node[0], rate)
    else:
        print("\nNode is not compared: there is no node or no npm")


if __name__ == "__main__":
    main()
