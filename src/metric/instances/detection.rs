//! Scores of an image's lesions, or of those of several images.

use super::matching::{Matching, found_only, matching, voxels, worst};
use super::rules::{Charge, EmptyLesions, InstanceRules, Match};
use super::{lits, reduce};
use crate::stats::{Instances, Lesion};

/// How lesions were found: counts and sums, of which every score is a quotient. Those of several images
/// [add up](Detection::add), where scores are to be of all lesions together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// True lesions, those too small to count among them.
    pub n_truth: u64,
    /// Predicted lesions that were not dropped.
    pub n_pred: u64,
    /// True lesions that count and are found. LiTS takes off what it merged wrongly, which may lead below 0.
    pub tp: i64,
    /// True lesions that count and are not found: false negatives.
    pub missed: i64,
    /// Predicted lesions that find nothing.
    pub fp: i64,
    /// Predicted lesions that find something.
    pub tp_pred: i64,
    /// Found lesions as precision has them: true ones, or predicted ones where several may find several.
    found_pred: i64,
    /// The sum of the IoU of the found lesions, each with the union of what finds it.
    pub iou_sum: f64,
    /// The sum of their Dice.
    pub dice_sum: f64,
    /// The numerator of the mean Dice.
    matched_sum: f64,
    /// How many terms the mean Dice has.
    terms: i64,
    /// Whether there is a true lesion that counts.
    has_truth: bool,
    /// Voxels in mm³ of predicted lesions that find nothing.
    pub extra_mm3: f64,
    /// Voxels in mm³ of true lesions that are not found.
    pub missed_mm3: f64,
    /// Voxels in mm³ of all true lesions.
    pub truth_mm3: f64,
    /// Voxels in mm³ of all predicted lesions.
    pub pred_mm3: f64,
    empty: EmptyLesions,
}

/// Scores the lesions of an image by the rules. `voxel_mm3` is the volume of a voxel; 1 makes volumes those of voxels.
/// Predicted lesions that are too small are dropped before.
pub fn detection(found: &Instances, rules: &InstanceRules, voxel_mm3: f64) -> Detection {
    let one = reduce::reduced(std::slice::from_ref(found), std::slice::from_ref(rules), &[], voxel_mm3);
    let found = one.first().map_or(found, AsRef::as_ref);
    detection_of(found, &matching(found, rules), rules, voxel_mm3)
}

/// The same of lesions that were matched. Nothing is dropped.
pub fn detection_of(found: &Instances, matching: &Matching, rules: &InstanceRules, voxel_mm3: f64) -> Detection {
    let mm3 = |voxels: u64| voxels as f64 * voxel_mm3;
    let all = matching;
    let matching = &*found_only(found, all, rules);
    let counts = |truth: usize| rules.floor.passes(found.truth()[truth].voxels(), voxel_mm3);
    let (mut tp, mut scored, mut matched, mut iou_sum, mut dice_sum, mut matched_sum) = (0, 0, 0, 0.0, 0.0, 0.0);
    for truth in (0..found.truth().len()).filter(|&truth| counts(truth)) {
        scored += 1;
        let preds = matching.found.get(&(truth as u32));
        tp += i64::from(preds.is_some());
        if let Some(preds) = preds {
            let (iou, dice) = scores(found, truth, preds);
            iou_sum += iou;
            dice_sum += if rules.matching == Match::Nearest { 0.0 } else { dice };
        }
        if rules.matching == Match::Nearest {
            dice_sum += within_region(found, truth as u32);
        } else if let Some(preds) = all.found.get(&(truth as u32)) {
            matched += 1;
            matched_sum += scores(found, truth, preds).1;
        }
    }
    if rules.matching == Match::Nearest {
        matched_sum = dice_sum;
    }
    let (n_truth, n_pred) = (found.truth().len() as u64, found.pred().len() as u64);
    let mut fp = matching.extra.len() as i64;
    let mut missed = scored - tp;
    if rules.matching == Match::Worst {
        fp += worst_extra(found, rules);
    }
    if rules.matching == Match::MergeBoth {
        (tp, fp, missed) = lits::merged(found, rules.threshold).counts;
        // Its counts are not of pairs, so that there is nothing to take the mean of.
        (iou_sum, dice_sum, matched_sum) = (f64::NAN, f64::NAN, f64::NAN);
    }
    let tp_pred = n_pred as i64 - matching.extra.len() as i64;
    let missed_voxels = (0..).zip(found.truth()).filter(|(truth, _)| !matching.found.contains_key(truth));
    let extra = matching.extra.iter().filter_map(|&pred| found.pred().get(pred as usize));
    // What is matched and not found is no further term.
    let weak = matching.extra.len() as i64 - all.extra.len() as i64;
    let terms = match rules.charge {
        Charge::FalsePositives if rules.matching != Match::Nearest => scored + fp - weak,
        Charge::Nothing if rules.matching != Match::Nearest => matched,
        _ => scored,
    };
    Detection {
        n_truth,
        n_pred,
        tp,
        missed,
        fp,
        tp_pred,
        found_pred: if rules.matching == Match::Any { tp_pred } else { tp },
        iou_sum,
        dice_sum,
        matched_sum,
        terms,
        has_truth: scored > 0,
        extra_mm3: mm3(extra.map(|lesion| lesion.voxels()).sum()),
        missed_mm3: mm3(missed_voxels.map(|(_, lesion)| lesion.voxels()).sum()),
        truth_mm3: mm3(found.truth().iter().map(|lesion| lesion.voxels()).sum()),
        pred_mm3: mm3(found.pred().iter().map(|lesion| lesion.voxels()).sum()),
        empty: rules.empty,
    }
}

