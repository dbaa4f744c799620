"""Checks every promise of the shop model against a generated dataset.

usage: shop_promises.py DATASET_DIR

Prints a line `name<TAB>broken_count` for each promise; exit status 1 if any is broken. A share or a mean that is off by
more than five standard errors counts as one.
"""

import sys

import numpy

from dataset import Dataset, broken, judge, orphans, repeats, sql_text

TABLES = {
    "users": {
        "id": "UUID",
        "email": "VARCHAR",
        "first_name": "VARCHAR",
        "last_name": "VARCHAR",
        "display_name": "VARCHAR",
        "bio": "VARCHAR",
        "country": "VARCHAR",
        "age": "INTEGER",
        "created_at": "TIMESTAMPTZ",
        "updated_at": "TIMESTAMPTZ",
    },
    "products": {
        "id": "UUID",
        "sku": "VARCHAR",
        "name": "VARCHAR",
        "description": "VARCHAR",
        "category": "VARCHAR",
        "price": "DECIMAL(10, 2)",
        "in_stock": "BOOLEAN",
        "weight_grams": "INTEGER",
        "rating": "DOUBLE",
        "created_at": "TIMESTAMPTZ",
    },
    "orders": {
        "id": "UUID",
        "user_id": "UUID",
        "status": "VARCHAR",
        "total": "DECIMAL(10, 2)",
        "created_at": "TIMESTAMPTZ",
        "shipping_note": "VARCHAR",
    },
    "order_items": {
        "id": "UUID",
        "order_id": "UUID",
        "product_id": "UUID",
        "quantity": "INTEGER",
        "unit_price": "DECIMAL(10, 2)",
        "line_total": "DECIMAL(10, 2)",
        "gift_message": "VARCHAR",
    },
}

STATUSES = {"delivered": 0.70, "shipped": 0.15, "confirmed": 0.10, "pending": 0.04, "cancelled": 0.01}
QUANTITIES = {"quantity = 1": 0.70, "quantity BETWEEN 2 AND 3": 0.20, "quantity >= 4": 0.10}
USER_ZIPF = 1.2
TOP_RANKS = 100
FIRST, LAST = "TIMESTAMPTZ '2022-01-01 00:00:00+00'", "TIMESTAMPTZ '2024-01-15 12:00:00+00'"

# The awkward texts that the seed records hold on purpose, as conditions on a text.
EDGES = {
    "newline": r"text LIKE '%' || chr(10) || '%'",
    "quote": "text LIKE '%\"%'",
    "comma": "text LIKE '%,%'",
    "non_ascii": "strlen(text) > length(text)",
    "empty": "text = ''",
    "null": "text IS NULL",
}
TEXTS = [
    ("users", "display_name"),
    ("users", "bio"),
    ("products", "name"),
    ("products", "description"),
    ("orders", "shipping_note"),
    ("order_items", "gift_message"),
]


def share(table, condition, expected):
    """The query that says 1 if the share of rows with a condition is off by more than five standard errors."""
    return f"""SELECT (abs(avg(({condition})::INT) - {expected})
        > 5 * sqrt({expected} * (1 - {expected}) / count(*)))::INT FROM {table}"""


def keys():
    promises = []
    for table in TABLES:
        promises.append((f"{table}.id.unique", repeats(table, "id")))
        promises.append((f"{table}.id.is_uuid_v4", broken(table, "regexp_matches(id::VARCHAR, '^.{14}4.{4}[89ab]')")))
    for table, column, target in [
        ("orders", "user_id", "users"),
        ("order_items", "order_id", "orders"),
        ("order_items", "product_id", "products"),
    ]:
        promises.append((f"{table}.{column}.present", broken(table, f"{column} IS NOT NULL")))
        promises.append((f"{table}.{column}.orphans", orphans(table, column, target)))
    return promises


def users():
    ordered = "(SELECT created_at, lag(created_at) OVER (ORDER BY position) AS before FROM users)"
    return [
        ("users.email.unique", repeats("users", "email")),
        (
            "users.email.domain",
            broken("users", r"regexp_full_match(email, '.+@(example\.com|test\.org|demo\.net|sample\.io)')"),
        ),
        ("users.age.range", broken("users", "age BETWEEN 18 AND 80")),
        ("users.created_at.range", broken("users", f"created_at BETWEEN {FIRST} AND {LAST}")),
        ("users.created_at.steady_growth", broken(ordered, "before IS NULL OR before <= created_at")),
        ("users.updated_at.range", broken("users", "updated_at BETWEEN created_at AND created_at + INTERVAL 365 DAY")),
    ]


def products():
    return [
        ("products.sku.unique", repeats("products", "sku")),
        ("products.sku.form", broken("products", r"regexp_full_match(sku, 'SKU-\d+')")),
        ("products.price.range", broken("products", "price BETWEEN 0.99 AND 999.99")),
        ("products.created_at.before_first_order", broken("products", f"created_at < {FIRST}")),
    ]


