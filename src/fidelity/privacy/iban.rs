//! [`at`]: international bank account numbers (ISO 13616, SWIFT's registry).

use super::edges::ends_word;
use super::{Found, PersonalData};

/// Countries and the account's structure: `n` digits, `a` capital letters, `c` either.
#[rustfmt::skip]
const COUNTRIES: [(&[u8; 2], &str); 89] = [
    (b"AD", "8n12c"), (b"AE", "19n"), (b"AL", "8n16c"), (b"AT", "16n"), (b"AZ", "4a20c"), (b"BA", "16n"),
    (b"BE", "12n"), (b"BG", "4a6n8c"), (b"BH", "4a14c"), (b"BI", "23n"), (b"BR", "23n1a1c"),
    (b"BY", "4c4n16c"), (b"CH", "5n12c"), (b"CR", "18n"), (b"CY", "8n16c"), (b"CZ", "20n"), (b"DE", "18n"),
    (b"DJ", "23n"), (b"DK", "14n"), (b"DO", "4c20n"), (b"EE", "16n"), (b"EG", "25n"), (b"ES", "20n"),
    (b"FI", "14n"), (b"FK", "2a12n"), (b"FO", "14n"), (b"FR", "10n11c2n"), (b"GB", "4a14n"),
    (b"GE", "2a16n"), (b"GI", "4a15c"), (b"GL", "14n"), (b"GR", "7n16c"), (b"GT", "24c"), (b"HN", "4a20n"),
    (b"HR", "17n"), (b"HU", "24n"), (b"IE", "4a14n"), (b"IL", "19n"), (b"IQ", "4a15n"), (b"IS", "22n"),
    (b"IT", "1a10n12c"), (b"JO", "4a4n18c"), (b"KW", "4a22c"), (b"KZ", "3n13c"), (b"LB", "4n20c"),
    (b"LC", "4a24c"), (b"LI", "5n12c"), (b"LT", "16n"), (b"LU", "3n13c"), (b"LV", "4a13c"), (b"LY", "21n"),
    (b"MC", "10n11c2n"), (b"MD", "20c"), (b"ME", "18n"), (b"MK", "3n10c2n"), (b"MN", "16n"), (b"MR", "23n"),
    (b"MT", "4a5n18c"), (b"MU", "4a19n3a"), (b"NI", "4a20n"), (b"NL", "4a10n"), (b"NO", "11n"),
    (b"OM", "3n16c"), (b"PK", "4a16c"), (b"PL", "24n"), (b"PS", "4a21c"), (b"PT", "21n"), (b"QA", "4a21c"),
    (b"RO", "4a16c"), (b"RS", "18n"), (b"RU", "14n15c"), (b"SA", "2n18c"), (b"SC", "4a20n3a"),
    (b"SD", "14n"), (b"SE", "20n"), (b"SI", "15n"), (b"SK", "20n"), (b"SM", "1a10n12c"), (b"SO", "19n"),
    (b"ST", "21n"), (b"SV", "4a20n"), (b"TL", "19n"), (b"TN", "20n"), (b"TR", "6n16c"), (b"UA", "6n19c"),
    (b"VA", "18n"), (b"VG", "4a16n"), (b"XK", "16n"), (b"YE", "4a4n18c"),
];

/// An account number without spaces, or with one after each fourth character.
pub(super) fn at(text: &[u8], start: usize) -> Option<Found> {
    let head = text.get(start..start + 4)?;
    if !head[2..].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (_, structure) = COUNTRIES.iter().find(|(country, _)| **country == head[..2])?;
    let kinds: Vec<u8> = kinds(structure).collect();
    let spaced = text.get(start + 4) == Some(&b' ');
    let mut number = Vec::with_capacity(kinds.len());
    let mut at = start;
    while number.len() < kinds.len() {
        if spaced && at > start && number.len() % 4 == 0 {
            if text.get(at) != Some(&b' ') {
                return None;
            }
            at += 1;
        }
        number.push(*text.get(at).filter(|byte| is_of(**byte, kinds[number.len()]))?);
        at += 1;
    }
    // Check digits are 98 less a remainder: no account has these, whatever is left when divided by 97.
    let synthetic = matches!(&number[2..4], b"00" | b"01" | b"99");
    (ends_word(text, at) && !synthetic && remainder(&number) == 1)
        .then_some(Found::Real(PersonalData::Iban, at))
}

