//! What was found of the lesions of one class in one case.

use crate::eval::warning::Side;
use crate::metric::instances::{
    Detection, InstanceRules, LesionMetric, Matching, SizeClass, by_size, centroid, detection_of, found_only, scores,
};
use crate::stats::{Instances, Lesion, Overlap};
use std::collections::BTreeMap;

/// The numbers of a class's lesions in a case.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LesionScores {
    /// By their names in results, in the order of the results.
    pub numbers: Vec<(String, f64)>,
    /// How many there are of each size, and how many of them are found.
    pub by_size: Vec<SizeClass>,
    /// The lesions; not of results that were read back.
    pub rows: Vec<LesionRow>,
}

/// The outcome of a lesion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LesionStatus {
    /// A true one that was found, or a predicted one that finds something.
    Found,
    /// A true one that was not.
    Missed,
    /// A predicted one that finds nothing.
    Extra,
    /// A true one that is too small to count.
    BelowFloor,
    /// A predicted one that is too small.
    Dropped,
}

impl LesionStatus {
    /// As tables name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Missed => "missed",
            Self::Extra => "extra",
            Self::BelowFloor => "below floor",
            Self::Dropped => "dropped",
        }
    }
}

/// A lesion of either side.
#[derive(Debug, Clone, PartialEq)]
pub struct LesionRow {
    /// Whether it is one of the truth.
    pub side: Side,
    /// From 1 on, in the order of first voxels; of what was dropped 0.
    pub number: u32,
    /// The place of its first voxel, x first.
    pub first: [u64; 3],
    /// Its centre in voxels, x first.
    pub centroid: [f64; 3],
    /// The first and the last voxel of its box.
    pub low: [u32; 3],
    /// The last one.
    pub high: [u32; 3],
    /// How many.
    pub voxels: u64,
    /// NaN where the file does not say how large a voxel is.
    pub mm3: f64,
    /// Whether it reaches the border of the image.
    pub at_border: bool,
    /// Its outcome.
    pub status: LesionStatus,
    /// The numbers of what it is matched with.
    pub matched: Vec<u32>,
    /// Voxels in common with these.
    pub overlap: u64,
    /// With their union; NaN where there is nothing.
    pub dice: f64,
    /// The same.
    pub iou: f64,
}

impl LesionScores {
    pub(super) fn of(
        all: &Instances,
        left: &Instances,
        matching: &Matching,
        rules: &InstanceRules,
        sizes: &[f64],
        voxel_mm3: f64,
    ) -> Self {
        let found = detection_of(left, matching, rules, voxel_mm3);
        let matching = &*found_only(left, matching, rules);
        let by_size = if sizes.is_empty() { Vec::new() } else { by_size(left, matching, sizes, voxel_mm3) };
        Self { numbers: numbers(&found, left), by_size, rows: rows(all, left, matching, rules, voxel_mm3) }
    }

    /// The value of a metric.
    pub fn value(&self, metric: LesionMetric) -> f64 {
        self.number(metric.key())
    }

    /// The number of this name; NaN where there is none.
    pub fn number(&self, name: &str) -> f64 {
        self.numbers.iter().find(|(own, _)| own == name).map_or(f64::NAN, |(_, value)| *value)
    }
}

fn numbers(found: &Detection, left: &Instances) -> Vec<(String, f64)> {
    let counts = [
        ("n_truth", found.n_truth as f64),
        ("n_pred", found.n_pred as f64),
        ("tp", found.tp as f64),
        ("fn", found.missed as f64),
        ("fp", found.fp as f64),
        ("tp_pred", found.tp_pred as f64),
        ("count_difference", found.count_difference() as f64),
    ];
    let scores = LesionMetric::ALL.map(|metric| (metric.key(), metric.of(found)));
    let [splits, merges] = several(left);
    let more = [
        ("splits", splits),
        ("merges", merges),
        ("rq", found.f1()),
        ("iou_sum", found.iou_sum),
        ("dice_sum", found.dice_sum),
        ("volume_truth_ml", found.truth_mm3 / 1000.0),
        ("volume_pred_ml", found.pred_mm3 / 1000.0),
    ];
    counts.into_iter().chain(scores).chain(more).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// True lesions that share voxels with several predicted ones, and predicted ones that do with several true ones.
fn several(left: &Instances) -> [f64; 2] {
    let several = |number: fn(&Overlap) -> u32| {
        let mut partners: BTreeMap<u32, u64> = BTreeMap::new();
        left.overlaps().iter().for_each(|pair| *partners.entry(number(pair)).or_default() += 1);
        partners.values().filter(|&&partners| partners > 1).count() as f64
    };
    [several(|pair| pair.truth), several(|pair| pair.pred)]
}

fn rows(
    all: &Instances,
    left: &Instances,
    matching: &Matching,
    rules: &InstanceRules,
    voxel_mm3: f64,
) -> Vec<LesionRow> {
    let mut finds: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (&truth, preds) in &matching.found {
        preds.iter().for_each(|&pred| finds.entry(pred).or_default().push(truth));
    }
    let common = |truth: u32, pred: u32| {
        let place = left.overlaps().binary_search_by_key(&(truth, pred), |pair| (pair.truth, pair.pred));
        place.map_or(0, |place| left.overlaps()[place].voxels)
    };
    let row = |side: Side, number: u32, lesion: &Lesion, status| LesionRow {
        side,
        number,
        first: place_of(lesion.first(), all.extent()),
        centroid: centroid(lesion),
        low: lesion.low(),
        high: lesion.high(),
        voxels: lesion.voxels(),
        mm3: lesion.voxels() as f64 * voxel_mm3,
        at_border: all.is_at_border(lesion),
        status,
        matched: Vec::new(),
        overlap: 0,
        dice: f64::NAN,
        iou: f64::NAN,
    };
    let mut rows = Vec::new();
    for (truth, lesion) in (0..).zip(left.truth()) {
        let preds = matching.found.get(&truth);
        let status = match preds {
            _ if !rules.floor.passes(lesion.voxels(), voxel_mm3) => LesionStatus::BelowFloor,
            Some(_) => LesionStatus::Found,
            None => LesionStatus::Missed,
        };
        let mut row = row(Side::Truth, truth + 1, lesion, status);
        if let Some(preds) = preds {
            row.matched = preds.iter().map(|pred| pred + 1).collect();
            row.overlap = preds.iter().map(|&pred| common(truth, pred)).sum();
            (row.iou, row.dice) = scores(left, truth as usize, preds);
        }
        rows.push(row);
    }
    for (pred, lesion) in (0..).zip(left.pred()) {
        let truths = finds.get(&pred);
        let status = if truths.is_some() { LesionStatus::Found } else { LesionStatus::Extra };
        let mut row = row(Side::Prediction, pred + 1, lesion, status);
        for &truth in truths.into_iter().flatten() {
            row.matched.push(truth + 1);
            row.overlap += common(truth, pred);
        }
        rows.push(row);
    }
    let is_dropped = |lesion: &&Lesion| rules.drop.holds(lesion.voxels(), voxel_mm3);
    rows.extend(
        all.pred().iter().filter(is_dropped).map(|lesion| row(Side::Prediction, 0, lesion, LesionStatus::Dropped)),
    );
    rows
}

/// x, y and z of a voxel.
fn place_of(voxel: u64, [columns, rows, _]: [u64; 3]) -> [u64; 3] {
    [voxel % columns, voxel / columns % rows, voxel / columns / rows]
}
