"""Checks every promise of configs/ledger against a generated dataset.

usage: ledger_promises.py DATASET_DIR

Prints a line `name<TAB>broken_count` for each promise; exit status 1 if any is broken. A share that is off by more than
five standard errors counts as one.
"""

import sys
from pathlib import Path

from dataset import Dataset, broken, is_v7, judge, orphans, records, repeats, share

MODEL = Path(__file__).resolve().parents[2] / "configs" / "ledger"

TABLES = {
    "gl_accounts": {"code": "BIGINT", "name": "VARCHAR", "type": "VARCHAR"},
    "customers": {
        "id": "UUID", "number": "BIGINT", "name": "VARCHAR", "email": "VARCHAR", "country": "VARCHAR", "segment": "VARCHAR",
        "joined_at": "TIMESTAMPTZ", "balance": "DECIMAL(38,2)",
    },
    "accounts": {
        "id": "UUID", "customer_id": "UUID", "iban": "VARCHAR", "currency": "VARCHAR", "product": "VARCHAR", "status": "VARCHAR",
        "opened_at": "TIMESTAMPTZ", "opening_balance": "DECIMAL(14,2)", "credits": "DECIMAL(38,2)", "debits": "DECIMAL(38,2)",
        "moved": "DECIMAL(38,2)", "closing_balance": "DECIMAL(38,2)", "transaction_count": "INTEGER",
        "last_booked_at": "TIMESTAMPTZ",
    },
    "transactions": {
        "id": "UUID", "account_id": "UUID", "number": "INTEGER", "kind": "VARCHAR", "amount": "DECIMAL(12,2)",
        "fee": "DECIMAL(6,2)", "balance": "DECIMAL(38,2)", "booked_at": "TIMESTAMPTZ", "value_date": "DATE",
        "merchant": "VARCHAR", "mcc": "VARCHAR", "category": "VARCHAR", "counterparty_iban": "VARCHAR",
        "entries_total": "DECIMAL(38,2)",
    },
    "entries": {
        "transaction_id": "UUID", "line": "INTEGER", "account_id": "UUID", "gl_code": "BIGINT", "side": "VARCHAR",
        "amount": "DECIMAL(12,2)",
    },
    "statements": {
        "account_id": "UUID", "period_start": "DATE", "period_end": "DATE", "issued_at": "TIMESTAMPTZ",
        "opening_balance": "DECIMAL(14,2)", "credits": "DECIMAL(38,2)", "debits": "DECIMAL(38,2)",
        "closing_balance": "DECIMAL(38,2)", "overdrawn": "BOOLEAN",
    },
}

KINDS = {"CARD": 0.52, "DIRECT_DEBIT": 0.14, "TRANSFER_OUT": 0.12, "TRANSFER_IN": 0.15, "CASH": 0.06, "INTEREST": 0.01}
SEGMENTS = {"RETAIL": 0.86, "PREMIER": 0.09, "BUSINESS": 0.05}
# The weights of the hours from 8 to 18 o'clock in Berlin, of all 24; of Saturday and Sunday, of all seven days.
BY_DAY, AT_WEEKEND = 137 / 208, 1.5 / 7.1
QUARTER = "TIMESTAMPTZ '2025-06-30 00:00:00+00'"
QUARTER_END = "TIMESTAMPTZ '2025-09-29 00:00:00+00'"

OF_ACCOUNT = "transactions t JOIN accounts a ON a.id = t.account_id"
OF_TRANSACTION = "entries e JOIN transactions t ON t.id = e.transaction_id"
SUMMED = """accounts a LEFT JOIN (SELECT account_id, sum(amount) AS total FROM entries GROUP BY account_id) e
    ON e.account_id = a.id"""
OF_CUSTOMER = "accounts a JOIN customers c ON c.id = a.customer_id"
STATED = "statements s JOIN accounts a ON a.id = s.account_id"


def keys():
    promises = [
        (f"{table}.{column}.unique", repeats(table, column))
        for table, column in [
            ("gl_accounts", "code"), ("customers", "id"), ("customers", "number"), ("customers", "email"), ("accounts", "id"),
            ("accounts", "iban"), ("transactions", "id"), ("statements", "account_id"),
        ]
    ]
    promises += [
        ("entries.key.unique", repeats("entries", "(transaction_id, line)")),
        ("customers.id.v7", broken("customers", is_v7("id", "joined_at"))),
        ("accounts.id.v7", broken("accounts", is_v7("id", "opened_at"))),
        ("transactions.id.v7", broken("transactions", is_v7("id", "booked_at"))),
        ("accounts.customer_id.orphans", orphans("accounts", "customer_id", "customers")),
        ("transactions.account_id.orphans", orphans("transactions", "account_id", "accounts")),
        ("entries.transaction_id.orphans", orphans("entries", "transaction_id", "transactions")),
        ("entries.account_id.orphans", orphans("entries", "account_id", "accounts")),
        ("entries.gl_code.orphans", broken("entries", "gl_code IS NULL OR gl_code IN (SELECT code FROM gl_accounts)")),
        ("statements.account_id.orphans", orphans("statements", "account_id", "accounts")),
        ("statements.one_for_each_account", """SELECT count(*) FROM accounts a
            WHERE NOT EXISTS (SELECT 1 FROM statements s WHERE s.account_id = a.id)"""),
    ]
    return promises


