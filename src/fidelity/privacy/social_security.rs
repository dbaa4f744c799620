//! [`at`]: social security numbers of the United States.

use super::groups::{Groups, lengths, separated_by};
use super::{Found, PersonalData};

/// Printed on a sample card in a wallet, and in an advertisement of the administration itself.
const PUBLISHED: [&[u8]; 2] = [b"078-05-1120", b"219-09-9999"];

/// `AAA-GG-SSSS`, none of which is all zeros; 666 and 900 to 999 are never issued.
pub(super) fn at(text: &[u8], groups: &Groups) -> Option<Found> {
    let run = groups.runs(text).find(|run| lengths(run) == [3, 2, 4] && separated_by(run, b'-'))?;
    let (start, end) = (run.first()?.digits.start, run.last()?.end());
    let number = &text[start..end];
    let (area, group, serial) = (&number[..3], &number[4..6], &number[7..]);
    let issued = area != b"000" && area != b"666" && area[0] != b'9' && group != b"00" && serial != b"0000";
    let real = issued && !PUBLISHED.contains(&number);
    Some(if real { Found::Real(PersonalData::SocialSecurity, end) } else { Found::Reserved(end) })
}

#[cfg(test)]
mod tests {
    use super::super::PersonalData;
    use super::super::tests::{assert_nothing, assert_real};

    #[test]
    fn what_could_be_issued_is_found() {
        assert_real(
            PersonalData::SocialSecurity,
            &["078-05-1121", "001-01-0001", "665-99-9999", "899-12-3456"],
        );
    }

    #[test]
    fn what_is_never_issued_or_was_published_is_nobody() {
        assert_nothing(&[
            "000-12-3456",
            "666-12-3456",
            "900-12-3456",
            "987-65-4320",
            "123-00-4567",
            "123-45-0000",
            "078-05-1120",
            "219-09-9999",
            "123-45-67890",
            "1123-45-6789",
            "123-45-6789-1",
            "123 45 6789",
            "123456789",
        ]);
    }
}
