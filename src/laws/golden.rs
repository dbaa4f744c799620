//! [`golden`]: the first draws of every law and of every way to draw it. They change only together with
//! `VALUES_VERSION`.

use super::bursts::{Bursts, Process};
use super::rhythm::{Rates, Rhythm};
use super::{Draw, Law, Sampler};
use crate::random::Key;

/// The first five draws of a law's generator.
fn golden(law: Law) -> Vec<f64> {
    let sampler = Sampler::new(&law).unwrap();
    let mut generator = Key::derive("seed", "laws", "golden", "draws").generator(0, 0);
    (0..5).map(|_| sampler.draw(&mut generator)).collect()
}

fn truncated(law: Law, min: f64, max: f64) -> Law {
    Law::Truncated { law: Box::new(law), min, max }
}

#[test]
fn draws_are_frozen() {
    let mixture = vec![
        (7.0, Law::Constant(2.0)),
        (3.0, Law::Geometric { p: 0.25, min: 3.0, max: 20.0 }),
        (2.0, Law::Exponential { mean: 900.0 }),
    ];
    let laws = [
        ("constant", Law::Constant(4.25)),
        ("uniform", Law::Uniform { min: -3.0, max: 11.0 }),
        ("uniform, whole", Law::UniformSteps { min: -3.0, max: 11.0, decimals: 0 }),
        ("uniform, in cents", Law::UniformSteps { min: 0.07, max: 50.0, decimals: 2 }),
        ("rising", Law::Rising { min: 100.0, max: 180.0 }),
        ("normal", Law::Normal { mean: 35.0, deviation: 12.0 }),
        ("log-normal", Law::LogNormal { mu: 4.5, sigma: 1.2 }),
        ("exponential", Law::Exponential { mean: 900.0 }),
        ("geometric", Law::Geometric { p: 0.25, min: 3.0, max: 20.0 }),
        ("power law, table", Law::PowerLaw { exponent: 2.5, min: 21.0, max: 256.0 }),
        ("power law, long range", Law::PowerLaw { exponent: 1.1, min: 3.0, max: 1e9 }),
        ("power law, long range at 1", Law::PowerLaw { exponent: 1.0, min: 1.0, max: 1e9 }),
        ("zipf, table", Law::Zipf { exponent: 0.7, count: 100_000 }),
        ("zipf, without a table", Law::Zipf { exponent: 0.7, count: 300_000_000 }),
        ("zipf, without a table at 1", Law::Zipf { exponent: 1.0, count: 300_000_000 }),
        ("poisson, by products", Law::Poisson { mean: 3.2 }),
        ("poisson, by rejection", Law::Poisson { mean: 40.0 }),
        ("pareto", Law::Pareto { alpha: 1.5, min: 1.0 }),
        (
            "quantiles, logarithmic",
            Law::Quantiles(vec![(0.0, 1.0), (50.0, 15.0), (95.0, 500.0), (100.0, 10_000.0)]),
        ),
        ("quantiles, linear", Law::Quantiles(vec![(0.0, -10.0), (50.0, 0.0), (99.9, 30.0), (100.0, 45.0)])),
        (
            "histogram",
            Law::Histogram { edges: vec![0.0, 10.0, 100.0, 1_000.0], weights: vec![3.0, 5.0, 2.0] },
        ),
        ("choice", Law::Choice(vec![(5.0, 20.0), (-1.0, 70.0), (2.5, 10.0)])),
        ("mixture", Law::Mixture(mixture)),
        ("truncated, by rejection", truncated(Law::Normal { mean: 35.0, deviation: 12.0 }, 30.0, 36.0)),
        ("truncated, by the quantile", truncated(Law::Normal { mean: 0.0, deviation: 1.0 }, 3.0, 4.0)),
    ];
    let lines: Vec<String> =
        laws.into_iter().map(|(name, law)| format!("{name}: {:?}", golden(law))).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    constant: [4.25, 4.25, 4.25, 4.25, 4.25]
    uniform: [6.52386993037582, 1.686905687179972, 5.094244625491362, 3.641064120424751, 7.03685656397942]
    uniform, whole: [7.0, 2.0, 5.0, 4.0, 7.0]
    uniform, in cents: [34.04, 16.78, 28.94, 23.75, 35.87]
    rising: [171.82214677543112, 144.59847931449764, 165.76410345161727, 157.89635213073473, 173.58918126756203]
    normal: [41.99900948133922, 31.02178173756545, 41.47032155432829, 33.66679204514527, 44.610650685927375]
    log-normal: [181.2542874105516, 60.47186247271845, 171.92049910143123, 78.78157931626606, 235.34795263937895]
    exponential: [1117.6681883059616, 247.31775076388362, 3611.727266781941, 1290.9791070438775, 1477.2085499636444]
    geometric: [6.0, 4.0, 5.0, 5.0, 7.0]
    power law, table: [28.0, 21.0, 25.0, 23.0, 190.0]
    power law, long range: [17073.0, 75.0, 2479.0, 480.0, 37787.0]
    power law, long range at 1: [1062286.0, 650.0, 119250.0, 12913.0, 2328353.0]
    zipf, table: [719.0, 33478.0, 251.0, 47437.0, 71692.0]
    zipf, without a table: [83323793.0, 48536042.0, 99197052.0, 1968765.0, 222108.0]
    zipf, without a table at 1: [424553.0, 52232.0, 900457.0, 34.0, 4.0]
    poisson, by products: [5.0, 1.0, 3.0, 4.0, 3.0]
    poisson, by rejection: [43.0, 37.0, 39.0, 45.0, 45.0]
    pareto: [1.2928348586192404, 2.0740913525596527, 1.4409020970083894, 1.6440949984525028, 1.2483993828663862]
    quantiles, logarithmic: [61.1192790841949, 6.130011068231133, 27.580332293547205, 13.055254783476894, 81.31690351217364]
    quantiles, linear: [10.838261939775924, -3.3044204468857536, 4.699017859252913, -0.5127655422503548, 13.041181923759316]
    histogram: [78.44975624768912, 16.260215978028214, 60.06885947060322, 41.385110119746805, 85.0452986797354]
    choice: [-1.0, -1.0, -1.0, -1.0, 2.5]
    mixture: [2.0, 5.0, 7.0, 299.2079800095002, 2.0]
    truncated, by rejection: [31.02178173756545, 33.66679204514527, 34.92700571452456, 33.02684852836257, 31.439412593132655]
    truncated, by the quantile: [3.318112775666905, 3.1185931638917017, 3.244758381214028, 3.1846756381195656, 3.349466255267242]
    ");
}