/// IoU and Dice of a true lesion and the union of predicted ones.
pub fn scores(found: &Instances, truth: usize, preds: &[u32]) -> (f64, f64) {
    let (common, own, size) = voxels(found, truth, preds);
    (common as f64 / (own + size - common) as f64, 2.0 * common as f64 / (own + size) as f64)
}

/// Dice of a true lesion and the voxels of the prediction that lie nearest to it.
fn within_region(found: &Instances, truth: u32) -> f64 {
    let sum = |pairs: &[crate::stats::Overlap]| -> u64 {
        let from = pairs.partition_point(|pair| pair.truth < truth);
        pairs[from..].iter().take_while(|pair| pair.truth == truth).map(|pair| pair.voxels).sum()
    };
    let (common, pred) = (sum(found.overlaps()), sum(found.regions().unwrap_or_default()));
    let own = found.truth().get(truth as usize).map_or(0, |lesion| lesion.voxels());
    2.0 * common as f64 / (own + pred) as f64
}

/// MetricsReloaded counts a predicted lesion that lost its pairs once for each.
fn worst_extra(found: &Instances, rules: &InstanceRules) -> i64 {
    let kept: std::collections::BTreeSet<u32> = worst(found, rules).iter().map(|pair| pair.pred).collect();
    let lost = super::matching::passing(found, rules).filter(|pair| !kept.contains(&pair.pred));
    let lost: Vec<u32> = lost.map(|pair| pair.pred).collect();
    let different: std::collections::BTreeSet<u32> = lost.iter().copied().collect();
    lost.len() as i64 - different.len() as i64
}

/// A quotient; an undefined sum has none, also where there is nothing.
fn over(numerator: f64, denominator: f64, empty: f64) -> f64 {
    if denominator == 0.0 && !numerator.is_nan() { empty } else { numerator / denominator }
}

