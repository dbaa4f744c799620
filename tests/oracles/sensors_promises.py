"""Checks every promise of configs/sensors against a generated dataset.

usage: sensors_promises.py DATASET_DIR

Prints a line `name<TAB>broken_count` for each promise; exit status 1 if any is broken. A share that is off by more than
five standard errors counts as one.
"""

import sys
from pathlib import Path

from dataset import Dataset, broken, elements, is_v7, judge, orphans, records, repeats, share

MODEL = Path(__file__).resolve().parents[2] / "configs" / "sensors"

TABLES = {
    "sites": {
        "id": "BIGINT", "name": "VARCHAR", "city": "VARCHAR", "country": "VARCHAR", "time_zone": "VARCHAR",
        "latitude": "DECIMAL(8,5)", "longitude": "DECIMAL(8,5)", "device_count": "INTEGER",
    },
    "devices": {
        "id": "UUID", "site_id": "BIGINT", "serial": "VARCHAR", "model": "VARCHAR", "vendor": "VARCHAR", "firmware": "VARCHAR",
        "power": "VARCHAR", "tags": "VARCHAR", "installed_at": "TIMESTAMPTZ", "last_seen_at": "TIMESTAMPTZ",
    },
    "outages": {
        "id": "UUID", "device_id": "UUID", "started_at": "TIMESTAMPTZ", "ended_at": "TIMESTAMPTZ", "reason": "VARCHAR",
    },
    "sensors": {
        "id": "UUID", "device_id": "UUID", "channel": "INTEGER", "kind": "VARCHAR", "unit": "VARCHAR",
        "alarm_above": "DECIMAL(8,2)", "range_from": "DECIMAL(8,2)", "range_to": "DECIMAL(8,2)", "calibration": "VARCHAR",
        "reading_count": "INTEGER", "alert_count": "BIGINT",
    },
    "readings": {
        "id": "UUID", "sensor_id": "UUID", "measured_at": "TIMESTAMPTZ", "value": "DECIMAL(8,2)", "quality": "VARCHAR",
    },
    "alerts": {
        "id": "UUID", "reading_id": "UUID", "severity": "VARCHAR", "raised_at": "TIMESTAMPTZ", "acknowledged_at": "TIMESTAMPTZ",
    },
    "door_events": {"id": "UUID", "device_id": "UUID", "opened_at": "TIMESTAMPTZ", "open_seconds": "INTEGER"},
}

FIRST, LAST = "TIMESTAMPTZ '2024-09-02 00:00:00+00'", "TIMESTAMPTZ '2025-09-01 00:00:00+00'"
# The weights of the hours from 6 to 18 o'clock in Berlin, of all 24.
BY_DAY = 261 / 307
KINDS = {"temperature": 0.40, "humidity": 0.30, "co2": 0.18, "vibration": 0.12}
REASONS = {"battery": 0.45, "network": 0.35, "firmware": 0.12, "damage": 0.08}

OF_SENSOR = "readings r JOIN sensors s ON s.id = r.sensor_id"
OF_SITE = f"{OF_SENSOR} JOIN devices d ON d.id = s.device_id JOIN sites i ON i.id = d.site_id"
OF_READING = f"alerts a JOIN readings r ON r.id = a.reading_id JOIN sensors s ON s.id = r.sensor_id"
OUT = f"""readings r JOIN sensors s ON s.id = r.sensor_id JOIN outages o ON o.device_id = s.device_id
    AND r.measured_at >= o.started_at + INTERVAL 5 SECOND AND r.measured_at < o.ended_at"""


def counts(table, parent, key, column):
    """The query that counts parents whose number of children is not the one in their column."""
    counted = f"{parent} p LEFT JOIN (SELECT {key}, count(*) AS n FROM {table} GROUP BY {key}) c ON c.{key} = p.id"
    return broken(counted, f"p.{column} = coalesce(n, 0)")


