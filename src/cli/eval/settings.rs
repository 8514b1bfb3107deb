//! The choices that shape a run: flags, a preset and a dataset.json, resolved into one set of rules.

use super::class::{Class, RegionFlag};
use super::geometry::GeometryRule;
use super::ignore::Ignore;
use super::like::{Like, Means};
use super::score::{Score, ScoreList};
use super::{EmptyRule, dataset};
use crate::Classes;
use crate::cli::label_list::LabelList;
use crate::io::labels::LabelOptions;
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
    #[arg(allow_hyphen_values = true)]
    pub labels: Option<LabelList>,
    /// Labels, regions, names and ignore label from nnU-Net's (or the Decathlon's) dataset.json
    #[arg(long, value_name = "FILE", help_heading = "Classes")]
    pub dataset: Option<PathBuf>,
    /// A named union of labels, such as WT=1,2,3; may be repeated
    #[arg(long, value_name = "NAME=LIST", help_heading = "Classes")]
    pub region: Vec<RegionFlag>,
    /// Voxels whose TRUTH has one of these labels, such as 255 or -1,255, do not count at all [default: none, or what
    /// --dataset says]
    #[arg(long, value_name = "LIST", allow_hyphen_values = true, help_heading = "Classes")]
    pub ignore: Option<Ignore>,
    /// Take numbers at most EPS from a whole one as that label: what scaling or floats left of it [EPS: 0.1]
    #[arg(long, value_name = "EPS", num_args = 0..=1, default_missing_value = "0.1", value_parser = distance)]
    #[arg(help_heading = "Classes", allow_negative_numbers = true)]
    pub round: Option<f64>,
    /// The PREDICTION holds probabilities: from T on a voxel is label 1, below it is background
    #[arg(long, value_name = "T", value_parser = threshold, help_heading = "Classes", allow_negative_numbers = true)]
    pub threshold: Option<f64>,
    /// What to do when the affines put voxels more than a thousandth of a voxel apart. The same points in another order
    /// and boxes of one lattice are compared point by point
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
    /// Resamples of the cases for the confidence intervals of means, 100 to 1000000; 0 for none [default: 10000]
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

/// Who says what labels are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum NamedBy {
    /// Names of regions, if any.
    Flags,
    /// A dataset.json: masks and segments are to be called so.
    Dataset,
}

/// What is counted.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Rules {
    pub wanted: Wanted,
    pub named_by: NamedBy,
    pub ignore: Ignore,
    /// How far a number may be from the label that it is taken as.
    pub round: Option<f64>,
    /// From where on a number of the prediction is label 1.
    pub threshold: Option<f64>,
    pub geometry: GeometryRule,
}

impl Rules {
    /// These classes, everything else as it is without a flag.
    pub fn of(wanted: Wanted) -> Self {
        Self {
            wanted,
            named_by: NamedBy::Flags,
            ignore: Ignore::default(),
            round: None,
            threshold: None,
            geometry: GeometryRule::Warn,
        }
    }

    /// How numbers of the truth become labels.
    pub fn of_truth(&self) -> LabelOptions {
        LabelOptions { round: self.round, threshold: None, negative: self.ignore.negative() }
    }

    /// How numbers of the prediction become labels.
    pub fn of_pred(&self) -> LabelOptions {
        LabelOptions { threshold: self.threshold.map(|threshold| threshold as f32), ..self.of_truth() }
    }
}

fn distance(text: &str) -> Result<f64, String> {
    let found = text.parse().ok().filter(|&most: &f64| most > 0.0 && most <= 0.5);
    found.ok_or_else(|| {
        format!("`{text}` is not a distance above 0, of 0.5 at most; after --round without one, name the files first")
    })
}

fn threshold(text: &str) -> Result<f64, String> {
    let found = text.parse().ok().filter(|threshold: &f64| (*threshold as f32).is_finite());
    found.ok_or_else(|| format!("`{text}` is not a number; write a probability such as 0.5"))
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
        let mut ignore = self.ignore.clone();
        if let Some(LabelList(labels)) = &self.labels {
            classes.extend(labels.iter().copied().map(Class::label));
            sources.push("--labels".to_owned());
        }
        if let Some(path) = &self.dataset {
            let dataset = dataset::read(path)?;
            classes.extend(dataset.classes);
            ignore = ignore.or(dataset.ignore.map(Ignore::one));
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
        let ignore = ignore.unwrap_or_default();
        let wanted = if sources.is_empty() {
            Wanted::Found
        } else {
            check(&classes, &ignore)?;
            Wanted::Named { classes, from: sources.join(", ") }
        };
        let named_by = if self.dataset.is_some() { NamedBy::Dataset } else { NamedBy::Flags };
        Ok(Rules {
            named_by,
            ignore,
            round: self.round,
            threshold: self.threshold,
            geometry: self.geometry,
            ..Rules::of(wanted)
        })
    }
}

/// Classes that can be told apart and counted.
pub(super) fn check(classes: &[Class], ignore: &Ignore) -> Result<()> {
    let mut keys = HashSet::new();
    for class in classes {
        if !keys.insert(&class.key) {
            bail!("the class {} is asked for twice; name it once", class.key);
        }
    }
    engine_classes(classes, ignore).map(|_| ())
}

/// The classes as the engine takes them.
pub(in crate::cli) fn engine_classes(classes: &[Class], ignore: &Ignore) -> Result<Classes> {
    let counted = Classes::regions(classes.iter().map(|class| class.labels.clone()))?;
    Ok(counted.ignoring_all(ignore.codes())?)
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
            None => (usual.resamples(), usual.seed()),
            Some(None) => (0, usual.seed()),
            Some(Some(before)) => (before.resamples, before.seed),
        };
        let (resamples, seed) = (self.bootstrap.unwrap_or(resamples), self.seed.unwrap_or(seed));
        if resamples > MOST_RESAMPLES {
            bail!("{resamples} resamples are too many; give --bootstrap at most {MOST_RESAMPLES}");
        }
        if resamples == 0 {
            return Ok(None);
        }
        if resamples < Bootstrap::LEAST_RESAMPLES {
            bail!(
                "{resamples} resamples are too few for an interval; give --bootstrap at least {}, or 0 for none",
                Bootstrap::LEAST_RESAMPLES
            );
        }
        Ok(Some(Bootstrap::new(resamples, usual.level(), seed)?))
    }
}

/// A choice by its name.
pub(in crate::cli) fn named<T: ValueEnum>(name: &str) -> Result<T> {
    T::from_str(name, false)
        .map_err(|_| anyhow!("`{name}` is no choice of this version; use the version that wrote this"))
}
