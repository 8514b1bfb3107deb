//! What was found of the lesions of one class in one case.

use super::distances::Matched;
use crate::eval::warning::Side;
use crate::io::Geometry;
use crate::metric::Metric;
use crate::metric::instances::{
    Detection, EmptyLesions, LesionMetric, SizeClass, by_size, centroid, detection_of, found_only, scores,
};
use crate::stats::{Instances, Lesion, LesionRun, Overlap};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The numbers of a class's lesions in a case.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LesionScores {
    /// By their names in results, in the order of the results.
    pub numbers: Vec<(String, f64)>,
    /// How many there are of each size, and how many of them are found.
    pub by_size: Vec<SizeClass>,
    /// The lesions; not of results that were read back, and none where they are
    /// [not asked for](super::InstanceSearch::without_rows).
    pub rows: Vec<LesionRow>,
    /// Their voxels, where [`InstanceSearch::voxels`](super::InstanceSearch::voxels) asks for them. None of a class that is in
    /// neither file, and where they lie [in a box](Self::is_boxed).
    #[serde(skip)]
    pub voxels: Option<LesionVoxels>,
    /// Whether the two grids are not one, so that the voxels lie in a box around both, which is no file's grid.
    pub is_boxed: bool,
}

/// The voxels of a class's lesions.
#[derive(Debug, Clone, PartialEq)]
pub struct LesionVoxels {
    /// Voxels of the image along x, y and z.
    pub extent: [u64; 3],
    /// Runs of the true and of the predicted lesions, whose numbers are one more than these places. What was dropped has none.
    pub runs: [Vec<LesionRun>; 2],
    /// Where the voxels lie. None where files do not say so.
    pub geometry: Option<Geometry>,
}

impl LesionVoxels {
    /// The numbers of a side's lesions, 0 between them, x fastest.
    pub fn labels(&self, side: Side) -> Vec<u32> {
        let [columns, rows, slices] = self.extent.map(|n| n as usize);
        let mut labels = vec![0; columns * rows * slices];
        let [truth, pred] = &self.runs;
        for run in if side == Side::Truth { truth } else { pred } {
            let row = (run.z as usize * rows + run.y as usize) * columns;
            labels[row + run.start as usize..row + run.end as usize].fill(run.lesion + 1);
        }
        labels
    }
}

/// The outcome of a lesion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// The numbers of what it is matched with; of one that is missed, where that is
    /// [not enough](crate::metric::instances::InstanceRules::found_from).
    pub matched: Vec<u32>,
    /// Voxels in common with these.
    pub overlap: u64,
    /// With their union; NaN where there is nothing.
    pub dice: f64,
    /// The same.
    pub iou: f64,
    /// Of a true one that is matched, the [distances](super::InstanceSearch::surfaces) that were measured, in their order.
    pub distances: Vec<f64>,
}

impl LesionRow {
    /// How large it is, in mm³ or in voxels. NaN in mm³ where the file does not say how large a voxel is.
    pub fn size(&self, in_mm3: bool) -> f64 {
        if in_mm3 { self.mm3 } else { self.voxels as f64 }
    }
}

impl LesionScores {
    /// Without rows.
    pub(super) fn of(matched: &Matched<'_>, sizes: &[f64]) -> Self {
        let &Matched { found: left, matching, rules, voxel_mm3 } = matched;
        let found = detection_of(left, matching, rules, voxel_mm3);
        let matching = &*found_only(left, matching, rules);
        let by_size = if sizes.is_empty() { Vec::new() } else { by_size(left, matching, sizes, voxel_mm3) };
        Self { numbers: numbers(&found, left), by_size, ..Self::default() }
    }

    /// With the means of surfaces over lesions, and the values of each true lesion in its row.
    pub(super) fn with_distances(mut self, means: Vec<(String, f64)>, values: &BTreeMap<u32, Vec<f64>>) -> Self {
        self.numbers.extend(means);
        for row in &mut self.rows {
            if row.side == Side::Truth
                && let Some(values) = row.number.checked_sub(1).and_then(|lesion| values.get(&lesion))
            {
                row.distances.clone_from(values);
            }
        }
        self
    }

