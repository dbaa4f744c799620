//! What an assessment is told as: the report for programs, the text for the terminal, the page, which a real browser
//! shows.

#![expect(clippy::print_stderr, reason = "what is skipped is said")]

mod portraits;
mod sample;

#[test]
fn look() {
    let t = sample::TIMESTAMP;
    for (n, a) in [("go", sample::go()), ("nogo", sample::no_go())] {
        std::fs::write(format!("/tmp/page-try/{n}.html"), seedmill::report::fidelity::page::page(&a, t))
            .unwrap();
        std::fs::write(
            format!("/tmp/page-try/{n}.json"),
            serde_json::to_string_pretty(&seedmill::report::fidelity::json::value(&a, t)).unwrap(),
        )
        .unwrap();
        for verbose in [false, true] {
            std::fs::write(
                format!("/tmp/page-try/{n}-{verbose}.txt"),
                seedmill::report::fidelity::table::table(
                    &a,
                    seedmill::report::fidelity::table::Look { colour: false, verbose },
                ),
            )
            .unwrap();
        }
    }
    eprintln!("x");
}
