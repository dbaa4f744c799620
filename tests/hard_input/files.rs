//! Model files as other systems write them, and models that reach for files beyond their own.

use std::fs;

use crate::support::{PLAIN, Place, sums};

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_no_byte_of_the_data() {
    let place = Place::with_plain();
    let plain = place.generates("plain.yaml", &["--out", "plain"]);
    let windows = PLAIN.replace('\n', "\r\n");
    for (name, bytes) in [
        ("mark", [b"\xef\xbb\xbf", PLAIN.as_bytes()].concat()),
        ("windows", windows.clone().into_bytes()),
        ("both", [b"\xef\xbb\xbf", windows.as_bytes()].concat()),
    ] {
        let file = format!("{name}.yaml");
        place.write(&file, bytes);
        assert_eq!(sums(&place.generates(&file, &["--out", name])), sums(&plain), "{name}");
    }
}

#[test]
fn places_are_right_behind_a_byte_order_mark_and_windows_line_ends() {
    let place = Place::new();
    let text = PLAIN.replace("uuid: v4", "uid: v4").replace('\n', "\r\n");
    place.write("m.yaml", [b"\xef\xbb\xbf", text.as_bytes()].concat());
    let said = place.refuses(&["check", "m.yaml"], &["there is no strategy `uid`"]).stderr;
    assert!(said.contains("--> m.yaml:3:37"), "{said}");
    let underlined = said.lines().find(|line| line.contains('^')).unwrap();
    let source = said.lines().find(|line| line.starts_with("3 |"));
    assert_eq!(source.map(|line| line.find("uid: v4")), Some(underlined.find('^')), "{said}");
}

/// Sixteen bits a character, as some editors save; and bytes that are no text at all.
#[test]
fn other_encodings_are_refused_as_such() {
    let place = Place::new();
    let wide: Vec<u8> = PLAIN.encode_utf16().flat_map(u16::to_le_bytes).collect();
    place.write("wide.yaml", [b"\xff\xfe", wide.as_slice()].concat());
    place.refuses(&["check", "wide.yaml"], &["the file is not UTF-8 text", "wide.yaml:1:1"]);
    place.write("zeros.yaml", [0; 4096]);
    place.refuses(&["check", "zeros.yaml"], &["zeros.yaml:1:1"]);
    place.write("latin.yaml", b"model: caf\xe9\nentities: {}\n");
    place.refuses(&["check", "latin.yaml"], &["the file is not UTF-8 text", "latin.yaml:1:11"]);
}

#[test]
fn a_model_reads_no_parameters_from_outside_its_folder() {
    let place = Place::new();
    place.write("secret.json", r#"{"users": 7}"#);
    place.write("in/below/numbers.json", r#"{"users": 7}"#);
    std::os::unix::fs::symlink(place.path("secret.json"), place.path("in/link.json")).unwrap();
    let model = |file: &str| {
        format!(
            "model: m\nparameters: {file}\nentities: {{users: {{rows: $users, columns: {{id: {{uuid: v4}}}}}}}}\n"
        )
    };
    let absolute = place.path("secret.json").display().to_string();
    for file in ["../secret.json", "below/../../secret.json", &absolute, "link.json", "/etc/passwd"] {
        place.write("in/m.yaml", model(file));
        let said = place
            .refuses(&["check", "in/m.yaml"], &["lies outside the model's folder", "in/m.yaml:2:13"])
            .stderr;
        assert!(!said.contains("root:"), "{said}");
        place.refuses(&["check", "in"], &["lies outside the model's folder"]);
    }
    place.write("in/m.yaml", model("../secret.json"));
    place.does(&["check", "in/m.yaml", "--allow-path", "."]);
    for file in ["below/numbers.json", "./below/numbers.json", "../in/below/numbers.json"] {
        place.write("in/m.yaml", model(file));
        place.does(&["check", "in/m.yaml"]);
    }
    // From within the folder, where its path is empty.
    let ran = place.shell("cd in && $S check m.yaml");
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
}

#[test]
fn what_is_no_model_file_is_said() {
    let place = Place::new();
    fs::create_dir(place.path("empty")).unwrap();
    place.write("two/a.yaml", PLAIN);
    place.write("two/b.yaml", PLAIN);
    place.refuses(&["check", "empty"], &["there is no model in `empty`"]);
    place.refuses(&["check", "two"], &["several YAML files", "hint: name the model's file"]);
    place.refuses(&["check", "none.yaml"], &["there is no model at `none.yaml`", "hint: "]);
    place.refuses(&["check", ""], &["a value is required for '<MODEL>'"]);
}

#[test]
fn a_model_through_a_pipe_is_read() {
    let place = Place::with_plain();
    for verb in ["check", "check --band dev", "plan"] {
        let ran = place.shell(&format!("$S {verb} <(cat plain.yaml)"));
        assert_eq!(ran.status, Some(0), "{verb}: {}", ran.stderr);
    }
}
