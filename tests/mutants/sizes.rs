//! [`mutants`]: chats made by other laws than those that they are judged by.

use crate::good::CHAT;
use crate::making::Made;
use crate::trial::{Mutant, RefusedBy, warned};

const VOLUMES: &str = "messages per conversations";
const MEMBERS: &str = "conversation_users per conversations";
const TIMES: &str = "messages.createdAt";
const LENGTHS: &str = "messages.content: characters";
const DELAYS: &str = "message_reads.readAt after messages.createdAt";

/// The quantiles of the rooms' sizes in `configs/chat/chat.yaml`.
const QUANTILES: &str = "      quantiles:
        # In order of priority: what cannot hold beside the total and those above it yields.
        - {p50: $messages.per_conversation_distribution.median}
        - {p95: $messages.per_conversation_distribution.p95}
        - above: $messages.per_conversation_distribution.heavy_rooms.min_messages
          rows: $messages.per_conversation_distribution.heavy_rooms.fraction
        - {p99: $messages.per_conversation_distribution.p99}
        - above: $messages.per_conversation_distribution.heavy_rooms.min_messages
          share: $messages.per_conversation_distribution.heavy_rooms.traffic_share
      # The quantiles hold at this exponent; a lower one skews every band more.
      alpha: {value: $messages.per_conversation_distribution.alpha, holds_at: 1.8}
";

fn check(name: &'static str, made: Made, subject: &'static str, measure: &'static str) -> Mutant {
    Mutant { name, of: &CHAT, made, refused_by: RefusedBy::Check(subject, measure) }
}

fn set(name: &'static str, setting: &'static str, subject: &'static str, measure: &'static str) -> Mutant {
    check(name, Made::Set(vec![setting]), subject, measure)
}

fn model(
    name: &'static str,
    change: (&'static str, &'static str),
    subject: &'static str,
    measure: &'static str,
) -> Mutant {
    check(name, Made::Model(vec![change]), subject, measure)
}

/// All of them.
pub fn mutants() -> Vec<Mutant> {
    [sizes(), times(), messages(), people()].concat()
}

fn sizes() -> Vec<Mutant> {
    const EQUAL: &str = "      power_law: {exponent: 20, min: 24, max: 25}\n";
    // The mean is 24 as it is declared.
    const EXPONENTIAL: &str = "      geometric: {p: 0.0417, min: 1, max: 100000}\n";
    // Median 10 and mean 24: sigma is 1.32.
    const LOG_NORMAL: &str = "      quantiles: [{p50: 10}, {p75: 24}, {p90: 54}, {p95: 88}, {p99: 217}]\n";
    const CUT: &str = "      power_law: {exponent: 1.6, min: 1, max: 300}\n";
    vec![
        model("rooms of one size", (QUANTILES, EQUAL), VOLUMES, "KS distance"),
        model("exponential rooms", (QUANTILES, EXPONENTIAL), VOLUMES, "p90"),
        model(
            "log-normal rooms of the same median and mean",
            (QUANTILES, LOG_NORMAL),
            VOLUMES,
            "share of the top 5 %",
        ),
        model("rooms cut off", (QUANTILES, CUT), VOLUMES, "biggest"),
        model("rooms cut off, by the condition", (QUANTILES, CUT), VOLUMES, "parents from 300 on"),
        set(
            "skewer rooms",
            "messages.per_conversation_distribution.alpha=1.6",
            VOLUMES,
            "Hill exponent from 15",
        ),
        set(
            "fewer heavy rooms",
            "messages.per_conversation_distribution.heavy_rooms.fraction=0.0165",
            VOLUMES,
            "parents with 300 or more",
        ),
        set("larger rooms in the middle", "messages.per_conversation_distribution.median=12", VOLUMES, "p50"),
        set("larger rooms at the top", "messages.per_conversation_distribution.p95=85", VOLUMES, "p95"),
        set("too many messages", "band.messages=241500", "messages", "rows"),
        set(
            "fewer pairs",
            "conversations.member_distribution.one_to_one.fraction=0.65",
            MEMBERS,
            "KS distance",
        ),
        set(
            "other small groups",
            "conversations.member_distribution.small_group.geometric_p=0.2",
            MEMBERS,
            "KS distance within 3 to 20",
        ),
        set("larger groups", "conversations.member_distribution.large_group.alpha=2.2", MEMBERS, "p99"),
    ]
}

