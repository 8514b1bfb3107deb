//! Every choice by which one lesion-wise score differs from another.

use super::threshold::{Floor, Size, Threshold};
use crate::stats::{Connectivity, InstanceOptions, InstancesBy, Join, OwnSteps, Regions};
use std::fmt;

/// How lesions are connected, where that depends on the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connected {
    /// The same in every image.
    By(Connectivity),
    /// By faces in 2-D and by corners in 3-D: panoptica, whose default is scipy in 2-D and cc3d in 3-D.
    FacesOrCorners,
}

impl Connected {
    fn of(self, axes: usize) -> Connectivity {
        match self {
            Self::By(connectivity) => connectivity,
            Self::FacesOrCorners if axes == 2 => Connectivity::Faces,
            Self::FacesOrCorners => Connectivity::Corners,
        }
    }
}

/// Which predicted lesions find which true ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// Every pair that meets and passes the threshold: a predicted lesion may find several true ones, and the other way
    /// round.
    Any,
    /// The same, where an IoU above a half leaves no choice.
    Unique,
    /// One to one, the best pair first; of equal ones the lower prediction, then the lower truth.
    Greedy,
    /// The best pair first, and several predicted lesions may find the same true one.
    GreedyManyToOne,
    /// The best pair first; a further predicted lesion joins where that raises the score of the union, below the threshold too.
    Merge,
    /// One to one, of all ways the one with the largest sum of scores; of equal ones that with the lower numbers.
    Optimal(Objective),
    /// Each true lesion has the voxels of the prediction that lie nearest to it.
    Nearest,
    /// LiTS: true lesions under one predicted lesion are merged, then predicted ones under one true. It counts, and has no pairs:
    /// SQ, PQ and the mean Dice are undefined, and neither a floor nor a charge does anything.
    MergeBoth,
    /// MetricsReloaded's greedy matching, which keeps the worst pair of several.
    Worst,
}

/// What the best assignment has most of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// Scores in sum, of pairs that pass the threshold; each pair counts a millionth besides.
    Sum,
    /// Pairs that pass the threshold, and then scores in sum.
    Count,
    /// Scores in sum of all pairs. The threshold comes afterwards.
    SumOfAll,
}

/// What is compared with the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion {
    /// Voxels in common.
    Voxels,
    /// Voxels in common over those of both.
    Iou,
    /// Twice the voxels in common over the sum of both.
    Dice,
    /// Voxels in common over those of the truth.
    OfTruth,
    /// Voxels in common over those of the prediction.
    OfPred,
}

impl Criterion {
    /// What it is called in sentences.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Voxels => "voxels",
            Self::Iou => "IoU",
            Self::Dice => "Dice",
            Self::OfTruth => "overlap of the truth",
            Self::OfPred => "overlap of the prediction",
        }
    }

    /// The score of lesions of so many voxels, as a fraction.
    pub(super) fn score(self, common: u64, truth: u64, pred: u64) -> (u64, u64) {
        match self {
            Self::Voxels => (common, 1),
            Self::Iou => (common, truth + pred - common),
            Self::Dice => (2 * common, truth + pred),
            Self::OfTruth => (common, truth),
            Self::OfPred => (common, pred),
        }
    }
}

/// Over what the mean Dice of lesions is taken. A true lesion that is not found has 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// All true lesions and, with 0, each false positive.
    FalsePositives,
    /// All true lesions.
    Missed,
    /// Those that are matched.
    Nothing,
}

/// The scores where a denominator is 0.
#[derive(Debug, Clone, Copy)]
pub struct EmptyLesions {
    /// F1, PQ and their parts where neither side has a lesion.
    pub neither: f64,
    /// Recall without a true lesion, and precision without a predicted one, where the other side has some.
    pub one_side: f64,
    /// The mean Dice of no lesions.
    pub dice_neither: f64,
    /// The mean Dice where no true lesion counts, and there are false positives.
    pub dice_no_truth: f64,
    /// The false negative volume where the truth has no lesions.
    pub missed_no_truth: f64,
    /// F1, PQ and their parts where no true lesion counts and there are false positives; `None` where they are as usual.
    pub no_truth: Option<f64>,
}

impl EmptyLesions {
    /// Undefined where neither side has a lesion, else 0.
    pub const UNDEFINED: Self = Self {
        neither: f64::NAN,
        one_side: 0.0,
        dice_neither: f64::NAN,
        dice_no_truth: 0.0,
        missed_no_truth: 0.0,
        no_truth: None,
    };

    fn bits(&self) -> ([u64; 5], Option<u64>) {
        let all = [self.neither, self.one_side, self.dice_neither, self.dice_no_truth, self.missed_no_truth];
        (all.map(f64::to_bits), self.no_truth.map(f64::to_bits))
    }
}

impl PartialEq for EmptyLesions {
    /// NaN equals itself.
    fn eq(&self, other: &Self) -> bool {
        self.bits() == other.bits()
    }
}

