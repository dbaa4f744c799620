//! [`at`]: IP addresses that are routed in public (IANA's registries of special-purpose addresses).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::edges::ends_address;
use super::{Found, PersonalData};

/// Fewer written groups are too short to tell an IPv6 address from other uses of colons.
const LEAST_GROUPS: usize = 3;

/// Networks that are not routed in public, or that documents use.
const SPECIAL: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// An address that begins with a digit, as all public ones do.
pub(super) fn at(text: &[u8], start: usize) -> Option<Found> {
    let length =
        text[start..].iter().take_while(|byte| byte.is_ascii_hexdigit() || b":.".contains(byte)).count();
    let run = &text[start..start + length];
    // A point or colon at the end is the sentence's, unless two colons end the address.
    let points = run.iter().rev().take_while(|byte| **byte == b'.').count();
    let run = &run[..length - points];
    let colon = run.ends_with(b":") && !run.ends_with(b"::");
    let written = std::str::from_utf8(&run[..run.len() - usize::from(colon)]).ok()?;
    version_4(text, start, written).or_else(|| version_6(text, start, written))
}

fn version_4(text: &[u8], start: usize, written: &str) -> Option<Found> {
    // A port may follow.
    let written = written.split(':').next()?;
    let address: Ipv4Addr = written.parse().ok()?;
    let end = start + written.len();
    (ends_address(text, end) && is_public(address)).then_some(Found::Real(PersonalData::PublicAddress, end))
}

fn is_public(address: Ipv4Addr) -> bool {
    let inside = |(network, length): &([u8; 4], u32)| {
        (address.to_bits() ^ u32::from_be_bytes(*network)).leading_zeros() >= *length
    };
    !SPECIAL.iter().any(inside)
}

fn version_6(text: &[u8], start: usize, written: &str) -> Option<Found> {
    let groups = written.split(':').filter(|group| !group.is_empty()).count();
    let address: Ipv6Addr = written.parse().ok().filter(|_| groups >= LEAST_GROUPS)?;
    let [first, second, ..] = address.segments();
    let global = first & 0xe000 == 0x2000;
    // 2001::/23 is for protocols; 2001:db8::/32 and 3fff::/20 for documents.
    let special =
        (first == 0x2001 && (second < 0x200 || second == 0xdb8)) || (first == 0x3fff && second < 0x1000);
    let end = start + written.len();
    (ends_address(text, end) && global && !special).then_some(Found::Real(PersonalData::PublicAddress, end))
}

#[cfg(test)]
mod tests {
    use super::super::PersonalData;
    use super::super::tests::{assert_nothing, assert_real};

    #[test]
    fn public_addresses_are_found() {
        assert_real(
            PersonalData::PublicAddress,
            &[
                "8.8.8.8",
                "1.1.1.1",
                "172.32.0.1",
                "100.128.0.1",
                "223.255.255.254",
                "2606:4700:4700::1111",
                "2a00:1450:4001:82a:0:0:0:200e",
                "2001:4860:4860::8888",
                "2003:e1:bf00:1234::1",
            ],
        );
        assert_real(
            PersonalData::PublicAddress,
            &["http://8.8.8.8/path", "8.8.8.8:443", "8.8.8.0/24", "[2606:4700:4700::1111]:443"],
        );
    }

    #[test]
    fn addresses_for_inside_and_for_documents_are_nobody() {
        assert_nothing(&[
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.1.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::1",
            "fe80::1:2:3",
            "fd00:1:2:3::4",
            "2001:db8::1:2",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "3fff:1:2:3::4",
            "ff02::1:2:3",
        ]);
    }

    #[test]
    fn other_numbers_with_points_and_colons_are_nobody() {
        assert_nothing(&[
            "1.2.3",
            "1.2.3.256",
            "01.2.3.4",
            "1.2.3.4.5",
            "v8.8.8.8",
            "app-8.8.8.8",
            "8.8.8.8-beta",
            "8.8.8.8a",
            "20:30:40",
            "2025:07:28",
            "2606:4700",
            "20:54:91:ff:fe:88:c9:e3",
            "2606:4700::g",
            "2000::",
        ]);
    }
}