    /// The value of a metric.
    pub fn value(&self, metric: Metric) -> f64 {
        match metric {
            Metric::Lesion(metric) => self.number(metric.key()),
            other => self.number(&other.to_string()),
        }
    }

    /// What it is made of, for values of several cases together; `empty` as the rules have it.
    pub(super) fn detection(&self, empty: EmptyLesions) -> Option<Detection> {
        // Without a true lesion its volume may be undefined.
        let missed = if self.number("n_truth") == 0.0 { 0.0 } else { self.number("false_negative_ml") };
        let [extra, truth, pred] =
            ["false_positive_ml", "volume_truth_ml", "volume_pred_ml"].map(|name| self.number(name));
        Detection::of_sums(|name| self.number(name), [extra, missed, truth, pred].map(|ml| 1000.0 * ml), empty)
    }

    /// The number of this name; NaN where there is none.
    pub fn number(&self, name: &str) -> f64 {
        self.numbers.iter().find(|(own, _)| own == name).map_or(f64::NAN, |(_, value)| *value)
    }
}

fn numbers(found: &Detection, left: &Instances) -> Vec<(String, f64)> {
    let scores = LesionMetric::ALL.map(|metric| (metric.key(), metric.of(found)));
    let [splits, merges] = several(left);
    let more = [
        ("splits", splits),
        ("merges", merges),
        ("rq", found.f1()),
        ("count_difference", found.count_difference() as f64),
        ("volume_truth_ml", found.truth_mm3 / 1000.0),
        ("volume_pred_ml", found.pred_mm3 / 1000.0),
    ];
    found.sums().into_iter().chain(scores).chain(more).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// True lesions that share voxels with several predicted ones, and predicted ones that do with several true ones.
fn several(left: &Instances) -> [f64; 2] {
    let several = |lesions: usize, number: fn(&Overlap) -> u32| {
        let mut partners = vec![0u32; lesions];
        for pair in left.overlaps() {
            partners.get_mut(number(pair) as usize).into_iter().for_each(|partners| *partners += 1);
        }
        partners.iter().filter(|&&partners| partners > 1).count() as f64
    };
    [several(left.truth().len(), |pair| pair.truth), several(left.pred().len(), |pair| pair.pred)]
}

/// A row of each lesion. `all` are those before any were dropped or joined.
pub(super) fn rows(all: &Instances, matched: &Matched<'_>) -> Vec<LesionRow> {
    let &Matched { found: left, matching, rules, voxel_mm3 } = matched;
    let found = &found_only(left, matching, rules).found;
    let mut finds: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
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
        distances: Vec::new(),
    };
    let mut rows = Vec::with_capacity(left.truth().len() + all.pred().len());
    for (truth, lesion) in (0..).zip(left.truth()) {
        let status = if !rules.floor.passes(lesion.voxels(), voxel_mm3) {
            LesionStatus::BelowFloor
        } else if found.contains_key(&truth) {
            LesionStatus::Found
        } else {
            LesionStatus::Missed
        };
        let mut row = row(Side::Truth, truth + 1, lesion, status);
        // The values of a match that is too weak count where the lesion does.
        let pairs = if status == LesionStatus::Missed { &matching.found } else { found };
        if let Some(preds) = pairs.get(&truth) {
            preds.iter().for_each(|&pred| finds.entry(pred).or_default().push(truth));
            row.matched = preds.iter().map(|pred| pred + 1).collect();
            row.overlap = preds.iter().map(|&pred| common(truth, pred)).sum();
            (row.iou, row.dice) = scores(left, truth as usize, preds);
        }
        rows.push(row);
    }
    for (pred, lesion) in (0..).zip(left.pred()) {
        let truths = finds.get(&pred);
        let is_found = truths.into_iter().flatten().any(|truth| found.contains_key(truth));
        let status = if is_found { LesionStatus::Found } else { LesionStatus::Extra };
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
