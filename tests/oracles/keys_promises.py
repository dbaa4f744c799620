"""Checks every promise of tests/models/keys.yaml against a generated dataset.

usage: keys_promises.py DATASET_DIR

Prints a line `name<TAB>broken_count` for each promise; exit status 1 if any is broken.
"""

import csv
import sys
from pathlib import Path

from dataset import Dataset, broken, judge, orphans, repeats, sql_text

PLACES = Path(__file__).resolve().parents[1] / "models" / "places.csv"

TABLES = {
    "people": {
        "createdAt": "TIMESTAMPTZ", "id": "UUID", "number": "BIGINT", "country": "VARCHAR", "city": "VARCHAR",
        "zip": "VARCHAR", "currency": "VARCHAR", "european": "BOOLEAN", "first": "VARCHAR", "last": "VARCHAR", "grade": "INTEGER",
        "email": "VARCHAR", "senior": "BOOLEAN", "premium": "BOOLEAN", "likes": "BIGINT", "friendId": "UUID", "invitedBy": "UUID",
        "invitedAt": "TIMESTAMPTZ", "after": "BIGINT",
    },
    "profiles": {"personId": "UUID", "bio": "VARCHAR"},
    "badges": {"personId": "UUID", "level": "VARCHAR"},
    "orders": {"id": "UUID", "personId": "UUID"},
    "lines": {"orderId": "UUID", "line": "INTEGER", "amount": "DECIMAL(8,2)"},
    "groups": {"id": "BIGINT", "name": "VARCHAR"},
    "memberships": {"personId": "UUID", "groupId": "BIGINT"},
    "parcels": {"orderId": "UUID", "line": "INTEGER", "parcel": "INTEGER", "weight": "DOUBLE"},
}
NAMES = "('Ada', 'Moss', 1), ('Ben', 'Reed', 2), ('Cleo', 'Marsh', 2), ('Dan', NULL, 3), ('Eve', 'Fern', 4)"
INVITED = 'people p JOIN people i ON i.id = p."invitedBy"'
DIGITS = "replace(CAST(id AS VARCHAR), '-', '')"


def places():
    """The records of the CSV, as SQL rows."""
    with PLACES.open(encoding="utf-8", newline="") as file:
        fields = ["country", "city", "zip", "currency"]
        return ", ".join("(" + ", ".join(sql_text(row[field]) for field in fields) + ")" for row in csv.DictReader(file))


def keys():
    both = '(SELECT "orderId", line, count(*) AS n, max(parcel) AS last FROM parcels GROUP BY ALL)'
    lost = 'parcels p LEFT JOIN lines l ON l."orderId" = p."orderId" AND l.line = p.line'
    return [
        ("people.id.unique", repeats("people", "id")),
        ("people.number.unique", repeats("people", "number")),
        ("people.email.unique", repeats("people", "email")),
        ("profiles.personId.unique", repeats("profiles", '"personId"')),
        ("profiles.personId.person", orphans("profiles", "personId", "people")),
        ("badges.personId.unique", repeats("badges", '"personId"')),
        ("badges.iff_german", """SELECT count(*) FROM people p FULL JOIN badges b ON b."personId" = p.id
            WHERE (p.country = 'DE') IS DISTINCT FROM (b."personId" IS NOT NULL)"""),
        ("lines.key.unique", repeats("lines", '("orderId", line)')),
        ("lines.key.present", broken("lines", '"orderId" IS NOT NULL AND line IS NOT NULL')),
        ("lines.orderId.order", orphans("lines", "orderId", "orders")),
        ("parcels.key.unique", repeats("parcels", '("orderId", line, parcel)')),
        ("parcels.line", broken(lost, "l.line IS NOT NULL")),
        ("parcels.ordinal", broken(both, "last = n - 1")),
        ("memberships.key.unique", repeats("memberships", '("groupId", "personId")')),
        ("memberships.groupId.group", orphans("memberships", "groupId", "groups")),
    ]


def references():
    return [
        ("people.likes.person", broken("people", "likes IN (SELECT number FROM people)")),
        ("people.friendId.person", orphans("people", "friendId", "people")),
        ("people.friendId.other", broken("people", '"friendId" <> id')),
        ("people.invitedBy.person", orphans("people", "invitedBy", "people")),
        ("people.invitedBy.earlier", broken(INVITED, "i.position < p.position AND i.number < p.number")),
        ("people.invitedBy.first", broken("people", 'number > 1 OR "invitedBy" IS NULL')),
        ("people.invitedAt", broken(INVITED, 'p."invitedAt" = i."createdAt" AND p."invitedAt" < p."createdAt"')),
        ("people.invitedAt.null", broken("people", '("invitedAt" IS NULL) = ("invitedBy" IS NULL)')),
        ("people.after.back", broken("people", '"after" IS NULL OR number - "after" BETWEEN 1 AND 60')),
        ("people.after.first", broken("people", '("after" IS NULL) = (number = 1)')),
        ("people.roots", """SELECT CAST(abs(avg(CASE WHEN "invitedBy" IS NULL THEN 1.0 ELSE 0 END) - 0.05) > 0.01 AS INT)
            FROM people"""),
    ]


def values():
    milliseconds = f"CAST('0x' || substr({DIGITS}, 1, 12) AS BIGINT)"
    variant = f"substr({DIGITS}, 17, 1) IN ('8', '9', 'a', 'b')"
    return [
        ("people.id.version", broken("people", f"substr({DIGITS}, 13, 1) = '7' AND {variant}")),
        ("people.id.time", broken("people", f'{milliseconds} = epoch_ms("createdAt")')),
        ("people.id.order", """SELECT count(*) FROM (SELECT id, lag(id) OVER (ORDER BY number) AS last FROM people)
            WHERE CAST(last AS VARCHAR) >= CAST(id AS VARCHAR)"""),
        ("people.place", broken("people", f"(country, city, zip, coalesce(currency, (SELECT any_value(x.d) FROM "
            f"(VALUES {places()}) x(a, b, c, d) WHERE x.c = zip))) IN (VALUES {places()})")),
        ("people.name", f"""SELECT count(*) FROM people WHERE NOT EXISTS (SELECT 1 FROM (VALUES {NAMES}) x(a, b, c)
            WHERE x.a = first AND x.b IS NOT DISTINCT FROM last AND x.c = grade)"""),
        ("people.email.form", broken("people", "email = 'syn_' || first || '.' || (number - 1) || '@example.com'")),
        ("people.european", broken("people", "european = (country <> 'US')")),
        ("people.premium", "SELECT CAST(abs(avg(CAST(premium AS INT)) - 0.5) > 0.02 AS INT) FROM people"),
        ("people.senior", broken("people", "senior = (grade >= 3)")),
        ("people.currency.null", """SELECT CAST(abs(avg(CASE WHEN currency IS NULL THEN 1.0 ELSE 0 END) - 0.2) > 0.02
            AS INT) FROM people"""),
    ]


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: keys_promises.py DATASET_DIR")
    judge(Dataset(sys.argv[1], TABLES), keys() + references() + values())


if __name__ == "__main__":
    main()
