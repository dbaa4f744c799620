"""Breaks every promise of a good fleet in memory, one after the other, and sees sensors_promises.py notice.

usage: sensors_promises_break.py DATASET_DIR      (a small one)

Prints a line for each promise that was not noticed; exit status 1 if there is any.
"""

import sys

from breaking import borrow, change, drop, see_all_noticed, twice
from dataset import Dataset
from sensors_promises import KINDS, OUT, REASONS, TABLES, all_promises

BREAKS = {
    "sites.name.unique": borrow("sites", "name"),
    "devices.serial.unique": borrow("devices", "serial"),
    "sensors.channel.unique": change("sensors", "channel = 0", "channel = 1"),
    "outages.device_id.unique": borrow("outages", "device_id"),
    "alerts.reading_id.unique": borrow("alerts", "reading_id"),
    "sites.place.of_one_record": change("sites", "time_zone = 'Europe/Paris'"),
    "sites.name.form": change("sites", "name = name || '0'"),
    "sites.device_count": change("sites", "device_count = device_count + 1"),
    "devices.kit.of_one_record": change("devices", "firmware = '9.9.9'"),
    "devices.serial.form": change("devices", "serial = 'SM-1'"),
    "devices.tags.known": change("devices", "tags = '[indoor, lost]'"),
    "devices.installed_at.range": change("devices", "installed_at = TIMESTAMPTZ '2025-06-02'"),
    "devices.installed_at.grows": "UPDATE devices SET installed_at = TIMESTAMPTZ '2023-01-01' WHERE hash(id) % 2 = 0",
    "devices.last_seen_at": change("devices", "last_seen_at = last_seen_at + INTERVAL 1 MILLISECOND"),
    "outages.order": change("outages", "ended_at = started_at"),
    "outages.length": change("outages", "ended_at = started_at + INTERVAL 22 DAY"),
    "outages.share": "DELETE FROM outages WHERE hash(id) % 2 = 0",
    "sensors.physics.of_one_record": change("sensors", "unit = 'ppm'", "kind = 'humidity'"),
    "sensors.calibration": change("sensors", "calibration = '[0.1, 0.1]'"),
    "sensors.reading_count": drop("readings"),
    "sensors.alert_count": drop("alerts"),
    "readings.measured_at.increases": "UPDATE readings SET measured_at = TIMESTAMPTZ '2025-01-01'",
    "readings.measured_at.steady": change("readings", "measured_at = measured_at + INTERVAL 30 SECOND"),
    "readings.measured_at.in_the_year": change("readings", "measured_at = TIMESTAMPTZ '2024-09-01 23:59:59'"),
    "readings.measured_at.after_installing": change("readings", "measured_at = TIMESTAMPTZ '2022-09-01'"),
    "readings.value.iff_not_missing": change("readings", "value = NULL", "quality = 'OK'"),
    "readings.value.in_range": change("readings", "value = 5001", "value > 0"),
    "readings.quality.missing_when_out": f"UPDATE readings SET quality = 'OK' WHERE id IN (SELECT r.id FROM {OUT})",
    "readings.quality.some_are_out": "UPDATE outages SET ended_at = started_at",
    "readings.quality.suspect": "UPDATE readings SET quality = 'OK' WHERE quality = 'SUSPECT'",
    "alerts.iff_over_threshold": drop("alerts"),
    "alerts.severity": change("alerts", "severity = 'CRITICAL'", "severity = 'WARNING'"),
    "alerts.raised_at": change("alerts", "raised_at = raised_at + INTERVAL 62 SECOND"),
    "alerts.acknowledged_at": change("alerts", "acknowledged_at = raised_at - INTERVAL 1 MILLISECOND", "acknowledged_at IS NOT NULL"),
    "alerts.acknowledged_at.null": "UPDATE alerts SET acknowledged_at = NULL",
    "door_events.opened_at.increases": "UPDATE door_events SET opened_at = TIMESTAMPTZ '2025-01-01'",
    "door_events.opened_at.after_installing": change("door_events", "opened_at = TIMESTAMPTZ '2022-09-01'"),
    "door_events.by_day": "UPDATE door_events SET opened_at = opened_at + INTERVAL 12 HOUR WHERE hash(id) % 3 = 0",
    "door_events.at_weekend": "UPDATE door_events SET opened_at = opened_at + INTERVAL 3 DAY WHERE hash(id) % 3 = 0",
    "door_events.open_seconds": change("door_events", "open_seconds = 0"),
}
# A swing is gone when all values are alike.
BREAKS |= {
    f"readings.{name}": "UPDATE readings SET value = 20 WHERE value IS NOT NULL"
    for name in ["day", "day.air", "season.north", "season.south"]
}
BREAKS |= {f"{table}.id.unique": twice(table) for table in TABLES}
BREAKS |= {
    f"{table}.id.v7": change(table, "id = '00000000-0000-4000-8000-000000000000'")
    for table in ["outages", "readings", "alerts", "door_events"]
}
for table, column, stranger in [
    ("devices", "site_id", "0"),
    ("outages", "device_id", "uuid()"),
    ("sensors", "device_id", "uuid()"),
    ("readings", "sensor_id", "uuid()"),
    ("alerts", "reading_id", "uuid()"),
    ("door_events", "device_id", "uuid()"),
]:
    BREAKS[f"{table}.{column}.present"] = change(table, f"{column} = NULL")
    BREAKS[f"{table}.{column}.orphans"] = change(table, f"{column} = {stranger}")
BREAKS |= {f"sensors.kind.{kind}": f"UPDATE sensors SET kind = 'none' WHERE kind = '{kind}'" for kind in KINDS}
BREAKS |= {f"outages.reason.{reason}": f"UPDATE outages SET reason = '{reason}'" for reason in REASONS}


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: sensors_promises_break.py DATASET_DIR")
    see_all_noticed(Dataset(sys.argv[1], TABLES), all_promises(), BREAKS)


if __name__ == "__main__":
    main()
