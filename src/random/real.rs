//! [`Real`]: an f64 whose functions come from the pinned, pure-Rust `libm`.
//!
//! `rand_distr` computes with whatever `num_traits::Float` does; for f64 that is the platform's libm as
//! soon as any crate enables `num-traits/std`, and platforms differ. This newtype keeps draws portable:
//! every elementary function below is one of `libm`, never one of std, and what is taken from std is
//! exact by IEEE 754 (arithmetic, square root, sign, comparison).

use std::cmp::Ordering;
use std::num::FpCategory;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use num_traits::{Float, FloatConst, Num, NumCast, One, ToPrimitive, Zero};
use rand::Rng;
use rand_distr::{Distribution, Open01, OpenClosed01, StandardUniform};

use super::unit;

/// A 64-bit float with portable elementary functions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Real(pub f64);

/// The distance of neighbouring 53-bit fractions.
const FRACTION: f64 = 1.0 / (1u64 << 53) as f64;

/// 53 random bits over [0, 1).
impl Distribution<Real> for StandardUniform {
    #[inline]
    fn sample<R: Rng + ?Sized>(&self, generator: &mut R) -> Real {
        Real((generator.next_u64() >> 11) as f64 * FRACTION)
    }
}

/// 52 random bits over (0, 1), each centred in its cell.
impl Distribution<Real> for Open01 {
    #[inline]
    fn sample<R: Rng + ?Sized>(&self, generator: &mut R) -> Real {
        Real(unit(generator.next_u64()))
    }
}

/// 53 random bits over (0, 1].
impl Distribution<Real> for OpenClosed01 {
    #[inline]
    fn sample<R: Rng + ?Sized>(&self, generator: &mut R) -> Real {
        Real(((generator.next_u64() >> 11) + 1) as f64 * FRACTION)
    }
}

impl PartialOrd for Real {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.0.partial_cmp(&other.0)
    }
}

/// Operators that IEEE 754 fixes to the last bit.
macro_rules! exact_operators {
    ($($operator:ident $method:ident),*) => {$(
        impl $operator for Real {
            type Output = Self;
            #[inline]
            fn $method(self, other: Self) -> Self {
                Self($operator::$method(self.0, other.0))
            }
        }
    )*};
}
exact_operators!(Add add, Sub sub, Mul mul, Div div);

impl Rem for Real {
    type Output = Self;
    /// `%` on f64 compiles to a call of the platform's `fmod`; this one does not.
    fn rem(self, other: Self) -> Self {
        Self(libm::fmod(self.0, other.0))
    }
}

impl Neg for Real {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Zero for Real {
    fn zero() -> Self {
        Self(0.0)
    }
    fn is_zero(&self) -> bool {
        self.0 == 0.0
    }
}

impl One for Real {
    fn one() -> Self {
        Self(1.0)
    }
}

impl Num for Real {
    type FromStrRadixErr = <f64 as Num>::FromStrRadixErr;
    fn from_str_radix(text: &str, radix: u32) -> Result<Self, Self::FromStrRadixErr> {
        f64::from_str_radix(text, radix).map(Self)
    }
}

impl ToPrimitive for Real {
    fn to_i64(&self) -> Option<i64> {
        self.0.to_i64()
    }
    fn to_u64(&self) -> Option<u64> {
        self.0.to_u64()
    }
    fn to_f64(&self) -> Option<f64> {
        Some(self.0)
    }
}

impl NumCast for Real {
    fn from<T: ToPrimitive>(number: T) -> Option<Self> {
        number.to_f64().map(Self)
    }
}

/// Functions of one number, each sent to the `libm` function of the second name.
macro_rules! portable_functions {
    ($($method:ident $function:ident),* $(,)?) => {$(
        #[inline]
        fn $method(self) -> Self {
            Self(libm::$function(self.0))
        }
    )*};
}

/// Named values of the type.
macro_rules! constants {
    ($($method:ident $value:expr),* $(,)?) => {$(
        #[inline]
        fn $method() -> Self {
            Self($value)
        }
    )*};
}

impl Float for Real {
    constants!(
        nan f64::NAN,
        infinity f64::INFINITY,
        neg_infinity f64::NEG_INFINITY,
        neg_zero -0.0,
        min_value f64::MIN,
        min_positive_value f64::MIN_POSITIVE,
        epsilon f64::EPSILON,
        max_value f64::MAX,
    );
    portable_functions!(
        floor floor, ceil ceil, round round, trunc trunc, abs fabs, sqrt sqrt, exp exp, exp2 exp2, ln log,
        log2 log2, log10 log10, cbrt cbrt, sin sin, cos cos, tan tan, asin asin, acos acos, atan atan,
        exp_m1 expm1, ln_1p log1p, sinh sinh, cosh cosh, tanh tanh, asinh asinh, acosh acosh, atanh atanh,
    );

