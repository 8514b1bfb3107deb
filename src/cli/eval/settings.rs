//! The choices that shape a run: flags, a preset and a dataset.json, resolved into one set of rules.

use super::class::{Class, RegionFlag};
use super::geometry::GeometryRule;
use super::like::{Like, Means};
use super::score::{Score, ScoreList};
use super::{EmptyRule, dataset};
use crate::Classes;
use crate::cli::label_list::LabelList;
use crate::metric::{Bootstrap, EmptyPolicy};
use anyhow::{Result, anyhow, bail};
use clap::{Args, ValueEnum};
use serde::Deserialize;
use std::collections::HashSet;
use std::path::PathBuf;

/// What is counted: it cannot be changed once the voxels are gone.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct CountArgs {
    /// Labels to evaluate, such as 1,2,5-9 [default: all but 0 that occur]
    #[arg(short, long, value_name = "LIST", help_heading = "Classes", conflicts_with = "dataset")]
    pub labels: Option<LabelList>,
    /// Labels, regions, names and ignore label from nnU-Net's (or the Decathlon's) dataset.json
    #[arg(long, value_name = "FILE", help_heading = "Classes")]
    pub dataset: Option<PathBuf>,
    /// A named union of labels, such as WT=1,2,3; may be repeated
    #[arg(long, value_name = "NAME=LIST", help_heading = "Classes")]
    pub region: Vec<RegionFlag>,
    /// Voxels whose TRUTH has this label do not count at all [default: none, or what --dataset says]
    #[arg(long, value_name = "LABEL", help_heading = "Classes")]
    pub ignore: Option<u32>,
    /// What to do when the affines differ by more than a thousandth of a voxel
    #[arg(long, value_enum, default_value_t = GeometryRule::Warn)]
    pub geometry: GeometryRule,
}

/// How counts become scores.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct ScoreArgs {
    /// Scores to show: dice, iou, fbeta=2, any of `--metrics all` [default: dice,iou]
    #[arg(long, value_name = "LIST", help_heading = "Scores")]
    pub metrics: Option<ScoreList>,
    /// A score whose denominator is 0, as of a class that neither file has [default: nan, or what --like says]
    #[arg(long, value_enum, help_heading = "Scores")]
    pub empty: Option<EmptyRule>,
    /// The conventions of another evaluator: empty classes, classes, order of means [default: none]
    #[arg(long, value_enum, help_heading = "Scores")]
    pub like: Option<Like>,
    /// Resamples of the cases for the confidence interval of a mean, 1000000 at most; 0 for none [default: 1000]
    #[arg(long, value_name = "N", help_heading = "Scores")]
    pub bootstrap: Option<usize>,
    /// Seed of the resampling [default: 0]
    #[arg(long, value_name = "SEED", help_heading = "Scores")]
    pub seed: Option<u64>,
}

/// The choices of an earlier run, which hold unless a flag says otherwise.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::cli) struct StoredScores {
    metrics: Option<Vec<String>>,
    empty: Option<String>,
    like: Option<String>,
    bootstrap: Option<StoredBootstrap>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct StoredBootstrap {
    resamples: usize,
    seed: u64,
}

/// What becomes of a case without a prediction, or without a truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum MissingRule {
    /// List it, evaluate the others, and end with exit code 1
    Error,
    /// List it, and leave it out
    Skip,
    /// List it, and count a missing prediction as empty: every class of its truth scores 0
    Zero,
}

impl MissingRule {
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Skip => "skip",
            Self::Zero => "zero",
        }
    }
}

/// The classes of a run.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cli) enum Wanted {
    /// Every label but 0 that a case has, each as its own class.
    Found,
    /// These, whether a case has them or not.
    Named { classes: Vec<Class>, from: String },
}

/// What is counted.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Rules {
    pub wanted: Wanted,
    pub ignore: Option<u32>,
    pub geometry: GeometryRule,
}

/// How counts become scores.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cli) struct Scoring {
    pub scores: Vec<Score>,
    pub empty: EmptyRule,
    pub policy: EmptyPolicy,
    pub means: Means,
    pub like: Option<Like>,
    pub bootstrap: Option<Bootstrap>,
}

