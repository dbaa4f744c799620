"""Makes a wrong dataset of a good one with DuckDB: the same files but for one thing.

usage: mutants.py DATASET OUT NAME      the tables that the mutant changes are written to OUT, in the parts of DATASET
       mutants.py --seal DATASET        writes the digests, sizes and rows of changed parts into the manifest and
                                        SHA256SUMS, as somebody would who covers what was done

Each mutant is a list of (table, query); a query without a table prepares the next ones. A query sees all good tables, each with two columns more: `part`, the number of
the file, and `place`, the row's place in it; the result has them too, and its rows are written in their order.
"""

import hashlib
import json
import sys
from pathlib import Path

import duckdb

MACROS = """
-- A number in (0, 1) that follows from a key alone.
CREATE MACRO dice(key, purpose) AS (hash(key::VARCHAR || purpose) % 1000003 + 0.5) / 1000003.0;
-- A UUID of version 4 that follows from a key alone.
CREATE MACRO other_uuid(key) AS (
    substr(md5(key::VARCHAR), 1, 12) || '4' || substr(md5(key::VARCHAR), 14, 3) || 'a' || substr(md5(key::VARCHAR), 18, 15)
)::UUID;
"""

# A text message that nobody read and nobody answered: changing it touches nothing else.
QUIET = """
    SELECT id FROM messages m WHERE type = 'TEXT' AND replyToId IS NULL AND updatedAt = createdAt
        AND NOT EXISTS (FROM message_reads r WHERE r.messageId = m.id)
        AND NOT EXISTS (FROM messages a WHERE a.replyToId = m.id)
"""


def replaced(table, columns, where="true"):
    """A table whose columns have other values in some rows."""
    changes = ", ".join(f"CASE WHEN {where} THEN {value} ELSE {column} END AS {column}" for column, value in columns.items())
    return [(table, f"SELECT * REPLACE ({changes}) FROM {table}")]


def one(table, columns, where="true"):
    """A table with other values in one row: the first by key of those where the condition holds."""
    return replaced(table, columns, f"id = (SELECT min(id) FROM {table} WHERE {where})")


def one_quiet(columns):
    """One message with other values that nothing else depends on."""
    return replaced("messages", columns, f"id = (SELECT min(id) FROM ({QUIET}))")


def said(text):
    """One message that says something."""
    return one_quiet({"content": f"'see {text} for more'"})


def retimed(times, moves_rows=False):
    """A chat whose messages have other times, with all that depends on them.

    `times` gives (id, moment) of every message. With `moves_rows` its rows move to the places of their new times.
    """
    place = ", row_number() OVER (PARTITION BY part, conversationId ORDER BY moment) - 1 + min(place) OVER (PARTITION BY part, conversationId) AS place"
    return [
        (None, f"CREATE TEMP TABLE times AS {times}"),
        ("messages", f"""
            SELECT m.* REPLACE (moment AS createdAt, moment + (updatedAt - createdAt) AS updatedAt{place if moves_rows else ""})
            FROM messages m JOIN times USING (id)
        """),
        ("attachments", "SELECT a.* REPLACE (moment AS createdAt) FROM attachments a JOIN times t ON a.messageId = t.id"),
        ("message_reads", """
            SELECT r.* REPLACE (readAt + (moment - m.createdAt) AS readAt)
            FROM message_reads r JOIN messages m ON r.messageId = m.id JOIN times t ON t.id = m.id
        """),
        ("conversations", """
            WITH last AS (SELECT conversationId, max(moment) AS moment FROM messages JOIN times USING (id) GROUP BY ALL)
            SELECT c.* REPLACE (moment AS updatedAt) FROM conversations c JOIN last ON conversationId = c.id
        """),
        ("conversation_users", """
            WITH first AS (
                SELECT conversationId, min(createdAt) AS was, min(moment) AS moment FROM messages JOIN times USING (id) GROUP BY ALL
            ), read AS (
                SELECT m.conversationId, r.userId, max(readAt + (moment - m.createdAt)) AS moment
                FROM message_reads r JOIN messages m ON r.messageId = m.id JOIN times t ON t.id = m.id GROUP BY ALL
            )
            SELECT u.* REPLACE (
                make_timestamp(epoch_us(c.createdAt) + ((epoch_us(u.joinedAt) - epoch_us(c.createdAt))::DOUBLE
                    * (epoch_us(first.moment) - epoch_us(c.createdAt)) / greatest(epoch_us(first.was) - epoch_us(c.createdAt), 1))::BIGINT
                )::TIMESTAMPTZ AS joinedAt,
                read.moment AS lastReadAt
            )
            FROM conversation_users u JOIN conversations c ON u.conversationId = c.id
                JOIN first ON first.conversationId = c.id
                LEFT JOIN read ON read.conversationId = c.id AND read.userId = u.userId
        """),
    ]


