//! The text for the terminal.

use seedmill::report::fidelity::table::{Look, table};

use super::sample;

const PLAIN: Look = Look { colour: false, verbose: false };

#[test]
fn a_clean_go_is_short() {
    insta::assert_snapshot!(table(&sample::go(), PLAIN));
}

#[test]
fn a_no_go_tells_what_failed_and_where() {
    insta::assert_snapshot!(table(&sample::no_go(), PLAIN));
}

#[test]
fn a_verbose_text_tells_every_check_and_counter() {
    let assessment = sample::no_go();
    let text = table(&assessment, Look { verbose: true, ..PLAIN });
    // A long measure is shortened; none of the sample's is.
    let count = |word: &str| text.lines().filter(|line| line.contains(word)).count();
    assert_eq!(count(" PASS") + count(" WARN") + count(" FAIL"), assessment.checks.len(), "{text}");
    assert_eq!(count(": never NULL, never twice"), 2, "{text}");
}

#[test]
fn no_line_is_wider_than_110_columns() {
    for verbose in [false, true] {
        for assessment in [sample::go(), sample::no_go()] {
            let text = table(&assessment, Look { verbose, ..PLAIN });
            let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 110).collect();
            assert!(wide.is_empty(), "{wide:#?}");
        }
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let plain = table(&sample::no_go(), PLAIN);
    let coloured = table(&sample::no_go(), Look { colour: true, ..PLAIN });
    assert!(coloured.contains("\x1b[1;31m✗ NO-GO\x1b[0m"));
    let mut stripped = String::new();
    for (at, piece) in coloured.split('\x1b').enumerate() {
        let text = if at == 0 { piece } else { piece.split_once('m').expect("a colour ends with m").1 };
        stripped.push_str(text);
    }
    let trimmed: Vec<&str> = stripped.lines().map(str::trim_end).collect();
    assert_eq!(trimmed, plain.lines().collect::<Vec<_>>());
}

#[test]
fn a_name_cannot_give_the_terminal_orders() {
    let mut assessment = sample::no_go();
    assessment.model = "a\x1b[2J\n".into();
    assessment.dataset = "b\x07".into();
    assessment.checks[0].subject = "c\x1b]0;x".into();
    assessment.counters[0].rule = "d\r".into();
    assessment.recommendations[0] = "e\x1b".into();
    let text = table(&assessment, Look { verbose: true, ..PLAIN });
    assert!(!text.chars().any(|letter| letter.is_control() && letter != '\n'), "{text:?}");
}
