//! [`PrivacyScan`]: finds what looks like the data of real people in texts.
//!
//! A hit is a reason to look, so it must be rare by chance: layouts, number ranges and check digits are those that the
//! issuers publish, what they set aside for examples is no hit, and a number inside a longer word (an id, a digest,
//! a version, a time) is none either.

mod address;
mod card;
mod edges;
mod email;
mod groups;
mod iban;
mod phone;
mod social_security;

use arrow::array::StringArray;
use serde::Serialize;

use edges::starts_word;
use groups::Groups;

/// What is looked for. Its order is that of reports.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonalData {
    /// An e-mail address that may reach somebody.
    Email,
    /// A telephone number.
    Phone,
    /// The number of a payment card.
    Card,
    /// An international bank account number.
    Iban,
    /// A social security number of the United States.
    SocialSecurity,
    /// An IP address that is routed in public.
    PublicAddress,
}

/// Something found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hit {
    /// The row of the texts.
    pub row: usize,
    /// What it is.
    pub kind: PersonalData,
    /// Its beginning and end, never the whole.
    pub redacted: String,
}

/// What stands at a place of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Found {
    /// Something real, up to a place.
    Real(PersonalData, usize),
    /// Something set aside for examples, up to a place.
    Reserved(usize),
}

/// Fewer digits than an IPv4 address make no number that is looked for.
const LEAST_DIGITS: usize = 4;

/// Fewer colons than an IPv6 address of three groups make none.
const LEAST_COLONS: usize = 3;

/// Bytes looked at before asking whether that was enough.
const BLOCK: usize = 4_096;

/// Looks for personal data in texts.
#[derive(Clone, Copy, Debug)]
pub struct PrivacyScan<'m> {
    synthetic_domains: &'m [String],
}

impl<'m> PrivacyScan<'m> {
    /// Addresses in the synthetic domains and below them are nobody's.
    pub const fn new(synthetic_domains: &'m [String]) -> Self {
        Self { synthetic_domains }
    }

    /// Appends what the texts hold, row by row.
    pub fn scan(&self, texts: &StringArray, found: &mut Vec<Hit>) {
        let offsets = texts.value_offsets();
        let (Some(&first), Some(&last)) = (offsets.first(), offsets.last()) else { return };
        if !is_suspicious(&texts.value_data()[first as usize..last as usize]) {
            return;
        }
        for (row, text) in texts.iter().enumerate() {
            if let Some(text) = text {
                self.scan_text(row, text, found);
            }
        }
    }

    fn scan_text(&self, row: usize, text: &str, found: &mut Vec<Hit>) {
        let (mut digits, mut colons, mut signs, mut others) = (0, 0, 0, 0);
        for &byte in text.as_bytes() {
            digits += usize::from(byte.is_ascii_digit());
            colons += usize::from(byte == b':');
            signs += usize::from(byte == b'@');
            others += usize::from(email::begins_other_sign(byte));
        }
        let mut hit = |kind, redacted| found.push(Hit { row, kind, redacted });
        let plain = (others > 0).then(|| email::with_plain_signs(text)).flatten();
        if let Some(plain) = &plain {
            email::each(plain, self.synthetic_domains, |redacted| hit(PersonalData::Email, redacted));
        } else if signs > 0 {
            email::each(text, self.synthetic_domains, |redacted| hit(PersonalData::Email, redacted));
        }
        if digits >= LEAST_DIGITS || (digits > 0 && colons >= LEAST_COLONS) {
            numbers(text, |kind, whole| hit(kind, redacted(kind, whole)));
        }
    }
}

/// Whether any byte could belong to what is looked for: all of it has a digit, an `@` or what stands for one.
fn is_suspicious(bytes: &[u8]) -> bool {
    // Without a branch for each byte, so that the compiler looks at many at once.
    let any = |found: bool, &byte: &u8| found | byte.is_ascii_digit() | (byte == b'@') | (byte == 0xef);
    bytes.chunks(BLOCK).any(|block| block.iter().fold(false, any))
}

