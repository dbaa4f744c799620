"""Checks every promise of configs/clinic against a generated dataset.

usage: clinic_promises.py DATASET_DIR

Prints a line `name<TAB>broken_count` for each promise; exit status 1 if any is broken. A share that is off by more than
five standard errors counts as one.
"""

import sys
from pathlib import Path

from dataset import Dataset, broken, elements, is_v7, judge, orphans, records, repeats, share

MODEL = Path(__file__).resolve().parents[2] / "configs" / "clinic"

TABLES = {
    "departments": {"id": "BIGINT", "code": "VARCHAR", "name": "VARCHAR", "parent_id": "BIGINT"},
    "staff": {
        "id": "UUID", "number": "BIGINT", "name": "VARCHAR", "email": "VARCHAR", "role": "VARCHAR", "department_id": "BIGINT",
        "hired_at": "TIMESTAMPTZ", "supervisor_id": "UUID",
    },
    "conditions": {"id": "BIGINT", "icd": "VARCHAR", "title": "VARCHAR"},
    "patients": {
        "id": "UUID", "record_number": "VARCHAR", "name": "VARCHAR", "sex": "VARCHAR", "born_on": "DATE", "city": "VARCHAR",
        "postcode": "VARCHAR", "country": "VARCHAR", "blood_group": "VARCHAR", "allergies": "VARCHAR", "contact": "JSON",
        "physician_id": "UUID", "account_holder_id": "UUID", "registered_at": "TIMESTAMPTZ", "appointment_count": "INTEGER",
    },
    "insurance_cards": {
        "patient_id": "UUID", "card_number": "VARCHAR", "insurer": "VARCHAR", "cover": "VARCHAR", "valid_until": "DATE",
        "issued_at": "TIMESTAMPTZ",
    },
    "patient_conditions": {
        "patient_id": "UUID", "condition_id": "BIGINT", "diagnosed_at": "TIMESTAMPTZ", "severity": "VARCHAR",
    },
    "appointments": {
        "id": "UUID", "patient_id": "UUID", "kind": "VARCHAR", "starts_at": "TIMESTAMPTZ", "ends_at": "TIMESTAMPTZ",
        "status": "VARCHAR", "systolic": "INTEGER", "diastolic": "INTEGER", "weight_kg": "DECIMAL(5,1)", "vitals": "JSON",
        "icd_codes": "VARCHAR", "lead_id": "UUID",
    },
    "appointment_staff": {"appointment_id": "UUID", "staff_id": "UUID", "duty": "VARCHAR"},
    "prescriptions": {
        "id": "UUID", "appointment_id": "UUID", "prescriber_id": "UUID", "drug": "VARCHAR", "atc": "VARCHAR", "form": "VARCHAR",
        "strength": "VARCHAR", "packs": "INTEGER", "units": "INTEGER", "unit_price": "DECIMAL(8,2)", "total": "DECIMAL(10,2)",
        "dosage": "VARCHAR", "repeats": "INTEGER", "issued_at": "TIMESTAMPTZ",
    },
}

ALLERGIES = "('pollen', 'penicillin', 'dust mites', 'nuts', 'latex', 'contrast medium', 'bee venom')"
FIRST, LAST = "TIMESTAMPTZ '2025-06-01 22:00:00+00'", "TIMESTAMPTZ '2025-12-01 00:00:00+00'"
TODAY = "TIMESTAMPTZ '2025-09-01 00:00:00+00'"
KINDS = {"CONSULTATION": 0.46, "FOLLOW_UP": 0.28, "DIAGNOSTIC": 0.15, "VACCINATION": 0.07, "PROCEDURE": 0.04}
# The weights of the hours from 7 to 18 o'clock in Berlin, of all 24.
OPEN = 91 / 92.4

OF_PATIENT = "appointments a JOIN patients p ON p.id = a.patient_id"
OF_APPOINTMENT = "prescriptions r JOIN appointments a ON a.id = r.appointment_id"
VITALS = "appointments WHERE status = 'COMPLETED'"


def circles(table, parent):
    """The query that counts rows from which no way leads up to a root."""
    return f"""WITH RECURSIVE below AS (SELECT id FROM {table} WHERE {parent} IS NULL UNION
        SELECT c.id FROM {table} c JOIN below b ON c.{parent} = b.id)
        SELECT count(*) FROM {table} WHERE id NOT IN (SELECT id FROM below)"""


def earlier(table, parent):
    """The query that counts rows whose parent does not stand before them."""
    return broken(f"{table} c JOIN {table} p ON p.id = c.{parent}", "p.position < c.position")


