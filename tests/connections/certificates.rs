//! [`Certificates`]: an authority and what it signed, made by the `openssl` command.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder of certificates with their keys.
pub struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    /// The authority `ca`; `good` for localhost and `stranger` for another host, `expired` yesterday; `common` and
    /// `manual` have localhost as their common name only, `manual` in version 1 as the manual's recipe makes it;
    /// `stale` is as `manual` and expired, `forged` as `manual` and of another authority that has the name of `ca`;
    /// `chained` comes from `middle`, an authority below `ca`; `own` signed itself.
    pub fn make() -> Self {
        let made = Self { folder: tempfile::tempdir().unwrap() };
        for authority in ["ca", "fake"] {
            made.sign_itself(authority, "/CN=seedmill test authority");
        }
        made.sign_itself("own", "/CN=localhost");
        made.sign("good", "ca", "30", Some("subjectAltName=DNS:localhost"));
        made.sign("stranger", "ca", "30", Some("subjectAltName=DNS:db.example.com"));
        made.sign("expired", "ca", "-1", Some("subjectAltName=DNS:localhost"));
        made.sign("common", "ca", "30", Some("keyUsage=digitalSignature"));
        made.sign("manual", "ca", "30", None);
        made.sign("stale", "ca", "-1", None);
        made.sign("forged", "fake", "30", None);
        made.sign("middle", "ca", "30", Some("basicConstraints=critical,CA:TRUE"));
        made.sign("chained", "middle", "30", Some("subjectAltName=DNS:localhost"));
        let both = made.read("chained.crt") + &made.read("middle.crt");
        std::fs::write(made.path("chained.crt"), both).unwrap();
        made
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn openssl(&self, arguments: &str, more: &[&str]) {
        let output = Command::new("openssl")
            .args(arguments.split(' '))
            .args(more)
            .current_dir(self.folder.path())
            .output()
            .expect("openssl starts");
        assert!(output.status.success(), "{arguments}: {}", super::server::said(&output));
    }

    fn sign_itself(&self, name: &str, subject: &str) {
        let files = format!("-keyout {name}.key -out {name}.crt -days 30");
        self.openssl(
            &format!("req -x509 {KEY} {files} -addext subjectAltName=DNS:localhost"),
            &["-subj", subject],
        );
    }

    fn sign(&self, name: &str, authority: &str, days: &str, extension: Option<&str>) {
        let subject = if name == "middle" { "/CN=middle" } else { "/CN=localhost" };
        self.openssl(&format!("req -new {KEY} -keyout {name}.key -out {name}.csr"), &["-subj", subject]);
        let extensions = self.path("extensions");
        std::fs::write(&extensions, extension.unwrap_or_default()).unwrap();
        let file = extensions.to_str().unwrap();
        let extensions = if extension.is_some() { &["-extfile", file][..] } else { &[] };
        let signed = format!("-CA {authority}.crt -CAkey {authority}.key -CAcreateserial -out {name}.crt");
        self.openssl(&format!("x509 -req -in {name}.csr {signed} -days {days}"), extensions);
    }
}

const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

/// As it stands in a URL or a connection string.
pub fn quoted(path: &Path) -> &str {
    path.to_str().unwrap()
}