    fn is_nan(self) -> bool {
        self.0.is_nan()
    }
    fn is_infinite(self) -> bool {
        self.0.is_infinite()
    }
    fn is_finite(self) -> bool {
        self.0.is_finite()
    }
    fn is_normal(self) -> bool {
        self.0.is_normal()
    }
    fn classify(self) -> FpCategory {
        self.0.classify()
    }
    fn fract(self) -> Self {
        Self(self.0 - libm::trunc(self.0))
    }
    fn signum(self) -> Self {
        Self(self.0.signum())
    }
    fn is_sign_positive(self) -> bool {
        self.0.is_sign_positive()
    }
    fn is_sign_negative(self) -> bool {
        self.0.is_sign_negative()
    }
    fn mul_add(self, factor: Self, term: Self) -> Self {
        Self(libm::fma(self.0, factor.0, term.0))
    }
    fn recip(self) -> Self {
        Self(1.0 / self.0)
    }
    fn powi(self, exponent: i32) -> Self {
        Self(libm::pow(self.0, exponent as f64))
    }
    fn powf(self, exponent: Self) -> Self {
        Self(libm::pow(self.0, exponent.0))
    }
    fn log(self, base: Self) -> Self {
        Self(libm::log(self.0) / libm::log(base.0))
    }
    fn max(self, other: Self) -> Self {
        Self(libm::fmax(self.0, other.0))
    }
    fn min(self, other: Self) -> Self {
        Self(libm::fmin(self.0, other.0))
    }
    fn abs_sub(self, other: Self) -> Self {
        Self(libm::fdim(self.0, other.0))
    }
    fn hypot(self, other: Self) -> Self {
        Self(libm::hypot(self.0, other.0))
    }
    fn atan2(self, other: Self) -> Self {
        Self(libm::atan2(self.0, other.0))
    }
    fn sin_cos(self) -> (Self, Self) {
        let (sine, cosine) = libm::sincos(self.0);
        (Self(sine), Self(cosine))
    }
    fn integer_decode(self) -> (u64, i16, i8) {
        self.0.integer_decode()
    }
    fn copysign(self, sign: Self) -> Self {
        Self(libm::copysign(self.0, sign.0))
    }
    fn to_degrees(self) -> Self {
        Self(self.0 * (180.0 / std::f64::consts::PI))
    }
    fn to_radians(self) -> Self {
        Self(self.0 * (std::f64::consts::PI / 180.0))
    }
}

/// `rand_distr`'s Poisson and Cauchy need them.
impl FloatConst for Real {
    constants!(
        E std::f64::consts::E,
        FRAC_1_PI std::f64::consts::FRAC_1_PI,
        FRAC_1_SQRT_2 std::f64::consts::FRAC_1_SQRT_2,
        FRAC_2_PI std::f64::consts::FRAC_2_PI,
        FRAC_2_SQRT_PI std::f64::consts::FRAC_2_SQRT_PI,
        FRAC_PI_2 std::f64::consts::FRAC_PI_2,
        FRAC_PI_3 std::f64::consts::FRAC_PI_3,
        FRAC_PI_4 std::f64::consts::FRAC_PI_4,
        FRAC_PI_6 std::f64::consts::FRAC_PI_6,
        FRAC_PI_8 std::f64::consts::FRAC_PI_8,
        LN_10 std::f64::consts::LN_10,
        LN_2 std::f64::consts::LN_2,
        LOG10_E std::f64::consts::LOG10_E,
        LOG2_E std::f64::consts::LOG2_E,
        PI std::f64::consts::PI,
        SQRT_2 std::f64::consts::SQRT_2,
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Key;
    use rand_distr::{Beta, Cauchy, Gamma, Pareto, Poisson, StudentT, Weibull, Zipf};

    const COUNT: usize = 40_000;

    /// The mean of many draws.
    fn mean_of(distribution: impl Distribution<Real>) -> f64 {
        let mut generator = Key::derive("seed", "tests", "real", "mean").generator(0, 0);
        (0..COUNT).map(|_| distribution.sample(&mut generator).0).sum::<f64>() / COUNT as f64
    }

    /// Four standard errors around the published mean.
    fn assert_mean(distribution: impl Distribution<Real>, mean: f64, variance: f64) {
        let observed = mean_of(distribution);
        let error = libm::sqrt(variance / COUNT as f64);
        assert!(libm::fabs(observed - mean) < 4.0 * error, "mean {observed}, should be {mean} ± {error}");
    }

    #[test]
    fn distributions_of_rand_distr_work_on_it() {
        assert_mean(Gamma::new(Real(2.5), Real(2.0)).unwrap(), 5.0, 10.0);
        assert_mean(Poisson::new(Real(7.0)).unwrap(), 7.0, 7.0);
        assert_mean(Poisson::new(Real(70.0)).unwrap(), 70.0, 70.0);
        assert_mean(Beta::new(Real(2.0), Real(3.0)).unwrap(), 0.4, 0.04);
        assert_mean(Pareto::new(Real(1.0), Real(4.0)).unwrap(), 4.0 / 3.0, 2.0 / 9.0);
        // Mean Γ(1.5), variance 1 - Γ(1.5)²: a Weibull of shape 2 and scale 1.
        assert_mean(Weibull::new(Real(1.0), Real(2.0)).unwrap(), 0.886_226_925, 0.214_601_837);
        assert_mean(StudentT::new(Real(10.0)).unwrap(), 0.0, 1.25);
        assert_mean(Zipf::new(Real(3.0), Real(1.0)).unwrap(), 18.0 / 11.0, 72.0 / 121.0);
        assert!(mean_of(Cauchy::new(Real(0.0), Real(1.0)).unwrap()).is_finite());
    }

    #[test]
    fn uniform_draws_keep_to_their_ends() {
        struct Extreme(u64);
        impl rand::TryRng for Extreme {
            type Error = std::convert::Infallible;
            fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
                Ok(self.0 as u32)
            }
            fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
                Ok(self.0)
            }
            fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
                bytes.fill(self.0 as u8);
                Ok(())
            }
        }
        let draw = |word, distribution: &dyn Fn(&mut Extreme) -> Real| distribution(&mut Extreme(word)).0;
        assert_eq!(draw(0, &|g| StandardUniform.sample(g)), 0.0);
        assert!(draw(u64::MAX, &|g| StandardUniform.sample(g)) < 1.0);
        assert!(draw(0, &|g| Open01.sample(g)) > 0.0 && draw(u64::MAX, &|g| Open01.sample(g)) < 1.0);
        assert!(draw(0, &|g| OpenClosed01.sample(g)) > 0.0);
        assert_eq!(draw(u64::MAX, &|g| OpenClosed01.sample(g)), 1.0);
    }

    #[test]
    fn functions_are_those_of_libm() {
        let (x, y) = (Real(2.7), Real(0.3));
        assert_eq!(Float::powf(x, y).0, libm::pow(2.7, 0.3));
        assert_eq!(Float::powi(x, -3).0, libm::pow(2.7, -3.0));
        assert_eq!((x % Real(1.0)).0, libm::fmod(2.7, 1.0));
        assert_eq!(Float::ln(x).0, libm::log(2.7));
        assert_eq!(Float::exp(y).0, libm::exp(0.3));
        assert_eq!(Float::abs_sub(x, y).0, 2.7 - 0.3);
        assert_eq!(Float::fract(Real(-2.75)).0, -0.75);
        assert_eq!(<Real as NumCast>::from(7u32), Some(Real(7.0)));
        assert_eq!(Real(7.9).to_u64(), Some(7));
    }
}
