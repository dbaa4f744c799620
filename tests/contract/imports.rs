//! No value may come from the platform's libm, which differs between systems.
//!
//! The linked program does import four of its functions, for calls in other crates that no value and no byte
//! depends on; each is named below with the reason. The calls are found in the program's machine code, so a call
//! of seedmill's own, or of `rand_distr` through `num-traits`, is found also where the same function is
//! already imported for another's sake.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

/// The functions of libm that compute on floats; each also with the suffix `f`.
const LIBM: [&str; 26] = [
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "pow",
    "sin",
    "cos",
    "tan",
    "sinh",
    "cosh",
    "tanh",
    "cbrt",
    "hypot",
    "tgamma",
    "lgamma_r",
    "fma",
    "floor",
    "ceil",
    "round",
    "trunc",
    "rint",
    "nearbyint",
    "fmod",
];

/// Which crate may call what.
const ALLOWED: [(&str, &[&str]); 3] = [
    // `log` and `pow`: the size of a bloom filter, and no column has one. `log2` and `log10`: the bytes and digits
    // of a decimal, from logarithms of powers of ten that are never near a whole number of bytes.
    ("parquet::", &["log", "pow", "log2", "log10"]),
    // The length of a buffer for digits, rounded up.
    ("num_bigint::", &["log2"]),
    // The speed that a progress bar shows.
    ("indicatif::", &["pow", "exp"]),
];

/// The release build if there is one and it is this source's, else the program under test.
fn program() -> PathBuf {
    std::env::var_os("SEEDMILL_TEST_RELEASE")
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_seedmill")), PathBuf::from)
}

/// `log@GLIBC_2.29` as `log`, if it is one of libm's.
fn libm_function(symbol: &str) -> Option<&'static str> {
    let name = symbol.split('@').next()?;
    LIBM.into_iter().find(|function| name == *function || name.strip_suffix('f') == Some(*function))
}

fn output(tool: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(tool).args(arguments).arg(program()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Caller and function of every reference to libm in the machine code.
fn calls(disassembly: &str) -> BTreeSet<(String, &'static str)> {
    let mut caller = "";
    let mut calls = BTreeSet::new();
    for line in disassembly.lines() {
        // A function begins with `0000000000e23ea0 <path::of::function>:`.
        if let Some(name) = line.strip_suffix(">:").and_then(|line| line.split_once(" <")) {
            caller = name.1;
        } else if let Some((_, symbol)) = line.rsplit_once('<')
            && let Some(function) = libm_function(symbol.trim_end_matches('>'))
            // The linkage table's own entry is no call.
            && !caller.contains("@plt")
        {
            calls.insert((caller.to_owned(), function));
        }
    }
    calls
}

fn is_allowed(caller: &str, function: &str) -> bool {
    let caller = caller.trim_start_matches('<');
    ALLOWED.iter().any(|(path, functions)| caller.starts_with(path) && functions.contains(&function))
}

#[test]
fn no_value_comes_from_the_platforms_libm() {
    if !cfg!(target_os = "linux") {
        eprintln!("skipped: symbols are looked at on Linux only");
        return;
    }
    let Some(symbols) = output("nm", &["-D", "--undefined-only"]) else {
        eprintln!("skipped: there is no `nm`");
        return;
    };
    let imported: BTreeSet<&str> =
        symbols.lines().filter_map(|line| libm_function(line.split_whitespace().last()?)).collect();
    let expected: BTreeSet<&str> = ALLOWED.iter().flat_map(|(_, functions)| *functions).copied().collect();
    let strange: Vec<_> = imported.difference(&expected).collect();
    assert!(strange.is_empty(), "{strange:?} of the platform's libm are imported");

    let Some(disassembly) = output("objdump", &["-d", "-C", "--no-show-raw-insn"]) else {
        eprintln!("skipped: there is no `objdump`");
        return;
    };
    let calls = calls(&disassembly);
    let called: BTreeSet<&str> = calls.iter().map(|(_, function)| *function).collect();
    assert_eq!(called, imported, "every import has a caller that was found");
    let refused: Vec<_> = calls.iter().filter(|(caller, function)| !is_allowed(caller, function)).collect();
    assert!(refused.is_empty(), "calls of the platform's libm: {refused:#?}");
}

#[test]
fn calls_are_found_by_their_caller() {
    let disassembly = "\
0000000000e23ea0 <seedmill::laws::normal::draw>:
  e23ea4:\tcall   *0x1f(%rip)        # 1000 <log@GLIBC_2.29>
  e23eaa:\tjmp    e23ea0 <seedmill::laws::normal::draw+0x4>
0000000000e23eb0 <pow@plt>:
  e23eb0:\tjmp    *0x2f(%rip)        # 1008 <pow@GLIBC_2.29>
0000000000e23ec0 <indicatif::state::ProgressState::eta>:
  e23ec4:\tcall   e23eb0 <powf@plt>
  e23ec8:\tcall   e23eb0 <libm::math::exp::exp>
";
    let calls = calls(disassembly);
    let expected = [("indicatif::state::ProgressState::eta", "pow"), ("seedmill::laws::normal::draw", "log")];
    assert_eq!(calls, expected.map(|(caller, function)| (caller.to_owned(), function)).into());
    assert!(is_allowed("indicatif::state::ProgressState::eta", "pow"));
    assert!(!is_allowed("seedmill::laws::normal::draw", "log"));
    assert!(!is_allowed("parquet::arrow::arrow_writer::write_leaf", "exp"));
}