/// The kind of each character, with the country and the two check digits.
fn kinds(structure: &str) -> impl Iterator<Item = u8> {
    let mut count = 0;
    let account = structure.bytes().flat_map(move |byte| {
        let repeat = match byte {
            b'0'..=b'9' => {
                count = count * 10 + usize::from(byte - b'0');
                0
            }
            _ => std::mem::take(&mut count),
        };
        std::iter::repeat_n(byte, repeat)
    });
    b"aann".iter().copied().chain(account)
}

const fn is_of(byte: u8, kind: u8) -> bool {
    match kind {
        b'n' => byte.is_ascii_digit(),
        b'a' => byte.is_ascii_uppercase(),
        _ => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
    }
}

/// The number modulo 97 with its first four characters at the end and letters as 10 to 35 (ISO 7064).
fn remainder(number: &[u8]) -> u32 {
    number[4..].iter().chain(&number[..4]).fold(0, |rest, &byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        letter => (rest * 100 + u32::from(letter - b'A') + 10) % 97,
    })
}

#[cfg(test)]
mod tests {
    use super::super::PersonalData;
    use super::super::tests::{assert_nothing, assert_real};

    /// The examples of SWIFT's registry.
    #[test]
    fn the_examples_of_the_registry_are_found() {
        assert_real(
            PersonalData::Iban,
            &[
                "AD1200012030200359100100",
                "AE070331234567890123456",
                "AT611904300234573201",
                "BE68539007547034",
                "BR1800360305000010009795493C1",
                "CH9300762011623852957",
                "DE89370400440532013000",
                "DE89 3704 0044 0532 0130 00",
                "ES9121000418450200051332",
                "FR1420041010050500013M02606",
                "GB29NWBK60161331926819",
                "GB29 NWBK 6016 1331 9268 19",
                "GI75NWBK000000007099453",
                "IT60X0542811101000000123456",
                "LC55HEMM000100010012001200023015",
                "MT84MALT011000012345MTLCAST001S",
                "NL91ABNA0417164300",
                "NO9386011117947",
                "PL61109010140000071219812874",
                "SA0380000000608010167519",
                "SE4550000000058398257466",
                "TR330006100519786457841326",
                "MU17BOMM0101101030300200000MUR",
            ],
        );
    }

    #[test]
    fn wrong_digits_lengths_and_countries_are_nobody() {
        assert_nothing(&[
            "DE88370400440532013000",
            "DE8937040044053201300",
            "DE893704004405320130000",
            "DE89 37040044 0532 0130 00",
            "XX89370400440532013000",
            "DE8A370400440532013000",
            "de89370400440532013000",
            "GB29NWBK6016133192681A",
            "AB12345678",
            "XDE89370400440532013000",
            "DE89",
            "DE",
            "PO-DE89370400440532013000",
        ]);
    }

    /// 02 to 98 are check digits; 00, 01 and 99 leave what 97, 98 and 02 do.
    #[test]
    fn check_digits_that_no_account_has_are_nobody() {
        assert_nothing(&["NL00SEED1000000039", "NL01SEED1000000021", "NL99SEED1000000003"]);
        assert_real(PersonalData::Iban, &["NL97SEED1000000039", "NL98SEED1000000021", "NL02SEED1000000003"]);
    }

    #[test]
    fn every_structure_has_the_length_of_its_country() {
        for (country, length) in [
            (b"NO", 15),
            (b"BE", 16),
            (b"DE", 22),
            (b"FR", 27),
            (b"MT", 31),
            (b"LC", 32),
            (b"RU", 33),
            (b"YE", 30),
        ] {
            let (_, structure) = super::COUNTRIES.iter().find(|(known, _)| *known == country).unwrap();
            assert_eq!(super::kinds(structure).count(), length, "{structure}");
        }
        assert!(
            super::COUNTRIES.is_sorted()
                && super::COUNTRIES.iter().all(|(_, all)| super::kinds(all).count() <= 34)
        );
    }
}