def orders():
    summed = """orders o LEFT JOIN (SELECT order_id, sum(line_total) AS total FROM order_items GROUP BY order_id) i
        ON i.order_id = o.id"""
    placed = "orders o JOIN users u ON u.id = o.user_id"
    # F(x) = 1 - sqrt(1 - x) leaves 29.3 % to the first half of the range, and those who wait for their user fewer.
    middle = f"(created_at < {FIRST} + ({LAST} - {FIRST}) / 2)"
    early = f"SELECT (avg({middle}::INT) > 0.2929 + 5 * sqrt(0.2071 / count(*)))::INT FROM orders"
    promises = [
        (f"orders.status.{status}", share("orders", f"status = {sql_text(status)}", weight))
        for status, weight in STATUSES.items()
    ]
    return promises + [
        ("orders.status.values", broken("orders", f"status IN ({', '.join(map(sql_text, STATUSES))})")),
        ("orders.total.is_sum_of_lines", broken(summed, "o.total = i.total")),
        ("orders.created_at.range", broken("orders", f"created_at BETWEEN {FIRST} AND {LAST}")),
        ("orders.created_at.not_before_user", broken(placed, "o.created_at >= u.created_at")),
        ("orders.created_at.favours_recent", early),
    ]


def order_items():
    counted = "orders o LEFT JOIN (SELECT order_id, count(*) AS lines FROM order_items GROUP BY order_id) i ON i.order_id = o.id"
    priced = "order_items i JOIN products p ON p.id = i.product_id"
    mean = """SELECT (abs((SELECT count(*) FROM order_items) / (SELECT count(*) FROM orders) - 3.0)
        > 5 * 2 / sqrt((SELECT count(*) FROM orders)))::INT"""
    runs = "(SELECT max(position) - min(position) + 1 AS span, count(*) AS rows FROM order_items GROUP BY order_id)"
    related = "order_items i JOIN orders o ON o.id = i.order_id"
    followed = f"(SELECT o.position AS parent, lag(o.position) OVER (ORDER BY i.position) AS before FROM {related})"
    promises = [
        (f"order_items.share_of.{condition.replace(' ', '_')}", share("order_items", condition, weight))
        for condition, weight in QUANTITIES.items()
    ]
    return promises + [
        ("order_items.per_order.range", broken(counted, "i.lines BETWEEN 1 AND 10")),
        ("order_items.per_order.mean", mean),
        ("order_items.quantity.range", broken("order_items", "quantity BETWEEN 1 AND 12")),
        ("order_items.unit_price.is_products", broken(priced, "i.unit_price = p.price")),
        ("order_items.line_total.is_product", broken("order_items", "line_total = quantity * unit_price")),
        ("order_items.order.contiguous", broken(runs, "span = rows")),
        ("order_items.order.follows_orders", broken(followed, "before IS NULL OR before <= parent")),
        ("order_items.order.part_of_orders", broken(related, "i.part = o.part")),
    ]


def edges():
    texts = " UNION ALL ".join(f"SELECT {column} AS text FROM {table}" for table, column in TEXTS)
    return [
        (f"texts.hold.{name}", f"SELECT (count(*) = 0)::INT FROM ({texts}) WHERE {condition}")
        for name, condition in EDGES.items()
    ]


def zipf_slope(dataset):
    """The exponent of orders per user over the top ranks, and its tolerance.

    A straight line on log-log axes, each rank weighted by its count: the variance of a Poisson count's log is 1/count."""
    rows = dataset.rows(f"SELECT count(*) FROM orders GROUP BY user_id ORDER BY 1 DESC LIMIT {TOP_RANKS}")
    counts = numpy.array([row[0] for row in rows], dtype=float)
    ranks = numpy.log(numpy.arange(1, len(counts) + 1))
    slope = numpy.polynomial.polynomial.polyfit(ranks, numpy.log(counts), 1, w=numpy.sqrt(counts))[1]
    spread = counts.sum() * numpy.average((ranks - numpy.average(ranks, weights=counts)) ** 2, weights=counts)
    return -slope, 0.02 + 5 / numpy.sqrt(spread)


def user_zipf(dataset):
    slope, tolerance = zipf_slope(dataset)
    return int(abs(slope - USER_ZIPF) > tolerance)


def all_promises():
    """Pairs of a promise's name and what counts the rows that break it."""
    return keys() + users() + products() + orders() + order_items() + edges() + [("orders.user_id.zipf", user_zipf)]


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: shop_promises.py DATASET_DIR")
    judge(Dataset(sys.argv[1], TABLES), all_promises())


if __name__ == "__main__":
    main()
