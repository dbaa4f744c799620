//! [`Good`]: the true datasets that mutants are made of; each is GO.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::making;
use crate::trial::{self, Judged};

/// A model of the repository with what makes it small, and how strictly its mutants are judged.
#[derive(Debug)]
pub struct Sample {
    pub name: &'static str,
    /// The model's folder or file.
    pub model: &'static str,
    pub settings: &'static [&'static str],
    pub tolerance: &'static str,
}

/// A chat service with rooms a tenth as large as they are, so that 240,000 messages show every law.
pub const CHAT: Sample = Sample {
    name: "chat",
    model: "configs/chat",
    settings: &[
        "band.users=5K",
        "band.conversations=10K",
        "band.messages=240K",
        "messages.per_conversation_distribution.median=10",
        "messages.per_conversation_distribution.p95=70",
        "messages.per_conversation_distribution.p99=180",
        "messages.per_conversation_distribution.heavy_rooms.min_messages=300",
        "conversations.established_from_messages=10",
        "conversations.member_distribution.small_group.fraction=0.23",
        "conversations.member_distribution.large_group.fraction=0.07",
        "messages.media.types.image=0.4",
        "messages.media.types.video=0.2",
        "messages.media.types.file=0.2",
        "messages.media.types.audio=0.2",
        "messages.reply_fraction=0.15",
        "temporal.burst_coefficient=1.2",
    ],
    tolerance: "normal",
};

/// Few rows, judged so widely that no law can fail: what is refused is refused by an exact counter.
pub const TINY: Sample = Sample {
    name: "tiny chat",
    model: "configs/chat",
    settings: &[
        "band.users=200",
        "band.conversations=300",
        "band.messages=30K",
        "messages.per_conversation_distribution.heavy_rooms.min_messages=1000",
    ],
    tolerance: "0.9",
};

/// The shop in the multiply dialect.
pub const SHOP: Sample = Sample {
    name: "shop",
    model: "configs/shop",
    settings: &["band.users=40K", "band.products=40K", "band.orders=50K", "band.order_items=150K"],
    tolerance: "normal",
};

/// What neither of them has.
pub const KINDS: Sample =
    Sample { name: "kinds", model: "tests/mutants/kinds.yaml", settings: &[], tolerance: "normal" };

const SAMPLES: [&Sample; 4] = [&CHAT, &TINY, &SHOP, &KINDS];

/// The true datasets by the name of their sample, with the judge's word on each.
pub struct Good {
    made: BTreeMap<&'static str, (PathBuf, Judged)>,
}

impl Good {
    /// Makes and judges them all.
    pub fn make_all(folder: &Path) -> Self {
        let make = |sample: &'static Sample| {
            let dataset = making::generate(&making::model(sample), sample, &[], &folder.join(sample.name));
            let judged = trial::judge(&dataset, sample, false, &folder.join(sample.name));
            assert_eq!(
                (judged.status, judged.verdict.as_str()),
                (Some(0), "GO"),
                "{}: {judged:?}",
                sample.name
            );
            (sample.name, (dataset, judged))
        };
        Self { made: SAMPLES.into_iter().map(make).collect() }
    }

    /// The dataset of a sample.
    pub fn dataset(&self, sample: &Sample) -> &Path {
        &self.made[sample.name].0
    }

    /// Name, settings, tolerance, and what the judge counted.
    pub fn told(&self) -> impl Iterator<Item = (&'static Sample, &Judged)> {
        SAMPLES.into_iter().map(|sample| (sample, &self.made[sample.name].1))
    }
}