fn times() -> Vec<Mutant> {
    const FLAT: &str = r#"{"temporal": {"hourly": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}}"#;
    // 1.85 + 0.75 cos(2π (hour - 15) / 24)
    const SINUSOID: &str = r#"{"temporal": {"hourly": [1.32, 1.2, 1.12, 1.1, 1.12, 1.2, 1.32, 1.48, 1.66, 1.85, 2.04, 2.22,
        2.38, 2.5, 2.57, 2.6, 2.57, 2.5, 2.38, 2.22, 2.04, 1.85, 1.66, 1.48]}}"#;
    const LATE: &str = r#"{"temporal": {"hourly": [1.45, 1.25, 1.1, 1, 1, 1, 1.1, 1.35, 1.7, 2.1, 2.5, 2.5, 2.5, 2.2, 2, 1.9,
        1.9, 2, 2.2, 2.5, 2.5, 2.5, 2.1, 1.75]}}"#;
    vec![
        check("a flat day", Made::Spec(FLAT), TIMES, "busiest hour over quietest"),
        check("one sinusoid for a day", Made::Spec(SINUSOID), TIMES, "peak hours over trough hours"),
        check("a day an hour late", Made::Spec(LATE), TIMES, "hour of week, total variation"),
        set("busier weekdays", "temporal.weekday_boost=1.65", TIMES, "weekdays over weekend"),
        set("more bursts", "temporal.burst_coefficient=1.45", TIMES, "burst coefficient"),
        set("gaps of a Poisson process", "temporal.burst_coefficient=1", TIMES, "burst coefficient"),
        model(
            "a window that ends a week early",
            ("          to: $window.end\n", "          to: 2025-10-13T00:00:00Z\n"),
            TIMES,
            "KS distance over the days",
        ),
    ]
}

fn messages() -> Vec<Mutant> {
    const LENGTH: &str =
        "log_normal: {mu: $messages.content_length.mu, sigma: $messages.content_length.sigma}";
    const IMAGES: &str = "attachments.sizeBytes where messages.type = IMAGE";
    vec![
        set("texts of more various lengths", "messages.content_length.sigma=1.44", LENGTHS, "KS distance"),
        // The mean of the declared lengths.
        model(
            "exponential texts of the same mean",
            (LENGTH, "exponential: {mean: 183}"),
            LENGTHS,
            "coefficient of variation",
        ),
        warned(set("more media", "messages.media.fraction=0.18", "messages.type", "total variation")),
        warned(check(
            "more videos for pictures",
            Made::Set(vec!["messages.media.types.image=0.3", "messages.media.types.video=0.3"]),
            "messages.type",
            "share of VIDEO",
        )),
        set("larger pictures", "messages.media.size_bytes.median.image=420000", IMAGES, "median"),
        warned(model(
            "more archives",
            ("application/pdf: 60, application/zip: 15", "application/pdf: 50, application/zip: 25"),
            "attachments.mimeType where messages.type = FILE",
            "total variation",
        )),
        warned(set(
            "more replies",
            "messages.reply_fraction=0.18",
            "messages.replyToId",
            "share of rows with a value",
        )),
        model(
            "replies of texts alone",
            ("when: \"isReply\"", "when: \"isReply and type = 'TEXT'\""),
            "messages.type beside replyToId",
            "dependence",
        ),
        model(
            "quicker replies",
            ("geometric: {p: 0.12,", "geometric: {p: 0.15,"),
            "messages.replyToId: rows back",
            "KS distance",
        ),
        set(
            "more edits",
            "messages.edited_fraction=0.037",
            "messages.updatedAt",
            "share of rows with a delay",
        ),
        model(
            "later edits",
            ("exponential: {mean: 20m}", "exponential: {mean: 24m}"),
            "messages.updatedAt after createdAt",
            "mean",
        ),
        set(
            "fewer receipts",
            "read_receipts.rate=0.775",
            "message_reads per messages",
            "share of parents with one",
        ),
        set("no slow receipts", "read_receipts.slow.weight=0", DELAYS, "99th percentile"),
        set("fewer slow receipts", "read_receipts.slow.weight=0.12", DELAYS, "KS distance"),
    ]
}

fn people() -> Vec<Mutant> {
    const SENDERS: &str = "messages.senderId: place among conversation_users";
    vec![
        model("users who come evenly", ("shape: rising", "shape: uniform"), "users.createdAt", "KS distance"),
        model(
            "fewer users who change",
            ("share: 60%", "share: 49%"),
            "users.updatedAt",
            "share of rows with a delay",
        ),
        warned(model(
            "titles with favourites",
            ("title: {pool: {names: topics}", "title: {pool: {names: topics, zipf: 0.5}"),
            "conversations.title",
            "total variation",
        )),
        set(
            "busy rooms that open late",
            "conversations.established_from_messages=13",
            "conversations.createdAt where messageCount >= 10",
            "KS distance",
        ),
        warned(set(
            "more administrators",
            "conversations.admin_fraction=0.1",
            "conversation_users.role",
            "total variation",
        )),
        warned(set(
            "more who left",
            "conversations.left_fraction=0.06",
            "conversation_users.isActive",
            "share of false",
        )),
        check(
            "four laws of values at once",
            Made::Set(vec![
                "messages.media.fraction=0.18",
                "messages.reply_fraction=0.18",
                "conversations.admin_fraction=0.1",
                "conversations.left_fraction=0.06",
            ]),
            "messages.type",
            "total variation",
        ),
        set(
            "members without favourites",
            "conversations.membership_zipf=0.5",
            "conversation_users.userId: rows for each of users",
            "share of the top 10 %",
        ),
        set("senders more alike", "messages.sender_zipf=0.6", SENDERS, "total variation"),
        set("the owner always speaks", "messages.sender_zipf=20", SENDERS, "share of the first"),
    ]
}
