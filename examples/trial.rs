//! Trial.
use seedmill::dataset::manifest::Manifest;
use seedmill::postgres::guard::{Door, Marker};
use seedmill::postgres::load::{Mode, Progress, Report, Request, load};
use seedmill::postgres::target::{Environment, Target, TlsMode};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let (dir, port, sysid, oid, uuid, jobs, freeze) = (&a[1], &a[2], &a[3], &a[4], &a[5], &a[6], a.len() > 7);
    let door = Door {
        target: Target {
            host: "127.0.0.1".into(),
            port: port.parse().unwrap(),
            database: "chat_perf_dev".into(),
            user: "postgres".into(),
            password: None,
            tls: TlsMode::Disable,
            root_certificates: None,
        },
        marker: Marker {
            system_identifier: sysid.parse().unwrap(),
            database_oid: oid.parse().unwrap(),
            uuid: uuid.clone(),
        },
        environment: Environment::of_process(),
    };
    let manifest = Manifest::read(dir.as_ref()).unwrap();
    let request = Request {
        directory: dir.as_ref(),
        manifest: &manifest,
        manifest_sha256: "x",
        schema: "perf_synthetic",
        jobs: jobs.parse().unwrap(),
        mode: if freeze { Mode::Tables } else { Mode::Parts },
        reader: None,
    };
    let mut report = Report::default();
    let progress = Progress::default();
    let result = load(&door, &request, &progress, &mut report);
    println!("{result:?}\n{report:#?} {:?}", progress.take_notices());
}
