//! [`go`] and [`no_go`]: made-up assessments of the kind that a chat dataset gets, with every state, every promise and
//! every picture.

use seedmill::fidelity::assessment::*;

/// The time that the reports of the tests bear.
pub const TIMESTAMP: &str = "2025-10-22T18:30:00Z";

/// A dataset that is what was declared.
pub fn go() -> Assessment {
    Assessment {
        model: "chat".into(),
        band: "dev".into(),
        seed: Some("dev_20251022_baseline_v1".into()),
        dataset: "output/chat-dev-dev_20251022_baseline_v1".into(),
        tolerance: 0.15,
        tolerance_name: "normal".into(),
        verdict: Verdict::Go,
        rationale: vec![
            "All 21 checks are within their thresholds.".into(),
            "All 16 integrity counters hold over 9,934,213 rows.".into(),
        ],
        recommendations: vec![],
        summary: summary(),
        entities: entities(),
        checks: checks(),
        counters: counters(),
        portraits: super::portraits::portraits(1.0),
        remarks: vec![],
    }
}

/// The same with rooms too equal, a flat day, orphans, a real address, and texts that try to be markup.
pub fn no_go() -> Assessment {
    let mut bad = go();
    bad.verdict = Verdict::NoGo;
    bad.rationale = vec![
        "1 critical check failed: messages per conversations, share of the top 1 %.".into(),
        "3 integrity counters are broken: 17 rows of messages have no conversation, 1 e-mail address may be real."
            .into(),
        "2 checks warned; up to 3 are allowed.".into(),
    ];
    bad.recommendations = vec![
        "Lower messages.per_conversation_distribution.alpha below 1.8, or generate the dataset again: \
         the largest rooms hold too little of the traffic."
            .into(),
        "Delete the dataset: users.email holds an address outside reserved and synthetic domains.".into(),
    ];
    break_checks(&mut bad.checks);
    break_counters(&mut bad.counters);
    bad.summary.real_emails = 1;
    bad.summary.orphans[1].1 = 17;
    bad.summary.hours.as_mut().unwrap().diurnal_variation = 1.18;
    bad.portraits = super::portraits::portraits(0.72);
    bad.remarks = vec![
        Remark {
            subject: "messages.<script>alert(1)</script>".into(),
            text: "The model has no such column; it was not judged.".into(),
        },
        Remark {
            subject: "conversations.title".into(),
            text: "Drawn from a word list that the dataset does not carry; only its NULLs were judged."
                .into(),
        },
    ];
    bad
}

fn break_checks(checks: &mut [Check]) {
    let mut fail = |subject: &str, measure: &str, state, observed, effect, advice: &str| {
        let check = checks.iter_mut().find(|check| check.subject == subject && check.measure == measure);
        let check = check.unwrap_or_else(|| panic!("{subject} has no {measure}"));
        (check.state, check.observed, check.effect) = (state, observed, effect);
        check.advice = Some(advice.into());
    };
    fail(
        VOLUMES,
        "share of the top 1 %",
        State::Fail,
        0.352,
        0.4289,
        "The largest conversations hold 35.2 % of the messages instead of 61.6 %. Lower alpha, or look whether the \
         rooms were capped.",
    );
    fail(
        VOLUMES,
        "KS distance",
        State::Warn,
        0.0512,
        0.0512,
        "Compare the sizes with the picture of volumes.",
    );
    fail(
        "messages.createdAt",
        "hour of the day",
        State::Fail,
        0.0871,
        0.0871,
        "The day is too flat: raise the peaks of temporal.hourly.",
    );
    fail(
        "messages.type where conversations.type = 'GROUP_CHAT'",
        "total variation",
        State::Warn,
        0.0161,
        0.0161,
        "IMAGE has 11.2 % where 9.8 % were declared.",
    );
}

fn break_counters(counters: &mut [Counter]) {
    let mut break_it = |subject: &str, violations, places: Vec<Place>, advice: &str| {
        let counter = counters.iter_mut().rfind(|counter| counter.subject == subject);
        let counter = counter.unwrap_or_else(|| panic!("no counter of {subject}"));
        counter.violations = violations;
        counter.places = places;
        counter.advice = Some(advice.into());
    };
    let place = |file: &str, row, column: &str, found: &str| Place {
        file: file.into(),
        row: Some(row),
        column: Some(column.into()),
        found: found.into(),
    };
    break_it(
        "messages.conversationId",
        17,
        vec![
            place(
                "messages/part-00003.parquet",
                212_404,
                "conversationId",
                "9b2d3f0e-5a4c-4c39-8f6e-1d2b7a90c4de",
            ),
            place(
                "messages/part-00003.parquet",
                212_405,
                "conversationId",
                "9b2d3f0e-5a4c-4c39-8f6e-1d2b7a90c4de",
            ),
            place(
                "messages/part-00007.parquet",
                18,
                "conversationId",
                "00000000-0000-0000-0000-000000000000",
            ),
        ],
        "Restore the missing part of conversations, or generate the dataset again.",
    );
    break_it(
        "users.email",
        1,
        vec![place("users/part-00000.parquet", 4_711, "email", "j…@g….com (redacted)")],
        "Delete the dataset, and generate only addresses of reserved domains.",
    );
    break_it(
        "users.\"><img onerror=x>",
        2,
        vec![Place {
            file: "users/part-00000.parquet".into(),
            row: None,
            column: None,
            found: "</code><script>alert('2')</script>".into(),
        }],
        "Rename the column & try again.",
    );
}

