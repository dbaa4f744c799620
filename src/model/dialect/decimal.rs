//! [`Decimal`]: a number of a model exactly as written, so that weights sum and rows multiply without rounding.

/// `unscaled / 10^scale`.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    unscaled: i128,
    scale: u32,
}

/// So few digits that the product of two numbers fits an `i128`.
const MAX_DIGITS: usize = 18;

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { unscaled: 0, scale: 0 };

    /// A whole number.
    pub const fn whole(number: u64) -> Self {
        Self { unscaled: number as i128, scale: 0 }
    }

    /// Reads `12`, `-0.5`, `5K`, `2M`, `1.5G` and `30%`.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (digits, shift) = match text.as_bytes().last()? {
            b'K' => (&text[..text.len() - 1], 3),
            b'M' => (&text[..text.len() - 1], 6),
            b'G' => (&text[..text.len() - 1], 9),
            b'%' => (&text[..text.len() - 1], -2),
            _ => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let count = whole.len() + fraction.len();
        let all = || whole.bytes().chain(fraction.bytes());
        if count == 0 || count > MAX_DIGITS || !all().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let magnitude = all().fold(0_i128, |sum, byte| sum * 10 + i128::from(byte - b'0'));
        let unscaled = if negative { -magnitude } else { magnitude };
        let scale = fraction.len() as i32 - shift;
        Some(if scale >= 0 {
            Self { unscaled, scale: scale as u32 }
        } else {
            Self { unscaled: unscaled * 10_i128.pow(-scale as u32), scale: 0 }
        })
    }

    /// The sum; nothing if it has too many digits.
    pub fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        Some(Self { unscaled: self.at(scale)?.checked_add(other.at(scale)?)?, scale })
    }

    /// The product; nothing if it has too many digits.
    pub fn times(self, other: Self) -> Option<Self> {
        Some(Self { unscaled: self.unscaled.checked_mul(other.unscaled)?, scale: self.scale + other.scale })
    }

    /// Compares values, not spellings: 1.0 = 1.
    pub fn compare(self, other: Self) -> std::cmp::Ordering {
        let scale = self.scale.max(other.scale);
        match (self.at(scale), other.at(scale)) {
            (Some(one), Some(two)) => one.cmp(&two),
            // Only numbers far apart overflow; their floats tell them apart.
            _ => self.to_f64().total_cmp(&other.to_f64()),
        }
    }

    /// Below zero.
    pub const fn is_negative(self) -> bool {
        self.unscaled < 0
    }

    /// The number if it is a whole one that is not negative.
    pub fn to_whole(self) -> Option<u64> {
        let unit = 10_i128.checked_pow(self.scale)?;
        (self.unscaled % unit == 0).then(|| u64::try_from(self.unscaled / unit).ok()).flatten()
    }

    /// The nearest whole number, a half upwards; nothing below zero.
    pub fn to_nearest(self) -> Option<u64> {
        let unit = 10_i128.checked_pow(self.scale)?;
        let doubled = self.unscaled.checked_mul(2)?.checked_add(unit)?;
        u64::try_from(doubled.div_euclid(unit * 2)).ok()
    }

    /// The nearest float.
    pub fn to_f64(self) -> f64 {
        format!("{}e-{}", self.unscaled, self.scale).parse().expect("digits and an exponent are a float")
    }

    fn at(self, scale: u32) -> Option<i128> {
        self.unscaled.checked_mul(10_i128.checked_pow(scale - self.scale)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cmp::Ordering;

    fn read(text: &str) -> Decimal {
        Decimal::parse(text).expect(text)
    }

    #[test]
    fn units_are_powers_of_ten() {
        assert_eq!(read("5K").to_whole(), Some(5_000));
        assert_eq!(read("1.5M").to_whole(), Some(1_500_000));
        assert_eq!(read("30%").to_f64(), 0.3);
        assert_eq!(read("0.30").compare(read("30%")), Ordering::Equal);
        assert_eq!(read("-2").compare(read("1.99")), Ordering::Less);
    }

    #[test]
    fn what_is_not_a_number_is_none() {
        for text in ["", ".", "K", "1e5", "12abc", "--1", "1.2.3", "0x1F", "1234567890123456789"] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_nearest_whole_rounds_a_half_up() {
        assert_eq!(read("2.5").to_nearest(), Some(3));
        assert_eq!(read("2.49").to_nearest(), Some(2));
        assert_eq!(read("-1").to_nearest(), None);
        assert_eq!(read("2.5").to_whole(), None);
    }

    proptest! {
        #[test]
        fn cents_add_and_multiply_as_integers(one in 0_u64..1_000_000, two in 0_u64..1_000_000) {
            let (a, b) = (read(&format!("{}.{:02}", one / 100, one % 100)), read(&format!("{}%", two)));
            let sum = a.plus(b).and_then(|sum| sum.times(Decimal::whole(100))).and_then(Decimal::to_whole);
            prop_assert_eq!(sum, Some(one + two));
            let product = a.times(b).and_then(|product| product.times(Decimal::whole(10_000)));
            prop_assert_eq!(product.and_then(Decimal::to_whole), Some(one * two));
        }
    }
}
