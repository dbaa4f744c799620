"""Measures a chat dataset: the figures of the tables in its documentation, as JSON on stdout.

usage: chat_table.py DATASET_DIR [--week-start 2025-07-28] [--weeks 12]

It reads the dataset only; the numbers that it should find are not known to it, but for the daily rhythm that the
burst coefficient is measured against (RHYTHM, WEEKDAY_BOOST).
"""

import argparse
import json

import numpy

from chat import TABLES
from dataset import Dataset

# The relative traffic of the hours 0..23 UTC, and of Monday to Friday against the week-end.
RHYTHM = [
    1.25,
    1.1,
    1,
    1,
    1,
    1.1,
    1.35,
    1.7,
    2.1,
    2.5,
    2.5,
    2.5,
    2.2,
    2,
    1.9,
    1.9,
    2,
    2.2,
    2.5,
    2.5,
    2.5,
    2.1,
    1.75,
    1.45,
]
WEEKDAY_BOOST = 1.4
HEAVY = 10_000


def volumes(dataset):
    """Messages per conversation, the biggest room first. A room without messages counts 0."""
    sizes = dataset.rows("""SELECT count(m.id) FROM conversations c LEFT JOIN messages m ON m."conversationId" = c.id
        GROUP BY c.id ORDER BY 1 DESC""")
    return numpy.array([row[0] for row in sizes], dtype=numpy.int64)


def hill(sizes, least):
    """The exponent of the density from `least` up: Hill's estimator, shifted by a half since sizes are whole numbers
    (Clauset, Shalizi, Newman 2009, equation 3.7)."""
    tail = sizes[sizes >= least]
    return 1 + len(tail) / float(numpy.log(tail / (least - 0.5)).sum())


def top_share(sizes, fraction):
    """The share of all messages that stand in the given fraction of the rooms, the biggest ones."""
    return float(sizes[: round(fraction * len(sizes))].sum() / sizes.sum())


def volume_figures(sizes):
    # The smallest size that at least p of the rooms do not exceed.
    p50, p90, p95, p99 = (int(q) for q in numpy.quantile(sizes, [0.5, 0.9, 0.95, 0.99], method="inverted_cdf"))
    heavy = sizes[sizes >= HEAVY]
    return {
        "conversations": len(sizes),
        "messages": int(sizes.sum()),
        "p50": p50,
        "p90": p90,
        "p95": p95,
        "p99": p99,
        "p99_over_p50": p99 / p50,
        "rooms_10k": len(heavy),
        "rooms_10k_fraction": len(heavy) / len(sizes),
        "rooms_10k_message_share": float(heavy.sum() / sizes.sum()),
        "top_1_percent_share": top_share(sizes, 0.01),
        "top_5_percent_share": top_share(sizes, 0.05),
        "biggest": int(sizes[0]),
        "smallest": int(sizes[-1]),
        "hill_alpha_15": hill(sizes, 15),
        "hill_alpha_100": hill(sizes, 100),
    }


def member_figures(dataset):
    kinds = dict(
        dataset.rows("""SELECT CASE WHEN members = 2 THEN 'one_to_one' WHEN members <= 20 THEN 'small_group'
        ELSE 'large_group' END, count(*) FROM (SELECT count(u.id) AS members FROM conversations c
        LEFT JOIN conversation_users u ON u."conversationId" = c.id GROUP BY c.id) GROUP BY ALL ORDER BY 1""")
    )
    rooms = sum(kinds.values())
    small, large, least, most = dataset.rows("""SELECT avg(members) FILTER (members BETWEEN 3 AND 20),
        avg(members) FILTER (members > 20), min(members), max(members)
        FROM (SELECT count(*) AS members FROM conversation_users GROUP BY "conversationId")""")[0]
    return {
        "memberships": dataset.value("SELECT count(*) FROM conversation_users"),
        "fractions": {kind: count / rooms for kind, count in kinds.items()},
        "small_group_mean": small,
        "large_group_mean": large,
        "least": least,
        "most": most,
    }


def content_figures(dataset):
    total, texts, mean, text_mean, median = dataset.rows("""SELECT count(*), count(content),
        avg(coalesce(length(content), 0)), avg(length(content)), quantile_disc(length(content), 0.5) FROM messages""")[
        0
    ]
    media = dict(dataset.rows("SELECT type, count(*) FROM messages WHERE type <> 'TEXT' GROUP BY ALL ORDER BY 2 DESC"))
    sizes = dict(
        dataset.rows("""SELECT m.type, quantile_disc(a."sizeBytes", 0.5) FROM attachments a
        JOIN messages m ON m.id = a."messageId" GROUP BY ALL ORDER BY 1""")
    )
    return {
        "media_share": (total - texts) / total,
        "media_type_shares": {kind: count / sum(media.values()) for kind, count in media.items()},
        "mean_length_all_rows": mean,
        "mean_length_text_rows": text_mean,
        "median_length_text_rows": median,
        "attachment_size_medians": sizes,
        "reply_share": dataset.value('SELECT count("replyToId") / count(*) FROM messages'),
        "edited_share": dataset.value('SELECT count(*) FILTER ("updatedAt" > "createdAt") / count(*) FROM messages'),
    }


