//! Wrong datasets that `seedmill assess` must refuse, each by the check or the counter that is there for it.
//!
//! A judge is as good as the wrong datasets that it has been shown to reject. [`chat`] and [`shop`] list them; what
//! becomes of each stands in `README.md` beside this file, which the test compares and, with
//! `SEEDMILL_UPDATE_GOLDENS=1`, writes anew.

#![expect(clippy::print_stderr, reason = "what is skipped is said")]

mod chat;
mod good;
mod making;
mod shop;
mod sizes;
mod telling;
mod trial;

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use good::Good;
use trial::{Mutant, Outcome};

/// Mutants that are made and judged at the same time, with one thread each.
const AT_ONCE: usize = 2;

#[test]
fn every_wrong_dataset_is_refused_by_the_right_check() {
    let python = making::python();
    let mutants: Vec<Mutant> = [chat::mutants(), sizes::mutants(), shop::mutants()].concat();
    let mutants: Vec<Mutant> =
        mutants.into_iter().filter(|mutant| python.is_some() || !mutant.made.needs_python()).collect();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for datasets");
    let good = Good::make_all(folder.path());
    let outcomes = try_all(&mutants, &good, python.as_deref(), folder.path());
    let wrong: Vec<String> = outcomes.iter().filter_map(Outcome::complaint).collect();
    assert!(wrong.is_empty(), "{} of {} mutants:\n{}", wrong.len(), outcomes.len(), wrong.join("\n"));
    if python.is_some() {
        telling::compare(&telling::page(&good, &outcomes));
    }
}

/// Makes and judges all, some at a time; what became of them, in their order.
fn try_all<'m>(mutants: &'m [Mutant], good: &Good, python: Option<&Path>, folder: &Path) -> Vec<Outcome<'m>> {
    let next = AtomicUsize::new(0);
    let outcomes: Vec<Mutex<Option<Outcome<'m>>>> = mutants.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(mutant) = mutants.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let number = mutants
                        .iter()
                        .position(|other| std::ptr::eq(other, mutant))
                        .expect("it is one of them");
                    let workspace = folder.join(format!("mutant-{number}"));
                    let outcome = trial::run(mutant, good, python, &workspace);
                    std::fs::remove_dir_all(&workspace).expect("the mutant's own folder");
                    *outcomes[number].lock().expect("no mutant panics with it") = Some(outcome);
                }
            });
        }
    });
    outcomes
        .into_iter()
        .map(|outcome| outcome.into_inner().expect("none panicked").expect("all were tried"))
        .collect()
}
