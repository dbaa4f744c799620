//! [`connector`]: TLS by rustls, with libpq's meaning of `sslmode`.
//!
//! | sslmode | without root certificates | with root certificates |
//! | --- | --- | --- |
//! | prefer, require | any certificate | as verify-ca |
//! | verify-ca | refused | leads to a root, is in force |
//! | verify-full | refused | and is the host's own |

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use self::legacy::LegacyCertificate;
use super::target::{RootCertificates, TlsMode};
use crate::error::{Error, Result};

mod legacy;

/// What makes the encrypted half of a connection.
///
/// # Errors
///
/// Root certificates are needed and not there, or cannot be read.
pub(super) fn connector(mode: TlsMode, roots: Option<&RootCertificates>) -> Result<MakeRustlsConnect> {
    let roots = roots.map(Roots::load).transpose()?;
    let wants_roots = matches!(mode, TlsMode::VerifyCa | TlsMode::VerifyFull);
    if wants_roots && roots.is_none() {
        return Err(Error::usage_hint(
            format!(
                "sslmode={} has nothing to verify with: there is no sslrootcert, PGSSLROOTCERT or ~/.postgresql/root.crt",
                mode.name()
            ),
            "name the file of the authority's certificate with sslrootcert=FILE, or trust the system's with sslrootcert=system",
        ));
    }
    let provider = Arc::new(ring::default_provider());
    let names_host = mode == TlsMode::VerifyFull;
    let verifier = Verifier { roots, names_host, algorithms: provider.signature_verification_algorithms };
    let config = configuration(provider, Arc::new(verifier)).map_err(Error::internal)?;
    Ok(MakeRustlsConnect::new(config))
}

fn configuration(
    provider: Arc<CryptoProvider>,
    verifier: Arc<Verifier>,
) -> std::result::Result<ClientConfig, rustls::Error> {
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

/// Whom a certificate must lead to.
#[derive(Debug)]
struct Roots {
    /// As authorities.
    store: RootCertStore,
    /// As they are: a server may show one of them itself.
    certificates: Vec<CertificateDer<'static>>,
}

impl Roots {
    fn load(source: &RootCertificates) -> Result<Self> {
        match source {
            RootCertificates::File(path) => Self::of_file(path),
            RootCertificates::System => Self::of_system(),
        }
    }

    fn of_file(path: &Path) -> Result<Self> {
        let read = |certificates: rustls::pki_types::pem::ReadIter<_, CertificateDer<'static>>| {
            certificates.collect::<std::result::Result<Vec<_>, _>>()
        };
        let certificates = match CertificateDer::pem_file_iter(path).and_then(read) {
            Err(PemError::Io(error)) => {
                return Err(Error::io("cannot read the root certificates in", path)(error));
            }
            Err(error) => {
                return Err(Error::file(path, format!("is no PEM file of certificates: {error:?}")));
            }
            Ok(certificates) if certificates.is_empty() => {
                return Err(Error::file(path, "there is no certificate in it"));
            }
            Ok(certificates) => certificates,
        };
        let mut store = RootCertStore::empty();
        for certificate in &certificates {
            store.add(certificate.clone()).map_err(|error| {
                Error::file(path, format!("holds a certificate that cannot be read: {error}"))
            })?;
        }
        Ok(Self { store, certificates })
    }

    fn of_system() -> Result<Self> {
        let found = rustls_native_certs::load_native_certs();
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(found.certs);
        if store.is_empty() {
            let why: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
            return Err(Error::usage_hint(
                format!("sslrootcert=system: the system trusts no certificate; {}", why.join("; ")),
                "install the package ca-certificates, or name a file with sslrootcert=FILE",
            ));
        }
        Ok(Self { store, certificates: Vec::new() })
    }
}

