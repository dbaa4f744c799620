//! [`at`]: numbers of payment cards, by the ranges of their networks (ISO/IEC 7812) and Luhn's check digit.

use super::groups::{Group, Groups, digits, lengths, separated_by};
use super::{Found, PersonalData};

/// Networks: least and greatest beginning, of equally many digits, and least and greatest length of the number.
const NETWORKS: [(u32, u32, usize, usize); 20] = [
    // Visa; 13 digits on old cards.
    (4, 4, 13, 13),
    (4, 4, 16, 16),
    (4, 4, 19, 19),
    // Mastercard.
    (51, 55, 16, 16),
    (2221, 2720, 16, 16),
    // American Express.
    (34, 34, 15, 15),
    (37, 37, 15, 15),
    // Diners Club.
    (300, 305, 14, 14),
    (3095, 3095, 14, 14),
    (36, 36, 14, 19),
    (38, 39, 14, 14),
    // Discover.
    (6011, 6011, 16, 19),
    (644, 659, 16, 19),
    // UnionPay, the part that Discover accepts as well.
    (62, 62, 16, 19),
    // JCB.
    (3528, 3589, 16, 19),
    // Maestro.
    (5018, 5020, 13, 19),
    (5038, 5038, 13, 19),
    (5893, 5893, 13, 19),
    (6304, 6304, 13, 19),
    (6759, 6763, 13, 19),
];

/// A card's number: digits alone, or in the groups that are embossed.
pub(super) fn at(text: &[u8], groups: &Groups) -> Option<Found> {
    let run = groups.runs(text).find(|run| is_laid_out(run) && is_number(&digits(text, run)))?;
    Some(Found::Real(PersonalData::Card, run.last()?.end()))
}

fn is_laid_out(run: &[Group]) -> bool {
    if !(separated_by(run, b' ') || separated_by(run, b'-')) {
        return false;
    }
    let lengths = lengths(run);
    matches!(lengths.as_slice(), [13..=19] | [4, 4, 4, 1..=4] | [4, 4, 4, 4, 1..=3] | [4, 6, 4 | 5])
}

fn is_number(digits: &[u8]) -> bool {
    let known = NETWORKS.iter().any(|&(least, greatest, shortest, longest)| {
        let places = least.ilog10() as usize + 1;
        let beginning = digits.iter().take(places).fold(0, |number, &digit| number * 10 + u32::from(digit));
        (least..=greatest).contains(&beginning) && (shortest..=longest).contains(&digits.len())
    });
    known && luhn(digits)
}

/// Each second digit from the right counts double, its own digits added; the sum ends in 0.
fn luhn(digits: &[u8]) -> bool {
    let weighed = |(place, &digit): (usize, &u8)| match digit * (1 + (place % 2) as u8) {
        double @ 10.. => u32::from(double - 9),
        small => u32::from(small),
    };
    digits.iter().rev().enumerate().map(weighed).sum::<u32>().is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::super::PersonalData;
    use super::super::tests::{assert_nothing, assert_real};

    /// The test numbers that networks and processors publish.
    #[test]
    fn numbers_of_every_network_are_found() {
        assert_real(
            PersonalData::Card,
            &[
                "4111111111111111",
                "4242 4242 4242 4242",
                "4012-8888-8888-1881",
                "4222222222222",
                "5555555555554444",
                "5105 1051 0510 5100",
                "2223003122003222",
                "378282246310005",
                "3782 822463 10005",
                "30569309025904",
                "3056 930902 5904",
                "6011111111111117",
                "6200000000000005",
                "3530111333300000",
                "6759649826438453",
            ],
        );
    }

    #[test]
    fn a_wrong_digit_length_network_or_grouping_is_no_card() {
        assert_nothing(&[
            "4111111111111112",
            "5555555555554440",
            "411111111111111",
            "41111111111111110",
            "9111111111111113",
            "1234567812345670",
            "4111 11111111 1111",
            "4111-1111 1111-1111",
            "41 11 11 11 11 11 11 11",
            "id4111111111111111",
            "4111111111111111a",
            "4111111111111111.5",
            "0.4111111111111111",
            "_4111111111111111",
        ]);
    }
}
