"""Makes tables like those of chat's band dev with other tools; scripts/bench_generate.py calls it.

usage: bench_peers.py DuckDB|"numpy and pyarrow" THREADS FOLDER
What is made: 5,000 users, 8,000 rooms, 60,000 members, 5 million messages in rooms of heavy-tailed volumes with word
texts of the same lengths, 750,000 attachments, 4.1 million read receipts; Parquet, zstd(1). Left out, since neither
tool says it in a line: rhythms and bursts, order within rooms, distinct members, senders and readers by habit,
replies to earlier messages, aggregates.
"""

import sys
from pathlib import Path

ROOMS, MEMBERS, MESSAGES, SHARE_OF_READS = 8_000, 60_000, 5_000_000, 0.82
WORDS = Path(__file__).parent.parent / "seeds/words/english.txt"
START, SPAN = "2025-07-28", 12 * 7 * 86_400
NORMAL = "sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())"


def by_duckdb(threads, folder):
    import duckdb  # noqa: PLC0415

    run = duckdb.connect(config={"threads": threads}).execute
    run("SET preserve_insertion_order = false")
    run(f"CREATE TABLE words AS SELECT list(word) AS words, avg(length(word)) + 1 AS letters FROM read_csv('{WORDS}', header = false, names = ['word'])")

    def write(table, query):
        run(f"COPY ({query}) TO '{folder}/{table}.parquet' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)")

    time = f"TIMESTAMPTZ '{START} 00:00:00Z' + to_microseconds((random() * {SPAN}e6)::BIGINT)"
    write("users", f"""SELECT uuid() AS id, 'user' || i AS username, 'syn_user' || i || '@example.com' AS email,
        'First' || i || ' Last' AS "displayName", {time} AS "createdAt", {time} AS "updatedAt" FROM range(5000) t(i)""")
    # Volumes fall as a power of the rank.
    run(f"""CREATE TABLE rooms AS SELECT uuid() AS id, greatest(1, ({MESSAGES} * (i + 1) ** -1.0
        / (SELECT sum((i + 1) ** -1.0) FROM range({ROOMS}) t(i)))::BIGINT) AS volume, {time} AS "createdAt" FROM range({ROOMS}) t(i)""")
    write("conversations", """SELECT id, CASE WHEN random() < 0.7 THEN 'DIRECT_MESSAGE' ELSE 'GROUP_CHAT' END AS type,
        'title ' || volume AS title, uuid() AS "createdById", "createdAt", "createdAt" AS "updatedAt", volume AS "messageCount" FROM rooms""")
    write("conversation_users", f"""SELECT uuid() AS id, rooms.id AS "conversationId", uuid() AS "userId", 'MEMBER' AS role, {time} AS "joinedAt",
        {time} AS "lastReadAt", true AS "isActive" FROM rooms, range({MEMBERS // ROOMS})""")
    run(f"""CREATE TABLE messages AS SELECT uuid() AS id, room AS "conversationId", uuid() AS "senderId", kind AS type,
        CASE WHEN kind = 'TEXT' THEN array_to_string(list_transform(range(greatest(1, (least(4000, exp(4.5 + 1.2 * {NORMAL})) / letters)::BIGINT)),
            lambda i: words[1 + (random() * (len(words) - 1))::BIGINT]), ' ') END AS content,
        CASE WHEN random() < 0.1 THEN uuid() END AS "replyToId", {time} AS "createdAt", {time} AS "updatedAt"
        FROM words, (SELECT id AS room, CASE WHEN random() < 0.85 THEN 'TEXT' ELSE 'IMAGE' END AS kind FROM rooms, range(volume))""")
    write("messages", "FROM messages")
    write("attachments", """SELECT uuid() AS id, id AS "messageId", 'photo_' || (random() * 999999)::INT || '.jpg' AS "fileName", 'image/jpeg' AS "mimeType",
        (350000 * exp(random()))::BIGINT AS "sizeBytes", "createdAt" FROM messages WHERE type <> 'TEXT'""")
    write("message_reads", f"""SELECT uuid() AS id, id AS "messageId", uuid() AS "userId",
        "createdAt" + to_microseconds((random() * 86400e6)::BIGINT) AS "readAt" FROM messages WHERE random() < {SHARE_OF_READS}""")