def keys():
    promises = [
        (f"{table}.{column}.unique", repeats(table, column))
        for table, column in [
            ("departments", "id"), ("departments", "code"), ("staff", "id"), ("staff", "number"), ("staff", "email"),
            ("conditions", "id"), ("conditions", "icd"), ("patients", "id"), ("patients", "record_number"),
            ("insurance_cards", "patient_id"), ("insurance_cards", "card_number"), ("appointments", "id"), ("prescriptions", "id"),
        ]
    ]
    promises += [
        ("patient_conditions.key.unique", repeats("patient_conditions", "(patient_id, condition_id)")),
        ("appointment_staff.key.unique", repeats("appointment_staff", "(appointment_id, staff_id)")),
        ("patients.id.v7", broken("patients", is_v7("id", "registered_at"))),
        ("appointments.id.v7", broken("appointments", is_v7("id", "starts_at"))),
    ]
    for table, column, target in [
        ("staff", "department_id", "departments"), ("insurance_cards", "patient_id", "patients"),
        ("patient_conditions", "patient_id", "patients"), ("patient_conditions", "condition_id", "conditions"),
        ("appointments", "patient_id", "patients"), ("appointments", "lead_id", "staff"),
        ("appointment_staff", "appointment_id", "appointments"), ("appointment_staff", "staff_id", "staff"),
        ("prescriptions", "appointment_id", "appointments"), ("prescriptions", "prescriber_id", "staff"),
    ]:
        promises.append((f"{table}.{column}.present", broken(table, f"{column} IS NOT NULL")))
        promises.append((f"{table}.{column}.orphans", orphans(table, column, target)))
    promises += [
        (f"{table}.{column}.orphans", orphans(table, column, target))
        for table, column, target in [
            ("departments", "parent_id", "departments"), ("staff", "supervisor_id", "staff"),
            ("patients", "physician_id", "staff"), ("patients", "account_holder_id", "patients"),
        ]
    ]
    return promises


def trees():
    return [
        ("departments.parent_id.no_circle", circles("departments", "parent_id")),
        ("departments.parent_id.earlier", earlier("departments", "parent_id")),
        ("departments.one_root", "SELECT (count(*) <> 1)::INT FROM departments WHERE parent_id IS NULL"),
        ("staff.supervisor_id.no_circle", circles("staff", "supervisor_id")),
        ("staff.supervisor_id.hired_earlier", broken("staff s JOIN staff b ON b.id = s.supervisor_id", "b.hired_at < s.hired_at")),
        ("staff.one_root", "SELECT (count(*) <> 1)::INT FROM staff WHERE supervisor_id IS NULL"),
        ("staff.department_id.in_turn", broken("staff", "department_id BETWEEN 5 AND 12")),
        ("patients.account_holder_id.no_circle", circles("patients", "account_holder_id")),
        ("patients.account_holder_id.earlier", earlier("patients", "account_holder_id")),
        ("patients.account_holder_id.null", share("patients", "account_holder_id IS NULL", 0.7)),
    ]


def patients():
    places = records(MODEL / "places.csv", ["city", "postcode", "country"])
    known = f"len(list_filter({elements('allergies')}, lambda name: name NOT IN {ALLERGIES})) = 0"
    counted = """patients p LEFT JOIN (SELECT patient_id, count(*) AS n FROM appointments GROUP BY patient_id) a
        ON a.patient_id = p.id"""
    carried = "insurance_cards i JOIN patients p ON p.id = i.patient_id"
    told = "patient_conditions c JOIN patients p ON p.id = c.patient_id"
    held = "(SELECT i.patient_id FROM patients p LEFT JOIN insurance_cards i ON i.patient_id = p.id)"
    return [
        ("patients.place.of_one_record", broken("patients", f"(city, postcode, country) IN (VALUES {places})")),
        ("patients.age", broken("patients", "date_diff('day', born_on, CAST(registered_at AS DATE)) BETWEEN 6574 AND 32143")),
        ("patients.allergies.known", broken("patients", f"{known} AND len({elements('allergies')}) <= 4")),
        ("patients.contact.place", broken("patients", """contact->>'$.address.city' = city
            AND contact->>'$.address.postcode' = postcode""")),
        ("patients.contact.email", broken("patients", """contact->>'$.email' = 'syn_p' || substr(record_number, 3) || '@example.com'""")),
        ("patients.contact.form", broken("patients", """contact->>'$.channel' IN ('mail', 'letter', 'none')
            AND json_array_length(contact->'$.consents') = 2""")),
        ("patients.physician_id.null", share("patients", "physician_id IS NULL", 0.12)),
        ("patients.blood_group.null", share("patients", "blood_group IS NULL", 0.35)),
        ("patients.appointment_count", broken(counted, "appointment_count = coalesce(n, 0)")),
        ("staff.email.domain", broken("staff", "email = 'staff' || number || '@example.com'")),
        ("insurance_cards.share", f"SELECT (abs(avg((patient_id IS NOT NULL)::INT) - 0.88) > 0.002)::INT FROM {held}"),
        ("insurance_cards.issued_at", broken(carried, "issued_at BETWEEN registered_at AND TIMESTAMPTZ '2025-06-02'")),
        ("insurance_cards.valid_until", broken("insurance_cards", "valid_until = CAST(issued_at + INTERVAL 1825 DAY AS DATE)")),
        ("patient_conditions.diagnosed_at", broken(told, "diagnosed_at BETWEEN registered_at AND TIMESTAMPTZ '2025-06-02'")),
    ]


