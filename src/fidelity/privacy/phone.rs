//! [`international`] and [`national`]: telephone numbers.

use super::groups::{Group, Groups, digits, lengths, separated_by};
use super::{Found, PersonalData};

/// What Ofcom keeps for drama: beginnings of national numbers, without the 0.
const DRAMA: [&str; 20] = [
    "1134960", "1144960", "1154960", "1164960", "1174960", "1184960", "1214960", "1314960", "1414960",
    "1514960", "1614960", "2079460", "1914980", "2896496", "2920180", "1632960", "7700900", "808157",
    "9098790", "3069990",
];

/// `+`, a country and a number: 15 digits at most (E.164). Without separators it needs 10, with them 8.
pub(super) fn international(text: &[u8], groups: &Groups) -> Option<Found> {
    groups.runs(text).find_map(|run| {
        let number = digits(text, run);
        let least = if run.len() > 1 { 8 } else { 10 };
        if !(least..=15).contains(&number.len()) || number[0] == 0 || is_amount(run) {
            return None;
        }
        let reserved = match number.as_slice() {
            [1, rest @ ..] => is_fictitious(north_american(rest)?),
            [4, 4, 0, rest @ ..] | [4, 4, rest @ ..] => is_drama(rest),
            _ => false,
        };
        Some(judged(run, reserved))
    })
}

/// North America's `(415) 555-2671` and its like, and numbers whose 0 stands for the country.
pub(super) fn national(text: &[u8], groups: &Groups) -> Option<Found> {
    groups.runs(text).filter(|run| !continues(text, run)).find_map(|run| {
        let number = digits(text, run);
        if number[0] == 0 {
            return is_trunk_layout(run, &number).then(|| judged(run, is_drama(&number[1..])));
        }
        let (local, layout) = match number.as_slice() {
            [1, rest @ ..] if run[0].digits.len() == 1 => (rest, &run[1..]),
            all => (all, run),
        };
        // A space is no separator to a closing bracket, nothing is one after it.
        let separated = layout.windows(2).all(|pair| pair[1].separator.is_some() || pair[0].bracketed);
        let laid_out =
            lengths(layout) == [3, 3, 4] && separated && !layout[1..].iter().any(|one| one.bracketed);
        let local = laid_out.then(|| north_american(local)).flatten()?;
        Some(judged(run, is_fictitious(local)))
    })
}

/// More digits stand before a number whose own groups are set apart by spaces: it is the end of a longer one.
fn continues(text: &[u8], run: &[Group]) -> bool {
    let before = run.first().map_or(0, |first| first.digits.start - usize::from(first.bracketed));
    let spaced = run.iter().any(|group| group.separator == Some(b' '));
    spaced && matches!(&text[..before], [.., digit, b' '] if digit.is_ascii_digit())
}

fn judged(run: &[Group], reserved: bool) -> Found {
    let end = run.last().map_or(0, Group::end);
    if reserved { Found::Reserved(end) } else { Found::Real(PersonalData::Phone, end) }
}

/// Ten digits; neither the area nor the exchange begins with 0 or 1.
fn north_american(number: &[u8]) -> Option<&[u8]> {
    (number.len() == 10 && number[0] > 1 && number[3] > 1).then_some(number)
}

/// 555-0100 to 555-0199.
fn is_fictitious(number: &[u8]) -> bool {
    number[3..8] == [5, 5, 5, 0, 1]
}

fn is_drama(number: &[u8]) -> bool {
    let begins = |prefix: &str| {
        prefix.len() < number.len() && prefix.bytes().zip(number).all(|(known, digit)| known - b'0' == *digit)
    };
    number.len() >= 9 && DRAMA.into_iter().any(begins)
}

/// `030 1234567`, `0171 123 45 67`, `01 42 68 53 00`; a date has fewer digits.
fn is_trunk_layout(run: &[Group], number: &[u8]) -> bool {
    let same = |signs: &[u8]| signs.iter().any(|sign| separated_by(run, *sign));
    if !(9..=12).contains(&number.len()) || number[1] == 0 {
        return false;
    }
    match lengths(run).as_slice() {
        [2, 2, 2, 2, 2] => same(b" .-"),
        [3..=5, 6..=8] => same(b" /"),
        [3..=5, rest @ ..] if (2..=4).contains(&rest.len()) => {
            // The area is often set apart from the rest by another sign.
            let mixed = separated_by(&run[1..], b' ') || separated_by(&run[1..], b'-');
            let signs = run[1..].iter().all(|one| one.separator.is_some_and(|sign| b" -/".contains(&sign)));
            rest.iter().all(|length| (2..=5).contains(length)) && mixed && signs
        }
        _ => false,
    }
}

/// `+12.345.678` is a sum of money.
fn is_amount(run: &[Group]) -> bool {
    run.len() > 1 && separated_by(run, b'.') && run[1..].iter().all(|group| group.digits.len() == 3)
}

#[cfg(test)]
mod tests {
    use super::super::PersonalData;
    use super::super::tests::{assert_nothing, assert_real};

    #[test]
    fn numbers_with_a_country_are_found() {
        assert_real(
            PersonalData::Phone,
            &[
                "+14155552671",
                "+1 415-555-2671",
                "+1 (415) 555-2671",
                "+49 30 901820",
                "+49 (0)30 1234567",
                "+4930123456",
                "+33 1 42 68 53 00",
                "+34 612 345 678",
                "+44 20 7219 3000",
                "+44 (0)20 7219 3000",
            ],
        );
    }

    #[test]
    fn national_layouts_are_found() {
        assert_real(
            PersonalData::Phone,
            &[
                "415-555-2671",
                "(415) 555-2671",
                "(415)555-2671",
                "415.555.2671",
                "1-415-555-2671",
                "1 (415) 555-2671",
                "030 1234567",
                "030/1234567",
                "0171 123 45 67",
                "020 7219 3000",
                "01 42 68 53 00",
            ],
        );
    }

    #[test]
    fn numbers_kept_for_fiction_are_nobody() {
        assert_nothing(&[
            "(415) 555-0132",
            "415-555-0100",
            "+1 415 555 0199",
            "+14155550132",
            "1-212-555-0155",
            "+44 20 7946 0958",
            "020 7946 0018",
            "+44 (0)1632 960123",
            "07700 900461",
        ]);
    }

    #[test]
    fn other_numbers_are_nobody() {
        assert_nothing(&[
            "4155552671",
            "115-555-2671",
            "415-155-2671",
            "415-555-267",
            "415-555-26711",
            "+1 115 555 2671",
            "+12.345.678",
            "+1234567",
            "+0 123 456 789",
            "+12345678901234567",
            "0123456789",
            "007 1234567",
            "01 02 03",
            "01.02.2025",
            "0 1234567 8",
            "0",
            "+",
            "(",
            "(0",
            "415 - 555 - 2671",
            "37040044 0532 0130 00",
            "x415-555-2671",
            "415-555-2671x",
        ]);
    }
}
