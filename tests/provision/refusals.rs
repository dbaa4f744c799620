//! What is refused, with nothing changed; and what `--adopt` takes over.

use std::os::unix::fs::{PermissionsExt, symlink};

use crate::place::{Place, said};

#[test]
fn productions_names_are_refused_before_anything_is_asked() {
    let Some(mut place) = Place::new("names") else { return };
    for name in ["chat", "chat_prod", "chat_perf_PROD", "live_perf", "", "perf\nx"] {
        place.database = name.to_owned();
        let output = place.run(&[]);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", said(&output));
    }
    place.database = format!("{}_perf_dev", place.prefix);
    for (name, value) in [("NODE_ENV", "production"), ("APP_ENV", "prod"), ("RAILS_ENV", "Production")] {
        let output = place.command(&[]).env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(name), "{}", said(&output));
    }
    place.administrator = "prod_admin".to_owned();
    place.refused(&[], "the user is called `prod_admin`");
    assert!(!place.is_there() && place.roles().is_empty() && !place.secrets().exists());
}

#[test]
fn a_database_made_by_hand_is_taken_over_only_when_asked() {
    let Some(place) = Place::new("adopt") else { return };
    place.make_by_hand();
    place.refused(&[], "no marker");
    assert!(place.roles().is_empty() && !place.secrets().exists());
    let told = place.provision(&["--adopt"]);
    assert!(told.contains(&format!("✓ Database '{}' adopted", place.database)), "{told}");
    let mut client = place.inside();
    assert_eq!(client.query_one("SELECT number FROM mine", &[]).unwrap().get::<_, i32>(0), 7);
    let query = "SELECT pg_get_userbyid(datdba) = $1 AND NOT has_database_privilege('public', oid, 'CONNECT') \
                 FROM pg_database WHERE datname = current_database()";
    assert!(client.query_one(query, &[&place.role("owner")]).unwrap().get::<_, bool>(0));
    place.as_role("user").batch_execute("SELECT * FROM seedmill.marker").unwrap();
    // Once marked it needs no asking.
    place.provision(&[]);
}

#[test]
fn a_copied_marker_marks_nothing() {
    let Some(mut place) = Place::new("copy") else { return };
    place.provision(&[]);
    let copy = format!("{}_copy_perf_dev", place.prefix);
    place
        .superuser("postgres")
        .batch_execute(&format!("CREATE DATABASE {copy} TEMPLATE {}", place.database))
        .unwrap();
    place.database = copy;
    let folder = place.secrets();
    std::fs::rename(&folder, folder.with_extension("away")).unwrap();
    for options in [&["--rotate-password"][..], &["--rotate-password", "--adopt"]] {
        place.refused(options, "is a copy");
    }
    assert!(!folder.exists());
}

#[test]
fn another_environments_database_is_refused() {
    let Some(place) = Place::new("band") else { return };
    place.provision(&[]);
    place
        .superuser(&place.database)
        .batch_execute("UPDATE seedmill.marker SET environment = 'staging'")
        .unwrap();
    place.refused(&[], "was provisioned for staging, not for dev");
}

#[test]
fn a_marker_in_reach_of_others_is_none() {
    let Some(place) = Place::new("reach") else { return };
    place.provision(&[]);
    let statement = format!("ALTER TABLE seedmill.marker OWNER TO {}", place.role("user"));
    place.superuser(&place.database).batch_execute(&statement).unwrap();
    place.refused(&[], "belongs to");
    place.refused(&["--adopt"], "belongs to");
}

#[test]
fn a_role_without_credentials_is_nobodys_to_take() {
    let Some(place) = Place::new("taken") else { return };
    let role = place.role("user");
    place
        .superuser("postgres")
        .batch_execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'theirs'"))
        .unwrap();
    place.refused(&[], "is there already, but");
    assert!(!place.is_there() && !place.secrets().exists());
    place.provision(&["--rotate-password"]);
}

#[test]
fn a_folder_that_others_enter_holds_no_credentials() {
    let Some(place) = Place::new("folder") else { return };
    let folder = place.secrets();
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    place.refused(&[], "others may enter");
    let real = folder.with_extension("real");
    std::fs::rename(&folder, &real).unwrap();
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o700)).unwrap();
    symlink(&real, &folder).unwrap();
    place.refused(&[], "is no folder");
    assert_eq!(std::fs::read_dir(&real).unwrap().count(), 0);
    assert!(!place.is_there() && place.roles().is_empty());
}

#[test]
fn files_of_others_stay() {
    let Some(place) = Place::new("others") else { return };
    let folder = place.secrets();
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    for name in [".env.dev", "connect-dev.sh", "monitor-dev.sql"] {
        let path = place.file(name);
        std::fs::write(&path, "theirs").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        place.refused(&[], "was not made by");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "theirs");
        std::fs::remove_file(&path).unwrap();
    }
    let elsewhere = folder.with_extension("elsewhere");
    std::fs::write(&elsewhere, "theirs").unwrap();
    symlink(&elsewhere, place.file("monitor-dev.sql")).unwrap();
    place.refused(&[], "was not made by");
    assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), "theirs");
    assert!(!place.is_there() && place.roles().is_empty());
}

#[test]
fn the_credentials_of_another_database_are_not_written_over() {
    let Some(mut place) = Place::new("other") else { return };
    place.provision(&[]);
    let before = std::fs::read(place.file(".env.dev")).unwrap();
    place.database = format!("{}_second_perf_dev", place.prefix);
    place.refused(&["--rotate-password"], "holds the credentials of");
    assert_eq!(std::fs::read(place.file(".env.dev")).unwrap(), before);
    assert!(!place.is_there());
}
