//! [`LegacyCertificate`]: what libpq takes and webpki does not: certificates of version 1, and hosts as common names.
//!
//! Both are what the recipe of Postgres' manual (section 19.9.5) makes with OpenSSL 3.0.

use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{CertificateError, Error};
use x509_cert::Certificate;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};

/// id-at-commonName.
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// id-ce-subjectAltName.
const ALTERNATIVE_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");

/// A certificate, whatever its version.
pub(super) struct LegacyCertificate(Certificate);

impl LegacyCertificate {
    pub(super) fn parse(certificate: &CertificateDer<'_>) -> Result<Self, Error> {
        Certificate::from_der(certificate).map(Self).map_err(|_| CertificateError::BadEncoding.into())
    }

    /// Whether it is in force.
    pub(super) fn verify_time(&self, now: UnixTime) -> Result<(), Error> {
        let validity = &self.0.tbs_certificate.validity;
        let seconds = |time: x509_cert::time::Time| UnixTime::since_unix_epoch(time.to_unix_duration());
        let (not_before, not_after) = (seconds(validity.not_before), seconds(validity.not_after));
        if now < not_before {
            return Err(CertificateError::NotValidYetContext { time: now, not_before }.into());
        }
        if now > not_after {
            return Err(CertificateError::ExpiredContext { time: now, not_after }.into());
        }
        Ok(())
    }

    /// Whether one of these signed it, and is in force itself.
    pub(super) fn verify_issuer(
        &self,
        roots: &[CertificateDer<'_>],
        algorithms: &[&dyn SignatureVerificationAlgorithm],
    ) -> Result<(), Error> {
        let content = &self.0.tbs_certificate;
        let (message, signature) = (encode(content)?, self.0.signature.raw_bytes());
        let signed_with = encode(&self.0.signature_algorithm)?;
        for root in roots {
            let root = Self::parse(root)?.0.tbs_certificate;
            let key = &root.subject_public_key_info;
            let key_kind = encode(&key.algorithm)?;
            let is_issuer = root.subject == content.issuer;
            let signed = algorithms
                .iter()
                .filter(|algorithm| algorithm.signature_alg_id().as_ref() == inside(&signed_with))
                .filter(|algorithm| algorithm.public_key_alg_id().as_ref() == inside(&key_kind))
                .any(|algorithm| {
                    algorithm
                        .verify_signature(key.subject_public_key.raw_bytes(), &message, signature)
                        .is_ok()
                });
            if is_issuer && signed {
                return Ok(());
            }
        }
        Err(CertificateError::UnknownIssuer.into())
    }

    /// The key that the server's half of the handshake is signed with.
    pub(super) fn public_key(&self) -> Result<SubjectPublicKeyInfoDer<'static>, Error> {
        encode(&self.0.tbs_certificate.subject_public_key_info).map(Into::into)
    }

    /// Whether its only common name is this host's, and it has no alternative names, which would hold instead.
    pub(super) fn is_commonly_named(&self, host: &str) -> bool {
        let content = &self.0.tbs_certificate;
        let mut extensions = content.extensions.iter().flatten();
        if extensions.any(|extension| extension.extn_id == ALTERNATIVE_NAME) {
            return false;
        }
        let names: Vec<_> = content
            .subject
            .0
            .iter()
            .flat_map(|names| names.0.iter())
            .filter(|name| name.oid == COMMON_NAME)
            .map(|name| name.value.value())
            .collect();
        matches!(names.as_slice(), [name] if std::str::from_utf8(name).is_ok_and(|name| is_named(host, name)))
    }
}

/// Whether a host has this name, in which `*.` may stand for one label.
fn is_named(host: &str, name: &str) -> bool {
    if host.eq_ignore_ascii_case(name) {
        return true;
    }
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    match (name.strip_prefix("*."), host.split_once('.')) {
        (Some(above), Some((label, rest))) => {
            !is_address && !label.is_empty() && !above.is_empty() && rest.eq_ignore_ascii_case(above)
        }
        _ => false,
    }
}

fn encode(value: &impl Encode) -> Result<Vec<u8>, Error> {
    value.to_der().map_err(|_| CertificateError::BadEncoding.into())
}

/// What stands in a short sequence, without its tag and its length.
fn inside(sequence: &[u8]) -> &[u8] {
    sequence.get(2..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_label() {
        for (host, name, same) in [
            ("db.example.com", "DB.Example.com", true),
            ("db.example.com", "*.example.com", true),
            ("a.db.example.com", "*.example.com", false),
            ("example.com", "*.example.com", false),
            ("db.example.com", "*", false),
            ("db.", "*.", false),
            (".example.com", "*.example.com", false),
            ("db.example.com", "d*.example.com", false),
            ("10.0.0.1", "*.0.0.1", false),
            ("10.0.0.1", "10.0.0.1", true),
            ("localhost", "other", false),
        ] {
            assert_eq!(is_named(host, name), same, "{host} {name}");
        }
    }
}
