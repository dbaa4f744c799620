"""Times `seedmill load`, psql and ADBC on one server with the chat model's dev band; scripts/bench.sh calls it.

usage: bench_load.py SEEDMILL PARQUET_DATASET CSV_DATASET CREDENTIALS_FOLDER

Everything is loaded into tables without keys, as the loader's role; the server is the same, warm and otherwise idle, with `wal_level = minimal` (where FREEZE writes no log),
and the ways take turns. psql's files are ready before the clock starts; seedmill's and ADBC's are Parquet.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROUNDS = 2
MESSAGES = "perf_bench.messages"


def environment(folder):
    """The variables of the credentials file, in the environment of this process."""
    variables = dict(os.environ)
    for line in (Path(folder) / ".env.dev").read_text().splitlines():
        if line.startswith("export "):
            name, value = shlex.split(line)[1].split("=", 1)
            variables[name] = value
    return variables


class Bench:
    def __init__(self, seedmill, parquet, csv, secrets):
        self.seedmill, self.secrets, self.env = seedmill, secrets, environment(secrets)
        self.parquet, self.csv = Path(parquet), Path(csv)
        self.work = Path(tempfile.mkdtemp(prefix="bench-load-", dir=self.parquet.parent))
        self.manifest = json.loads((self.parquet / "manifest.json").read_text())
        self.rows = {entity["name"]: entity["rows"] for entity in self.manifest["entities"]}

    def psql(self, *commands):
        arguments = ["psql", "-Xqv", "ON_ERROR_STOP=1"]
        for command in commands:
            arguments += ["-c", command]
        subprocess.run(arguments, env=self.env, check=True, stdout=subprocess.DEVNULL)

    def only(self, names, label):
        """The dataset with some of its tables alone, so that the row phase is theirs."""
        folder = self.work / label
        folder.mkdir()
        manifest = json.loads(json.dumps(self.manifest))
        manifest["entities"] = [entity for entity in manifest["entities"] if entity["name"] in names]
        for entity in manifest["entities"]:
            entity["foreign_keys"] = []
            (folder / entity["name"]).symlink_to(self.parquet.resolve() / entity["name"])
        for name in ("SHA256SUMS", "model.yaml", "plan.json"):
            shutil.copy(self.parquet / name, folder / name)
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder

    def load(self, dataset, jobs, *options):
        """Loads and drops; the record and the peak memory in bytes."""
        self.checkpoint()
        command = [self.seedmill, "load", str(dataset), "--env", "dev", "--secrets", self.secrets,
                   "--out", str(self.work), "--jobs", str(jobs), "--json", "--quiet", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        memory = self.watch_memory(process)
        text = process.stdout.read()
        if process.wait():
            sys.exit(f"error: {' '.join(command)} failed")
        subprocess.run([self.seedmill, "teardown", "--env", "dev", "--secrets", self.secrets, "--quiet"], check=True)
        return json.loads(text), memory()

    def watch_memory(self, process):
        """Peak memory in bytes. `getrusage` would count this process, from which the other was forked."""
        peak = [0]

        def watch():
            while process.poll() is None:
                try:
                    status = Path(f"/proc/{process.pid}/status").read_text()
                except OSError:
                    break
                found = re.search(r"VmHWM:\s+(\d+)", status)
                peak[0] = max(peak[0], int(found[1]) * 1024 if found else 0)
                time.sleep(0.02)

        thread = threading.Thread(target=watch)
        thread.start()

        def wait():
            thread.join()
            return peak[0]

        return wait

    def checkpoint(self):
        """What an earlier way left to write must not be paid by the next."""
        subprocess.run(["psql", "-Xqc", "CHECKPOINT", os.environ["SEEDMILL_BENCH_URL"]], check=True)
        time.sleep(1)

    def make_tables(self):
        schema = (self.csv / "psql/schema.sql").read_text().replace("\\set", "--").replace("\\encoding", "--")
        path = self.work / "schema.sql"
        path.write_text("SET client_min_messages = warning; DROP SCHEMA IF EXISTS perf_bench CASCADE; CREATE SCHEMA perf_bench; SET search_path = perf_bench;\n" + schema)
        subprocess.run(["psql", "-Xqf", path], env=self.env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def copy(self, groups, form):
        """Seconds that one psql a group takes, all at a time."""
        self.make_tables()
        self.checkpoint()
        commands = []
        for group in groups:
            command = ["psql", "-Xqv", "ON_ERROR_STOP=1"]
            for table, file in group:
                command += ["-c", f"\\copy perf_bench.{table} from '{file}' with (format {form}{', header' if form == 'csv' else ''})"]
            commands.append(command)
        start = time.perf_counter()
        processes = [subprocess.Popen(command, env=self.env) for command in commands]
        if any([process.wait() for process in processes]):
            sys.exit("error: psql failed")
        return time.perf_counter() - start

    def csv_groups(self, tables, jobs):
        """The CSV parts, dealt out to as many connections, the largest first."""
        files = [(part["bytes"], entity["name"], self.csv / part["file"])
                 for entity in json.loads((self.csv / "manifest.json").read_text())["entities"]
                 if entity["name"] in tables for part in entity["parts"]]
        groups = [[] for _ in range(jobs)]
        for _, table, file in sorted(files, reverse=True):
            min(groups, key=lambda group: sum(os.path.getsize(file) for _, file in group)).append((table, file))
        return groups

    def binary_groups(self, jobs):
        """Ready files of messages in COPY's binary form, made by the server."""
        self.copy(self.csv_groups(["messages"], 2), "csv")
        groups = []
        for job in range(jobs):
            file = self.work / f"messages-{jobs}-{job}.bin"
            self.psql(f"\\copy (select * from {MESSAGES} where abs(hashtext(id::text) % {jobs}) = {job}) to '{file}' with (format binary)")
            groups.append([("messages", file)])
        return groups

    def adbc(self):
        """Seconds of adbc_ingest from Parquet; enumerated columns arrive as text."""
        import adbc_driver_postgresql.dbapi
        import pyarrow as pa
        import pyarrow.dataset

        files = sorted(str(file) for file in (self.parquet / "messages").glob("*.parquet"))
        data = pyarrow.dataset.dataset(files)
        # ADBC knows no arrow.uuid: the bytes go into bytea.
        fields = [field.with_type(pa.binary(16)) if "uuid" in str(field.type) else field for field in data.schema]
        schema = pa.schema([field.remove_metadata() for field in fields])
        self.psql("DROP SCHEMA IF EXISTS perf_bench CASCADE", "CREATE SCHEMA perf_bench")
        self.checkpoint()
        start = time.perf_counter()
        batches = (pa.RecordBatch.from_arrays([column.storage if hasattr(column, "storage") else column for column in batch.columns], schema=schema)
                   for batch in data.to_batches())
        with adbc_driver_postgresql.dbapi.connect(self.env["DATABASE_URL"]) as connection:
            with connection.cursor() as cursor:
                reader = pa.RecordBatchReader.from_batches(schema, batches)
                cursor.adbc_ingest("messages", reader, mode="create", db_schema_name="perf_bench")
            connection.commit()
        return time.perf_counter() - start

    def row_seconds(self, dataset, jobs, *options):
        record, _ = self.load(dataset, jobs, *options)
        return next(phase["seconds"] for phase in record["phases"] if phase["name"] == "rows")

    def run(self):
        messages = self.only(["messages"], "messages")
        pair = self.only(["messages", "message_reads"], "pair")
        binary = {jobs: self.binary_groups(jobs) for jobs in (1, 2)}
        both = ["messages", "message_reads"]
        ways = {
            "messages, psql CSV, 1": lambda: self.copy(self.csv_groups(["messages"], 1), "csv"),
            "messages, psql CSV, 2": lambda: self.copy(self.csv_groups(["messages"], 2), "csv"),
            "messages, psql BINARY, 1": lambda: self.copy(binary[1], "binary"),
            "messages, psql BINARY, 2": lambda: self.copy(binary[2], "binary"),
            "messages, ADBC, 1": self.adbc,
            "messages, seedmill, 1": lambda: self.row_seconds(messages, 1),
            "messages, seedmill, 2": lambda: self.row_seconds(messages, 2),
            "messages, seedmill --freeze, 1": lambda: self.row_seconds(messages, 1, "--freeze"),
            "both, psql CSV, 1": lambda: self.copy(self.csv_groups(both, 1), "csv"),
            "both, psql CSV, 2": lambda: self.copy(self.csv_groups(both, 2), "csv"),
            "both, seedmill --freeze, 2": lambda: self.row_seconds(pair, 2, "--freeze"),
        }
        best = {}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                best[name] = min(best.get(name, float("inf")), way())
        self.psql("DROP SCHEMA IF EXISTS perf_bench CASCADE")
        rates = {}
        for name, seconds in best.items():
            rows = self.rows["messages"] + (self.rows["message_reads"] if name.startswith("both") else 0)
            rates[name] = rows / seconds
            print(f"{name:34} {seconds:8.2f} s {rates[name] / 1e3:8.0f} k rows/s")
        print()
        for ours, theirs in (
            ("messages, seedmill, 1", "messages, psql BINARY, 1"),
            ("messages, seedmill, 2", "messages, psql BINARY, 2"),
            ("messages, seedmill, 1", "messages, psql CSV, 1"),
            ("messages, seedmill, 2", "messages, psql CSV, 2"),
            ("messages, seedmill, 1", "messages, ADBC, 1"),
            ("messages, seedmill --freeze, 1", "messages, psql CSV, 1"),
            ("both, seedmill --freeze, 2", "both, psql CSV, 1"),
            ("both, seedmill --freeze, 2", "both, psql CSV, 2"),
        ):
            print(f"{ours:34} / {theirs:26} {rates[ours] / rates[theirs]:5.2f}")
        print()
        for options in ((), ("--freeze",)):
            record, memory = self.load(self.parquet, 2, *options)
            phases = ", ".join(f"{phase['name']} {phase['seconds']:.1f} s" for phase in record["phases"])
            print(f"whole of dev, 2 connections {' '.join(options):9} {record['duration_seconds']} s ({phases}); peak {memory / 1e6:.0f} MB")
        shutil.rmtree(self.work)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    Bench(*sys.argv[1:]).run()
