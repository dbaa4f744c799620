"""What the chat model declares, for fidelity.py: laws from the documents, queries in DuckDB."""

import numpy
from scipy import stats

import chat
from chat_table import RHYTHM, WEEKDAY_BOOST
from fidelity import Mixture, Rounded, duplicates, hill, orphans, quality_sections

TABLES = chat.TABLES
SECOND = "epoch_us({}) / 1e6"
WINDOW = 1_753_660_800  # 2025-07-28T00:00:00Z, a Monday
WEEKS = 12

CONTENT = Rounded(stats.lognorm(1.2, scale=numpy.exp(4.5)), 1, 4000, 1.0)
SIZES = {
    kind: Rounded(stats.lognorm(1.0, scale=median), 1, 100_000_000, 1.0)
    for kind, median in {"IMAGE": 350_000, "VIDEO": 8_000_000, "FILE": 250_000, "AUDIO": 900_000}.items()
}
# Delays are whole milliseconds, rounded up.
DELAYS = [
    (0.35, stats.expon(scale=10), 0, 30),
    (0.40, stats.expon(scale=900), 30, 3600),
    (0.15, stats.lognorm(1.0, scale=21_600), 3600, 604_800),
]
READ_DELAY = Mixture([(weight, Rounded(law, low, high, 1e-3, up=True)) for weight, law, low, high in DELAYS])
EDIT_DELAY = Rounded(stats.expon(scale=1200), 0, 604_800, 1e-3, up=True)
TYPES = {"TEXT": 0.85, "IMAGE": 0.0975, "VIDEO": 0.0225, "FILE": 0.018, "AUDIO": 0.012}
MIME = {
    "IMAGE": {"image/jpeg": 72, "image/png": 18, "image/webp": 6, "image/gif": 4},
    "VIDEO": {"video/mp4": 85, "video/quicktime": 10, "video/webm": 5},
    "FILE": {"application/pdf": 60, "application/zip": 15, "text/plain": 15, "text/csv": 10},
    "AUDIO": {"audio/mpeg": 45, "audio/ogg": 40, "audio/wav": 15},
}
REFERENCES = [
    ("conversations", "createdById", "users"),
    ("conversation_users", "conversationId", "conversations"),
    ("conversation_users", "userId", "users"),
    ("messages", "conversationId", "conversations"),
    ("messages", "senderId", "users"),
    ("attachments", "messageId", "messages"),
    ("message_reads", "messageId", "messages"),
    ("message_reads", "userId", "users"),
]
PARENTS = [reference for reference in REFERENCES if reference[1] in ("conversationId", "messageId")]


def column(dataset, query):
    """The one column that a query returns."""
    return dataset.connection.execute(query).fetchnumpy().popitem()[1]


def counts(dataset, query):
    """The names and numbers that a query returns."""
    return dict(dataset.rows(query))


def keys(dataset, report, references):
    """Keys and references."""
    for table in TABLES:
        report.violations(f"{table}.id", "no key stands twice", duplicates(dataset, table))
    lost, nulls = dict.fromkeys(TABLES, 0), 0
    for table, name, target in references:
        found = orphans(dataset, table, name, target)
        lost[table] += found
        report.violations(f"{table}.{name}", f"every value is a key of {target}", found)
        if name == "createdById":
            continue  # what is computed from the members has no promise of its own
        found = dataset.value(f'SELECT count(*) FROM {table} WHERE "{name}" IS NULL')
        report.violations(f"{table}.{name}", "a key is never NULL", found)
        nulls += found
    told = report.json["integrity_checks"]
    if references == REFERENCES:
        for table in TABLES.keys() - {"users"}:
            report.agree(f"orphaned_{table}", told["referential_integrity"][f"orphaned_{table}"], lost[table])
    report.agree("null_foreign_keys", told["data_completeness"]["null_foreign_keys"], nulls)


