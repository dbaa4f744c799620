//! [`instant`] and [`duration`]: the times of the dialect, ISO times, dates, `now`, `-730d`.

use jiff::{SignedDuration, Timestamp};

use super::fields::wrong_kind;
use crate::model::diagnostics::Diagnostics;
use crate::model::scalars;
use crate::model::yaml::Node;

/// The time that a node spells; `now` and durations before or after it need `now`.
pub fn instant(
    node: &Node,
    what: &str,
    now: Option<Timestamp>,
    diagnostics: &mut Diagnostics,
) -> Option<Timestamp> {
    let text = node.as_str().unwrap_or_default();
    if let Some(found) = scalars::instant(text) {
        return Some(found);
    }
    let offset = if text == "now" { Some(SignedDuration::ZERO) } else { duration(text) };
    let Some(offset) = offset else {
        wrong_kind(node, what, "a time such as 2024-01-15T12:00:00Z, `now` or `-730d`", diagnostics);
        return None;
    };
    let Some(now) = now else {
        let hint = "add `generated_at: 2024-01-15T12:00:00Z` to the seed file, or `now` to config.yaml";
        diagnostics.error(node.place, format!("`{text}` needs to know when now is"), hint);
        return None;
    };
    let found = now.checked_add(offset).ok();
    if found.is_none() {
        diagnostics.error(node.place, format!("`{text}` is beyond the calendar"), "");
    }
    found
}

/// A duration such as `30d`, `-2h`, `1.5h` or `250ms`.
pub fn duration(text: &str) -> Option<SignedDuration> {
    let (digits, unit) = scalars::DURATION_UNITS
        .into_iter()
        .find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, unit)))?;
    let (negative, digits) = digits.strip_prefix('-').map_or((false, digits), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.len() <= 9 && part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) {
        return None;
    }
    let parts = 10_i64.pow(fraction.len() as u32);
    let scaled = format!("{whole}{fraction}").parse::<i64>().ok()?.checked_mul(unit)? / parts;
    Some(SignedDuration::from_millis(if negative { -scaled } else { scaled }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        assert_eq!(duration("-730d"), Some(SignedDuration::from_hours(-730 * 24)));
        assert_eq!(duration("1.5h"), Some(SignedDuration::from_mins(90)));
        assert_eq!(duration("250ms"), Some(SignedDuration::from_millis(250)));
        for text in ["", "d", "5", "5y", "--5d", "5 d", "1e3d", "99999999999d"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