def keys():
    promises = [(f"{table}.id.unique", repeats(table, "id")) for table in TABLES]
    promises += [
        ("sites.name.unique", repeats("sites", "name")),
        ("devices.serial.unique", repeats("devices", "serial")),
        ("sensors.channel.unique", repeats("sensors", "(device_id, channel)")),
        ("outages.device_id.unique", repeats("outages", "device_id")),
        ("alerts.reading_id.unique", repeats("alerts", "reading_id")),
    ]
    for table, column, target in [
        ("devices", "site_id", "sites"), ("outages", "device_id", "devices"), ("sensors", "device_id", "devices"),
        ("readings", "sensor_id", "sensors"), ("alerts", "reading_id", "readings"), ("door_events", "device_id", "devices"),
    ]:
        promises.append((f"{table}.{column}.present", broken(table, f"{column} IS NOT NULL")))
        promises.append((f"{table}.{column}.orphans", orphans(table, column, target)))
    for table, time in [("outages", "started_at"), ("readings", "measured_at"), ("alerts", "raised_at"), ("door_events", "opened_at")]:
        promises.append((f"{table}.id.v7", broken(table, is_v7("id", time))))
    return promises


def fleet():
    places = records(MODEL / "sites.csv", ["city", "country", "time_zone"])
    kits = records(MODEL / "models.csv", ["model", "vendor", "firmware", "power"])
    kinds = records(MODEL / "kinds.csv", ["kind", "unit"])
    tags = f"len(list_filter({elements('tags')}, lambda tag: tag NOT IN ('indoor', 'outdoor', 'critical', 'pilot'))) = 0"
    offsets = f"list_transform({elements('calibration')}, lambda text: CAST(text AS DOUBLE))"
    seen = """devices d LEFT JOIN (SELECT s.device_id, max(measured_at) AS last FROM readings r JOIN sensors s
        ON s.id = r.sensor_id GROUP BY s.device_id) r ON r.device_id = d.id"""
    raised = """sensors s LEFT JOIN (SELECT sensor_id, count(*) AS n FROM readings r JOIN alerts a ON a.reading_id = r.id
        GROUP BY sensor_id) r ON r.sensor_id = s.id"""
    promises = [
        ("sites.place.of_one_record", broken("sites", f"(city, country, time_zone) IN (VALUES {places})")),
        ("sites.name.form", broken("sites", "name = city || ' plant ' || (id - 1)")),
        ("sites.device_count", counts("devices", "sites", "site_id", "device_count")),
        ("devices.kit.of_one_record", broken("devices", f"(model, vendor, firmware, power) IN (VALUES {kits})")),
        ("devices.serial.form", broken("devices", "regexp_full_match(serial, 'SM-[0-9]{6}')")),
        ("devices.tags.known", broken("devices", tags)),
        ("devices.installed_at.range", broken("devices", "installed_at >= TIMESTAMPTZ '2022-09-05' AND installed_at < TIMESTAMPTZ '2025-06-02'")),
        ("devices.installed_at.grows", "SELECT (avg((installed_at < TIMESTAMPTZ '2024-01-20')::INT) > 0.4)::INT FROM devices"),
        ("devices.last_seen_at", broken(seen, "last_seen_at IS NOT DISTINCT FROM last")),
        ("outages.order", broken("outages o JOIN devices d ON d.id = o.device_id", "ended_at > started_at AND started_at >= installed_at")),
        ("outages.length", broken("outages", "ended_at - started_at BETWEEN INTERVAL 10 MINUTE AND INTERVAL 21 DAY + INTERVAL 1 SECOND")),
        ("outages.share", share("(SELECT d.id, o.id AS out FROM devices d LEFT JOIN outages o ON o.device_id = d.id)", "out IS NOT NULL", 0.4)),
        ("sensors.physics.of_one_record", broken("sensors", f"(kind, unit) IN (VALUES {kinds})")),
        ("sensors.calibration", broken("sensors", f"len({offsets}) = 3 AND list_max({offsets}) <= 0.2 AND list_min({offsets}) >= -0.2")),
        ("sensors.reading_count", counts("readings", "sensors", "sensor_id", "reading_count")),
        ("sensors.alert_count", broken(raised, "alert_count = coalesce(n, 0)")),
    ]
    promises += [(f"sensors.kind.{kind}", share("sensors", f"kind = '{kind}'", part)) for kind, part in KINDS.items()]
    return promises + [(f"outages.reason.{reason}", share("outages", f"reason = '{reason}'", part)) for reason, part in REASONS.items()]


