//! The fuzz targets of `tests/fuzz` on what they begin with, on a fixed number of mutations, and on every input that ever
//! broke a law. `scripts/fuzz.sh` searches further.

#[path = "../fuzz/targets/mod.rs"]
mod targets;

mod mutator;
mod seeds;

use std::panic::{AssertUnwindSafe, catch_unwind};

use mutator::Mutator;
use targets::{TARGETS, Target};

/// What targets made of their inputs.
#[derive(Default)]
struct Runs {
    all: usize,
    accepted: usize,
    /// Inputs that break a law, in words.
    broken: Vec<String>,
}

impl Runs {
    /// Whether the input is accepted.
    fn run(&mut self, target: Target, what: &str, input: &[u8]) -> bool {
        self.all += 1;
        let ran = catch_unwind(AssertUnwindSafe(|| target(input)));
        match &ran {
            Ok(accepted) => self.accepted += usize::from(*accepted),
            Err(_) => self.broken.push(format!("{what}: {}", input.escape_ascii())),
        }
        ran.unwrap_or(false)
    }

    #[track_caller]
    fn assert_good(&self) {
        let broken = &self.broken;
        assert!(
            broken.is_empty(),
            "{} of {} inputs break a law:\n{}",
            broken.len(),
            self.all,
            broken.join("\n")
        );
    }
}

fn target(name: &str) -> Target {
    TARGETS.iter().find(|(known, _)| *known == name).expect(name).1
}

/// The seeds, and `mutations` made of them.
fn holds_for_seeds_and_mutations(name: &str, mutations: u64) {
    let seeds = seeds::of(name);
    assert!(seeds.len() >= 4, "{name} has only {} seeds", seeds.len());
    let mut runs = Runs::default();
    let mut good: Vec<&[u8]> = Vec::new();
    for (what, input) in &seeds {
        if runs.run(target(name), what, input) {
            good.push(input);
        }
    }
    let all: Vec<&[u8]> = seeds.iter().map(|(_, input)| input.as_slice()).collect();
    let words = seeds::words(name);
    for number in 0..mutations {
        // Of a good input more is left that means something.
        let from = if number % 4 == 0 { &all } else { &good };
        let input = Mutator::new(number).mutated(from, &words);
        runs.run(target(name), &format!("mutation {number}"), &input);
    }
    runs.assert_good();
    // Most of the laws are about what is accepted.
    assert!(
        runs.accepted * 20 > runs.all && runs.accepted < runs.all,
        "{} of {} {name} are accepted",
        runs.accepted,
        runs.all
    );
}

#[test]
fn no_model_breaks_a_law() {
    holds_for_seeds_and_mutations("models", 1_200);
}

#[test]
fn no_expression_breaks_a_law() {
    holds_for_seeds_and_mutations("expressions", 24_000);
}

#[test]
fn no_folder_of_the_dialect_breaks_a_law() {
    holds_for_seeds_and_mutations("dialect", 2_400);
}

#[test]
fn no_template_breaks_a_law() {
    holds_for_seeds_and_mutations("templates", 6_000);
}

#[test]
fn what_was_found_is_mended() {
    let mut runs = Runs::default();
    for (name, target) in TARGETS {
        for (what, input) in seeds::found(name) {
            runs.run(target, &what, &input);
        }
    }
    runs.assert_good();
}
