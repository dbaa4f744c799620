"""Breaks every promise of a good clinic in memory, one after the other, and sees clinic_promises.py notice.

usage: clinic_promises_break.py DATASET_DIR      (a small one)

Prints a line for each promise that was not noticed; exit status 1 if there is any.
"""

import sys

from breaking import borrow, change, drop, one, see_all_noticed, twice
from clinic_promises import KINDS, TABLES, all_promises
from dataset import Dataset


def document(table, column, path, value, condition="true"):
    """The statement that changes one value of one row's document."""
    keys = path.split(".")
    patch = f'"{value}"'
    for key in reversed(keys):
        patch = f'{{"{key}": {patch}}}'
    return change(table, f"{column} = json_merge_patch({column}, '{patch}')", condition)


def circle(table, parent):
    """The statement that makes a row its own parent's parent."""
    return f"""UPDATE {table} SET {parent} = (SELECT id FROM {table} WHERE {one(table, f"{parent} IS NOT NULL")})
        WHERE id = (SELECT {parent} FROM {table} WHERE {one(table, f"{parent} IS NOT NULL")})"""


def later(table, parent):
    """The statement that gives one row the last row as its parent."""
    return change(table, f"{parent} = (SELECT arg_max(id, position) FROM {table})", f"{parent} IS NOT NULL")