const VOLUMES: &str = "messages per conversations";

fn entities() -> Vec<EntityRows> {
    let entity = |name: &str, rows, files, bytes| EntityRows {
        entity: name.into(),
        aliases: if name == "message_reads" { vec!["read_receipts".into()] } else { vec![] },
        rows,
        files,
        bytes,
    };
    vec![
        entity("users", 5_000, 1, 412_337),
        entity("conversations", 8_000, 11, 511_902),
        entity("conversation_users", 40_923, 11, 2_930_114),
        entity("messages", 5_000_000, 11, 602_114_873),
        entity("attachments", 750_290, 11, 41_200_675),
        entity("message_reads", 4_130_000, 11, 147_031_222),
    ]
}

fn summary() -> Summary {
    let types = |entity: &str, column: &str, counts: &[(&str, u64)]| TypeSummary {
        entity: entity.into(),
        column: column.into(),
        counts: counts.iter().map(|(value, rows)| ((*value).into(), *rows)).collect(),
    };
    let orphans = ["conversation_users", "messages", "attachments", "message_reads"];
    Summary {
        heavy: Some(HeavySummary {
            parent: "conversations".into(),
            child: "messages".into(),
            top_1_percent_parents: 80,
            top_1_percent_share: 0.616,
            top_5_percent_share: 0.904,
            p50: 15.0,
            p75: 43.0,
            p90: 174.0,
            p95: 499.15,
            p99: 15_723.29,
            max: 319_373,
        }),
        types: vec![
            types("conversations", "type", &[("DIRECT_MESSAGE", 5_600), ("GROUP_CHAT", 2_400)]),
            types("conversation_users", "role", &[("MEMBER", 30_286), ("OWNER", 8_000), ("ADMIN", 2_637)]),
            types(
                "messages",
                "type",
                &[
                    ("TEXT", 4_249_710),
                    ("IMAGE", 487_688),
                    ("VIDEO", 112_544),
                    ("FILE", 90_034),
                    ("AUDIO", 60_024),
                ],
            ),
        ],
        hours: Some(HoursSummary {
            subject: "messages.createdAt".into(),
            peak_hours: vec![9, 10, 11, 18, 19, 20],
            diurnal_variation: 2.54,
            hours: super::portraits::hours(1.0).to_vec(),
        }),
        real_emails: 0,
        orphans: orphans.iter().map(|entity| ((*entity).into(), 0)).collect(),
        out_of_order: 0,
        null_keys: 0,
    }
}

/// A passed check.
fn check(subject: &str, measure: &str, unit: Unit, figures: (Option<f64>, f64), limits: (f64, f64)) -> Check {
    let (resolved, observed) = figures;
    let (effect, threshold) = limits;
    Check {
        subject: subject.into(),
        measure: measure.into(),
        group: None,
        declared: None,
        resolved,
        observed,
        unit,
        effect,
        threshold,
        threshold_from: "15 % of the resolved figure".into(),
        noise: threshold / 3.0,
        state: State::Pass,
        critical: false,
        low_power: false,
        advice: None,
    }
}

fn distance(subject: &str, measure: &str, effect: f64, threshold: f64) -> Check {
    let mut check = check(subject, measure, Unit::Distance, (None, effect), (effect, threshold));
    check.threshold_from = "the law with its scale × 0.85".into();
    check.noise = 0.0182;
    check
}

fn with(mut check: Check, change: impl FnOnce(&mut Check)) -> Check {
    change(&mut check);
    check
}