def promises(dataset, report):
    """Every other promise that can be counted without a law."""
    for name in ("username", "email"):
        report.violations(f"users.{name}", "no value stands twice", duplicates(dataset, "users", name))
    both = duplicates(dataset, "conversation_users", '"conversationId", "userId"')
    rule = "no values of (conversationId, userId) stand together twice"
    report.violations("conversation_users(conversationId, userId)", rule, both)
    rule = "times rise strictly from row to row under one parent"
    if ("messages.createdAt", rule) in report.counters:
        found = dataset.value("""SELECT count(*) FROM (SELECT "createdAt" <= lag("createdAt") OVER (
            PARTITION BY "conversationId" ORDER BY position) AS bad FROM messages) WHERE bad""")
        report.violations("messages.createdAt", rule, found)
        told = report.json["integrity_checks"]["timestamp_ordering"]["out_of_order"]
        report.agree("out_of_order", told, found)
    emails = dataset.value(r"""SELECT count(*) FROM users WHERE email NOT LIKE '%@example.com'""")
    emails += dataset.value(r"""SELECT count(*) FROM messages WHERE regexp_matches(content,
        '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}') AND NOT regexp_matches(content, '@example\.(com|org|net)')""")
    told = report.json["integrity_checks"]["pii_safety"]
    report.agree("real_email_count", told["real_email_count"], emails)
    for table, rule, condition in [
        ("users", "updatedAt >= createdAt", '"updatedAt" >= "createdAt"'),
        ("messages", "updatedAt >= createdAt", '"updatedAt" >= "createdAt"'),
    ]:
        found = dataset.value(f"SELECT count(*) FROM {table} WHERE NOT ({condition})")
        report.violations(table, rule, found)
    found = dataset.value("""SELECT count(*) FROM message_reads r JOIN messages m ON m.id = r."messageId"
        WHERE r."readAt" <= m."createdAt" """)
    report.violations("message_reads", "readAt > messages.createdAt", found)
    found = dataset.value(
        """SELECT count(*) FROM messages WHERE type IS NOT NULL AND (content IS NULL) <> (type <> 'TEXT')"""
    )
    report.violations("messages.content", "there where type = 'TEXT', NULL elsewhere", found)
    found = dataset.value("SELECT count(*) FROM messages WHERE length(content) NOT BETWEEN 1 AND 4000")
    report.violations("messages.content", "every text has 1 to 4000 characters", found)
    found = dataset.value("""SELECT count(*) FROM messages m WHERE "senderId" NOT IN (SELECT "userId" FROM conversation_users u
            WHERE u."conversationId" = m."conversationId")""")
    report.violations("messages.senderId", "every value stands in conversation_users of the same conversations", found)


def figures(dataset, report):
    """Every figure of a law."""
    sizes = column(
        dataset,
        """SELECT count(m.id) FROM conversations c
        LEFT JOIN messages m ON m."conversationId" = c.id GROUP BY c.id""",
    )
    hours = [
        row[0]
        for row in dataset.rows('SELECT count(*) FROM messages GROUP BY hour("createdAt") ORDER BY hour("createdAt")')
    ]
    types = counts(dataset, "SELECT type, count(*) FROM messages GROUP BY 1")
    quality_sections(report, sizes, hours, types)
    volumes(report, sizes)
    members(dataset, report)
    contents(dataset, report, types)
    rhythm(dataset, report, hours)
    delays(dataset, report)


def volumes(report, sizes):
    """Messages per conversation."""
    subject = "messages per conversations"
    for measure in ("p50", "p90", "p95", "p99"):
        share = float(measure[1:]) / 100
        report.check(subject, measure, numpy.quantile(sizes, share), 1e-9 * sizes.max())
    report.check(subject, "mean", sizes.mean(), 1e-9)
    report.check(subject, "biggest", sizes.max())
    above = next(
        int(measure.split()[2])
        for name, measure in report.checks
        if name == subject and measure.startswith("parents with ")
    )
    report.check(subject, f"parents with {above} or more", (sizes >= above).mean())
    report.check(subject, f"their share of all, {above} or more", sizes[sizes >= above].sum() / sizes.sum())
    report.check(subject, f"parents from {above} on", (sizes >= above).mean())
    for least in (15, 100):
        report.check(subject, f"Hill exponent from {least}", hill(sizes, least), 1e-9)
    ratio = numpy.quantile(sizes, 0.99) / numpy.quantile(sizes, 0.5)
    report.check(subject, "p99 over p50", ratio, 1e-9 * ratio)