impl Detection {
    /// The counts and sums by name, of which [`Detection::of_sums`] makes it again.
    pub fn sums(&self) -> [(&'static str, f64); 11] {
        [
            ("n_truth", self.n_truth as f64),
            ("n_pred", self.n_pred as f64),
            ("tp", self.tp as f64),
            ("fn", self.missed as f64),
            ("fp", self.fp as f64),
            ("tp_pred", self.tp_pred as f64),
            ("found_pred", self.found_pred as f64),
            ("lesion_dice_terms", self.terms as f64),
            ("iou_sum", self.iou_sum),
            ("dice_sum", self.dice_sum),
            ("lesion_dice_sum", self.matched_sum),
        ]
    }

    /// Of counts and sums by name, and the values without lesions; `volumes` are those of extra, missed, all true and all
    /// predicted lesions in mm³. None where a count is not there.
    pub fn of_sums(sum: impl Fn(&str) -> f64, volumes: [f64; 4], empty: EmptyLesions) -> Option<Self> {
        let count = |name: &str| Some(sum(name)).filter(|value| value.is_finite()).map(|value| value as i64);
        let [extra_mm3, missed_mm3, truth_mm3, pred_mm3] = volumes;
        let (tp, missed) = (count("tp")?, count("fn")?);
        Some(Self {
            n_truth: count("n_truth")? as u64,
            n_pred: count("n_pred")? as u64,
            tp,
            missed,
            fp: count("fp")?,
            tp_pred: count("tp_pred")?,
            found_pred: count("found_pred")?,
            iou_sum: sum("iou_sum"),
            dice_sum: sum("dice_sum"),
            matched_sum: sum("lesion_dice_sum"),
            terms: count("lesion_dice_terms")?,
            has_truth: tp + missed > 0,
            extra_mm3,
            missed_mm3,
            truth_mm3,
            pred_mm3,
            empty,
        })
    }

    fn is_empty(&self) -> bool {
        self.denominator() == 0.0
    }

    fn denominator(&self) -> f64 {
        self.tp as f64 + 0.5 * self.fp as f64 + 0.5 * self.missed as f64
    }

    /// A score of F1, PQ and their parts, which some leave undefined without a true lesion.
    fn with_truth(&self, score: f64) -> f64 {
        self.empty.no_truth.filter(|_| !self.has_truth && !self.is_empty()).unwrap_or(score)
    }

    /// F1, the recognition quality: TP / (TP + (FP + FN) / 2).
    pub fn f1(&self) -> f64 {
        self.with_truth(over(self.tp as f64, self.denominator(), self.empty.neither))
    }

    /// Found predicted lesions over all of them: TP / (TP + FP), where a predicted lesion finds at most one.
    pub fn precision(&self) -> f64 {
        let empty = if self.is_empty() { self.empty.neither } else { self.empty.one_side };
        self.with_truth(over(self.found_pred as f64, (self.found_pred + self.fp) as f64, empty))
    }

    /// Found true lesions over all that count: TP / (TP + FN).
    pub fn recall(&self) -> f64 {
        let empty = if self.is_empty() { self.empty.neither } else { self.empty.one_side };
        self.with_truth(over(self.tp as f64, (self.tp + self.missed) as f64, empty))
    }

    /// TP / (TP + FP + FN), which cellpose and the data science bowl call average precision at the threshold.
    pub fn accuracy(&self) -> f64 {
        self.with_truth(over(self.tp as f64, (self.tp + self.fp + self.missed) as f64, self.empty.neither))
    }

    fn quality(&self, sum: f64) -> f64 {
        self.with_truth(over(sum, self.tp as f64, if self.is_empty() { self.empty.neither } else { 0.0 }))
    }

    /// Segmentation quality: the mean IoU of the found lesions.
    pub fn sq(&self) -> f64 {
        self.quality(self.iou_sum)
    }

    /// Panoptic quality: the sum of their IoU over TP + (FP + FN) / 2 (Kirillov et al. 2019).
    pub fn pq(&self) -> f64 {
        self.with_truth(over(self.iou_sum, self.denominator(), self.empty.neither))
    }

    /// [`Detection::sq`] of Dice.
    pub fn sq_dice(&self) -> f64 {
        self.quality(self.dice_sum)
    }

    /// [`Detection::pq`] of Dice.
    pub fn pq_dice(&self) -> f64 {
        self.with_truth(over(self.dice_sum, self.denominator(), self.empty.neither))
    }

    /// The mean Dice of lesions, over those that [`Charge`] names.
    pub fn lesion_dice(&self) -> f64 {
        match (self.has_truth, self.terms) {
            _ if self.matched_sum.is_nan() => f64::NAN,
            (_, 0) if self.is_empty() => self.empty.dice_neither,
            (true, 0) => 0.0,
            (false, _) => self.empty.dice_no_truth,
            (true, terms) => self.matched_sum / terms as f64,
        }
    }

    /// Millilitres of predicted lesions that find nothing.
    pub fn false_positive_ml(&self) -> f64 {
        self.extra_mm3 / 1000.0
    }

    /// Millilitres of true lesions that are not found.
    pub fn false_negative_ml(&self) -> f64 {
        if self.n_truth == 0 { self.empty.missed_no_truth } else { self.missed_mm3 / 1000.0 }
    }

    /// Predicted less true lesions.
    pub fn count_difference(&self) -> i64 {
        self.n_pred as i64 - self.n_truth as i64
    }

    /// Predicted less true millilitres.
    pub fn volume_difference_ml(&self) -> f64 {
        (self.pred_mm3 - self.truth_mm3) / 1000.0
    }

    /// Adds the lesions of another image.
    pub fn add(&mut self, other: &Self) {
        self.n_truth += other.n_truth;
        self.n_pred += other.n_pred;
        self.tp += other.tp;
        self.missed += other.missed;
        self.fp += other.fp;
        self.tp_pred += other.tp_pred;
        self.found_pred += other.found_pred;
        self.iou_sum += other.iou_sum;
        self.dice_sum += other.dice_sum;
        self.matched_sum += other.matched_sum;
        self.terms += other.terms;
        self.has_truth |= other.has_truth;
        self.extra_mm3 += other.extra_mm3;
        self.missed_mm3 += other.missed_mm3;
        self.truth_mm3 += other.truth_mm3;
        self.pred_mm3 += other.pred_mm3;
    }
}

/// The mean of [`Detection::accuracy`] over thresholds, such as 0.5, 0.55 up to 0.95. Not a ranked average precision: lesions
/// have no confidence.
pub fn average_precision(
    found: &Instances,
    rules: &InstanceRules,
    thresholds: &[super::Threshold],
    voxel_mm3: f64,
) -> f64 {
    let at = |&threshold| detection(found, &InstanceRules { threshold, ..*rules }, voxel_mm3).accuracy();
    thresholds.iter().map(at).sum::<f64>() / thresholds.len() as f64
}

/// True lesions of a class of sizes, and how many of them are found.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "eval", derive(serde::Serialize, serde::Deserialize))]
pub struct SizeClass {
    /// From this volume in mm³ on.
    pub from_mm3: f64,
    /// How many there are.
    pub n_truth: u64,
    /// How many are found.
    pub found: u64,
}

impl SizeClass {
    /// Counts true lesions, each with its volume in mm³ and whether it is found. `bounds` in mm³, ascending, make one class more
    /// than there are bounds.
    pub fn of(lesions: impl IntoIterator<Item = (f64, bool)>, bounds: &[f64]) -> Vec<Self> {
        let starts = std::iter::once(0.0).chain(bounds.iter().copied());
        let mut classes: Vec<Self> = starts.map(|from_mm3| Self { from_mm3, n_truth: 0, found: 0 }).collect();
        for (mm3, is_found) in lesions {
            if let Some(class) = classes.iter_mut().rev().find(|class| mm3 >= class.from_mm3) {
                class.n_truth += 1;
                class.found += u64::from(is_found);
            }
        }
        classes
    }
}

/// Recall by size: `bounds` in mm³, ascending, make one class more than there are bounds. Every true lesion is in its class, also
/// one below the [floor](InstanceRules::floor), which counts in no score: BraTS 2026 counts small metastases apart like that.
pub fn by_size(found: &Instances, matching: &Matching, bounds: &[f64], voxel_mm3: f64) -> Vec<SizeClass> {
    let lesions = (0..).zip(found.truth());
    let sized =
        |(truth, lesion): (u32, &Lesion)| (lesion.voxels() as f64 * voxel_mm3, matching.found.contains_key(&truth));
    SizeClass::of(lesions.map(sized), bounds)
}
