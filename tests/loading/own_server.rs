//! [`OwnServer`]: a server that a test may crash, started by the script that users have.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::place::shared_server;

/// A server of a test's own, stopped and removed with the value.
pub struct OwnServer {
    folder: PathBuf,
    pub url: String,
}

impl OwnServer {
    /// Only where there is a shared one too: else Postgres is not wanted here.
    pub fn start(test: &str) -> Option<Self> {
        shared_server()?;
        // A socket's path is short.
        let folder = PathBuf::from(format!("/tmp/seedmill-{test}-{}", std::process::id()));
        let mut server = Self { folder, url: String::new() };
        server.script("start");
        server.url = server.script("url").trim().to_owned();
        Some(server)
    }

    fn script(&self, verb: &str) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/postgres.sh");
        let output =
            Command::new(script).arg(verb).env("SEEDMILL_POSTGRES_DIR", &self.folder).output().unwrap();
        assert!(output.status.success(), "{verb}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("server.log")).unwrap()
    }

    /// As if the machine had lost its power, but for what the system has in its memory.
    pub fn crash(&self) {
        self.control(&["stop", "-w", "-m", "immediate"]);
    }

    /// Starts it after a crash, at the same address.
    pub fn restart(&self) {
        let log = self.folder.join("server.log");
        let options = format!("-p {}", self.url.rsplit_once(':').unwrap().1.split_once('/').unwrap().0);
        self.control(&["start", "-w", "-t", "60", "-l", log.to_str().unwrap(), "-o", &options]);
    }

    /// The superuser is still trusted, roles need their passwords.
    pub fn ask_for_passwords(&self) {
        let rules = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
        std::fs::write(self.data().join("pg_hba.conf"), rules).unwrap();
        self.control(&["reload"]);
    }

    fn control(&self, arguments: &[&str]) {
        let options = std::fs::read_to_string(self.data().join("postmaster.opts")).unwrap();
        let program = Path::new(options.split_whitespace().next().unwrap()).with_file_name("pg_ctl");
        let mut command = as_owner_of(&self.data(), &program);
        // A server that kept our pipes would keep us waiting.
        let Output { status, .. } =
            command.args(arguments).arg("-D").arg(self.data()).current_dir("/").output().unwrap();
        assert!(status.success(), "pg_ctl {arguments:?}: {}", self.log());
    }
}

/// Postgres refuses to be run by root.
fn as_owner_of(folder: &Path, program: &Path) -> Command {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::process::CommandExt;
    let owner = std::fs::metadata(folder).unwrap();
    let mut command = Command::new(program);
    if owner.uid() != rustix::process::geteuid().as_raw() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    command
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/postgres.sh");
        let _ = Command::new(script).arg("stop").env("SEEDMILL_POSTGRES_DIR", &self.folder).output();
    }
}