def members(dataset, report):
    """Members of rooms, and rooms of users."""
    sizes = column(
        dataset,
        """SELECT count(u.id) FROM conversations c
        LEFT JOIN conversation_users u ON u."conversationId" = c.id GROUP BY c.id""",
    )
    subject = "conversation_users per conversations"
    report.check(subject, "mean", sizes.mean(), 1e-9)
    for measure in ("p50", "p90", "p95", "p99"):
        report.check(subject, measure, numpy.quantile(sizes, float(measure[1:]) / 100), 1e-9 * sizes.max())
    classes = {"2": (sizes == 2).sum(), "3": ((sizes > 2) & (sizes <= 20)).sum(), "21": (sizes > 20).sum()}
    report.categories(subject, classes, {"2": 0.70, "3": 0.25, "21": 0.05})
    report.check(subject, "share of 2", (sizes == 2).mean())
    rooms = numpy.sort(
        column(
            dataset,
            """SELECT count(m.id) FROM users u
        LEFT JOIN conversation_users m ON m."userId" = u.id GROUP BY u.id""",
        )
    )[::-1]
    for measure, share in [("share of the top 1 %", 0.01), ("share of the top 10 %", 0.1)]:
        top = round(share * len(rooms))
        report.check("conversation_users.userId: rows for each of users", measure, rooms[:top].sum() / rooms.sum())
    titled = dataset.value("SELECT avg((title IS NOT NULL)::INT) FROM conversations")
    report.check("conversations.title", "share of rows with a value", titled)
    active = counts(dataset, 'SELECT "isActive", count(*) FROM conversation_users GROUP BY 1')
    report.check("conversation_users.isActive", "share of true", active[True] / sum(active.values()))


def contents(dataset, report, types):
    """Texts, types and attachments."""
    total = sum(types.values())
    # What an expression over two draws comes to the judge estimates from draws of its own.
    report.categories("messages.type", types, TYPES, allowed=1e-4)
    report.check("messages.type", "share of TEXT", types["TEXT"] / total)
    report.check("messages", "share of messages where type <> 'TEXT'", 1 - types["TEXT"] / total, 1e-12)
    report.check("messages.content", "share of rows with a value", types["TEXT"] / total)
    replies = dataset.value('SELECT count("replyToId") FROM messages')
    report.check("messages.replyToId", "share of rows with a value", replies / total)
    lengths = column(dataset, "SELECT length(content) FROM messages WHERE content IS NOT NULL")
    report.numbers("messages.content: characters", lengths, CONTENT)
    for kind, law in SIZES.items():
        attached = f"attachments a JOIN messages m ON m.id = a.\"messageId\" WHERE m.type = '{kind}'"
        sizes = column(dataset, f'SELECT "sizeBytes" FROM {attached}')
        report.numbers(f"attachments.sizeBytes where messages.type = {kind}", sizes, law)
        found = counts(dataset, f'SELECT "mimeType", count(*) FROM {attached} GROUP BY 1')
        report.categories(f"attachments.mimeType where messages.type = {kind}", found, MIME[kind])


def rhythm(dataset, report, hours):
    """Times of messages. What is expected follows from each room's own life, from its opening to the window's end."""
    subject = "messages.createdAt"
    seen = column(
        dataset,
        f"""SELECT count(m.id) FROM range({WEEKS * 168}) r(hour) LEFT JOIN messages m
        ON epoch_us(m."createdAt") // 3600000000 = {WINDOW // 3600} + r.hour GROUP BY r.hour ORDER BY r.hour""",
    )
    portrait = report.portraits["rhythm", subject]
    report.same(f"{subject}, rows by hour of the week", portrait["observed"], seen.reshape(WEEKS, 168).sum(0).tolist())
    report.same(f"{subject}, rows by day", portrait["daily"], seen.reshape(WEEKS * 7, 24).sum(1).tolist())
    lives = dataset.connection.execute(f"""SELECT greatest(epoch_us(c."createdAt") / 1e6 - {WINDOW}, 0) / 3600 AS start,
        count(*) AS n FROM conversations c JOIN messages m ON m."conversationId" = c.id GROUP BY c.id, 1""").fetchnumpy()
    rates = numpy.array([RHYTHM[hour % 24] * (WEEKDAY_BOOST if hour < 120 else 1) for hour in range(168)])
    intensity = numpy.tile(rates, WEEKS)
    reached = numpy.concatenate([[0.0], numpy.cumsum(intensity)])
    weight = lives["n"] / (reached[-1] - numpy.interp(lives["start"], numpy.arange(len(reached)), reached))
    expected = numpy.array(
        [
            (weight * numpy.clip(hour + 1 - lives["start"], 0, 1)).sum() * intensity[hour]
            for hour in range(len(intensity))
        ]
    )
    for measure, length in [("hour of day, total variation", 24), ("hour of week, total variation", 168)]:
        here = seen.reshape(-1, length).sum(0) / seen.sum()
        there = expected.reshape(-1, length).sum(0) / expected.sum()
        report.check(subject, measure, numpy.abs(here - there).sum() / 2, 1e-6)

    def split(values):
        week = values.reshape(WEEKS, 168).sum(0)
        return week[:120].sum() / week[120:].sum()

    report.check(subject, "weekdays over weekend", WEEKDAY_BOOST * split(seen) / split(expected), 1e-5)
    hours = numpy.array(hours)
    peaks, troughs = ([h for h in range(24) if RHYTHM[h] == edge(RHYTHM)] for edge in (max, min))
    report.check(subject, "peak hours over trough hours", hours[peaks].mean() / hours[troughs].mean(), 1e-9)
    report.check(subject, "busiest hour over quietest", hours.max() / hours.min())