def appointments():
    local = "timezone('Europe/Berlin', starts_at)"
    team = """appointments a LEFT JOIN (SELECT appointment_id, count(*) AS n, count(*) FILTER (duty = 'LEAD') AS leads,
        any_value(staff_id) FILTER (duty = 'LEAD') AS lead FROM appointment_staff GROUP BY appointment_id) s
        ON s.appointment_id = a.id"""
    codes = f"(SELECT id, unnest({elements('icd_codes')}) AS code FROM appointments)"
    promises = [
        ("appointments.starts_at.range", broken("appointments", f"starts_at >= {FIRST} AND starts_at < {LAST}")),
        ("appointments.starts_at.quarter", broken("appointments", "epoch_ms(starts_at) % 900000 = 0")),
        ("appointments.starts_at.registered", broken(OF_PATIENT, "starts_at >= registered_at")),
        ("appointments.ends_at", broken("appointments", "date_diff('minute', starts_at, ends_at) IN (15, 30, 45, 60)")),
        ("appointments.opening_hours", share("appointments", f"hour({local}) BETWEEN 7 AND 17", OPEN)),
        ("appointments.sundays", share("appointments", f"isodow({local}) = 7", 0.03 / 5.53)),
        ("appointments.saturdays", share("appointments", f"isodow({local}) = 6", 0.2 / 5.53)),
        ("appointments.booked_iff_to_come", broken("appointments", f"(status = 'BOOKED') = (starts_at >= {TODAY})")),
        ("appointments.vitals.iff_completed", broken("appointments", """(status = 'COMPLETED') = (vitals IS NOT NULL)
            AND (status = 'COMPLETED') = (systolic IS NOT NULL) AND (status = 'COMPLETED') = (icd_codes IS NOT NULL)""")),
        ("appointments.vitals.are_the_columns", f"""SELECT count(*) FROM {VITALS} AND (CAST(vitals->>'$.blood_pressure.systolic' AS INT) = systolic
            AND CAST(vitals->>'$.blood_pressure.diastolic' AS INT) = diastolic
            AND CAST(vitals->>'$.weight_kg' AS DECIMAL(5,1)) = weight_kg) IS NOT TRUE"""),
        ("appointments.vitals.plausible", f"""SELECT count(*) FROM {VITALS} AND (systolic > diastolic AND diastolic BETWEEN 45 AND 125
            AND CAST(vitals->>'$.bmi' AS DOUBLE) BETWEEN 15.9 AND 48.1 AND CAST(vitals->>'$.pulse' AS INT) BETWEEN 42 AND 160) IS NOT TRUE"""),
        ("appointments.icd_codes.known", broken(codes, "code IN (SELECT icd FROM conditions)")),
        ("appointment_staff.one_lead", broken(team, "n BETWEEN 1 AND 4 AND leads = 1")),
        ("appointments.lead_id", broken(team, "lead_id = lead")),
    ]
    return promises + [(f"appointments.kind.{kind}", share("appointments", f"kind = '{kind}'", part)) for kind, part in KINDS.items()]


def prescriptions():
    drugs = records(MODEL / "drugs.csv", ["drug", "atc", "form", "strength", "price"])
    packs = records(MODEL / "drugs.csv", ["drug", "pack_size"])
    return [
        ("prescriptions.drug.of_one_record", broken("prescriptions", f"(drug, atc, form, strength, CAST(unit_price AS VARCHAR)) IN (VALUES {drugs})")),
        ("prescriptions.units", broken("prescriptions", f"(drug, CAST(units // packs AS VARCHAR)) IN (VALUES {packs}) AND units % packs = 0")),
        ("prescriptions.total", broken("prescriptions", "total = packs * unit_price")),
        ("prescriptions.packs", broken("prescriptions", "packs BETWEEN 1 AND 3 AND repeats BETWEEN 0 AND 5")),
        ("prescriptions.of_completed", broken(OF_APPOINTMENT, "status = 'COMPLETED'")),
        ("prescriptions.prescriber_id", broken(OF_APPOINTMENT, "prescriber_id = lead_id")),
        ("prescriptions.issued_at", broken(OF_APPOINTMENT, "issued_at = ends_at")),
    ]


def all_promises():
    """Pairs of a promise's name and what counts the rows that break it."""
    return keys() + trees() + patients() + appointments() + prescriptions()


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: clinic_promises.py DATASET_DIR")
    judge(Dataset(sys.argv[1], TABLES), all_promises())


if __name__ == "__main__":
    main()
