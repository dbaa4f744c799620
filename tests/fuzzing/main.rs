//! The fuzz targets of `tests/fuzz` on what they begin with, on a fixed number of mutations, and on every input that ever
//! broke a law. `scripts/fuzz.sh` searches further.

#[path = "../fuzz/targets/mod.rs"]
mod targets;

mod mutator;
mod seeds;

use std::panic::{AssertUnwindSafe, catch_unwind};

use mutator::Mutator;
use targets::{TARGETS, Target};

/// Inputs that break a law, in words.
#[derive(Default)]
struct Broken(Vec<String>);

impl Broken {
    fn run(&mut self, target: Target, what: &str, input: &[u8]) {
        if catch_unwind(AssertUnwindSafe(|| target(input))).is_err() {
            self.0.push(format!("{what}: {}", input.escape_ascii()));
        }
    }

    #[track_caller]
    fn assert_none(self) {
        assert!(self.0.is_empty(), "{} inputs break a law:\n{}", self.0.len(), self.0.join("\n"));
    }
}

fn target(name: &str) -> Target {
    TARGETS.iter().find(|(known, _)| *known == name).expect(name).1
}

/// The seeds, and `mutations` made of them.
fn holds_for_seeds_and_mutations(name: &str, mutations: u64) {
    let seeds = seeds::of(name);
    assert!(seeds.len() >= 4, "{name} has only {} seeds", seeds.len());
    let mut broken = Broken::default();
    for (what, input) in &seeds {
        broken.run(target(name), what, input);
    }
    let inputs: Vec<&[u8]> = seeds.iter().map(|(_, input)| input.as_slice()).collect();
    let words = seeds::words(name);
    for number in 0..mutations {
        let input = Mutator::new(number).mutated(&inputs, &words);
        broken.run(target(name), &format!("mutation {number}"), &input);
    }
    broken.assert_none();
}

#[test]
fn no_model_breaks_a_law() {
    holds_for_seeds_and_mutations("models", 600);
}

#[test]
fn no_expression_breaks_a_law() {
    holds_for_seeds_and_mutations("expressions", 6_000);
}

#[test]
fn no_folder_of_the_dialect_breaks_a_law() {
    holds_for_seeds_and_mutations("dialect", 600);
}

#[test]
fn no_template_breaks_a_law() {
    holds_for_seeds_and_mutations("templates", 1_500);
}

#[test]
fn what_was_found_is_mended() {
    let mut broken = Broken::default();
    for (name, target) in TARGETS {
        for (what, input) in seeds::found(name) {
            broken.run(target, &what, &input);
        }
    }
    broken.assert_none();
}