def read_figures(dataset):
    receipts, within_30s, within_1h, within_24h, slowest = dataset.rows("""SELECT count(*),
        avg((delay <= 30)::INT), avg((delay <= 3600)::INT), avg((delay <= 86400)::INT), max(delay) FROM
        (SELECT epoch_us(r."readAt") / 1e6 - epoch_us(m."createdAt") / 1e6 AS delay
        FROM message_reads r JOIN messages m ON m.id = r."messageId")""")[0]
    messages = dataset.value("SELECT count(*) FROM messages")
    return {
        "receipts": receipts,
        "rate": receipts / messages,
        "within_30s_of_receipts": within_30s,
        "within_1h_of_receipts": within_1h,
        "within_24h_of_receipts": within_24h,
        "within_24h_of_messages": within_24h * receipts / messages,
        "slowest_seconds": slowest,
    }


def rhythm_figures(dataset, start, weeks):
    """The hours of the day and the days of the week.

    A day is divided by the mean of the seven days around it, since rooms open during the window and the traffic
    therefore rises; the first and the last three days have no such mean."""
    hours = numpy.zeros(24)
    for hour, count in dataset.rows("""SELECT extract(hour FROM "createdAt"), count(*) FROM messages GROUP BY 1"""):
        hours[hour] = count
    days = numpy.zeros(7 * weeks)
    outside = 0
    for day, count in dataset.rows(f"""SELECT "createdAt"::DATE - DATE '{start}', count(*) FROM messages GROUP BY 1"""):
        if 0 <= day < len(days):
            days[day] = count
        else:
            outside += count
    around = numpy.convolve(days, numpy.ones(7) / 7, mode="valid")
    level = days[3:-3] / around
    is_weekday = numpy.arange(3, len(days) - 3) % 7 < 5
    rhythm = numpy.array(RHYTHM)
    peak, trough = hours[rhythm == rhythm.max()].mean(), hours[rhythm == rhythm.min()].mean()
    return {
        "outside_window": outside,
        "hour_shares": list(hours / hours.sum()),
        "peak_over_trough": peak / trough,
        "highest_over_lowest_hour": hours.max() / hours.min(),
        "hour_total_variation": float(abs(hours / hours.sum() - rhythm / rhythm.sum()).sum() / 2),
        "weekday_over_weekend": level[is_weekday].mean() / level[~is_weekday].mean(),
    }


def burst_figures(dataset, start, weeks):
    """The coefficient of variation of the gaps between a room's messages in rooms of 100 gaps and more.

    It is measured in operational time, in which the daily and weekly rhythm is flat."""
    hourly = numpy.concatenate(
        [numpy.array(RHYTHM) * (WEEKDAY_BOOST if day % 7 < 5 else 1) for day in range(7 * weeks)]
    )
    passed = numpy.concatenate([[0], numpy.cumsum(hourly)])
    table = ", ".join(
        f"({hour}, {before}::DOUBLE, {rate}::DOUBLE)" for hour, (before, rate) in enumerate(zip(passed, hourly))
    )
    rooms, mean, weighted, smallest = dataset.rows(f"""
        WITH placed AS (SELECT "conversationId", position, "createdAt",
                (epoch_ms("createdAt") - epoch_ms(TIMESTAMPTZ '{start} 00:00:00+00')) / 3600000.0::DOUBLE AS hour FROM messages),
            operational AS (SELECT "conversationId", position, "createdAt", before + rate * (p.hour - l.hour) AS moment
                FROM placed p JOIN (VALUES {table}) l(hour, before, rate) ON l.hour = floor(p.hour)::INT),
            gaps AS (SELECT "conversationId",
                moment - lag(moment) OVER (PARTITION BY "conversationId" ORDER BY position) AS gap,
                epoch_ms("createdAt") - lag(epoch_ms("createdAt")) OVER (PARTITION BY "conversationId" ORDER BY position) AS ms
                FROM operational),
            rooms AS (SELECT count(gap) AS gaps, stddev_pop(gap) / avg(gap) AS cv, min(ms) AS ms
                FROM gaps GROUP BY "conversationId" HAVING count(gap) >= 100)
        SELECT count(*), avg(cv), sum(cv * gaps) / sum(gaps), min(ms) FROM rooms""")[0]
    return {"rooms": rooms, "cv_mean_of_rooms": mean, "cv_weighted_by_gaps": weighted, "smallest_gap_ms": smallest}


def main():
    parser = argparse.ArgumentParser(description="Measures a chat dataset; JSON on stdout.")
    parser.add_argument("dataset")
    parser.add_argument("--week-start", default="2025-07-28", help="the Monday on which the window starts")
    parser.add_argument("--weeks", type=int, default=12)
    arguments = parser.parse_args()
    dataset = Dataset(arguments.dataset, TABLES)
    figures = {
        "volumes": volume_figures(volumes(dataset)),
        "members": member_figures(dataset),
        "content": content_figures(dataset),
        "reads": read_figures(dataset),
        "rhythm": rhythm_figures(dataset, arguments.week_start, arguments.weeks),
        "bursts": burst_figures(dataset, arguments.week_start, arguments.weeks),
    }
    print(json.dumps(figures, indent=2, default=float))


if __name__ == "__main__":
    main()