/// What a lesion is and what its scores are. [`InstancePreset`](super::InstancePreset) has those of other tools.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InstanceRules {
    /// What makes voxels one lesion.
    pub by: InstancesBy,
    /// Which voxels are connected.
    pub connected: Connected,
    /// Components that become one.
    pub join: Join,
    /// Dilations of true lesions, before it is asked what they meet.
    pub near: u32,
    /// Predicted lesions of at most this size vanish before anything is matched.
    pub drop: Size,
    /// True lesions that are too small to count.
    pub floor: Floor,
    /// What finds what.
    pub matching: Match,
    /// What is compared with the threshold.
    pub criterion: Criterion,
    /// What has to be reached.
    pub threshold: Threshold,
    /// From which Dice on a matched lesion is found, where that differs from what is matched (BraTS 2026 metastases). The
    /// mean Dice is that of all matches. What is not found so is a false negative and a false positive.
    pub found_from: Option<Threshold>,
    /// Over what the mean Dice of lesions is taken.
    pub charge: Charge,
    /// The scores where a denominator is 0.
    pub empty: EmptyLesions,
}

impl Default for InstanceRules {
    /// Components connected by corners, matched one to one with the largest sum of IoU, from an IoU of a half on.
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl InstanceRules {
    pub(super) const DEFAULT: Self = Self {
        by: InstancesBy::Components,
        connected: Connected::By(Connectivity::Corners),
        join: Join { truth: 0, pred: 0 },
        near: 0,
        drop: Size::NONE,
        floor: Floor::NONE,
        matching: Match::Optimal(Objective::Sum),
        criterion: Criterion::Iou,
        threshold: Threshold::HALF,
        found_from: None,
        charge: Charge::FalsePositives,
        empty: EmptyLesions::UNDEFINED,
    };

    /// What is to be found for these rules, one for each class, in an image of so many axes.
    pub fn options(rules: &[Self], touching: &[[usize; 2]], axes: usize) -> InstanceOptions {
        let first = rules.first().copied().unwrap_or_default();
        let steps = |rule: &Self| (rule.join, rule.near);
        let own = rules.iter().enumerate().filter(|(_, rule)| steps(rule) != steps(&first));
        InstanceOptions {
            by: first.by,
            connectivity: first.connected.of(axes),
            join: first.join,
            near: first.near,
            own: own.map(|(class, rule)| OwnSteps { class, join: rule.join, near: rule.near }).collect(),
            regions: if first.matching == Match::Nearest { Regions::Nearest } else { Regions::Off },
            touching: touching.to_vec(),
            ..InstanceOptions::default()
        }
    }
}

fn dilations(n: u32) -> String {
    format!("{n} dilation{}", if n == 1 { "" } else { "s" })
}

impl fmt::Display for InstanceRules {
    /// In words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.by, self.connected) {
            (InstancesBy::Labels, _) => f.write_str("each label is an instance")?,
            (_, Connected::By(connectivity)) => write!(f, "components by {}", connectivity.name())?,
            (_, Connected::FacesOrCorners) => f.write_str("components by faces in 2-D, by corners in 3-D")?,
        }
        match self.join {
            Join { truth: 0, pred: 0 } => {}
            Join { truth, pred } if truth == pred => write!(f, ", joined by {}", dilations(truth))?,
            Join { truth, pred } => {
                write!(f, ", joined by {} in the truth and {pred} in the prediction", dilations(truth))?
            }
        }
        if self.drop != Size::NONE {
            write!(f, "; predicted ones up to {} dropped", self.drop)?;
        }
        match self.floor {
            Floor::AtMost(Size::Voxels(0)) => {}
            Floor::AtMost(size) => write!(f, "; true ones up to {size} not counted")?,
            Floor::BelowMm3(mm3) => write!(f, "; true ones below {mm3}mm3 not counted")?,
        }
        let criterion = self.criterion.in_words();
        let threshold = self.threshold;
        let sign = if threshold == threshold.strictly() { " " } else { " at least " };
        let number = threshold.to_string();
        match self.matching {
            Match::Any if self.near > 0 => write!(f, "; found by any within {}", dilations(self.near))?,
            Match::Any if threshold == Threshold::ANY => f.write_str("; found by any common voxel")?,
            Match::Any => write!(f, "; found by any with {criterion}{sign}{number}")?,
            Match::Unique => write!(f, "; matched with {criterion}{sign}{number}")?,
            Match::Greedy => write!(f, "; matched best first with {criterion}{sign}{number}")?,
            Match::GreedyManyToOne => {
                write!(f, "; matched best first, several to one, with {criterion}{sign}{number}")?
            }
            Match::Merge => write!(f, "; matched best first and merged with {criterion}{sign}{number}")?,
            Match::Optimal(Objective::Sum) => write!(f, "; matched by the largest sum with {criterion}{sign}{number}")?,
            Match::Optimal(Objective::Count) => {
                write!(f, "; matched by the largest number with {criterion}{sign}{number}")?
            }
            Match::Optimal(Objective::SumOfAll) => {
                write!(f, "; matched by the largest sum of all, then {criterion}{sign}{number}")?;
            }
            Match::Nearest => f.write_str("; predicted voxels belong to the nearest true one")?,
            Match::MergeBoth => write!(f, "; merged both ways as LiTS does, with {criterion}{sign}{number}")?,
            Match::Worst => write!(f, "; of several pairs the worst, with {criterion}{sign}{number}")?,
        }
        if let Some(threshold) = self.found_from {
            write!(f, "; found with Dice at least {threshold}")?;
        }
        if self.matching == Match::MergeBoth {
            return f.write_str("; merged lesions are counted, so that scores of pairs are undefined");
        }
        f.write_str(match self.charge {
            Charge::FalsePositives => "; false positives lower the mean Dice",
            Charge::Missed => "; missed ones lower the mean Dice, false positives do not",
            Charge::Nothing => "; the mean Dice is that of the found ones",
        })
    }
}