/// Looks at a server's certificate as libpq does.
#[derive(Debug)]
struct Verifier {
    /// Any certificate will do without them.
    roots: Option<Roots>,
    /// Whether the certificate must be the host's own.
    names_host: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    /// Whether it is in force and leads to a root, or is one.
    fn verify_chain(
        &self,
        roots: &Roots,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> std::result::Result<(), rustls::Error> {
        if roots.certificates.contains(certificate) {
            return LegacyCertificate::parse(certificate)?.verify_time(now);
        }
        match ParsedCertificate::try_from(certificate) {
            Ok(parsed) => rustls::client::verify_server_cert_signed_by_trust_anchor(
                &parsed,
                &roots.store,
                intermediates,
                now,
                self.algorithms.all,
            ),
            Err(error) => {
                let legacy = LegacyCertificate::parse(certificate).map_err(|_| error)?;
                legacy.verify_time(now)?;
                legacy.verify_issuer(&roots.certificates, self.algorithms.all)
            }
        }
    }

    /// Whether it is the host's. A certificate without alternative names has its host as its common name.
    fn verify_name(
        certificate: &CertificateDer<'_>,
        host: &ServerName<'_>,
        may_be_common: bool,
    ) -> std::result::Result<(), rustls::Error> {
        let found = ParsedCertificate::try_from(certificate)
            .and_then(|parsed| rustls::client::verify_server_name(&parsed, host));
        let Err(error) = found else { return Ok(()) };
        if may_be_common && LegacyCertificate::parse(certificate)?.is_commonly_named(&host.to_str()) {
            return Ok(());
        }
        Err(error)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        if let Some(roots) = &self.roots {
            self.verify_chain(roots, end_entity, intermediates, now)?;
            if self.names_host {
                // A common name is not held against an authority's limits, so none may have any.
                let may_be_common = intermediates.is_empty()
                    && roots.store.roots.iter().all(|root| root.name_constraints.is_none());
                Self::verify_name(end_entity, server_name, may_be_common)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        if ParsedCertificate::try_from(cert).is_ok() {
            return rustls::crypto::verify_tls13_signature(message, cert, dss, &self.algorithms);
        }
        let key = LegacyCertificate::parse(cert)?.public_key()?;
        rustls::crypto::verify_tls13_signature_with_raw_key(message, &key, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// What helps against a failed handshake, if rustls says why.
pub(super) fn advice(error: Option<&rustls::Error>) -> &'static str {
    let Some(rustls::Error::InvalidCertificate(why)) = error else {
        return "is it a Postgres server that speaks TLS 1.2 or 1.3? Without TLS: sslmode=disable";
    };
    match why {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "connect by a name that the certificate has (hostaddr=ADDRESS says where it is), or give the server a certificate with this name"
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            "give the server a certificate that is in force, and look at this machine's clock"
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "name the file of the authority that signed the server's certificate with sslrootcert=FILE"
        }
        // Whatever else a certificate may be found to be, now or in a later rustls.
        _ => "give the server a certificate of version 3 with its name as an alternative name, and CA:FALSE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_wants_to_verify_needs_roots() {
        for mode in [TlsMode::VerifyCa, TlsMode::VerifyFull] {
            let error = connector(mode, None).err().unwrap();
            assert!(error.to_string().contains(mode.name()), "{error}");
        }
        for mode in [TlsMode::Prefer, TlsMode::Require] {
            assert!(connector(mode, None).is_ok());
        }
    }

    #[test]
    fn a_file_without_roots_is_refused_by_every_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.crt");
        let load = || {
            let roots = RootCertificates::File(path.clone());
            connector(TlsMode::Require, Some(&roots)).err().map(|error| error.to_string())
        };
        assert!(load().unwrap().starts_with("cannot read"));
        std::fs::write(&path, "").unwrap();
        assert!(load().unwrap().contains("no certificate"));
        std::fs::write(&path, "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n").unwrap();
        assert!(load().unwrap().contains("no PEM file"));
        std::fs::write(&path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        assert!(load().unwrap().contains("cannot be read"));
    }
}
