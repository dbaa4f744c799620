//! [`each`]: e-mail addresses that may reach somebody.

/// Top-level domains that are never delegated (RFC 2606, RFC 6761).
const RESERVED_TOPS: [&str; 4] = ["example", "test", "invalid", "localhost"];

/// Domains that are kept for examples (RFC 2606).
const RESERVED_DOMAINS: [&str; 3] = ["example.com", "example.net", "example.org"];

/// How the names of synthetic users begin.
const SYNTHETIC_NAMES: [&str; 2] = ["syn_", "synthetic_"];

/// Other ways to write the sign: wide and small forms (Unicode), of URLs, of HTML.
const OTHER_SIGNS: [&str; 4] = ["\u{ff20}", "\u{fe6b}", "%40", "&#64;"];

/// A byte that other ways to write the sign begin with.
pub(super) const fn begins_other_sign(byte: u8) -> bool {
    matches!(byte, 0xef | b'%' | b'&')
}

/// The text with plain signs, where it has others.
pub(super) fn with_plain_signs(text: &str) -> Option<String> {
    let has_any = OTHER_SIGNS.iter().any(|sign| text.contains(sign));
    has_any.then(|| OTHER_SIGNS.iter().fold(text.to_owned(), |text, sign| text.replace(sign, "@")))
}

/// Calls `hit` with each redacted address outside the reserved and synthetic domains.
pub(super) fn each(text: &str, synthetic_domains: &[String], mut hit: impl FnMut(String)) {
    for (sign, _) in text.match_indices('@') {
        let Some((name, domain)) = address(text, sign) else { continue };
        if !is_synthetic(name, domain, synthetic_domains) {
            hit(redacted(name, domain));
        }
    }
}

/// The name before a sign and the domain behind it.
fn address(text: &str, sign: usize) -> Option<(&str, &str)> {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-'".contains(byte);
    let is_of_domain = |byte: &u8| byte.is_ascii_alphanumeric() || b".-".contains(byte) || !byte.is_ascii();
    let before = text[..sign].bytes().rev().take_while(|byte| is_of_name(byte)).count();
    let after = text[sign + 1..].bytes().take_while(|byte| is_of_domain(byte)).count();
    let name = text[sign - before..sign].trim_start_matches(['.', '\'', '-']);
    // What a sentence puts behind a domain is not of it; neither are marks beyond ASCII.
    let domain = &text[sign + 1..sign + 1 + after];
    let domain = domain.trim_end_matches(|end: char| !end.is_alphanumeric());
    let (host, top) = domain.rsplit_once('.')?;
    let is_top =
        top.chars().count() >= 2 && (top.chars().all(char::is_alphabetic) || top.starts_with("xn--"));
    let whole = !host.is_empty() && !domain.starts_with('.') && !domain.contains("..");
    (!name.is_empty() && !name.ends_with('.') && is_top && whole).then_some((name, domain))
}

fn is_synthetic(name: &str, domain: &str, synthetic_domains: &[String]) -> bool {
    let begins = |prefix: &str| {
        name.get(..prefix.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(prefix))
    };
    SYNTHETIC_NAMES.into_iter().any(begins)
        || RESERVED_TOPS.into_iter().any(|top| is_within(domain, top))
        || RESERVED_DOMAINS.into_iter().any(|known| is_within(domain, known))
        || synthetic_domains.iter().any(|known| is_within(domain, known))
}

/// The domain itself or one below it.
fn is_within(domain: &str, known: &str) -> bool {
    let Some(start) = domain.len().checked_sub(known.len()) else { return false };
    let ends = domain.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(known));
    ends && (start == 0 || domain.as_bytes()[start - 1] == b'.')
}

/// `j…@g….com`
fn redacted(name: &str, domain: &str) -> String {
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    let top = domain.rsplit('.').next().unwrap_or_default();
    format!("{}…@{}….{top}", first(name), first(domain))
}

#[cfg(test)]
mod tests {
    use super::super::PersonalData;
    use super::super::tests::{assert_nothing, assert_real};

    #[test]
    fn addresses_are_found() {
        assert_real(
            PersonalData::Email,
            &[
                "john.doe@gmail.com",
                "j@g.co",
                "first.last+tag@sub.mail.co.uk",
                "o'brien@firm.ie",
                "x_1%2@a-b.io",
                "info@müller.de",
                "JOHN@EXAMPLE.CO",
                "me@notexample.com",
                "me@example.com.br",
                "a@b.museum",
                "user@mysample.io",
                "john@test.com",
                "xsyn_1@mail.de",
            ],
        );
    }

    #[test]
    fn addresses_are_found_whatever_their_sign() {
        let addresses = [
            "john.doe\u{ff20}gmail.com",
            "john.doe\u{fe6b}gmail.com",
            "john.doe%40gmail.com",
            "john.doe&#64;gmail.com",
        ];
        assert_real(PersonalData::Email, &addresses);
        assert_nothing(&["100%40 & more", "syn_1%40example.com", "caf\u{e9} \u{ff20} noon"]);
    }

    #[test]
    fn reserved_and_synthetic_addresses_are_nobody() {
        assert_nothing(&[
            "syn_name123@example.com",
            "john@example.com",
            "john@EXAMPLE.org",
            "john@mail.example.net",
            "john@shop.example",
            "john@a.test",
            "john@x.invalid",
            "john@mail.localhost",
            "john@sample.io",
            "john@eu.Sample.IO",
            "syn_john@gmail.com",
            "SYN_john@gmail.com",
            "synthetic_7@firm.de",
        ]);
    }

    #[test]
    fn other_uses_of_the_sign_are_nobody() {
        assert_nothing(&[
            "@",
            "a@",
            "@b.com",
            "a@b",
            "meet @ 5.30",
            "@john.doe",
            "lodash@4.17.21",
            "root@10.0.0.1",
            "a@.com",
            "a@b..com",
            "a @ b.com",
            "a@b.c",
            "https://medium.com/@user.name",
            "é@",
            "@é.de",
        ]);
    }

    #[test]
    fn several_addresses_of_a_text_are_told_apart() {
        let found = super::super::tests::hits("Write to anna@firm.de,bob@example.com;Carl@gmx.net!");
        let shown: Vec<&str> = found.iter().map(|hit| hit.redacted.as_str()).collect();
        assert_eq!(shown, ["a…@f….de", "C…@g….net"]);
    }
}
