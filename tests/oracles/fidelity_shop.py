"""What the shop model declares, for fidelity.py: laws from the documents, queries in DuckDB."""

import numpy
from scipy import stats

import shop_promises
from fidelity import Rounded, duplicates, orphans
from fidelity_chat import column, counts, draw

TABLES = shop_promises.TABLES
REFERENCES = [
    ("orders", "user_id", "users"),
    ("order_items", "order_id", "orders"),
    ("order_items", "product_id", "products"),
]
PARENTS = [("order_items", "order_id", "orders")]
PRICE = Rounded(stats.norm(60, 35), 0.99, 999.99, 0.01)
AGE = Rounded(stats.norm(35, 12), 18, 80, 1.0)
QUANTITIES = {1: 0.70, 2: 0.14, 3: 0.06, 4: 0.04, 5: 0.03, 6: 0.015, 8: 0.005, 10: 0.005, 12: 0.005}
YEAR = 365 * 86_400


def keys(dataset, report, references):
    """Keys and references."""
    for table in TABLES:
        report.violations(f"{table}.id", "no key stands twice", duplicates(dataset, table))
    for table, name, target in references:
        report.violations(f"{table}.{name}", f"every value is a key of {target}", orphans(dataset, table, name, target))
        found = dataset.value(f"SELECT count(*) FROM {table} WHERE {name} IS NULL")
        report.violations(f"{table}.{name}", "a key is never NULL", found)


def promises(dataset, report):
    """Every other promise that can be counted without a law."""
    report.violations("users.email", "no value stands twice", duplicates(dataset, "users", "email"))
    report.violations("products.sku", "no value stands twice", duplicates(dataset, "products", "sku"))
    for table, rule, condition in [
        ("users", "updated_at >= created_at", "updated_at >= created_at"),
        ("users", "age >= 18 AND age <= 80", "age BETWEEN 18 AND 80"),
        ("products", "price >= 0.99 AND price <= 999.99", "price BETWEEN 0.99 AND 999.99"),
        ("order_items", "quantity >= 1 AND quantity <= 12", "quantity BETWEEN 1 AND 12"),
        ("order_items", "line_total = quantity * unit_price", "line_total = quantity * unit_price"),
    ]:
        report.violations(table, rule, dataset.value(f"SELECT count(*) FROM {table} WHERE NOT ({condition})"))
    # A line of no product has no price to copy.
    found = dataset.value("""SELECT count(*) FROM order_items i LEFT JOIN products p ON p.id = i.product_id
        WHERE i.unit_price IS DISTINCT FROM p.price""")
    report.violations("order_items.unit_price", "equals products.price", found)
    found = dataset.value("""SELECT count(*) FROM (SELECT o.total, coalesce(sum(i.line_total), 0) AS lines FROM orders o
        LEFT JOIN order_items i ON i.order_id = o.id GROUP BY o.id, o.total) WHERE total <> lines""")
    report.violations("orders.total", "sum of order_items.line_total", found)
    # Users with one key twice are the same user, or are not: which of them is meant nobody knows.
    found = dataset.value(
        """SELECT count(*) FROM orders o WHERE created_at < (SELECT min(created_at) FROM users u WHERE u.id = o.user_id)"""
    )
    report.violations("orders", "created_at >= user_id.created_at", found)


def figures(dataset, report):
    """Every figure of a law."""
    report.categories(
        "orders.status", counts(dataset, "SELECT status, count(*) FROM orders GROUP BY 1"), shop_promises.STATUSES
    )
    report.categories(
        "order_items.quantity", counts(dataset, "SELECT quantity, count(*) FROM order_items GROUP BY 1"), QUANTITIES
    )
    told = {row["type"]: row["count"] for row in report.json["type_distributions"]["orders.status"]}
    report.same(
        "type_distributions.orders.status", told, counts(dataset, "SELECT status, count(*) FROM orders GROUP BY 1")
    )
    report.numbers("products.price", column(dataset, "SELECT price::DOUBLE FROM products"), PRICE)
    report.numbers("users.age", column(dataset, "SELECT age FROM users"), AGE)
    waits = column(dataset, "SELECT (epoch_us(updated_at) - epoch_us(created_at)) / 1e6 FROM users")
    report.numbers("users.updated_at after created_at", waits, Rounded(stats.uniform(0, YEAR), 0, YEAR, 1e-3, up=True))
    lines = column(
        dataset, "SELECT count(i.id) FROM orders o LEFT JOIN order_items i ON i.order_id = o.id GROUP BY o.id"
    )
    report.check("order_items per orders", "mean", lines.mean(), 1e-9)
    for measure in ("p50", "p90", "p95", "p99"):
        report.check("order_items per orders", measure, numpy.quantile(lines, float(measure[1:]) / 100), 1e-9)
    for subject, query in [
        (
            "orders.user_id: rows for each of users",
            "SELECT count(o.id) FROM users u LEFT JOIN orders o ON o.user_id = u.id GROUP BY u.id",
        ),
        (
            "order_items.product_id: rows for each of products",
            "SELECT count(i.id) FROM products p LEFT JOIN order_items i ON i.product_id = p.id GROUP BY p.id",
        ),
    ]:
        held = numpy.sort(column(dataset, query))[::-1]
        for measure, share in [("share of the top 1 %", 0.01), ("share of the top 10 %", 0.1)]:
            report.check(subject, measure, held[: round(share * len(held))].sum() / held.sum())
    report.check("users.bio", "share of NULL", dataset.value("SELECT avg((bio IS NULL)::INT) FROM users"))


def samples(dataset, random):
    """Columns beside samples of their laws, keys, and references."""
    rows = 400_000
    prices = numpy.round(draw(random, stats.norm(60, 35), 0.99, 999.99, rows), 2)
    ages = numpy.round(draw(random, stats.norm(35, 12), 18, 80, rows))
    statuses = random.choice(list(shop_promises.STATUSES), rows, p=list(shop_promises.STATUSES.values()))
    columns = [
        ("products.price", column(dataset, "SELECT price::DOUBLE FROM products"), prices, "KS distance"),
        ("users.age", column(dataset, "SELECT age FROM users"), ages, "KS distance"),
        ("orders.status", column(dataset, "SELECT status FROM orders"), statuses, "total variation"),
    ]
    text = "SELECT {}::VARCHAR FROM {} WHERE {} IS NOT NULL"
    ids = {table: column(dataset, text.format("id", table, "id")) for table in TABLES}
    keys = [((f"{table}.id", "no key stands twice"), ids[table]) for table in TABLES]
    references = [
        (
            (f"{table}.{name}", f"every value is a key of {target}"),
            ids[target],
            column(dataset, text.format(name, table, name)),
            (table, name, target),
        )
        for table, name, target in REFERENCES
    ]
    return columns, keys, references