impl CountArgs {
    /// Explicit flags go before what the preset says.
    pub fn resolve(&self, like: Option<Like>) -> Result<Rules> {
        let mut classes = Vec::new();
        let mut sources = Vec::new();
        let mut ignore = self.ignore;
        if let Some(LabelList(labels)) = &self.labels {
            classes.extend(labels.iter().copied().map(Class::label));
            sources.push("--labels".to_owned());
        }
        if let Some(path) = &self.dataset {
            let dataset = dataset::read(path)?;
            classes.extend(dataset.classes);
            ignore = ignore.or(dataset.ignore);
            sources.push(path.display().to_string());
        }
        if !self.region.is_empty() {
            classes.extend(self.region.iter().map(|region| region.0.clone()));
            sources.push("--region".into());
        }
        if let Some(like) = like.filter(|_| sources.is_empty())
            && let Some(own) = like.classes()
        {
            classes = own;
            sources.push(format!("--like {}", like.name()));
        }
        let wanted = if sources.is_empty() {
            Wanted::Found
        } else {
            check(&classes, ignore)?;
            Wanted::Named { classes, from: sources.join(", ") }
        };
        Ok(Rules { wanted, ignore, geometry: self.geometry })
    }
}

/// Classes that can be told apart and counted.
pub(super) fn check(classes: &[Class], ignore: Option<u32>) -> Result<()> {
    let mut keys = HashSet::new();
    for class in classes {
        if !keys.insert(&class.key) {
            bail!("the class {} is asked for twice; name it once", class.key);
        }
    }
    engine_classes(classes, ignore).map(|_| ())
}

/// The classes as the engine takes them.
pub(in crate::cli) fn engine_classes(classes: &[Class], ignore: Option<u32>) -> Result<Classes> {
    let counted = Classes::regions(classes.iter().map(|class| class.labels.clone()))?;
    Ok(match ignore {
        Some(label) => counted.ignoring(label)?,
        None => counted,
    })
}

/// Beyond this many the ends of an interval do not move in any digit that is shown. A damaged result must not make
/// `merge` fill the memory.
const MOST_RESAMPLES: usize = 1_000_000;

impl ScoreArgs {
    /// Flags before the choices of an earlier run, and those before the defaults.
    pub fn resolve(&self, stored: Option<&StoredScores>) -> Result<Scoring> {
        let before = stored.cloned().unwrap_or_default();
        let like = match self.like {
            Some(like) => Some(like),
            None => before.like.as_deref().map(named::<Like>).transpose()?,
        };
        // A preset that was named now also goes before what an earlier run said about empty classes.
        let before_empty =
            before.empty.filter(|_| self.like.is_none()).as_deref().map(named::<EmptyRule>).transpose()?;
        let empty = self.empty.or(before_empty).or(like.map(Like::empty)).unwrap_or(EmptyRule::Nan);
        let truth = like.map(Like::truth_empty).unwrap_or_default();
        let scores = match (&self.metrics, before.metrics) {
            (Some(list), _) => list.clone(),
            (None, Some(names)) => names.join(",").parse().map_err(|error| anyhow!("{error}"))?,
            (None, None) => ScoreList::default(),
        };
        Ok(Scoring {
            scores: scores.0,
            empty,
            policy: EmptyPolicy { both: empty.policy(), truth },
            means: like.map(Like::means).unwrap_or_default(),
            like,
            bootstrap: self.resampling(stored.map(|_| before.bootstrap))?,
        })
    }

    /// `before` is what an earlier run did, if there was one: it may have done without.
    fn resampling(&self, before: Option<Option<StoredBootstrap>>) -> Result<Option<Bootstrap>> {
        let usual = Bootstrap::default();
        let (resamples, seed) = match before {
            None => (usual.resamples, usual.seed),
            Some(None) => (0, usual.seed),
            Some(Some(before)) => (before.resamples, before.seed),
        };
        let (resamples, seed) = (self.bootstrap.unwrap_or(resamples), self.seed.unwrap_or(seed));
        if resamples > MOST_RESAMPLES {
            bail!("{resamples} resamples are too many; give --bootstrap at most {MOST_RESAMPLES}");
        }
        Ok((resamples > 0).then_some(Bootstrap { resamples, seed, ..usual }))
    }
}

/// A choice by its name.
pub(in crate::cli) fn named<T: ValueEnum>(name: &str) -> Result<T> {
    T::from_str(name, false)
        .map_err(|_| anyhow!("`{name}` is no choice of this version; use the version that wrote this"))
}