def balances():
    """What must add up to the cent."""
    window = "OVER (PARTITION BY t.account_id ORDER BY t.booked_at)"
    running = f"(SELECT t.balance, a.opening_balance + sum(t.amount - t.fee) {window} AS counted FROM {OF_ACCOUNT})"
    last = """accounts a LEFT JOIN (SELECT account_id, arg_max(balance, booked_at) AS last FROM transactions GROUP BY account_id) t
        ON t.account_id = a.id"""
    sides = """accounts a LEFT JOIN (SELECT account_id, sum(greatest(amount - fee, 0)) AS credits,
        sum(greatest(fee - amount, 0)) AS debits FROM transactions GROUP BY account_id) t ON t.account_id = a.id"""
    owned = """customers c LEFT JOIN (SELECT customer_id, sum(closing_balance) AS total FROM accounts GROUP BY customer_id) a
        ON a.customer_id = c.id"""
    return [
        ("transactions.balance.runs", broken(running, "balance = counted")),
        ("accounts.closing.is_opening_and_moved", broken("accounts", "closing_balance = opening_balance + moved")),
        ("accounts.moved.is_sum_of_entries", broken(SUMMED, "moved = coalesce(total, 0)")),
        ("accounts.closing.is_last_balance", broken(last, "closing_balance = coalesce(last, opening_balance)")),
        ("accounts.credits_and_debits", broken(sides, "a.credits = coalesce(t.credits, 0) AND a.debits = coalesce(t.debits, 0)")),
        ("accounts.opening.nothing_in_the_quarter", broken("accounts", f"opened_at < {QUARTER} OR opening_balance = 0")),
        ("accounts.opening.not_negative", broken("accounts", "opening_balance >= 0")),
        ("customers.balance.is_sum_of_accounts", broken(owned, "balance = coalesce(total, 0)")),
        ("statements.are_the_accounts", broken(STATED, """s.opening_balance = a.opening_balance AND s.credits = a.credits
            AND s.debits = a.debits AND s.closing_balance = a.closing_balance""")),
        ("statements.close", broken("statements", "closing_balance = opening_balance + credits - debits")),
        ("statements.overdrawn", broken("statements", "overdrawn = (closing_balance < 0)")),
        ("statements.issued_after_the_quarter", broken("statements", f"issued_at > {QUARTER_END}")),
    ]


def double_entry():
    sums = "(SELECT sum(amount) AS total, count(*) AS lines, max(line) AS last FROM entries GROUP BY transaction_id)"
    counted = """transactions t LEFT JOIN (SELECT transaction_id, count(*) AS lines FROM entries GROUP BY transaction_id) e
        ON e.transaction_id = t.id"""
    return [
        ("entries.sum_to_0", broken(sums, "total = 0")),
        ("entries.trial_balance", """SELECT (sum(amount) FILTER (side = 'DEBIT') + sum(amount) FILTER (side = 'CREDIT') <> 0)::INT
            FROM entries"""),
        ("entries.line.counts", broken(sums, "last = lines - 1")),
        ("entries.lines", broken(counted, "lines = CASE WHEN fee > 0 THEN 4 ELSE 2 END")),
        ("entries.amount", broken(OF_TRANSACTION, "e.amount = [t.amount, -t.amount, -t.fee, t.fee][line + 1]")),
        ("entries.side", broken("entries", "side = CASE WHEN amount < 0 THEN 'DEBIT' ELSE 'CREDIT' END")),
        ("entries.one_account", broken("entries", "(account_id IS NULL) <> (gl_code IS NULL)")),
        ("entries.own_account", broken(OF_TRANSACTION, "(line % 2 = 0) = (e.account_id IS NOT DISTINCT FROM t.account_id)")),
        ("entries.contra", broken(OF_TRANSACTION, """line <> 1 OR gl_code = CASE kind WHEN 'CARD' THEN 1001 WHEN 'CASH' THEN 1000
            WHEN 'DIRECT_DEBIT' THEN 1003 WHEN 'INTEREST' THEN 1005 ELSE 1002 END""")),
        ("entries.fee_is_income", broken("entries", "line <> 3 OR gl_code = 1004")),
        ("transactions.entries_total", broken("transactions", "entries_total = 0")),
    ]