def sorted_in_rooms(key, slots="createdAt"):
    """A chat whose messages stand in the order of something else in each room, at the times that there were.

    Replies and what they answer stay where they are.
    """
    return retimed(
        f"""
        WITH free AS (
            SELECT *, row_number() OVER (PARTITION BY conversationId ORDER BY {slots}) AS slot,
                row_number() OVER (PARTITION BY conversationId ORDER BY {key}, id) AS wish
            FROM messages m WHERE replyToId IS NULL AND id NOT IN (SELECT replyToId FROM messages WHERE replyToId IS NOT NULL)
        )
        SELECT m.id, coalesce(slots.createdAt, m.createdAt) AS moment
        FROM messages m LEFT JOIN free wishes ON wishes.id = m.id
            LEFT JOIN free slots ON slots.conversationId = m.conversationId AND slots.slot = wishes.wish
        """,
        moves_rows=True,
    )


def squeezed(start, end):
    """A chat without messages in the second half of a stretch of time: they crowd in the first."""
    inside = f"createdAt >= TIMESTAMPTZ '{start}' AND createdAt < TIMESTAMPTZ '{end}'"
    return retimed(f"SELECT id, CASE WHEN {inside} THEN TIMESTAMPTZ '{start}' + (createdAt - TIMESTAMPTZ '{start}') / 2 ELSE createdAt END AS moment FROM messages")