/// Calls `hit` for each number of a person in the text.
fn numbers(text: &str, mut hit: impl FnMut(PersonalData, &str)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let candidate = matches!(bytes[at], b'0'..=b'9' | b'+' | b'(' | b'A'..=b'Z');
        let found = if candidate && starts_word(bytes, at) { number_at(bytes, at) } else { None };
        at = match found {
            Some(Found::Real(kind, end)) => {
                hit(kind, &text[at..end]);
                end
            }
            Some(Found::Reserved(end)) => end,
            None => at + 1,
        };
    }
}

/// What begins at a place where a word does.
fn number_at(text: &[u8], at: usize) -> Option<Found> {
    match text[at] {
        b'0'..=b'9' => {
            let groups = Groups::read(text, at);
            social_security::at(text, &groups)
                .or_else(|| card::at(text, &groups))
                .or_else(|| phone::national(text, &groups))
                .or_else(|| address::at(text, at))
        }
        b'(' => phone::national(text, &Groups::read(text, at)),
        b'+' => phone::international(text, &Groups::read(text, at + 1)),
        b'A'..=b'Z' => iban::at(text, at),
        _ => None,
    }
}

/// A beginning and an end that tell the reader where to look, not what stands there.
fn redacted(kind: PersonalData, whole: &str) -> String {
    let (first, last) = match kind {
        PersonalData::Card => (1, 4),
        PersonalData::Phone if whole.starts_with('+') => (3, 2),
        PersonalData::Phone | PersonalData::SocialSecurity => (0, 2),
        PersonalData::Iban => (2, 2),
        PersonalData::Email | PersonalData::PublicAddress => (1, 0),
    };
    format!("{}…{}", &whole[..first], &whole[whole.len() - last..])
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a text holds, with the synthetic domain `sample.io`.
    pub(in crate::fidelity::privacy) fn hits(text: &str) -> Vec<Hit> {
        let domains = ["sample.io".to_owned()];
        let mut found = vec![];
        PrivacyScan::new(&domains).scan(&StringArray::from(vec![text]), &mut found);
        found
    }

    /// Each text has one hit of the kind, alone and in a sentence, and the hit does not give it away.
    pub(in crate::fidelity::privacy) fn assert_real(kind: PersonalData, texts: &[&str]) {
        for text in texts {
            for text in [
                text.to_string(),
                format!("It is {text}."),
                format!("({text}), he said"),
                format!("x: {text}\n"),
            ] {
                let found = hits(&text);
                assert_eq!(found.iter().map(|hit| hit.kind).collect::<Vec<_>>(), [kind], "{text}");
            }
            assert!(!hits(text)[0].redacted.contains(text), "{text}");
        }
    }

    pub(in crate::fidelity::privacy) fn assert_nothing(texts: &[&str]) {
        for text in texts {
            assert_eq!(hits(text), [], "{text}");
        }
    }

    #[test]
    fn ids_times_versions_and_files_are_nobody() {
        assert_nothing(&[
            "",
            "no digits and no sign at all",
            "2025-07-28T10:11:12.123Z",
            "2025-07-28 10:11:12.123456+00",
            "28.07.2025 10:11",
            "07-28-2025 10:11:12",
            "20250728101112",
            "IMG_123456.jpg",
            "https://cdn.example.com/a/4155552671/415-555-2671.png",
            "SKU-123456",
            "SKU-415-555-2671",
            "ORD-078-05-1121",
            "1234567890123",
            "1753660800123456",
            "1947219365410394112",
            "12345678-1234-4123-8123-123456789012",
            "41111111-1111-1111-4111-111111111111",
            "99.95",
            "1,234,567.89",
            "-1234567890.123",
            "v1.2.3.4",
            "1.2.3.4.5",
            "Chrome/99.0.48.51",
            "10 20 30 40 50 60",
            "2c:54:91:88:c9:e3",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ]);
    }

    #[test]
    fn all_of_a_text_is_found_and_told_by_its_row() {
        let texts = StringArray::from(vec![
            Some("words"),
            None,
            Some("jo@gmail.com, +49 30 901820, 4111 1111 1111 1111 12/27, DE89 3704 0044 0532 0130 00"),
            Some("syn_1@example.com"),
            Some("8.8.8.8 or 2606:4700:4700::1111"),
        ]);
        let mut found = vec![];
        PrivacyScan::new(&[]).scan(&texts, &mut found);
        let shown: Vec<_> = found.iter().map(|hit| (hit.row, hit.kind, hit.redacted.as_str())).collect();
        let expected = [
            (2, PersonalData::Email, "j…@g….com"),
            (2, PersonalData::Phone, "+49…20"),
            (2, PersonalData::Card, "4…1111"),
            (2, PersonalData::Iban, "DE…00"),
            (4, PersonalData::PublicAddress, "8…"),
            (4, PersonalData::PublicAddress, "2…"),
        ];
        assert_eq!(shown, expected);
        found.clear();
        PrivacyScan::new(&[]).scan(&texts.slice(3, 2), &mut found);
        assert_eq!(found.iter().map(|hit| hit.row).collect::<Vec<_>>(), [1, 1]);
    }

    #[test]
    fn a_suspicious_byte_counts_wherever_it_stands() {
        for length in [1, 15, 64, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
            for at in [0, length / 2, length - 1] {
                for byte in [b'@', b'0', b'9', b'/', b':', b'A', 0xc3] {
                    let mut bytes = vec![b' '; length];
                    bytes[at] = byte;
                    assert_eq!(
                        is_suspicious(&bytes),
                        byte == b'@' || byte.is_ascii_digit(),
                        "{at} of {length}: {byte}"
                    );
                }
            }
        }
    }

    fn assert_silent(text: &str) -> Result<(), TestCaseError> {
        prop_assert_eq!(hits(text), [], "{}", text);
        Ok(())
    }

    proptest! {
        #[test]
        fn a_uuid_is_nobody(bytes: [u8; 16], upper: bool) {
            let mut bytes = bytes;
            bytes[6] = bytes[6] & 0x0f | 0x40;
            bytes[8] = bytes[8] & 0x3f | 0x80;
            let text = String::from_utf8(crate::model::text_form::write::uuid_text(&bytes).to_vec()).unwrap();
            let text = if upper { text.to_uppercase() } else { text };
            for text in [format!("id {text}"), format!("/{text}.jpg"), format!("a_{text}"), text] {
                assert_silent(&text)?;
            }
        }

        #[test]
        fn a_digest_is_nobody(text in "[0-9a-f]{0,40}[a-f][0-9a-f]{0,40}") {
            assert_silent(&text)?;
            assert_silent(&format!("sha256:{text}"))?;
        }

        #[test]
        fn words_are_nobody(text in "([A-Za-zäß]{1,12}[ ,.!?:;/()-]{1,2}){0,30}") {
            assert_silent(&text)?;
        }

        #[test]
        fn a_moment_is_nobody(microseconds in -2_000_000_000_000_000_i64..4_000_000_000_000_000) {
            use crate::model::text_form::write;
            assert_silent(&write::text(|out| write::push_timestamp(out, microseconds)))?;
            assert_silent(&write::text(|out| write::push_postgres_timestamp(out, microseconds)))?;
            assert_silent(&crate::model::scalars::format_time(microseconds))?;
        }

        #[test]
        fn any_text_is_read_without_panic_and_redacted(text in "[0-9+() .:/@a-fDE-]{0,60}", any in ".{0,40}") {
            for text in [text.as_str(), any.as_str(), &format!("{any}@{any}.de")] {
                for hit in hits(text) {
                    let (beginning, end) = hit.redacted.split_once('…').expect("something is left out");
                    let digits = hit.redacted.bytes().filter(u8::is_ascii_digit).count();
                    match hit.kind {
                        PersonalData::Email => {
                            prop_assert!(beginning.chars().count() == 1 && end.contains("….") );
                        }
                        _ => prop_assert!(digits <= 5 && beginning.len() + end.len() <= 5, "{:?}", hit),
                    }
                }
            }
        }
    }
}