def accounts():
    first = """(SELECT a.*, row_number() OVER (PARTITION BY customer_id ORDER BY position) AS place FROM accounts a) a
        JOIN customers c ON c.id = a.customer_id"""
    counted = """accounts a LEFT JOIN (SELECT account_id, count(*) AS n, max(booked_at) AS last FROM transactions GROUP BY account_id) t
        ON t.account_id = a.id"""
    markets = records(MODEL / "markets.csv", ["country", "currency"])
    return [
        ("accounts.currency.of_the_country", broken(OF_CUSTOMER, f"(c.country, a.currency) IN (VALUES {markets})")),
        ("accounts.iban.form", broken(OF_CUSTOMER, "regexp_full_match(iban, c.country || '00SEED[0-9]{10}')")),
        ("accounts.first.is_current", broken(first, "(place = 1) = (product = 'CURRENT')")),
        ("accounts.first.opened_on_joining", broken(first, "place > 1 OR opened_at = joined_at")),
        ("accounts.opened_at.not_before_joining", broken(OF_CUSTOMER, "opened_at >= joined_at")),
        ("accounts.transaction_count", broken(counted, "transaction_count = coalesce(n, 0)")),
        ("accounts.last_booked_at", broken(counted, "last_booked_at IS NOT DISTINCT FROM last")),
        ("accounts.dormant", broken("accounts", "status = 'FROZEN' OR (status = 'DORMANT') = (transaction_count = 0)")),
        ("accounts.every_customer_has_one", """SELECT count(*) FROM customers c
            WHERE NOT EXISTS (SELECT 1 FROM accounts a WHERE a.customer_id = c.id)"""),
        ("accounts.few_have_most", """SELECT (sum(transaction_count) FILTER (tenth = 1) < 0.3 * sum(transaction_count))::INT
            FROM (SELECT transaction_count, ntile(10) OVER (ORDER BY transaction_count DESC) AS tenth FROM accounts)"""),
    ] + [(f"customers.segment.{name}", share("customers", f"segment = '{name}'", part)) for name, part in SEGMENTS.items()]


def transactions():
    ordered = """(SELECT number, row_number() OVER of_account AS counted, booked_at, lag(booked_at) OVER of_account AS before
        FROM transactions WINDOW of_account AS (PARTITION BY account_id ORDER BY position))"""
    shops = records(MODEL / "merchants.csv", ["merchant", "mcc", "category"])
    local = "timezone('Europe/Berlin', booked_at)"
    promises = [
        ("transactions.number.counts", broken(ordered, "number = counted")),
        ("transactions.booked_at.increases", broken(ordered, "before IS NULL OR before < booked_at")),
        ("transactions.booked_at.in_the_quarter", broken("transactions", f"booked_at >= {QUARTER} AND booked_at < {QUARTER_END}")),
        ("transactions.booked_at.not_before_opening", broken(OF_ACCOUNT, "booked_at >= opened_at")),
        ("transactions.sign", broken("transactions", "(amount > 0) = (kind IN ('TRANSFER_IN', 'INTEREST')) AND amount <> 0")),
        ("transactions.fee", broken("transactions", """fee = 0 OR fee = 1.95 AND kind = 'CASH'
            OR fee = 0.35 AND kind = 'TRANSFER_OUT'""")),
        ("transactions.value_date.working_day", broken("transactions", "isodow(value_date) <= 5")),
        ("transactions.value_date.next", broken("transactions", """value_date - CAST(booked_at AS DATE)
            = CASE isodow(booked_at) WHEN 6 THEN 2 WHEN 7 THEN 1 ELSE 0 END""")),
        ("transactions.merchant.of_one_record", broken("transactions", f"kind <> 'CARD' OR (merchant, mcc, category) IN (VALUES {shops})")),
        ("transactions.merchant.of_cards", broken("transactions", "len(list_filter([merchant, mcc, category], lambda x: x IS NOT NULL)) = CASE kind WHEN 'CARD' THEN 3 ELSE 0 END")),
        ("transactions.counterparty", broken("transactions", """CASE WHEN kind IN ('TRANSFER_IN', 'TRANSFER_OUT', 'DIRECT_DEBIT')
            THEN regexp_full_match(counterparty_iban, 'XX00SEED[0-9]{10}') ELSE counterparty_iban IS NULL END""")),
        ("transactions.by_day", share("transactions", f"hour({local}) BETWEEN 8 AND 17", BY_DAY)),
        ("transactions.at_weekend", share("transactions", f"isodow({local}) >= 6", AT_WEEKEND)),
    ]
    return promises + [(f"transactions.kind.{kind}", share("transactions", f"kind = '{kind}'", part)) for kind, part in KINDS.items()]


def all_promises():
    """Pairs of a promise's name and what counts the rows that break it."""
    return keys() + balances() + double_entry() + accounts() + transactions()


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: ledger_promises.py DATASET_DIR")
    judge(Dataset(sys.argv[1], TABLES), all_promises())


if __name__ == "__main__":
    main()