MUTANTS = {
    # Keys and references.
    "one orphan": one_quiet({"conversationId": "other_uuid(id)"}),
    "one member that is no user": one("conversation_users", {"userId": "other_uuid(id)"}, "role = 'MEMBER'"),
    "one duplicate id": replaced(
        "message_reads", {"id": "(SELECT max(id) FROM message_reads)"}, "id = (SELECT min(id) FROM message_reads)"
    ),
    "one key without a value": one("message_reads", {"id": "NULL"}),
    "one e-mail address twice": replaced(
        "users", {name: f"(SELECT {name} FROM users ORDER BY id DESC LIMIT 1)" for name in ("username", "email")},
        "id = (SELECT min(id) FROM users)",
    ),
    "one uuid of version 7": one("message_reads", {"id": "overlay(id::VARCHAR PLACING '7' FROM 15)::UUID"}),
    "one creator that is no user": one("conversations", {"createdById": "other_uuid(id)"}),
    # Order and times.
    "one swapped pair of timestamps": [(
        "messages",
        f"""
        WITH quiet AS ({QUIET}),
        pair AS (
            SELECT a.id AS first, b.id AS second FROM messages a JOIN messages b
                ON a.part = b.part AND a.place + 1 = b.place AND a.conversationId = b.conversationId
            WHERE a.id IN (FROM quiet) AND b.id IN (FROM quiet)
                AND EXISTS (FROM messages c WHERE c.conversationId = b.conversationId AND c.part = b.part AND c.place = b.place + 1)
            ORDER BY a.id LIMIT 1
        )
        SELECT messages.* REPLACE (coalesce(other.createdAt, messages.createdAt) AS createdAt,
                coalesce(other.createdAt, messages.updatedAt) AS updatedAt)
        FROM messages LEFT JOIN pair ON messages.id IN (first, second)
            LEFT JOIN messages other ON other.id IN (first, second) AND other.id <> messages.id AND messages.id IN (first, second)
        """,
    )],
    "one message edited before it was written": one_quiet({"updatedAt": "createdAt - INTERVAL 1 MILLISECOND"}),
    "one member who joined after the first message": one(
        "conversation_users",
        {"joinedAt": "(SELECT min(createdAt) FROM messages m WHERE m.conversationId = conversation_users.conversationId) + INTERVAL 1 SECOND"},
    ),
    "one message before the window": [(
        "messages",
        """
        WITH first AS (
            SELECT m.id FROM messages m JOIN conversations c ON m.conversationId = c.id
            WHERE c.messageCount > 100 AND m.replyToId IS NULL AND m.updatedAt = m.createdAt AND m.type = 'TEXT'
                AND NOT EXISTS (FROM message_reads r WHERE r.messageId = m.id)
                AND m.place = (SELECT min(place) FROM messages n WHERE n.conversationId = c.id AND n.part = m.part)
            ORDER BY ALL LIMIT 1
        )
        SELECT * REPLACE (
            CASE WHEN id IN (FROM first) THEN TIMESTAMPTZ '2025-07-27 23:59:59+00' ELSE createdAt END AS createdAt,
            CASE WHEN id IN (FROM first) THEN TIMESTAMPTZ '2025-07-27 23:59:59+00' ELSE updatedAt END AS updatedAt
        ) FROM messages
        """,
    )],
    "one user of tomorrow": one("users", {"createdAt": "TIMESTAMPTZ '2025-01-28 00:00:00+00'", "updatedAt": "TIMESTAMPTZ '2025-01-28 00:00:00+00'"}),
    # Who may stand where.
    "one sender from another room": one_quiet({
        "senderId": "(SELECT min(id) FROM users u WHERE NOT EXISTS (FROM conversation_users c WHERE c.conversationId = messages.conversationId AND c.userId = u.id))"
    }),
    "one sender who reads": [(
        "message_reads",
        """
        WITH chosen AS (SELECT min(r.id) AS id FROM message_reads r)
        SELECT r.* REPLACE (CASE WHEN r.id IN (FROM chosen) THEN m.senderId ELSE r.userId END AS userId)
        FROM message_reads r JOIN messages m ON r.messageId = m.id
        """,
    )],
    "one reply across rooms": one(
        "messages", {"replyToId": "(SELECT min(id) FROM messages m WHERE m.conversationId <> messages.conversationId)"}, "replyToId IS NOT NULL"
    ),
    "one reply to a later message": one(
        "messages",
        {"replyToId": """(SELECT max_by(id, place) FROM messages m WHERE m.conversationId = messages.conversationId)"""},
        "replyToId IS NOT NULL AND NOT EXISTS (FROM messages n WHERE n.conversationId = messages.conversationId AND false)",
    ),
    "one member twice": [(
        "conversation_users",
        """
        WITH pair AS (
            SELECT a.id AS first, b.userId AS again FROM conversation_users a JOIN conversation_users b
                ON a.conversationId = b.conversationId AND a.role = 'MEMBER' AND b.role = 'MEMBER' AND a.id < b.id
            WHERE NOT EXISTS (FROM messages m WHERE m.conversationId = a.conversationId AND m.senderId = a.userId)
                AND a.lastReadAt IS NULL AND b.lastReadAt IS NULL
            ORDER BY ALL LIMIT 1
        )
        SELECT c.* REPLACE (coalesce(pair.again, c.userId) AS userId) FROM conversation_users c LEFT JOIN pair ON c.id = pair.first
        """,
    )],
    "one pair of people with two rooms": [
        (None, """
            CREATE TEMP TABLE pairs AS
            SELECT conversationId, list(userId ORDER BY place) AS users FROM conversation_users GROUP BY ALL HAVING count(*) = 2 ORDER BY ALL LIMIT 2
        """),
        (None, """
            CREATE TEMP TABLE swaps AS
            SELECT b.conversationId, b.users[number] AS was, a.users[number] AS becomes
            FROM (SELECT * FROM pairs ORDER BY conversationId LIMIT 1) a, (SELECT * FROM pairs ORDER BY conversationId DESC LIMIT 1) b, range(1, 3) r(number)
        """),
        ("conversations", "SELECT c.* REPLACE (coalesce(becomes, createdById) AS createdById) FROM conversations c LEFT JOIN swaps s ON c.id = s.conversationId AND createdById = was"),
        ("conversation_users", "SELECT u.* REPLACE (coalesce(becomes, userId) AS userId) FROM conversation_users u LEFT JOIN swaps s ON u.conversationId = s.conversationId AND userId = was"),
        ("messages", "SELECT m.* REPLACE (coalesce(becomes, senderId) AS senderId) FROM messages m LEFT JOIN swaps s ON m.conversationId = s.conversationId AND senderId = was"),
        ("message_reads", """
            SELECT r.* REPLACE (coalesce(becomes, userId) AS userId) FROM message_reads r JOIN messages m ON r.messageId = m.id
                LEFT JOIN swaps s ON m.conversationId = s.conversationId AND userId = was
        """),
    ],
    # Rules between columns.
    "one wrong number of messages": one("conversations", {"messageCount": "messageCount + 1"}),
    "one stale time of reading": one("conversation_users", {"lastReadAt": "lastReadAt - INTERVAL 1 MICROSECOND"}, "lastReadAt IS NOT NULL"),
    "one attachment a microsecond late": one("attachments", {"createdAt": "createdAt + INTERVAL 1 MICROSECOND"}),
    "one room of the other type": one("conversations", {"type": "'GROUP_CHAT'", "title": "(SELECT min(title) FROM conversations)"}, "type = 'DIRECT_MESSAGE'"),
    "one text without content": one_quiet({"content": "NULL"}),
    "one picture with content": one("messages", {"content": "'a picture'"}, "type = 'IMAGE'"),
    "one title of no topic": one("conversations", {"title": "'Our secret project'"}, "title IS NOT NULL"),
    "one title with a space behind": one("conversations", {"title": "title || ' '"}, "title IS NOT NULL"),
    "one user name of another form": one("users", {"username": "username || '_'"}),
    "one text of 4,001 characters": one_quiet({"content": "rpad(content, 4001, ' word')"}),
    # Numbers of children.
    "one message read twice": [(
        "message_reads",
        """
        WITH pair AS (
            SELECT max(a.id) AS first, m.id AS again FROM message_reads a JOIN messages m ON true
            WHERE m.id = (SELECT min(messageId) FROM message_reads) GROUP BY ALL
        )
        SELECT r.* REPLACE (coalesce(pair.again, r.messageId) AS messageId) FROM message_reads r LEFT JOIN pair ON r.id = pair.first
        """,
    )],
    "one picture without an attachment": [("attachments", "SELECT * FROM attachments WHERE id <> (SELECT min(id) FROM attachments)")],
    # Personal data.
    "one real e-mail address": said("john.doe@gmail.com"),
    "one e-mail address in a row of no room": one_quiet({"content": "'see john.doe@gmail.com for more'", "conversationId": "other_uuid(id)"}),
    "one telephone number": said("+1 415-555-2671"),
    "one card number": said("4111 1111 1111 1111"),
    "one bank account": said("DE89 3704 0044 0532 0130 00"),
    "one social security number": said("219-09-9998"),
    "one public address": said("8.8.8.8"),
    "one telephone number in a title": one("conversations", {"title": "'call 0171 123 45 67'"}, "title IS NOT NULL"),
    "one e-mail address with a full-width sign": said("john.doe＠gmail.com"),
    "one e-mail address in percent signs": said("john.doe%40gmail.com"),
    "one e-mail address with a zero-width space": said("john.doe@\u200bgmail.com"),
    "a column of e-mail addresses that nobody declared": [("users", "SELECT *, 'john.doe' || place || '@gmail.com' AS contact FROM users")],
    "one message of an unknown type": one("messages", {"type": "'STICKER'"}, "type = 'IMAGE'"),
    "one administrator called by another name": one("conversation_users", {"role": "'Admin'"}, "role = 'ADMIN'"),
    "a changed file": one("conversations", {"title": "(SELECT max(title) FROM conversations)"}, "title IS NOT NULL"),
    "a message in another part": [(
        "messages", f"SELECT * REPLACE (CASE WHEN id = (SELECT min(id) FROM ({QUIET}) q JOIN messages n USING (id) WHERE part = (SELECT min(part) FROM messages)) THEN (SELECT max(part) FROM messages) ELSE part END AS part) FROM messages"
    )],
    "users whose columns are swapped": [("users", "SELECT * REPLACE (updatedAt AS createdAt, createdAt AS updatedAt) FROM users")],
    "a table without one column": [("attachments", "SELECT * EXCLUDE sizeBytes FROM attachments")],
    "one size that is no number": [("attachments", "SELECT * REPLACE (CASE WHEN id = (SELECT min(id) FROM attachments) THEN 'big' ELSE sizeBytes::VARCHAR END AS sizeBytes) FROM attachments")],
    # Laws of the chat.
    "a day without messages": squeezed("2025-10-07 00:00:00+00", "2025-10-09 00:00:00+00"),
    "an hour without messages": squeezed("2025-10-07 09:00:00+00", "2025-10-07 11:00:00+00"),
    "clocks three hours ahead": retimed("""
        SELECT id, CASE WHEN createdAt < TIMESTAMPTZ '2025-10-19 18:00:00+00' THEN createdAt + INTERVAL 3 HOUR
            ELSE TIMESTAMPTZ '2025-10-20 00:00:00+00' - (TIMESTAMPTZ '2025-10-20 00:00:00+00' - createdAt) / 2 END AS moment
        FROM messages
    """),
    "even gaps with a few giants": retimed("""
        WITH rated AS (
            SELECT hour, rate, sum(rate) OVER (ORDER BY hour) - rate AS reached
            FROM (
                SELECT hour, [1.25, 1.1, 1, 1, 1, 1.1, 1.35, 1.7, 2.1, 2.5, 2.5, 2.5, 2.2, 2, 1.9, 1.9, 2, 2.2, 2.5, 2.5, 2.5, 2.1, 1.75, 1.45][hour % 24 + 1]
                    * CASE WHEN hour // 24 % 7 < 5 THEN 1.4 ELSE 1 END AS rate
                FROM range(2016) r(hour)
            )
        ), timed AS (
            SELECT id, conversationId, createdAt, (epoch_us(createdAt) - 1753660800000000) / 3600000000.0 AS clock FROM messages
        ), operational AS (
            SELECT id, conversationId, createdAt, reached + rate * (clock - hour) AS then_,
                row_number() OVER (PARTITION BY conversationId ORDER BY createdAt) AS number,
                count(*) OVER (PARTITION BY conversationId) AS rows_
            FROM timed JOIN rated ON hour = least(floor(clock), 2015)
        ), gapped AS (
            -- A tenth of the gaps is nearly eight times as long as the others: their coefficient of variation is 1.2.
            SELECT *, CASE WHEN number = 1 THEN 0 WHEN dice(id, 'giant') < 0.1 THEN 4.6 ELSE 0.6 END AS gap FROM operational
        ), moved AS (
            SELECT id, createdAt, rows_, min(then_) OVER room + (max(then_) OVER room - min(then_) OVER room)
                * (sum(gap) OVER (PARTITION BY conversationId ORDER BY number)) / greatest(sum(gap) OVER room, 0.1) AS then_
            FROM gapped WINDOW room AS (PARTITION BY conversationId)
        )
        SELECT id, CASE WHEN rows_ < 3 THEN createdAt
            ELSE make_timestamp((1753660800000000 + (hour + (then_ - reached) / rate) * 3600000000)::BIGINT)::TIMESTAMPTZ END AS moment
        FROM moved ASOF JOIN rated ON then_ >= reached
    """),
    "messages sorted by type": sorted_in_rooms("type"),
    "messages sorted by length": sorted_in_rooms("length(content)"),
    # Which of them come first is left to chance in each half, so that neighbours say little.
    "media in the first half only": sorted_in_rooms(
        "type = 'TEXT', dice(id, 'wish')", slots="createdAt >= TIMESTAMPTZ '2025-09-08 00:00:00+00', dice(id, 'slot')"
    ),
    "a few texts twice": [(
        "messages",
        """
        SELECT * REPLACE (CASE WHEN type = 'TEXT' AND dice(id, 'copied') < 0.015
            THEN first_value(content) OVER (PARTITION BY type, length(content) ORDER BY id) ELSE content END AS content)
        FROM messages
        """,
    )],
    "texts of other words": replaced("messages", {"content": "reverse(content)"}, "type = 'TEXT' AND dice(id, 'words') < 0.07"),
    "everybody has one name": replaced("users", {"displayName": "'Anna Smith'"}),
    "user names of one word": [("users", "SELECT * REPLACE ('user' || place AS username, 'syn_user' || place || '@example.com' AS email) FROM users")],
    "members join early": replaced("conversation_users", {"joinedAt": """(SELECT make_timestamp(epoch_us(c.createdAt)
        + (pow((epoch_us(joinedAt) - epoch_us(c.createdAt))::DOUBLE / greatest(epoch_us(f.moment) - epoch_us(c.createdAt), 1), 1.3)
        * (epoch_us(f.moment) - epoch_us(c.createdAt)))::BIGINT)::TIMESTAMPTZ
        FROM conversations c JOIN (SELECT conversationId, min(createdAt) AS moment FROM messages GROUP BY ALL) f ON f.conversationId = c.id
        WHERE c.id = conversation_users.conversationId)"""}),
    "one hot user": [
        (None, """
            CREATE TEMP TABLE swaps AS
            WITH hot AS (SELECT userId FROM conversation_users GROUP BY ALL ORDER BY count(*) DESC, userId LIMIT 1)
            SELECT conversationId, min(userId) AS cold, (FROM hot) AS hot FROM conversation_users
            WHERE role = 'MEMBER' AND conversationId IN (SELECT conversationId FROM conversation_users GROUP BY ALL HAVING count(*) > 2)
                AND conversationId NOT IN (SELECT conversationId FROM conversation_users WHERE userId IN (FROM hot))
            GROUP BY ALL
        """),
        ("conversation_users", "SELECT u.* REPLACE (coalesce(hot, userId) AS userId) FROM conversation_users u LEFT JOIN swaps s ON u.conversationId = s.conversationId AND userId = cold"),
        ("messages", "SELECT m.* REPLACE (coalesce(hot, senderId) AS senderId) FROM messages m LEFT JOIN swaps s ON m.conversationId = s.conversationId AND senderId = cold"),
        ("message_reads", """
            SELECT r.* REPLACE (coalesce(hot, userId) AS userId) FROM message_reads r JOIN messages m ON r.messageId = m.id
                LEFT JOIN swaps s ON m.conversationId = s.conversationId AND userId = cold
        """),
    ],
    "receipts in busy rooms only": [
        (None, """
            CREATE TEMP TABLE wanted AS
            SELECT m.id, m.conversationId, m.senderId, m.createdAt, m.part, m.place FROM messages m JOIN conversations c ON m.conversationId = c.id
            ORDER BY c.messageCount DESC, c.id, m.place LIMIT (SELECT count(*) FROM message_reads)
        """),
        (None, """
            CREATE TEMP TABLE receipts AS
            WITH kept AS (SELECT r.* FROM message_reads r WHERE messageId IN (SELECT id FROM wanted)),
            freed AS (
                SELECT r.id, r.readAt - m.createdAt AS delay, row_number() OVER (ORDER BY r.id) AS number
                FROM message_reads r JOIN messages m ON r.messageId = m.id WHERE messageId NOT IN (SELECT id FROM wanted)
            ), unread AS (
                SELECT w.*, row_number() OVER (ORDER BY w.id) AS number FROM wanted w WHERE w.id NOT IN (SELECT messageId FROM kept)
            ), members AS (SELECT conversationId, list(userId ORDER BY place) AS users FROM conversation_users GROUP BY ALL)
            SELECT * EXCLUDE place FROM kept
            UNION ALL BY NAME
            SELECT f.id, u.id AS messageId,
                list_filter(users, lambda user: user <> senderId)[1 + floor(dice(u.id, 'reader') * (len(users) - 1))::INT] AS userId,
                u.createdAt + delay AS readAt, u.part
            FROM unread u JOIN freed f USING (number) JOIN members USING (conversationId)
        """),
        ("message_reads", "SELECT r.*, m.place FROM receipts r JOIN messages m ON r.messageId = m.id"),
        ("conversation_users", """
            WITH read AS (SELECT m.conversationId, r.userId, max(r.readAt) AS moment FROM receipts r JOIN messages m ON r.messageId = m.id GROUP BY ALL)
            SELECT u.* REPLACE (read.moment AS lastReadAt) FROM conversation_users u LEFT JOIN read USING (conversationId, userId)
        """),
    ],
    # The shop.
    "one order a cent too dear": one("orders", {"total": "total + 0.01"}),
    "one line at another price": [
        ("order_items", "SELECT * REPLACE (CASE WHEN id = (SELECT min(id) FROM order_items) THEN unit_price + 1 ELSE unit_price END AS unit_price) FROM order_items"),
    ],
    "one order of eleven lines": [("order_items", """
        WITH target AS (SELECT min(order_id) AS id FROM order_items),
        numbered AS (SELECT id, order_id, row_number() OVER (PARTITION BY order_id ORDER BY id) AS number FROM order_items),
        moved AS (SELECT id FROM numbered WHERE number = 2 AND order_id <> (SELECT id FROM target) ORDER BY id
            LIMIT 11 - (SELECT count(*) FROM order_items WHERE order_id = (SELECT id FROM target)))
        SELECT i.* REPLACE (CASE WHEN m.id IS NULL THEN i.order_id ELSE (SELECT id FROM target) END AS order_id)
        FROM order_items i LEFT JOIN moved m ON m.id = i.id
    """)],
    "one line of no product": one("order_items", {"product_id": "other_uuid(id)"}),
    "one order before its user": [(
        "orders",
        """
        WITH chosen AS (SELECT o.id, u.created_at FROM orders o JOIN users u ON o.user_id = u.id WHERE u.created_at > TIMESTAMPTZ '2022-06-01' ORDER BY o.id LIMIT 1)
        SELECT o.* REPLACE (coalesce(c.created_at - INTERVAL 1 SECOND, o.created_at) AS created_at) FROM orders o LEFT JOIN chosen c ON c.id = o.id
        """,
    )],
    "one user of 81": one("users", {"age": "81"}),
    "two names swapped": [("users", "SELECT * REPLACE (first_name AS last_name, last_name AS first_name) FROM users")],
    "one address in capitals": one("users", {"email": "upper(email)"}),
    "users two years older": replaced("users", {"age": "least(age + 2, 80)"}),
    "fewer delivered orders": replaced("orders", {"status": "'shipped'"}, "status = 'delivered' AND dice(id, 'status') < 0.08"),
    "products sorted by category": [(
        "products",
        """
        WITH sorted AS (SELECT category, row_number() OVER (ORDER BY category) AS number FROM products),
        numbered AS (SELECT *, row_number() OVER (ORDER BY part, place) AS number FROM products)
        SELECT n.* EXCLUDE number REPLACE (s.category AS category) FROM numbered n JOIN sorted s USING (number)
        """,
    )],
    "prices follow categories": [(
        "products",
        """
        WITH sorted AS (SELECT category, row_number() OVER (ORDER BY category) AS number FROM products),
        numbered AS (SELECT *, row_number() OVER (ORDER BY price, id) AS number FROM products)
        SELECT n.* EXCLUDE number REPLACE (s.category AS category) FROM numbered n JOIN sorted s USING (number)
        """,
    )],
    "fewer gift messages": replaced("order_items", {"gift_message": "NULL"}, "dice(id, 'gift') < 0.5"),
    # What neither of them has.
    "one number left out": [
        ("sites", "SELECT * REPLACE (CASE WHEN id = 30000 THEN 30001 ELSE id END AS id) FROM sites"),
        ("readings", "SELECT * REPLACE (CASE WHEN siteId = 30000 THEN 30001 ELSE siteId END AS siteId) FROM readings"),
        ("visits", "SELECT * REPLACE (CASE WHEN guest = 30000 THEN 30001 ELSE guest END AS guest) FROM visits"),
    ],
    "one rank too many": one("sites", {"rank": "30000"}),
    "one site of another kind": one("sites", {"kind": "'Sensor'"}),
    "one site built too early": one("sites", {"built": "TIMESTAMPTZ '2019-12-31 23:59:59+00'", "seen": "TIMESTAMPTZ '2020-01-01 23:59:59+00'"}),
    "one reading with another number": one("readings", {"number": "number + 1", "twice": "(number + 1) * 2"}),
    "one reading with a wrong double": one("readings", {"twice": "twice + 1"}),
    "one visit of a site in capitals": one("visits", {"site": "upper(site)"}),
    "one visit of a site with a space behind": one("visits", {"site": "site || ' '"}),
    "one grade that nobody gives": one("readings", {"grade": "'D'"}),
    "fewer notes": replaced("sites", {"note": "NULL"}, "dice(id, 'note') < 0.2"),
    "no rare notes": replaced("sites", {"note": "'plain'"}, "note = 'rare'"),
    "dearer sites": replaced("sites", {"price": "least(price * 1.2, 1000)::DECIMAL(10, 2)"}),
    "higher sites": replaced("sites", {"height": "height + 60"}),
    "values that lean to the left": replaced("readings", {"value": "100 * pow(value / 100, 1.5)"}),
    "more active sites": replaced("sites", {"active": "true"}, "dice(id, 'active') < 0.08"),
    "sites seen later": replaced("sites", {"seen": "built + (seen - built) * 1.2"}),
    "guests without favourites": replaced("visits", {"guest": "(dice(id, 'guest') * 30000)::INT % 30000 + 1"}),
}