def by_numpy(threads, folder):
    import numpy  # noqa: PLC0415
    import pyarrow  # noqa: PLC0415
    import pyarrow.parquet  # noqa: PLC0415

    pyarrow.set_cpu_count(threads)
    random = numpy.random.default_rng(1)
    words = [word.encode() for word in WORDS.read_text().split()]
    corpus = b" ".join(words[i] for i in random.integers(0, len(words), 1_400_000)) + b" "
    letters = numpy.frombuffer(corpus, numpy.uint8)
    starts = numpy.flatnonzero(letters[: -5_000] == 32) + 1

    def ids(count):
        return pyarrow.FixedSizeBinaryArray.from_buffers(pyarrow.binary(16), count, [None, pyarrow.py_buffer(random.bytes(16 * count))])

    def times(count):
        first = numpy.datetime64(START, "us")
        return pyarrow.array(first + random.integers(0, SPAN * 10**6, count), pyarrow.timestamp("us", tz="UTC"))

    def texts(lengths):
        """Stretches of the corpus, gathered by one index."""
        ends = numpy.cumsum(lengths)
        index = numpy.arange(ends[-1], dtype=numpy.int32)
        index += numpy.repeat((random.choice(starts, len(lengths)) - (ends - lengths)).astype(numpy.int32), lengths)
        offsets = numpy.concatenate(([0], ends)).astype(numpy.int32)
        return pyarrow.StringArray.from_buffers(len(lengths), pyarrow.py_buffer(offsets), pyarrow.py_buffer(letters[index]))

    def named(prefix, count):
        return pyarrow.array([f"{prefix}{number}" for number in range(count)])

    class Table:
        """A file that grows by batches."""

        def __init__(self, name):
            self.path, self.writer = f"{folder}/{name}.parquet", None

        def add(self, **columns):
            batch = pyarrow.table(columns)
            if self.writer is None:
                plain = [name for name, array in columns.items() if pyarrow.types.is_fixed_size_binary(array.type)]
                others = [name for name in columns if name not in plain]
                self.writer = pyarrow.parquet.ParquetWriter(self.path, batch.schema, compression="zstd", compression_level=1, use_dictionary=[name for name in others if name in ("type", "mimeType")])
            self.writer.write_table(batch)

    tables = {name: Table(name) for name in ("users", "conversations", "conversation_users", "messages", "attachments", "message_reads")}
    tables["users"].add(id=ids(5_000), username=named("user", 5_000), email=named("syn_user", 5_000), displayName=named("Name ", 5_000), createdAt=times(5_000), updatedAt=times(5_000))
    volumes = numpy.arange(1, ROOMS + 1) ** -1.0
    volumes = numpy.maximum(1, MESSAGES * volumes / volumes.sum()).astype(numpy.int64)
    rooms = ids(ROOMS)
    tables["conversations"].add(id=rooms, title=named("title ", ROOMS), createdById=ids(ROOMS), createdAt=times(ROOMS), updatedAt=times(ROOMS), messageCount=pyarrow.array(volumes))
    room_of = pyarrow.array(numpy.repeat(numpy.arange(ROOMS), MEMBERS // ROOMS))
    tables["conversation_users"].add(id=ids(len(room_of)), conversationId=rooms.take(room_of), userId=ids(len(room_of)), joinedAt=times(len(room_of)), lastReadAt=times(len(room_of)))
    kinds = pyarrow.array(["TEXT", "IMAGE"])
    room_of = numpy.repeat(numpy.arange(ROOMS), volumes)
    for first in range(0, len(room_of), 250_000):
        part = room_of[first : first + 250_000]
        count = len(part)
        media = random.random(count) >= 0.85
        lengths = numpy.clip(numpy.rint(random.lognormal(4.5, 1.2, count)), 1, 4_000).astype(numpy.int64)
        keys = ids(count)
        tables["messages"].add(
            id=keys,
            conversationId=rooms.take(pyarrow.array(part)),
            senderId=ids(count),
            type=kinds.take(pyarrow.array(media.astype(numpy.int8))),
            content=pyarrow.compute.if_else(pyarrow.array(media), None, texts(numpy.where(media, 0, lengths))),
            replyToId=pyarrow.compute.if_else(pyarrow.array(random.random(count) < 0.1), ids(count), None),
            createdAt=times(count),
            updatedAt=times(count),
        )
        shown, read = keys.filter(pyarrow.array(media)), keys.filter(pyarrow.array(random.random(count) < SHARE_OF_READS))
        tables["attachments"].add(id=ids(len(shown)), messageId=shown, fileName=named("photo_", len(shown)), mimeType=kinds.take(pyarrow.array(numpy.ones(len(shown), numpy.int8))), sizeBytes=pyarrow.array(random.lognormal(12, 1, len(shown)).astype(numpy.int64)), createdAt=times(len(shown)))
        tables["message_reads"].add(id=ids(len(read)), messageId=read, userId=ids(len(read)), readAt=times(len(read)))
    for table in tables.values():
        table.writer.close()


if __name__ == "__main__":
    way, threads, folder = sys.argv[1:]
    Path(folder).mkdir(parents=True)
    {"DuckDB": by_duckdb, "numpy and pyarrow": by_numpy}[way](int(threads), folder)