def read_delays(dataset):
    """Seconds from a message to its receipt."""
    return column(
        dataset,
        """SELECT (epoch_us(r."readAt") - epoch_us(m."createdAt")) / 1e6
        FROM message_reads r JOIN messages m ON m.id = r."messageId" """,
    )


def delays(dataset, report):
    """Receipts and edits."""
    found = read_delays(dataset)
    report.numbers("message_reads.readAt after messages.createdAt", found, READ_DELAY)
    messages = dataset.value("SELECT count(*) FROM messages")
    report.check("message_reads per messages", "share of parents with one", len(found) / messages)
    name = "share of messages where readAt <= messages.createdAt + interval '24 hours'"
    report.check("message_reads", name, (found <= 86_400).sum() / messages)
    edits = column(
        dataset,
        """SELECT (epoch_us("updatedAt") - epoch_us("createdAt")) / 1e6 FROM messages
        WHERE "updatedAt" > "createdAt" """,
    )
    report.check("messages.updatedAt", "share of rows with a delay", len(edits) / messages)
    report.numbers("messages.updatedAt after createdAt", edits, EDIT_DELAY)


def draw(random, law, low, high, rows):
    """A sample of a truncated law."""
    return law.ppf(law.cdf(low) + random.random(rows) * (law.cdf(high) - law.cdf(low)))


def samples(dataset, random):
    """Columns beside samples of their laws, keys, and references."""
    rows = 400_000
    lengths = numpy.round(draw(random, stats.lognorm(1.2, scale=numpy.exp(4.5)), 1, 4000, rows))
    images = numpy.round(draw(random, stats.lognorm(1.0, scale=350_000), 1, 100_000_000, rows))
    parts = random.choice(3, rows, p=numpy.array([0.35, 0.40, 0.15]) / 0.9)
    reads = numpy.choose(parts, [draw(random, law, low, high, rows) for _, law, low, high in DELAYS])
    columns = [
        (
            "messages.content: characters",
            column(dataset, "SELECT length(content) FROM messages WHERE content IS NOT NULL"),
            lengths,
            "KS distance",
        ),
        (
            "attachments.sizeBytes where messages.type = IMAGE",
            column(
                dataset,
                """SELECT "sizeBytes" FROM attachments a JOIN messages m ON m.id = a."messageId" WHERE m.type = 'IMAGE'""",
            ),
            images,
            "KS distance",
        ),
        ("message_reads.readAt after messages.createdAt", read_delays(dataset), reads, "KS distance"),
        (
            "messages.type",
            column(dataset, "SELECT type FROM messages"),
            random.choice(list(TYPES), rows, p=list(TYPES.values())),
            "total variation",
        ),
    ]
    text = "SELECT {}::VARCHAR FROM {} WHERE {} IS NOT NULL"
    ids = {table: column(dataset, text.format("id", table, "id")) for table in TABLES}
    keys = [((f"{table}.id", "no key stands twice"), ids[table]) for table in TABLES]
    references = [
        (
            (f"{table}.{name}", f"every value is a key of {target}"),
            ids[target],
            column(dataset, text.format(f'"{name}"', table, f'"{name}"')),
            (table, name, target),
        )
        for table, name, target in REFERENCES
    ]
    return columns, keys, references