#[test]
fn times_of_a_process_are_frozen() {
    // Three weeks about 2025-10-26, on which the clocks of Berlin go back.
    let start = 1_760_918_400_000_000;
    let mut hourly = [1.0; 24];
    hourly[9..17].fill(6.0);
    let weekly = [2.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0];
    let times = |zone, growth| {
        let rates = Rates { hourly: &hourly, weekly: &weekly, zone, growth };
        let rhythm = Rhythm::of_weeks(rates, start, 3).unwrap();
        let process = Process::new(rhythm.clone(), Bursts::new(2.5).unwrap());
        let mut generator = Key::derive("seed", "laws", "golden", "process").generator(0, 0);
        let mut times = Vec::new();
        process.times(&mut generator, start, rhythm.end_us(), 5, &mut times).unwrap();
        times.iter().map(|time| (time - start) / 1_000_000).collect::<Vec<_>>()
    };
    insta::assert_snapshot!([
        format!("UTC: {:?}", times(None, 0.0)),
        format!("Europe/Berlin: {:?}", times(Some("Europe/Berlin"), 0.0)),
        format!("Asia/Kolkata: {:?}", times(Some("Asia/Kolkata"), 0.0)),
        format!("UTC, 30 % a week: {:?}", times(None, 0.3)),
    ].join("\n"), @"
    UTC: [122490, 122496, 122499, 122505, 733573]
    Europe/Berlin: [116469, 116476, 116478, 116484, 730750]
    Asia/Kolkata: [105990, 105996, 105999, 106005, 717073]
    UTC, 30 % a week: [138161, 138170, 138174, 138182, 853802]
    ");
}
