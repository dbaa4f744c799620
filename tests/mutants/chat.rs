//! [`mutants`]: what is done to the files of a true chat.

use std::fs;
use std::path::{Path, PathBuf};

use crate::good::{CHAT, Sample, TINY};
use crate::making::Made;
use crate::trial::{Mutant, RefusedBy, warned};

/// All of them.
pub fn mutants() -> Vec<Mutant> {
    [files(), rows(), places(), persons(), laws()].concat()
}

/// A mutant that a counter refuses.
fn counter(name: &'static str, made: Made, subject: &'static str, rule: &'static str) -> Mutant {
    Mutant { name, of: &TINY, made, refused_by: RefusedBy::Counter(subject, rule) }
}

/// A mutant of the larger chat that a check refuses.
fn check(name: &'static str, made: Made, subject: &'static str, measure: &'static str) -> Mutant {
    let of: &Sample = &CHAT;
    Mutant { name, of, made, refused_by: RefusedBy::Check(subject, measure) }
}

/// The last part of the messages.
fn part(dataset: &Path) -> PathBuf {
    let parts = fs::read_dir(dataset.join("messages")).expect("there are messages");
    parts.map(|part| part.expect("the folder can be listed").path()).max().expect("there are parts")
}

fn lose(dataset: &Path) {
    fs::remove_file(part(dataset)).expect("the part is there");
}

fn cut_off(dataset: &Path) {
    let file = part(dataset);
    let bytes = fs::read(&file).expect("the part is there");
    // Another file of this name: the true dataset shares the old one.
    fs::remove_file(&file).expect("the part is there");
    fs::write(&file, &bytes[..bytes.len() / 2]).expect("the folder can be written to");
}

fn files() -> Vec<Mutant> {
    let by_hand = |manifest, change| Made::Files { manifest, change };
    let recorded = "every part is as the manifest records it";
    vec![
        counter("one lost part", by_hand(true, lose), "manifest.json", recorded),
        Mutant {
            name: "one lost part of a foreign dataset",
            of: &TINY,
            made: by_hand(false, lose),
            refused_by: RefusedBy::Check("messages", "rows"),
        },
        counter("one file cut off", by_hand(true, cut_off), "manifest.json", recorded),
        counter(
            "one file of a foreign dataset cut off",
            by_hand(false, cut_off),
            "messages",
            "every file can be opened",
        ),
        counter("a changed file", Made::Tampered, "manifest.json", recorded),
        counter(
            "a message in another part",
            Made::Forged,
            "parts",
            "parts of one number hold whole families",
        ),
        counter(
            "a table without one column",
            Made::Foreign,
            "attachments",
            "every file has the columns of the model",
        ),
        counter(
            "one size that is no number",
            Made::Foreign,
            "attachments.sizeBytes",
            "every value is bigint",
        ),
    ]
}

fn rows() -> Vec<Mutant> {
    let foreign = |name, subject, rule| counter(name, Made::Foreign, subject, rule);
    vec![
        foreign("one orphan", "messages.conversationId", "every value is a key of conversations"),
        foreign("one member that is no user", "conversation_users.userId", "every value is a key of users"),
        foreign("one creator that is no user", "conversations.createdById", "every value is a key of users"),
        foreign("one duplicate id", "message_reads.id", "no key stands twice"),
        foreign("one key without a value", "message_reads.id", "a key is never NULL"),
        foreign("one e-mail address twice", "users.email", "no value stands twice"),
        foreign("one uuid of version 7", "message_reads.id", "every value is a UUID of version 4"),
        foreign("one message edited before it was written", "messages", "updatedAt >= createdAt"),
        foreign("users whose columns are swapped", "users", "updatedAt >= createdAt"),
        foreign(
            "one message before the window",
            "messages.createdAt",
            "no time lies before its parent's life",
        ),
        foreign("one user of tomorrow", "users.createdAt", "every time lies from"),
        foreign("one wrong number of messages", "conversations.messageCount", "the number of messages"),
        foreign("one stale time of reading", "conversation_users.lastReadAt", "max of message_reads.readAt"),
        foreign("one attachment a microsecond late", "attachments.createdAt", "equals messages.createdAt"),
        foreign("one room of the other type", "conversations.type", "equals case when"),
        foreign("one text without content", "messages.content", "there where type = 'TEXT'"),
        foreign("one picture with content", "messages.content", "there where type = 'TEXT'"),
        foreign("one title of no topic", "conversations.title", "every value is one of those"),
        foreign("one title with a space behind", "conversations.title", "every value is one of those"),
        foreign("one user name of another form", "users.username", "every text is of the form"),
        foreign("one text of 4,001 characters", "messages.content", "every text has 1 to 4000 characters"),
        foreign("one message of an unknown type", "messages.type", "every value is one of those"),
        foreign(
            "one administrator called by another name",
            "conversation_users.role",
            "every value is one of those",
        ),
        foreign("one message read twice", "message_reads per messages", "at most one"),
        foreign(
            "one picture without an attachment",
            "attachments per messages",
            "exactly one where type <> 'TEXT'",
        ),
    ]
}

