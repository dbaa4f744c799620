//! Databases' names. The marked database itself takes each, so that nothing but the name is wrong.

use crate::support::Stage;

#[test]
fn a_name_that_says_production_or_not_perf_is_refused_with_the_right_marker() {
    let Some(stage) = Stage::new("name") else { return };
    let tag = stage.tag.clone();
    let mut name = stage.perf.clone();
    let not_perf = "only a name with the word `perf`";
    for (pattern, words) in [
        ("performance_prod_TAG", "a name with `prod`"),
        ("prod_perf_TAG", "a name with `prod`"),
        ("PROD_perf_TAG", "a name with `prod`"),
        ("chat_perf_TAG_Production", "a name with `prod`"),
        ("chat_perf_products_TAG", "a name with `prod`"),
        ("live-perf-TAG", "is never written"),
        ("TAG_perf_prd2", "is never written"),
        ("TAG perf LIVE", "is never written"),
        ("chat_perf_\u{ff30}\u{ff32}\u{ff2f}\u{ff24}_TAG", "beyond ASCII"),
        ("chat_perf_\u{440}rod_TAG", "beyond ASCII"),
        ("chat_p\u{435}rf_TAG", "beyond ASCII"),
        ("chat_perf_pro\u{200b}d_TAG", "beyond ASCII"),
        ("superficial_TAG", not_perf),
        ("performance_TAG", not_perf),
        ("imperfect_TAG", not_perf),
        ("app_TAG", not_perf),
    ] {
        let next = pattern.replace("TAG", &tag);
        stage.rename(&name, &next);
        name = next;
        let before = stage.photograph(&name);
        stage.pointed_at(&name, || {
            stage.refused(&mut stage.load(&[]), words);
            stage.refused(&mut stage.teardown(&[]), words);
        });
        for options in [&[][..], &["--adopt"]] {
            let mut command = stage.provision(&[&format!("--database={name}")]);
            stage.refused(command.args(options).arg("--secrets=elsewhere"), words);
        }
        assert_eq!(stage.photograph(&name), before);
        assert!(!stage.path("elsewhere").exists());
    }
    for good in ["chat_perf_TAG", "Chat-PERF-TAG", "TAG_perf2"] {
        let next = good.replace("TAG", &tag);
        stage.rename(&name, &next);
        name = next;
        stage.pointed_at(&name, || drop(stage.succeeds(&mut stage.load(&[]))));
    }
}
