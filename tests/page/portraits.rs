//! [`portraits`]: made-up pictures. `strength` 1 agrees with the law; less makes sizes more equal and days flatter.

use libm::{erf, exp, log, pow, sin};
use seedmill::fidelity::assessment::*;

const HOURLY: [f64; 24] = [
    1.25, 1.1, 1.0, 1.0, 1.0, 1.1, 1.35, 1.7, 2.1, 2.5, 2.5, 2.5, 2.2, 2.0, 1.9, 1.9, 2.0, 2.2, 2.5, 2.5,
    2.5, 2.1, 1.75, 1.45,
];

/// Rows by hour of the day.
pub fn hours(strength: f64) -> [u64; 24] {
    let weights = HOURLY.map(|weight| pow(weight, strength));
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| (5e6 * weight / sum) as u64)
}

/// One of every kind, and more of some.
pub fn portraits(strength: f64) -> Vec<Portrait> {
    let mut list = vec![
        Portrait::Volumes(volumes(strength)),
        Portrait::Rhythm(rhythm(strength)),
        Portrait::Gaps(gaps(strength)),
        Portrait::Numbers(content(strength)),
        Portrait::Numbers(delays(strength)),
        Portrait::Numbers(sizes()),
        Portrait::Numbers(zeros()),
    ];
    list.push(categories(
        "messages.type",
        &[("TEXT", 0.85), ("IMAGE", 0.0975), ("VIDEO", 0.0225), ("FILE", 0.018), ("AUDIO", 0.012)],
    ));
    list.push(categories(
        "members per conversations",
        &[
            ("2", 0.7),
            ("3", 0.0625),
            ("4", 0.0469),
            ("5", 0.0352),
            ("6", 0.0264),
            ("21 and more", 0.05),
            ("7", 0.0198),
        ],
    ));
    list.push(categories("conversations.members", &[("2", 0.7), ("10", 0.2), ("3", 0.1)]));
    list.push(categories(
        "conversation_users.a_column_with_a_really_long_name_<b>",
        &[("A_VALUE_THAT_IS_MUCH_TOO_LONG", 0.995), ("", 0.005)],
    ));
    list
}

/// A swing around 1 that looks like chance and is the same everywhere.
fn wobble(at: usize, size: f64) -> f64 {
    1.0 + size * sin(at as f64 * 12.9898) * sin(at as f64 * 4.1414 + 1.0)
}

fn ranks(parents: u64) -> Vec<u64> {
    let mut ranks: Vec<u64> =
        (0..300).map(|at| pow(parents as f64, f64::from(at) / 300.0) as u64 - 1).collect();
    ranks.push(parents - 1);
    ranks.dedup();
    ranks
}

fn volumes(strength: f64) -> Volumes {
    const PARENTS: u64 = 8_000;
    // Log-log knots of a room's size by survival.
    let knots = [(1.0, 1.0), (0.5, 15.0), (0.05, 500.0), (0.02, 10_000.0), (0.000_125, 320_000.0)];
    let size = |survival: f64| {
        let after = knots.iter().position(|knot| knot.0 <= survival).unwrap_or(knots.len() - 1).max(1);
        let ((a, low), (b, high)) = (knots[after - 1], knots[after]);
        exp(log(low) + (log(survival) - log(a)) / (log(b) - log(a)) * (log(high) - log(low)))
    };
    let ranks = ranks(PARENTS);
    let law: Vec<(u64, f64)> = ranks.iter().map(|&rank| (rank, size((rank + 1) as f64 / 8_000.0))).collect();
    let observed = law.iter().enumerate().map(|(at, &(rank, size))| {
        let equal = if size > 500.0 { 500.0 * pow(size / 500.0, strength) } else { size };
        (rank, (equal * wobble(at, 0.02)).max(1.0) as u64)
    });
    let bucket = |label: &str, parents, children| (label.to_owned(), parents, children);
    Volumes {
        subject: "messages per conversations".into(),
        parent: "conversations".into(),
        child: "messages".into(),
        parents: PARENTS,
        children: 5_000_000,
        observed: observed.collect(),
        resolved: law,
        anchors: vec![(0.5, 15.0, true), (0.05, 500.0, true), (0.02, 10_000.0, true), (0.01, 5_000.0, false)],
        lorenz: lorenz(strength),
        lorenz_resolved: lorenz(1.0),
        buckets: vec![
            bucket("0", 0, 0),
            bucket("1-10", 3_391, 18_003),
            bucket("11-50", 2_801, 63_221),
            bucket("51-100", 701, 49_120),
            bucket("101-500", 707, 160_210),
            bucket("501-1K", 110, 78_030),
            bucket("1K-5K", 97, 221_093),
            bucket("5K+", 193, 4_410_323),
        ],
    }
}

