//! Postgres' 64-bit hashes of values, as `hashtextextended` and its like compute them on a little-endian server.
//!
//! The algorithm is Bob Jenkins' lookup3 (public domain, <https://burtleburtle.net/bob/c/lookup3.c>) in the variant
//! of Postgres' `src/common/hashfn.c`: it starts from other constants, takes whole blocks of 12 bytes before the
//! last one, and leaves the lowest byte of the last word to the length. Hash partitioning stores rows by these
//! values, so that they are the same in every version.

/// Bytes that are mixed in at a time: three words.
const BLOCK: usize = 12;
/// What Postgres starts from; the length is added.
const START: u32 = 0x9e37_79b9_u32.wrapping_add(3_923_095);
/// Every NaN is hashed as this one.
const CANONICAL_NAN: u64 = 0x7ff8_0000_0000_0000;

/// The hash of bytes: `hashtextextended(value COLLATE "C", seed)`, `uuid_hash_extended(value, seed)`.
#[inline]
pub fn bytes(value: &[u8], seed: u64) -> u64 {
    let mut state = State::new(value.len(), seed);
    let (blocks, rest) = value.as_chunks::<BLOCK>();
    for block in blocks {
        let [a, b, c] = words(block);
        state.add(a, b, c);
        state.mix();
    }
    let mut last = [0; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    let [a, b, c] = words(&last);
    // At most 11 bytes are left: no bit is lost.
    state.add(a, b, c << 8);
    state.finish()
}

/// `hashint4extended(value, seed)`.
#[inline]
pub fn int4(value: i32, seed: u64) -> u64 {
    word(value as u32, seed)
}

/// `hashint8extended(value, seed)`: equal to [`int4`] where the value fits. The halves are folded together, so that
/// two values in 2^32 have the same hash, such as -1 and 4294967295.
#[inline]
pub fn int8(value: i64, seed: u64) -> u64 {
    let (low, high) = (value as u32, (value >> 32) as u32);
    word(low ^ if value >= 0 { high } else { !high }, seed)
}

/// `hashfloat8extended(value, seed)`: both zeros are equal, and all NaNs.
#[inline]
pub fn float8(value: f64, seed: u64) -> u64 {
    if value == 0.0 {
        return seed;
    }
    let bits = if value.is_nan() { CANONICAL_NAN } else { value.to_bits() };
    bytes(&bits.to_le_bytes(), seed)
}

fn word(value: u32, seed: u64) -> u64 {
    let mut state = State::new(size_of::<u32>(), seed);
    state.add(value, 0, 0);
    state.finish()
}

fn words(block: &[u8; BLOCK]) -> [u32; 3] {
    let (words, _) = block.as_chunks();
    [words[0], words[1], words[2]].map(u32::from_le_bytes)
}

struct State {
    a: u32,
    b: u32,
    c: u32,
}

impl State {
    #[inline]
    fn new(length: usize, seed: u64) -> Self {
        // Postgres has no value of 4 GiB.
        let start = START.wrapping_add(length as u32);
        let mut state = Self { a: start, b: start, c: start };
        if seed != 0 {
            state.add((seed >> 32) as u32, seed as u32, 0);
            state.mix();
        }
        state
    }

    #[inline]
    fn add(&mut self, a: u32, b: u32, c: u32) {
        self.a = self.a.wrapping_add(a);
        self.b = self.b.wrapping_add(b);
        self.c = self.c.wrapping_add(c);
    }

    /// lookup3's `mix`.
    #[inline]
    fn mix(&mut self) {
        let Self { mut a, mut b, mut c } = *self;
        step(&mut a, &mut c, b, 4);
        step(&mut b, &mut a, c, 6);
        step(&mut c, &mut b, a, 8);
        step(&mut a, &mut c, b, 16);
        step(&mut b, &mut a, c, 19);
        step(&mut c, &mut b, a, 4);
        *self = Self { a, b, c };
    }

    /// lookup3's `final`, and two of the words.
    #[inline]
    fn finish(self) -> u64 {
        let Self { mut a, mut b, mut c } = self;
        c = (c ^ b).wrapping_sub(b.rotate_left(14));
        a = (a ^ c).wrapping_sub(c.rotate_left(11));
        b = (b ^ a).wrapping_sub(a.rotate_left(25));
        c = (c ^ b).wrapping_sub(b.rotate_left(16));
        a = (a ^ c).wrapping_sub(c.rotate_left(4));
        b = (b ^ a).wrapping_sub(a.rotate_left(14));
        c = (c ^ b).wrapping_sub(b.rotate_left(24));
        u64::from(b) << 32 | u64::from(c)
    }
}

#[inline]
fn step(to: &mut u32, from: &mut u32, other: u32, rotation: u32) {
    *to = to.wrapping_sub(*from) ^ from.rotate_left(rotation);
    *from = from.wrapping_add(other);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_what_postgres_answers() {
        // As PostgreSQL 15 answers; `tests/figures.rs` asks the server for thousands more.
        let signed = |hash: u64| hash as i64;
        for (text, seed, expected) in [
            ("", 0, -6939563903564495251),
            ("", 1, -150071773020461347),
            ("seedmill", 0, -8680476758110314981),
            ("seedmill", u64::MAX, 4705683121730168965),
            ("twelve bytes", 0, -7123776401673968163),
            ("Four score and seven years ago", 42, 244278507711186119),
        ] {
            assert_eq!(signed(bytes(text.as_bytes(), seed)), expected, "{text}");
        }
        let uuid = 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff_u128.to_be_bytes();
        assert_eq!(signed(bytes(&uuid, 0)), 4462459420613485749);
        assert_eq!(signed(int4(-1, 0)), -1888257769727981238);
        assert_eq!(signed(int8(4_294_967_295, 0)), -1888257769727981238);
        assert_eq!(signed(int8(i64::MIN, 7)), -1839609485720848170);
        assert_eq!(signed(float8(0.1, 9)), 7010585751588347577);
        assert_eq!(signed(float8(-0.0, 9)), 9);
        assert_eq!(signed(float8(-f64::NAN, 0)), 4719788943832604568);
    }
}
