"""Breaks every promise of a good chat dataset in memory, one after the other, and sees chat_promises.py notice.

usage: chat_promises_break.py DATASET_DIR      (a small one)

Prints a line for each promise that was not noticed; exit status 1 if there is any.
"""

import sys

from breaking import borrow, change, drop, see_all_noticed, twice
from chat import TABLES
from chat_promises import all_promises
from dataset import Dataset


# A member's place in a room of three or more, where a change does not touch what else is promised.
IN_GROUP = """role = 'MEMBER' AND "conversationId" IN (SELECT id FROM conversations WHERE type = 'GROUP_CHAT')"""
FAR = "INTERVAL 3000 DAY"

BREAKS = {
    "users.username.unique": borrow("users", "username"),
    "users.email.unique": borrow("users", "email"),
    "users.email.form": change("users", "email = replace(email, 'syn_', '')"),
    "users.displayName.present": change("users", "\"displayName\" = ''"),
    "users.updatedAt.not_before_createdAt": change("users", '"updatedAt" = "createdAt" - INTERVAL 1 MILLISECOND'),
    "conversations.type.values": change("conversations", "type = 'CHANNEL'"),
    "conversations.type.direct_iff_two_members": change(
        "conversations", "type = 'GROUP_CHAT'", "type = 'DIRECT_MESSAGE'"
    ),
    "conversations.title.null_iff_direct": change("conversations", "title = NULL", "title IS NOT NULL"),
    "conversations.createdById.is_owner": change(
        "conversations",
        """"createdById" = (SELECT "userId" FROM conversation_users u WHERE u."conversationId" = conversations.id
            AND role <> 'OWNER' LIMIT 1)""",
    ),
    "conversations.updatedAt.is_last_message": change(
        "conversations", '"updatedAt" = "updatedAt" + INTERVAL 1 MILLISECOND'
    ),
    "conversations.messageCount.is_count": change("conversations", '"messageCount" = "messageCount" + 1'),
    "conversations.heavy_is_group": change("conversations", '"messageCount" = 10000', "type = 'DIRECT_MESSAGE'"),
    "conversations.direct_pairs.distinct": """UPDATE conversation_users SET "userId" = other."userId" FROM
        (SELECT row_number() OVER () AS n, "userId" FROM conversation_users WHERE "conversationId" =
            (SELECT min(id) FROM conversations WHERE type = 'DIRECT_MESSAGE')) other,
        (SELECT row_number() OVER () AS n, id FROM conversation_users WHERE "conversationId" =
            (SELECT max(id) FROM conversations WHERE type = 'DIRECT_MESSAGE')) own
        WHERE conversation_users.id = own.id AND own.n = other.n""",
    "conversation_users.pair.unique": change(
        "conversation_users",
        """"userId" = (SELECT "userId" FROM conversation_users o WHERE o."conversationId" =
            conversation_users."conversationId" AND o.role = 'OWNER')""",
        IN_GROUP,
    ),
    "conversation_users.role.values": change("conversation_users", "role = 'GUEST'", IN_GROUP),
    "conversation_users.role.all_used": "UPDATE conversation_users SET role = 'MEMBER' WHERE role = 'ADMIN'",
    "conversation_users.role.one_owner": change("conversation_users", "role = 'OWNER'", IN_GROUP),
    "conversation_users.joinedAt.placed": change("conversation_users", f'"joinedAt" = "joinedAt" + {FAR}'),
    "conversation_users.userId.had_account": change(
        "users", f'"createdAt" = "createdAt" + {FAR}', 'id IN (SELECT "userId" FROM conversation_users)'
    ),
    "conversation_users.lastReadAt.is_last_read": change(
        "conversation_users", '"lastReadAt" = NULL', '"lastReadAt" IS NOT NULL'
    ),
    "conversation_users.isActive.owner": change("conversation_users", '"isActive" = false', "role = 'OWNER'"),
    "conversation_users.isActive.present": change("conversation_users", '"isActive" = NULL'),
    "conversation_users.isActive.some_false": 'UPDATE conversation_users SET "isActive" = true',
    "messages.senderId.is_member": change(
        "messages",
        """"senderId" = (SELECT id FROM users WHERE id NOT IN (SELECT "userId" FROM conversation_users u
            WHERE u."conversationId" = messages."conversationId") LIMIT 1)""",
    ),
    "messages.type.values": change("messages", "type = 'DOCUMENT'", "type = 'FILE'"),
    "messages.type.all_used": "UPDATE messages SET type = 'FILE' WHERE type = 'AUDIO'",
    "messages.content.null_iff_media": change("messages", "content = NULL", "content IS NOT NULL"),
    "messages.content.length": change("messages", "content = repeat('and ', 1000) || 'a'", "content IS NOT NULL"),
    "messages.content.words": change("messages", "content = 'the questi'", "content IS NOT NULL"),
    "messages.replyToId.earlier_in_room": change("messages", '"replyToId" = id', '"replyToId" IS NOT NULL'),
    "messages.replyToId.some": 'UPDATE messages SET "replyToId" = NULL',
    "messages.createdAt.increasing": change("messages", '"createdAt" = "createdAt" - INTERVAL 80 DAY'),
    "messages.createdAt.unique_in_room": """UPDATE messages SET "createdAt" = (SELECT m."createdAt" FROM messages m
        WHERE m.position = messages.position - 1) WHERE position =
        (SELECT min(position) + 1 FROM messages WHERE "conversationId" =
            (SELECT id FROM conversations ORDER BY "messageCount" DESC LIMIT 1))""",
    "messages.createdAt.after_room": change("messages", f'"createdAt" = "createdAt" - {FAR}'),
    "messages.updatedAt.not_before_createdAt": change("messages", '"updatedAt" = "createdAt" - INTERVAL 1 MILLISECOND'),
    "attachments.one_per_media_message": drop("attachments"),
    "attachments.mimeType.fits_type": change(
        "attachments", "\"mimeType\" = 'audio/wav'", "\"mimeType\" LIKE 'image/%'"
    ),
    "attachments.fileName.fits_mimeType": change("attachments", "\"fileName\" = 'notes_1.exe'"),
    "attachments.sizeBytes.range": change("attachments", '"sizeBytes" = 100000001'),
    "attachments.createdAt.is_messages": change("attachments", '"createdAt" = "createdAt" + INTERVAL 1 MILLISECOND'),
    "message_reads.at_most_one": borrow("message_reads", "messageId"),
    "message_reads.exact_count": drop("message_reads"),
    "message_reads.userId.is_member": change(
        "message_reads",
        """"userId" = (SELECT id FROM users WHERE id NOT IN (SELECT "userId" FROM conversation_users u JOIN messages m
            ON m."conversationId" = u."conversationId" WHERE m.id = message_reads."messageId") LIMIT 1)""",
    ),
    "message_reads.userId.is_not_sender": change(
        "message_reads", '"userId" = (SELECT "senderId" FROM messages m WHERE m.id = message_reads."messageId")'
    ),
    "message_reads.readAt.after_message": change(
        "message_reads", '"readAt" = (SELECT "createdAt" FROM messages m WHERE m.id = message_reads."messageId")'
    ),
}


def breaks():
    """All breaks: those above, and those that are alike for every table."""
    known = dict(BREAKS)
    for table in TABLES:
        known[f"{table}.id.unique"] = twice(table)
        known[f"{table}.id.is_uuid_v4"] = change(table, "id = '00000000-0000-1000-8000-000000000000'")
        for column, kind in TABLES[table].items():
            if kind == "UUID" and column != "id":
                filled = f'"{column}" IS NOT NULL'
                known[f"{table}.{column}.orphans"] = change(table, f'"{column}" = uuid()', filled)
    for table in ["conversation_users", "messages", "attachments", "message_reads"]:
        parent = "conversations" if table in ("conversation_users", "messages") else "messages"
        known[f"{table}.order.follows_{parent}"] = change(table, "position = -1")
        known[f"{table}.order.part_of_{parent}"] = change(table, "part = 77")
        known[f"{table}.order.contiguous"] = change(table, "position = -1")
    return known


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: chat_promises_break.py DATASET_DIR")
    see_all_noticed(Dataset(sys.argv[1], TABLES), all_promises(0.82), breaks())


if __name__ == "__main__":
    main()
