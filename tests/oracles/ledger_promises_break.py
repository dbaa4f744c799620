"""Breaks every promise of a good ledger in memory, one after the other, and sees ledger_promises.py notice.

usage: ledger_promises_break.py DATASET_DIR      (a small one)

Prints a line for each promise that was not noticed; exit status 1 if there is any.
"""

import sys

from breaking import borrow, change, drop, see_all_noticed, twice
from dataset import Dataset
from ledger_promises import KINDS, SEGMENTS, TABLES, all_promises


def cent(table, column, condition="true"):
    """The statement that adds a cent to one row."""
    return change(table, f"{column} = {column} + 0.01", condition)


BREAKS = {
    "gl_accounts.code.unique": twice("gl_accounts"),
    "customers.id.unique": twice("customers"),
    "customers.number.unique": borrow("customers", "number"),
    "customers.email.unique": borrow("customers", "email"),
    "accounts.id.unique": twice("accounts"),
    "accounts.iban.unique": borrow("accounts", "iban"),
    "transactions.id.unique": twice("transactions"),
    "statements.account_id.unique": twice("statements"),
    "entries.key.unique": twice("entries"),
    "customers.id.v7": change("customers", "joined_at = joined_at + INTERVAL 1 MILLISECOND"),
    "accounts.id.v7": change("accounts", "opened_at = opened_at + INTERVAL 1 MILLISECOND"),
    "transactions.id.v7": change("transactions", "id = '00000000-0000-4000-8000-000000000000'"),
    "accounts.customer_id.orphans": change("accounts", "customer_id = uuid()"),
    "transactions.account_id.orphans": change("transactions", "account_id = uuid()"),
    "entries.transaction_id.orphans": change("entries", "transaction_id = uuid()"),
    "entries.account_id.orphans": change("entries", "account_id = uuid()", "line = 0"),
    "entries.gl_code.orphans": change("entries", "gl_code = 999", "line = 1"),
    "statements.account_id.orphans": change("statements", "account_id = uuid()"),
    "statements.one_for_each_account": drop("statements"),
    "transactions.balance.runs": cent("transactions", "balance"),
    "accounts.closing.is_opening_and_moved": cent("accounts", "closing_balance"),
    "accounts.moved.is_sum_of_entries": drop("entries", "line = 0"),
    "accounts.closing.is_last_balance": "UPDATE transactions SET balance = balance + 0.01",
    "accounts.credits_and_debits": cent("accounts", "debits"),
    "accounts.opening.nothing_in_the_quarter": change("accounts", "opened_at = TIMESTAMPTZ '2025-07-01'", "opening_balance > 0"),
    "accounts.opening.not_negative": change("accounts", "opening_balance = -0.01"),
    "customers.balance.is_sum_of_accounts": cent("customers", "balance"),
    "statements.are_the_accounts": cent("statements", "opening_balance"),
    "statements.close": cent("statements", "credits"),
    "statements.overdrawn": change("statements", "overdrawn = NOT overdrawn"),
    "statements.issued_after_the_quarter": change("statements", "issued_at = TIMESTAMPTZ '2025-09-28'"),
    "entries.sum_to_0": cent("entries", "amount", "line = 1"),
    "entries.trial_balance": cent("entries", "amount"),
    "entries.line.counts": change("entries", "line = 5"),
    "entries.lines": drop("entries", "line = 3"),
    "entries.amount": change("entries", "amount = -amount"),
    "entries.side": change("entries", "side = 'DEBIT'", "amount > 0"),
    "entries.one_account": change("entries", "gl_code = 1000", "line = 0"),
    "entries.own_account": change("entries", "account_id = (SELECT min(id) FROM accounts)", "line = 0"),
    "entries.contra": change("entries", "gl_code = 1004", "line = 1"),
    "entries.fee_is_income": change("entries", "gl_code = 1000", "line = 3"),
    "transactions.entries_total": cent("transactions", "entries_total"),
    "accounts.currency.of_the_country": change("accounts", "currency = 'USD'"),
    "accounts.iban.form": change("accounts", "iban = replace(iban, '00SEED', '01SEED')"),
    "accounts.first.is_current": change("accounts", "product = 'JOINT'", "product = 'CURRENT'"),
    "accounts.first.opened_on_joining": change("accounts", "opened_at = opened_at + INTERVAL 1 SECOND", "product = 'CURRENT'"),
    "accounts.opened_at.not_before_joining": change("accounts", "opened_at = TIMESTAMPTZ '2015-12-31'"),
    "accounts.transaction_count": change("accounts", "transaction_count = transaction_count + 1"),
    "accounts.last_booked_at": change("accounts", "last_booked_at = NULL", "transaction_count > 0"),
    "accounts.dormant": change("accounts", "status = 'DORMANT'", "status = 'ACTIVE'"),
    "accounts.every_customer_has_one": "DELETE FROM accounts WHERE customer_id = (SELECT min(id) FROM customers)",
    "accounts.few_have_most": "UPDATE accounts SET transaction_count = 3",
    "transactions.number.counts": change("transactions", "number = number + 1"),
    "transactions.booked_at.increases": change("transactions", "booked_at = TIMESTAMPTZ '2015-12-31'", "number = 2"),
    "transactions.booked_at.in_the_quarter": change("transactions", "booked_at = TIMESTAMPTZ '2025-09-29'"),
    "transactions.booked_at.not_before_opening": change("transactions", "booked_at = TIMESTAMPTZ '2015-12-31'"),
    "transactions.sign": change("transactions", "amount = -amount"),
    "transactions.fee": change("transactions", "fee = 0.35", "kind = 'CARD'"),
    "transactions.value_date.working_day": change("transactions", "value_date = DATE '2025-07-06'"),
    "transactions.value_date.next": change("transactions", "value_date = value_date - 7"),
    "transactions.merchant.of_one_record": change("transactions", "mcc = '5451'", "kind = 'CARD'"),
    "transactions.merchant.of_cards": change("transactions", "mcc = '5411'", "kind = 'CASH'"),
    "transactions.counterparty": change("transactions", "counterparty_iban = NULL", "kind = 'TRANSFER_IN'"),
    "transactions.by_day": "UPDATE transactions SET booked_at = TIMESTAMPTZ '2025-07-07 22:30:00' WHERE number = 1",
    "transactions.at_weekend": "UPDATE transactions SET booked_at = TIMESTAMPTZ '2025-07-06 12:00:00' WHERE number = 1",
}
BREAKS |= {f"customers.segment.{name}": f"UPDATE customers SET segment = 'NONE' WHERE segment = '{name}'" for name in SEGMENTS}
BREAKS |= {f"transactions.kind.{kind}": f"UPDATE transactions SET kind = 'NONE' WHERE kind = '{kind}'" for kind in KINDS}


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: ledger_promises_break.py DATASET_DIR")
    see_all_noticed(Dataset(sys.argv[1], TABLES), all_promises(), BREAKS)


if __name__ == "__main__":
    main()