def connect(dataset):
    """DuckDB with the tables of a dataset."""
    duck = duckdb.connect()
    duck.execute("SET TimeZone = 'UTC'; SET threads = 1; SET preserve_insertion_order = true")
    duck.execute(MACROS)
    for table in sorted(path.name for path in dataset.iterdir() if any(path.glob("part-*.parquet"))):
        duck.execute(f"""
            CREATE VIEW {table} AS
            SELECT * EXCLUDE (part_file, file_row_number), regexp_extract(part_file, 'part-(\\d+)', 1)::INT AS part,
                file_row_number AS place
            FROM read_parquet('{dataset}/{table}/part-*.parquet', filename = 'part_file', file_row_number = true)
        """)
    return duck


def write(duck, out, table, query):
    """Writes the result of a query into the parts of a table."""
    duck.execute(f"CREATE OR REPLACE TEMP TABLE changed AS {query}")
    (out / table).mkdir(parents=True, exist_ok=True)
    for (part,) in duck.sql("SELECT DISTINCT part FROM changed ORDER BY ALL").fetchall():
        file = out / table / f"part-{part:05}.parquet"
        file.unlink(missing_ok=True)
        duck.execute(f"""
            COPY (SELECT * EXCLUDE (part, place) FROM changed WHERE part = {part} ORDER BY place)
            TO '{file}' (FORMAT parquet, COMPRESSION zstd)
        """)