/// Who may stand where, and when.
fn places() -> Vec<Mutant> {
    let foreign = |name, subject, rule| counter(name, Made::Foreign, subject, rule);
    vec![
        counter("one swapped pair of timestamps", Made::Forged, "messages.createdAt", "times rise strictly"),
        foreign(
            "one member who joined after the first message",
            "conversation_users.joinedAt",
            "every time lies between conversations.createdAt and conversations.firstMessageAt",
        ),
        foreign(
            "one sender from another room",
            "messages.senderId",
            "every value stands in conversation_users of the same",
        ),
        foreign(
            "one sender who reads",
            "message_reads.userId",
            "every value stands in conversation_users of the same",
        ),
        foreign(
            "one reply across rooms",
            "messages.replyToId",
            "every value is an earlier row of the same conversations",
        ),
        foreign(
            "one reply to a later message",
            "messages.replyToId",
            "every value is an earlier row of the same conversations",
        ),
        foreign(
            "one member twice",
            "conversation_users.userId",
            "all values under one of conversations differ",
        ),
        foreign(
            "one pair of people with two rooms",
            "conversation_users.userId",
            "of conversations with two rows, no two",
        ),
    ]
}

fn persons() -> Vec<Mutant> {
    let found = |name, rule| counter(name, Made::Foreign, "messages", rule);
    vec![
        found("one real e-mail address", "no text holds personal data: found 1 e-mail"),
        found("one e-mail address in a row of no room", "no text holds personal data: found 1 e-mail"),
        found("one e-mail address with a full-width sign", "no text holds personal data: found 1 e-mail"),
        found("one e-mail address in percent signs", "no text holds personal data: found 1 e-mail"),
        found("one e-mail address with a zero-width space", "no text holds personal data: found 1 e-mail"),
        found("one telephone number", "no text holds personal data: found 1 phone"),
        found("one card number", "no text holds personal data: found 1 card"),
        found("one bank account", "no text holds personal data: found 1 bank"),
        found("one social security number", "no text holds personal data: found 1 US social"),
        found("one public address", "no text holds personal data: found 1 public IP"),
        counter(
            "one telephone number in a title",
            Made::Foreign,
            "conversations",
            "no text holds personal data: found 1 phone",
        ),
        counter(
            "a column of e-mail addresses that nobody declared",
            Made::Foreign,
            "users",
            "no text of a column that the model does not know",
        ),
    ]
}

/// Rows that are each as they may be, and wrong together.
fn laws() -> Vec<Mutant> {
    let foreign = |name, subject, measure| check(name, Made::Foreign, subject, measure);
    let forged = |name, subject, measure| check(name, Made::Forged, subject, measure);
    vec![
        foreign("a day without messages", "messages.createdAt", "rows on 2025-10-08"),
        foreign("clocks three hours ahead", "messages.createdAt", "hour of day, total variation"),
        foreign(
            "even gaps with a few giants",
            "messages.createdAt",
            "share of gaps under a tenth of the mean",
        ),
        forged("messages sorted by type", "messages.type beside the row before", "dependence"),
        forged("messages sorted by length", "messages.content beside the row before", "dependence"),
        forged(
            "media in the first half only",
            "messages.type beside its place in its conversations",
            "dependence",
        ),
        foreign(
            "receipts in busy rooms only",
            "message_reads per messages beside the size of its conversations",
            "dependence",
        ),
        warned(foreign("a few texts twice", "messages.content", "long texts that repeat another")),
        warned(foreign("texts of other words", "messages.content", "words that the list has not")),
        foreign(
            "members join early",
            "conversation_users.joinedAt between conversations.createdAt and conversations.firstMessageAt",
            "KS distance",
        ),
        foreign("one hot user", "conversation_users.userId: rows for each of users", "share of the top 1 %"),
    ]
}