fn lorenz(strength: f64) -> Vec<(f64, f64)> {
    (0..=100)
        .map(|at| pow(f64::from(at) / 100.0, 3.0))
        .map(|parents| (parents, 1.0 - pow(1.0 - pow(parents, 0.24 / strength), 2.2)))
        .collect()
}

fn rhythm(strength: f64) -> Rhythm {
    let weight =
        |hour: usize, strength: f64| pow(HOURLY[hour % 24], strength) * if hour / 24 < 5 { 1.4 } else { 1.0 };
    let sum = |strength: f64| -> f64 { (0..168).map(|hour| weight(hour, strength)).sum() };
    let (data, law) = (sum(strength), sum(1.0));
    let observed =
        (0..168).map(|hour| (5e6 * weight(hour, strength) / data * wobble(hour, 0.05)) as u64).collect();
    let daily = (0..84).map(|day| if day % 7 < 5 { 64_000.0 } else { 46_000.0 } * wobble(day, 0.12));
    Rhythm {
        zone: "UTC".to_owned(),
        subject: "messages.createdAt".into(),
        observed,
        resolved: (0..168).map(|hour| weight(hour, 1.0) / law).collect(),
        first_day: "2025-07-28".into(),
        daily: daily.map(|rows| rows as u64).collect(),
    }
}

fn gaps(strength: f64) -> Gaps {
    let class =
        |label: &str, families, law: f64| (label.to_owned(), families, law * pow(strength, 0.5) * 0.98, law);
    Gaps {
        subject: "messages.createdAt".into(),
        declared: 2.5,
        classes: vec![
            class("3-10", 2_870, 0.92),
            class("11-50", 2_801, 1.51),
            class("51-100", 701, 1.93),
            class("101-500", 707, 2.2),
            class("501-5K", 207, 2.42),
            class("5K+", 193, 2.49),
        ],
    }
}

/// Shares of a log-normal law in bins.
fn log_normal(edges: &[f64], mu: f64, sigma: f64) -> Vec<f64> {
    let below =
        |edge: f64| if edge <= 0.0 { 0.0 } else { 0.5 * (1.0 + erf((log(edge) - mu) / sigma / 2f64.sqrt())) };
    edges.windows(2).map(|edge| below(edge[1]) - below(edge[0])).collect()
}

fn scattered(shares: &[f64], size: f64) -> Vec<f64> {
    shares.iter().enumerate().map(|(at, share)| share * wobble(at, size)).collect()
}

fn content(strength: f64) -> Numbers {
    let edges: Vec<f64> = (0..=160).map(|at| f64::from(at) * 25.0).collect();
    Numbers {
        subject: "messages.content".into(),
        unit: "characters".into(),
        logarithmic: false,
        observed: scattered(&log_normal(&edges, 4.5 / pow(strength, 0.1), 1.2), 0.03),
        resolved: log_normal(&edges, 4.5, 1.2),
        edges,
    }
}

fn delays(strength: f64) -> Numbers {
    let edges: Vec<f64> = (0..=120).map(|at| 0.5 * pow(604_800.0 / 0.5, f64::from(at) / 120.0)).collect();
    let below = |edge: f64| {
        let slow = 0.5 * (1.0 + erf(log(edge / 21_600.0) / 2f64.sqrt()));
        (0.35 * (1.0 - exp(-edge / 10.0)) + 0.4 * (1.0 - exp(-edge / 900.0)) + 0.15 * slow) / 0.9
    };
    let shares: Vec<f64> = edges.windows(2).map(|edge| below(edge[1]) - below(edge[0])).collect();
    Numbers {
        subject: "message_reads.readAt".into(),
        unit: "seconds".into(),
        logarithmic: true,
        observed: scattered(&shares, 0.2 / strength),
        resolved: shares,
        edges,
    }
}