def make(dataset, out, name):
    """Writes a mutant's tables."""
    duck = connect(dataset)
    for table, query in MUTANTS[name]:
        if table is None:
            duck.execute(query)
        else:
            write(duck, out, table, query)


def seal(dataset):
    """Makes manifest and checksums agree with the files."""
    manifest = json.loads((dataset / "manifest.json").read_text())
    duck = duckdb.connect()
    for entity in manifest["entities"]:
        for part in entity["parts"]:
            file = dataset / part["file"]
            (part["rows"],) = duck.sql(f"SELECT count(*) FROM read_parquet('{file}')").fetchall()[0]
            part["bytes"] = file.stat().st_size
            part["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
        entity["rows"] = sum(part["rows"] for part in entity["parts"])
    rewrite(dataset / "manifest.json", json.dumps(manifest, indent=2))
    parts = [(part["sha256"], part["file"]) for entity in manifest["entities"] for part in entity["parts"]]
    own = hashlib.sha256((dataset / "manifest.json").read_bytes()).hexdigest()
    lines = [f"{digest}  {file}\n" for digest, file in [*parts, (own, "manifest.json")]]
    rewrite(dataset / "SHA256SUMS", "".join(lines))


def rewrite(file, text):
    """Writes a file anew: the old one may be shared with another dataset."""
    file.unlink(missing_ok=True)
    file.write_text(text)


if __name__ == "__main__":
    if sys.argv[1] == "--seal":
        seal(Path(sys.argv[2]))
    else:
        make(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