BREAKS = {
    "departments.code.unique": borrow("departments", "code"),
    "staff.number.unique": borrow("staff", "number"),
    "staff.email.unique": borrow("staff", "email"),
    "conditions.icd.unique": borrow("conditions", "icd"),
    "patients.record_number.unique": borrow("patients", "record_number"),
    "insurance_cards.card_number.unique": borrow("insurance_cards", "card_number"),
    "patients.id.v7": change("patients", "registered_at = registered_at + INTERVAL 1 MILLISECOND"),
    "appointments.id.v7": change("appointments", "id = '00000000-0000-4000-8000-000000000000'"),
    "departments.parent_id.no_circle": circle("departments", "parent_id"),
    "departments.parent_id.earlier": later("departments", "parent_id"),
    "departments.one_root": change("departments", "parent_id = NULL", "parent_id IS NOT NULL"),
    "staff.supervisor_id.no_circle": circle("staff", "supervisor_id"),
    "staff.supervisor_id.hired_earlier": later("staff", "supervisor_id"),
    "staff.one_root": change("staff", "supervisor_id = NULL", "supervisor_id IS NOT NULL"),
    "staff.department_id.in_turn": change("staff", "department_id = 1"),
    "patients.account_holder_id.no_circle": circle("patients", "account_holder_id"),
    "patients.account_holder_id.earlier": later("patients", "account_holder_id"),
    "patients.account_holder_id.null": "UPDATE patients SET account_holder_id = NULL WHERE hash(id) % 2 = 0",
    "patients.place.of_one_record": change("patients", "postcode = '1010'", "city <> 'Wien'"),
    "patients.age": change("patients", "born_on = CAST(registered_at AS DATE) - 6000"),
    "patients.allergies.known": change("patients", "allergies = '[pollen, work]'"),
    "patients.contact.place": document("patients", "contact", "address.city", "Paris"),
    "patients.contact.email": document("patients", "contact", "email", "somebody@example.com"),
    "patients.contact.form": document("patients", "contact", "channel", "phone"),
    "patients.physician_id.null": "UPDATE patients SET physician_id = NULL WHERE hash(id) % 9 = 0",
    "patients.blood_group.null": "UPDATE patients SET blood_group = NULL WHERE hash(id) % 3 = 0",
    "patients.appointment_count": drop("appointments"),
    "staff.email.domain": change("staff", "email = replace(email, 'example', 'clinic')"),
    "insurance_cards.share": "DELETE FROM insurance_cards WHERE hash(patient_id) % 9 = 0",
    "insurance_cards.issued_at": change("insurance_cards", "issued_at = TIMESTAMPTZ '2011-12-31'"),
    "insurance_cards.valid_until": change("insurance_cards", "valid_until = valid_until + 1"),
    "patient_conditions.diagnosed_at": change("patient_conditions", "diagnosed_at = TIMESTAMPTZ '2011-12-31'"),
    "appointments.starts_at.range": change("appointments", "starts_at = TIMESTAMPTZ '2025-12-01'"),
    "appointments.starts_at.quarter": change("appointments", "starts_at = starts_at + INTERVAL 1 MINUTE"),
    "appointments.starts_at.registered": change("appointments", "starts_at = TIMESTAMPTZ '2011-12-31'"),
    "appointments.ends_at": change("appointments", "ends_at = ends_at + INTERVAL 1 MINUTE"),
    "appointments.opening_hours": "UPDATE appointments SET starts_at = starts_at + INTERVAL 9 HOUR WHERE hash(id) % 9 = 0",
    "appointments.sundays": "UPDATE appointments SET starts_at = TIMESTAMPTZ '2025-07-06 10:00:00' WHERE hash(id) % 9 = 0",
    "appointments.saturdays": "UPDATE appointments SET starts_at = TIMESTAMPTZ '2025-07-05 10:00:00' WHERE hash(id) % 9 = 0",
    "appointments.booked_iff_to_come": change("appointments", "status = 'NO_SHOW'", "status = 'BOOKED'"),
    "appointments.vitals.iff_completed": change("appointments", "vitals = NULL", "status = 'COMPLETED'"),
    "appointments.vitals.are_the_columns": change("appointments", "systolic = systolic + 1", "status = 'COMPLETED'"),
    "appointments.vitals.plausible": document("appointments", "vitals", "bmi", "60", "status = 'COMPLETED'"),
    "appointments.icd_codes.known": change("appointments", "icd_codes = '[I10, X99]'"),
    "appointment_staff.one_lead": change("appointment_staff", "duty = 'LEAD'", "duty = 'ASSIST'"),
    "appointments.lead_id": change("appointments", "lead_id = (SELECT max(id) FROM staff)", "lead_id <> (SELECT max(id) FROM staff)"),
    "prescriptions.drug.of_one_record": change("prescriptions", "atc = 'A02BC01'", "drug = 'ibuprofen'"),
    "prescriptions.units": change("prescriptions", "units = units + packs"),
    "prescriptions.total": change("prescriptions", "total = total + 0.01"),
    "prescriptions.packs": change("prescriptions", "packs = 4"),
    "prescriptions.of_completed": change("appointments", "status = 'NO_SHOW'", "id IN (SELECT appointment_id FROM prescriptions)"),
    "prescriptions.prescriber_id": "UPDATE prescriptions SET prescriber_id = (SELECT max(id) FROM staff)",
    "prescriptions.issued_at": change("prescriptions", "issued_at = issued_at + INTERVAL 1 MINUTE"),
}
for table in ["departments", "staff", "conditions", "patients", "appointments", "prescriptions"]:
    BREAKS[f"{table}.id.unique"] = twice(table)
for table, key in [("insurance_cards", "patient_id"), ("patient_conditions", "key"), ("appointment_staff", "key")]:
    BREAKS[f"{table}.{key}.unique"] = twice(table)
for table in TABLES:
    for column in TABLES[table]:
        stranger = "uuid()" if TABLES[table][column] == "UUID" else "0"
        if f"{table}.{column}" != f"{table}.id" and column.endswith("_id"):
            BREAKS[f"{table}.{column}.present"] = change(table, f"{column} = NULL")
            BREAKS[f"{table}.{column}.orphans"] = change(table, f"{column} = {stranger}")
BREAKS |= {f"appointments.kind.{kind}": f"UPDATE appointments SET kind = 'NONE' WHERE kind = '{kind}'" for kind in KINDS}


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: clinic_promises_break.py DATASET_DIR")
    see_all_noticed(Dataset(sys.argv[1], TABLES), all_promises(), BREAKS)


if __name__ == "__main__":
    main()