fn sizes() -> Numbers {
    let edges: Vec<f64> = (0..=90).map(|at| pow(10.0, 3.0 + f64::from(at) / 18.0)).collect();
    Numbers {
        subject: "attachments.sizeBytes where messages.type = 'IMAGE'".into(),
        unit: "bytes".into(),
        logarithmic: true,
        observed: scattered(&log_normal(&edges, log(350_000.0), 1.0), 0.05),
        resolved: log_normal(&edges, log(350_000.0), 1.0),
        edges,
    }
}

fn zeros() -> Numbers {
    Numbers {
        subject: "orders.discount".into(),
        unit: String::new(),
        logarithmic: false,
        edges: (0..=10).map(|at| f64::from(at) / 10.0).collect(),
        observed: vec![0.0; 10],
        resolved: vec![0.1; 10],
    }
}

fn categories(subject: &str, shares: &[(&str, f64)]) -> Portrait {
    let observed = shares
        .iter()
        .enumerate()
        .map(|(at, (label, law))| ((*label).to_owned(), law * wobble(at, 0.1), *law));
    Portrait::Categories(Categories { subject: subject.into(), shares: observed.collect() })
}

/// Gives every text of the pictures another.
pub fn rename(portraits: &mut [Portrait], text: &str) {
    for portrait in portraits {
        match portrait {
            Portrait::Volumes(volumes) => {
                (volumes.subject, volumes.parent, volumes.child) = (text.into(), text.into(), text.into());
                volumes.buckets.iter_mut().for_each(|bucket| bucket.0 = text.into());
            }
            Portrait::Numbers(numbers) => (numbers.subject, numbers.unit) = (text.into(), text.into()),
            Portrait::Categories(categories) => {
                categories.subject = text.into();
                categories.shares.iter_mut().for_each(|share| share.0 = text.into());
            }
            Portrait::Rhythm(rhythm) => (rhythm.subject, rhythm.first_day) = (text.into(), text.into()),
            Portrait::Gaps(gaps) => {
                gaps.subject = text.into();
                gaps.classes.iter_mut().for_each(|class| class.0 = text.into());
            }
        }
    }
}

/// Takes the data out of the pictures; `law` too, or leaves zeros.
pub fn clear(portraits: &mut [Portrait], law: bool) {
    for portrait in portraits {
        match portrait {
            Portrait::Volumes(volumes) => {
                (volumes.parents, volumes.children) = (0, 0);
                volumes.observed.clear();
                volumes.lorenz.clear();
                volumes.buckets.iter_mut().for_each(|bucket| (bucket.1, bucket.2) = (0, 0));
                if law {
                    volumes.resolved.clear();
                    volumes.buckets.clear();
                    volumes.lorenz_resolved.clear();
                }
            }
            Portrait::Numbers(numbers) => {
                numbers.observed.iter_mut().for_each(|share| *share = 0.0);
                if law {
                    numbers.edges.clear();
                    numbers.observed.clear();
                    numbers.resolved.clear();
                }
            }
            Portrait::Categories(categories) => {
                categories.shares.iter_mut().for_each(|share| share.1 = 0.0);
                if law {
                    categories.shares.clear();
                }
            }
            Portrait::Rhythm(rhythm) => {
                rhythm.observed = vec![0; if law { 0 } else { 168 }];
                rhythm.resolved = vec![0.0; if law { 0 } else { 168 }];
                rhythm.daily.clear();
            }
            Portrait::Gaps(gaps) => {
                gaps.classes.iter_mut().for_each(|class| (class.1, class.2) = (0, 0.0));
                if law {
                    gaps.classes.clear();
                }
            }
        }
    }
}