fn checks() -> Vec<Check> {
    let grouped = |name: &str, check| with(check, |check| check.group = Some(name.into()));
    let declared = |words: &str, check| with(check, |check| check.declared = Some(words.into()));
    let critical = |check| with(check, |check| check.critical = true);
    let volume = |measure, unit, resolved, observed, effect| {
        check(VOLUMES, measure, unit, (Some(resolved), observed), (effect, 0.15))
    };
    let mut checks = vec![
        critical(declared("5K", check("users", "rows", Unit::Count, (Some(5_000.0), 5_000.0), (0.0, 0.0)))),
        critical(declared(
            "8K",
            check("conversations", "rows", Unit::Count, (Some(8_000.0), 8_000.0), (0.0, 0.0)),
        )),
        critical(declared("5M", check("messages", "rows", Unit::Count, (Some(5e6), 5e6), (0.0, 0.0)))),
        critical(distance(VOLUMES, "KS distance", 0.0031, 0.0438)),
        declared("p50 = 15", volume("median", Unit::Number, 15.0, 15.0, 0.0)),
        declared("p95 = 500", volume("95th percentile", Unit::Number, 500.0, 499.15, 0.0017)),
        declared("p99 = 5,000", volume("99th percentile", Unit::Number, 15_741.0, 15_723.29, 0.0011)),
        critical(volume("share of the top 1 %", Unit::Share, 0.6164, 0.616, 0.0006)),
        declared("30 %", volume("share at 10,000 or more", Unit::Share, 0.8201, 0.8199, 0.0002)),
        declared("α = 1.8", volume("Hill exponent", Unit::Ratio, 1.78, 1.81, 0.0169)),
    ];
    let content = |measure, unit, resolved, observed, effect, threshold| {
        let check = check("messages.content", measure, unit, (Some(resolved), observed), (effect, threshold));
        grouped("content length", check)
    };
    checks.extend([
        grouped("content length", critical(distance("messages.content", "KS distance", 0.0009, 0.0338))),
        content("median", Unit::Number, 89.6, 90.0, 0.0045, 0.15),
        content("mean", Unit::Number, 180.4, 180.61, 0.0012, 0.15),
        content("95th percentile", Unit::Number, 644.0, 646.0, 0.0031, 0.15),
    ]);
    let receipts = |check| grouped("read receipts", check);
    checks.extend([
        receipts(declared(
            "82 %",
            check("message_reads", "rate", Unit::Share, (Some(0.82), 0.826), (0.0073, 0.15)),
        )),
        receipts(distance("message_reads.readAt", "KS distance", 0.0112, 0.0521)),
        receipts(check(
            "message_reads.readAt",
            "median delay",
            Unit::Seconds,
            (Some(331.0), 329.4),
            (0.0048, 0.15),
        )),
        critical(distance("messages.createdAt", "hour of the day", 0.0024, 0.0198)),
        with(distance("messages.createdAt", "day of the week", 0.0041, 0.0121), |check| {
            check.low_power = true
        }),
        declared(
            "2.5",
            check("messages.createdAt", "gap variation", Unit::Ratio, (Some(2.31), 2.27), (0.0173, 0.15)),
        ),
        distance("messages.type where conversations.type = 'GROUP_CHAT'", "total variation", 0.0022, 0.0149),
    ]);
    checks
}

fn counters() -> Vec<Counter> {
    let counter = |promise, subject: &str, rule: &str, examined| Counter {
        promise,
        subject: subject.into(),
        rule: rule.into(),
        examined,
        violations: 0,
        places: vec![],
        advice: None,
    };
    vec![
        counter(Promise::Files, "all files", "each can be read and agrees with the manifest", 56),
        counter(Promise::PrimaryKey, "users.id", "never NULL, never twice", 5_000),
        counter(Promise::PrimaryKey, "messages.id", "never NULL, never twice", 5_000_000),
        counter(Promise::Unique, "users.email", "never twice", 5_000),
        counter(Promise::Unique, "conversation_users (conversationId, userId)", "never twice", 40_923),
        counter(
            Promise::Reference,
            "messages.conversationId",
            "every value is an id of conversations",
            5_000_000,
        ),
        counter(Promise::Reference, "messages.senderId", "every value is an id of users", 5_000_000),
        counter(Promise::Null, "messages.content", "NULL exactly where type is not 'TEXT'", 5_000_000),
        counter(Promise::Order, "messages.createdAt", "rises under one conversation", 5_000_000),
        counter(Promise::Validation, "message_reads", "readAt > messages.createdAt", 4_130_000),
        counter(Promise::Derived, "conversations.updatedAt", "max(messages.createdAt)", 8_000),
        counter(Promise::Domain, "messages.type", "one of TEXT, IMAGE, VIDEO, FILE, AUDIO", 5_000_000),
        counter(
            Promise::Scope,
            "message_reads.userId",
            "a member of the conversation, not the sender",
            4_130_000,
        ),
        counter(Promise::Cardinality, "message_reads per messages", "at most 1", 5_000_000),
        counter(Promise::Privacy, "users.email", "no address that may be real", 5_000),
        counter(Promise::Privacy, "users.\"><img onerror=x>", "no personal data", 5_000),
    ]
}
