"""Breaks a promise of a good dataset in memory, to see that the query that counts broken rows notices.

A break is a SQL statement; each is rolled back before the next.
"""

import sys


def one(table, condition="true"):
    """A condition that holds for one row, in the middle of those that meet `condition`."""
    rows = f"SELECT position FROM {table} WHERE {condition} ORDER BY position"
    return f"position = (SELECT quantile_disc(position, 0.5) FROM ({rows}))"


def change(table, assignment, condition="true"):
    """The statement that changes one row."""
    return f"UPDATE {table} SET {assignment} WHERE {one(table, condition)}"


def drop(table, condition="true"):
    """The statement that loses one row."""
    return f"DELETE FROM {table} WHERE {one(table, condition)}"


def twice(table):
    """The statement that writes one row twice."""
    return f"INSERT INTO {table} SELECT * FROM {table} WHERE {one(table)}"


def borrow(table, column, condition="true"):
    """The statement that gives one row the value of another."""
    return change(table, f'"{column}" = (SELECT "{column}" FROM {table} ORDER BY position LIMIT 1)', condition)


def see_all_noticed(dataset, promises, breaks):
    """Prints a line for each promise whose break is not noticed, and leaves with status 1 if there is any."""
    dataset.hold()
    blind = 0
    for name, count in promises:
        if dataset.count(count) != 0:
            sys.exit(f"error: {name} is broken already")
        dataset.connection.execute("BEGIN")
        dataset.connection.execute(breaks[name])
        if dataset.count(count) == 0:
            print(f"not noticed: {name}")
            blind += 1
        dataset.connection.execute("ROLLBACK")
    sys.exit(1 if blind else 0)
