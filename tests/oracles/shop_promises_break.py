"""Breaks every promise of a good shop dataset in memory, one after the other, and sees shop_promises.py notice.

usage: shop_promises_break.py DATASET_DIR      (a small one, but of 3,000 orders or more)

Prints a line for each promise that was not noticed; exit status 1 if there is any.
"""

import sys

from breaking import borrow, change, see_all_noticed, twice
from dataset import Dataset
from shop_promises import EDGES, STATUSES, TABLES, TEXTS, all_promises

# A share is off when the rows of one value lose a good part of themselves to another.
HALF = "hash(id) % 2 = 0"

BREAKS = {
    "users.email.unique": borrow("users", "email"),
    "users.email.domain": change("users", "email = replace(email, '@', '@mail.')"),
    "users.age.range": change("users", "age = 17"),
    "users.created_at.range": change("users", "created_at = created_at + INTERVAL 3000 DAY"),
    "users.created_at.steady_growth": change("users", "created_at = created_at - INTERVAL 100 DAY"),
    "users.updated_at.range": change("users", "updated_at = created_at - INTERVAL 1 MILLISECOND"),
    "products.sku.unique": borrow("products", "sku"),
    "products.sku.form": change("products", "sku = 'SKU-'"),
    "products.price.range": change("products", "price = 0.98"),
    "products.created_at.before_first_order": change("products", "created_at = created_at + INTERVAL 3000 DAY"),
    "orders.status.values": change("orders", "status = 'lost'"),
    "orders.total.is_sum_of_lines": change("orders", "total = total + 0.01"),
    "orders.created_at.range": change("orders", "created_at = created_at + INTERVAL 3000 DAY"),
    "orders.created_at.not_before_user": change(
        "orders", "created_at = (SELECT created_at FROM users u WHERE u.id = orders.user_id) - INTERVAL 1 MILLISECOND"
    ),
    "orders.created_at.favours_recent": f"UPDATE orders SET created_at = TIMESTAMPTZ '2022-03-01 00:00:00+00' WHERE {HALF}",
    "orders.user_id.zipf": f"UPDATE orders SET user_id = (SELECT id FROM users LIMIT 1) WHERE {HALF}",
    "order_items.share_of.quantity_=_1": f"UPDATE order_items SET quantity = 2 WHERE quantity = 1 AND {HALF}",
    "order_items.share_of.quantity_BETWEEN_2_AND_3": f"UPDATE order_items SET quantity = 1 WHERE quantity IN (2, 3) AND {HALF}",
    "order_items.share_of.quantity_>=_4": f"UPDATE order_items SET quantity = 1 WHERE quantity >= 4 AND {HALF}",
    "order_items.per_order.range": "DELETE FROM order_items WHERE order_id = (SELECT id FROM orders LIMIT 1)",
    "order_items.per_order.mean": f"DELETE FROM order_items WHERE {HALF}",
    "order_items.quantity.range": change("order_items", "quantity = 13"),
    "order_items.unit_price.is_products": change("order_items", "unit_price = unit_price + 0.01"),
    "order_items.line_total.is_product": change("order_items", "line_total = line_total + 0.01"),
    "order_items.order.contiguous": change("order_items", "position = -1"),
    "order_items.order.follows_orders": change("order_items", "position = -1"),
    "order_items.order.part_of_orders": change("order_items", "part = 77"),
}


def without(edge):
    """The statement that takes one kind of awkward text out of all tables; NULL becomes a plain text."""
    return ";".join(
        f"UPDATE {table} SET {column} = 'plain' WHERE {EDGES[edge].replace('text', column)}" for table, column in TEXTS
    )


def breaks():
    """All breaks: those above, and those that are alike for several promises."""
    known = dict(BREAKS)
    for table in TABLES:
        known[f"{table}.id.unique"] = twice(table)
        known[f"{table}.id.is_uuid_v4"] = change(table, "id = '00000000-0000-1000-8000-000000000000'")
    for table, column in [("orders", "user_id"), ("order_items", "order_id"), ("order_items", "product_id")]:
        known[f"{table}.{column}.present"] = change(table, f"{column} = NULL")
        known[f"{table}.{column}.orphans"] = change(table, f"{column} = uuid()")
    for status in STATUSES:
        other = "shipped" if status == "delivered" else "delivered"
        known[f"orders.status.{status}"] = f"UPDATE orders SET status = '{other}' WHERE status = '{status}'"
    for edge in EDGES:
        known[f"texts.hold.{edge}"] = without(edge)
    return known


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: shop_promises_break.py DATASET_DIR")
    see_all_noticed(Dataset(sys.argv[1], TABLES), all_promises(), breaks())


if __name__ == "__main__":
    main()