def readings():
    ordered = """(SELECT measured_at, lag(measured_at) OVER (PARTITION BY sensor_id ORDER BY position) AS before FROM readings)"""
    steps = """(SELECT epoch(measured_at) - lag(epoch(measured_at)) OVER (PARTITION BY sensor_id ORDER BY position) AS step
        FROM readings)"""
    return [
        ("readings.measured_at.increases", broken(ordered, "before IS NULL OR before < measured_at")),
        # Each is late by five seconds at the most, so that two steps differ by ten.
        ("readings.measured_at.steady", f"SELECT (max(step) - min(step) > 10)::INT FROM {steps}"),
        ("readings.measured_at.in_the_year", broken("readings", f"measured_at >= {FIRST} AND measured_at < {LAST} + INTERVAL 6 SECOND")),
        ("readings.measured_at.after_installing", broken(OF_SITE, "measured_at >= installed_at - INTERVAL 1 SECOND")),
        ("readings.value.iff_not_missing", broken("readings", "(value IS NULL) = (quality = 'MISSING')")),
        ("readings.value.in_range", broken(OF_SENSOR, "value IS NULL OR value BETWEEN range_from AND range_to")),
        ("readings.quality.missing_when_out", broken(OUT, "quality = 'MISSING'")),
        ("readings.quality.some_are_out", f"SELECT (count(*) = 0)::INT FROM {OUT}"),
        ("readings.quality.suspect", share("readings", "quality = 'SUSPECT'", 0.018)),
        # Warm afternoons: by the sun, from one to five against one to five at night.
        ("readings.day", swing("kind = 'temperature'", "solar BETWEEN 13 AND 16", "solar BETWEEN 1 AND 4", 5)),
        ("readings.day.air", swing("kind = 'co2'", "solar BETWEEN 13 AND 16", "solar BETWEEN 1 AND 4", 250)),
        # Warm Julys north of the tropic, cold ones south of it.
        ("readings.season.north", swing("kind = 'temperature' AND latitude > 30", "month IN (6, 7, 8)", "month IN (12, 1, 2)", 12)),
        ("readings.season.south", swing("kind = 'temperature' AND latitude < -20", "month IN (12, 1, 2)", "month IN (6, 7, 8)", 3)),
    ]


def swing(condition, high, low, least):
    """The query that says 1 unless the mean of some readings is above that of others by so much."""
    rows = f"""SELECT value, month(measured_at) AS month, hour(measured_at + longitude * 240 * INTERVAL 1 SECOND) AS solar
        FROM {OF_SITE} WHERE value IS NOT NULL AND quality = 'OK' AND {condition}"""
    return f"""SELECT (coalesce(avg(value) FILTER ({high}) - avg(value) FILTER ({low}), 0) < {least})::INT FROM ({rows})"""


def alerts():
    over = "readings r JOIN sensors s ON s.id = r.sensor_id LEFT JOIN alerts a ON a.reading_id = r.id"
    local = "timezone('Europe/Berlin', opened_at)"
    doors = "(SELECT opened_at, lag(opened_at) OVER (PARTITION BY device_id ORDER BY position) AS before FROM door_events)"
    return [
        ("alerts.iff_over_threshold", broken(over, "coalesce(value > alarm_above, false) = (a.id IS NOT NULL)")),
        ("alerts.severity", broken(OF_READING, "severity = CASE WHEN value > alarm_above * 1.1 THEN 'CRITICAL' ELSE 'WARNING' END")),
        ("alerts.raised_at", broken(OF_READING, "raised_at BETWEEN measured_at AND measured_at + INTERVAL 61 SECOND")),
        ("alerts.acknowledged_at", broken("alerts", "acknowledged_at IS NULL OR acknowledged_at >= raised_at")),
        ("alerts.acknowledged_at.null", share("alerts", "acknowledged_at IS NULL", 0.1)),
        ("door_events.opened_at.increases", broken(doors, "before IS NULL OR before < opened_at")),
        ("door_events.opened_at.after_installing", broken("door_events e JOIN devices d ON d.id = e.device_id", "opened_at >= installed_at")),
        ("door_events.by_day", share("door_events", f"hour({local}) BETWEEN 6 AND 17", BY_DAY)),
        ("door_events.at_weekend", share("door_events", f"isodow({local}) >= 6", 2 / 17)),
        ("door_events.open_seconds", broken("door_events", "open_seconds BETWEEN 1 AND 3600")),
    ]


def all_promises():
    """Pairs of a promise's name and what counts the rows that break it."""
    return keys() + fleet() + readings() + alerts()


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: sensors_promises.py DATASET_DIR")
    judge(Dataset(sys.argv[1], TABLES), all_promises())


if __name__ == "__main__":
    main()
