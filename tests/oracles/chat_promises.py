"""Checks every promise of the chat columns against a generated dataset.

usage: chat_promises.py DATASET_DIR [--read-rate 0.82]

Prints a line `name<TAB>broken_count` for each promise; exit status 1 if any is broken.
"""

import argparse
from pathlib import Path

from chat import TABLES
from dataset import Dataset, broken, judge, orphans, repeats, sql_text

WORDS = Path(__file__).resolve().parents[2] / "seeds" / "words" / "english.txt"

# Message types other than TEXT, their MIME types and the file extensions of these.
FILES = {
    "IMAGE": {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"},
    "VIDEO": {"video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm"},
    "FILE": {"application/pdf": "pdf", "application/zip": "zip", "text/plain": "txt", "text/csv": "csv"},
    "AUDIO": {"audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/wav": "wav"},
}

ROOM_MEMBERS = '(SELECT "conversationId", count(*) AS members FROM conversation_users GROUP BY ALL)'
ROOM_MESSAGES = """(SELECT "conversationId", count(*) AS messages, min("createdAt") AS first, max("createdAt") AS last
    FROM messages GROUP BY ALL)"""
LAST_READS = """(SELECT m."conversationId", r."userId", max(r."readAt") AS last
    FROM message_reads r JOIN messages m ON m.id = r."messageId" GROUP BY ALL)"""


def users():
    return [
        ("users.username.unique", repeats("users", "username")),
        ("users.email.unique", repeats("users", "email")),
        ("users.email.form", broken("users", r"regexp_full_match(email, 'syn_.+@example\.com')")),
        ("users.displayName.present", broken("users", 'length("displayName") > 0')),
        ("users.updatedAt.not_before_createdAt", broken("users", '"updatedAt" >= "createdAt"')),
    ]


def conversations():
    sized = f'conversations c LEFT JOIN {ROOM_MEMBERS} k ON k."conversationId" = c.id'
    counted = f'conversations c LEFT JOIN {ROOM_MESSAGES} m ON m."conversationId" = c.id'
    owned = """conversations c LEFT JOIN conversation_users o ON o."conversationId" = c.id AND o.role = 'OWNER'"""
    direct = """(SELECT min("userId") AS one, max("userId") AS other FROM conversation_users
        WHERE "conversationId" IN (SELECT id FROM conversations WHERE type = 'DIRECT_MESSAGE') GROUP BY "conversationId")"""
    return [
        ("conversations.type.values", broken("conversations", "type IN ('DIRECT_MESSAGE', 'GROUP_CHAT')")),
        ("conversations.type.direct_iff_two_members", broken(sized, "(c.type = 'DIRECT_MESSAGE') = (k.members = 2)")),
        ("conversations.title.null_iff_direct", broken("conversations", "(title IS NULL) = (type = 'DIRECT_MESSAGE')")),
        ("conversations.createdById.is_owner", broken(owned, 'c."createdById" = o."userId"')),
        ("conversations.updatedAt.is_last_message", broken(counted, 'c."updatedAt" = m.last')),
        ("conversations.messageCount.is_count", broken(counted, 'c."messageCount" = m.messages')),
        (
            "conversations.heavy_is_group",
            broken("conversations", """ "messageCount" < 10000 OR type = 'GROUP_CHAT' """),
        ),
        ("conversations.direct_pairs.distinct", repeats(direct, "(one, other)")),
    ]


def conversation_users():
    placed = f"""conversation_users u JOIN conversations c ON c.id = u."conversationId"
        LEFT JOIN {ROOM_MESSAGES} m ON m."conversationId" = c.id"""
    owners = """conversations c LEFT JOIN (SELECT "conversationId", count(*) AS owners FROM conversation_users
        WHERE role = 'OWNER' GROUP BY ALL) o ON o."conversationId" = c.id"""
    read = f"""conversation_users u LEFT JOIN {LAST_READS} r
        ON r."conversationId" = u."conversationId" AND r."userId" = u."userId" """
    accounts = (
        """conversation_users u JOIN conversations c ON c.id = u."conversationId" JOIN users a ON a.id = u."userId" """
    )
    return [
        ("conversation_users.pair.unique", repeats("conversation_users", '("conversationId", "userId")')),
        ("conversation_users.role.values", broken("conversation_users", "role IN ('OWNER', 'ADMIN', 'MEMBER')")),
        ("conversation_users.role.all_used", "SELECT 3 - count(DISTINCT role) FROM conversation_users"),
        ("conversation_users.role.one_owner", broken(owners, "o.owners = 1")),
        ("conversation_users.joinedAt.placed", broken(placed, 'u."joinedAt" BETWEEN c."createdAt" AND m.first')),
        ("conversation_users.userId.had_account", broken(accounts, 'a."createdAt" <= c."createdAt"')),
        ("conversation_users.lastReadAt.is_last_read", broken(read, 'u."lastReadAt" IS NOT DISTINCT FROM r.last')),
        ("conversation_users.isActive.owner", broken("conversation_users", """role <> 'OWNER' OR "isActive" """)),
        ("conversation_users.isActive.present", broken("conversation_users", '"isActive" IS NOT NULL')),
        (
            "conversation_users.isActive.some_false",
            'SELECT (count(*) = 0)::INT FROM conversation_users WHERE NOT "isActive"',
        ),
    ]


def messages():
    sent = """messages m LEFT JOIN conversation_users u ON u."conversationId" = m."conversationId" AND u."userId" = m."senderId" """
    replies = (
        """(SELECT * FROM messages WHERE "replyToId" IS NOT NULL) m LEFT JOIN messages e ON e.id = m."replyToId" """
    )
    ordered = """(SELECT "createdAt", lag("createdAt") OVER (PARTITION BY "conversationId" ORDER BY position) AS before
        FROM messages)"""
    opened = 'messages m JOIN conversations c ON c.id = m."conversationId"'
    # A word that is cut is not in the list; a doubled or outer blank gives an empty word.
    cut = f"""(SELECT DISTINCT unnest(string_split(content, ' ')) AS word FROM messages WHERE content IS NOT NULL)
        WHERE word NOT IN (SELECT word FROM read_csv({sql_text(WORDS)}, header = false, columns = {{'word': 'VARCHAR'}},
        delim = '\t', quote = ''))"""
    return [
        ("messages.senderId.is_member", broken(sent, "u.id IS NOT NULL")),
        ("messages.type.values", broken("messages", "type IN ('TEXT', 'IMAGE', 'VIDEO', 'FILE', 'AUDIO')")),
        ("messages.type.all_used", "SELECT 5 - count(DISTINCT type) FROM messages"),
        ("messages.content.null_iff_media", broken("messages", "(content IS NULL) = (type <> 'TEXT')")),
        ("messages.content.length", broken("messages", "content IS NULL OR length(content) BETWEEN 1 AND 4000")),
        ("messages.content.words", f"SELECT count(*) FROM {cut}"),
        (
            "messages.replyToId.earlier_in_room",
            broken(
                replies,
                'e."conversationId" = m."conversationId" AND e.position < m.position AND e."createdAt" < m."createdAt"',
            ),
        ),
        ("messages.replyToId.some", 'SELECT (count("replyToId") = 0)::INT FROM messages'),
        ("messages.createdAt.increasing", broken(ordered, 'before IS NULL OR before < "createdAt"')),
        ("messages.createdAt.unique_in_room", repeats("messages", '("conversationId", "createdAt")')),
        ("messages.createdAt.after_room", broken(opened, 'm."createdAt" >= c."createdAt"')),
        ("messages.updatedAt.not_before_createdAt", broken("messages", '"updatedAt" >= "createdAt"')),
    ]


def attachments():
    counted = """messages m LEFT JOIN (SELECT "messageId", count(*) AS files FROM attachments GROUP BY ALL) a
        ON a."messageId" = m.id"""
    kinds = ", ".join(
        f"({sql_text(kind)}, {sql_text(mime)}, {sql_text(extension)})"
        for kind, mimes in FILES.items()
        for mime, extension in mimes.items()
    )
    typed = f"""attachments a JOIN messages m ON m.id = a."messageId"
        LEFT JOIN (VALUES {kinds}) k(type, mime, extension) ON k.type = m.type AND k.mime = a."mimeType" """
    return [
        ("attachments.one_per_media_message", broken(counted, "coalesce(a.files, 0) = (m.type <> 'TEXT')::INT")),
        ("attachments.mimeType.fits_type", broken(typed, "k.mime IS NOT NULL")),
        (
            "attachments.fileName.fits_mimeType",
            broken(typed, r"""regexp_full_match(a."fileName", '[A-Za-z]+_\d+\.' || k.extension)"""),
        ),
        ("attachments.sizeBytes.range", broken("attachments", '"sizeBytes" BETWEEN 1 AND 100000000')),
        ("attachments.createdAt.is_messages", broken(typed, 'a."createdAt" = m."createdAt"')),
    ]


def message_reads(rate):
    read = """message_reads r JOIN messages m ON m.id = r."messageId"
        LEFT JOIN conversation_users u ON u."conversationId" = m."conversationId" AND u."userId" = r."userId" """
    return [
        ("message_reads.at_most_one", repeats("message_reads", '"messageId"')),
        (
            "message_reads.exact_count",
            f"""SELECT abs((SELECT count(*) FROM message_reads)
            - CAST(floor({rate}::DECIMAL(9, 6) * (SELECT count(*) FROM messages) + 0.5) AS BIGINT))""",
        ),
        ("message_reads.userId.is_member", broken(read, "u.id IS NOT NULL")),
        ("message_reads.userId.is_not_sender", broken(read, 'r."userId" <> m."senderId"')),
        ("message_reads.readAt.after_message", broken(read, 'r."readAt" > m."createdAt"')),
    ]


FOREIGN_KEYS = [
    ("conversations", "createdById", "users"),
    ("conversation_users", "conversationId", "conversations"),
    ("conversation_users", "userId", "users"),
    ("messages", "conversationId", "conversations"),
    ("messages", "senderId", "users"),
    ("messages", "replyToId", "messages"),
    ("attachments", "messageId", "messages"),
    ("message_reads", "messageId", "messages"),
    ("message_reads", "userId", "users"),
]


def keys():
    promises = []
    for table in TABLES:
        promises.append((f"{table}.id.unique", repeats(table, "id")))
        promises.append((f"{table}.id.is_uuid_v4", broken(table, "regexp_matches(id::VARCHAR, '^.{14}4.{4}[89ab]')")))
    for table, column, target in FOREIGN_KEYS:
        promises.append((f"{table}.{column}.orphans", orphans(table, column, target)))
    return promises


def row_order():
    """The rows of a room are contiguous, in one part, and children follow the order of their parents."""
    promises = []
    for child, column, parent in [
        ("conversation_users", "conversationId", "conversations"),
        ("messages", "conversationId", "conversations"),
        ("attachments", "messageId", "messages"),
        ("message_reads", "messageId", "messages"),
    ]:
        related = f'{child} c JOIN {parent} p ON p.id = c."{column}"'
        followed = (
            f"""(SELECT p.position AS parent, lag(p.position) OVER (ORDER BY c.position) AS before FROM {related})"""
        )
        promises.append((f"{child}.order.follows_{parent}", broken(followed, "before IS NULL OR before <= parent")))
        promises.append((f"{child}.order.part_of_{parent}", broken(related, "c.part = p.part")))
    for table in ["conversation_users", "messages"]:
        runs = f"""(SELECT max(position) - min(position) + 1 AS span, count(*) AS rows FROM {table} GROUP BY "conversationId")"""
        promises.append((f"{table}.order.contiguous", broken(runs, "span = rows")))
    return promises


def all_promises(read_rate):
    """Pairs of a promise's name and the query that counts what breaks it."""
    return (
        keys()
        + users()
        + conversations()
        + conversation_users()
        + messages()
        + attachments()
        + message_reads(read_rate)
        + row_order()
    )


def main():
    parser = argparse.ArgumentParser(description="Checks every promise of the chat columns.")
    parser.add_argument("dataset")
    parser.add_argument("--read-rate", type=float, default=0.82, help="receipts per message")
    arguments = parser.parse_args()
    dataset = Dataset(arguments.dataset, TABLES)
    judge(dataset, all_promises(arguments.read_rate))


if __name__ == "__main__":
    main()
