//! Distances of surfaces, lesion by lesion.

use super::matching::Matching;
use super::presets::InstancePreset;
use super::rules::{Charge, InstanceRules, Match};
use crate::metric::surface::{Missed, SurfaceMetric, SurfacePreset, SurfaceRules};
use crate::stats::Instances;
use std::collections::BTreeMap;

/// How surfaces of lesions are measured, and what their means are where there is nothing to measure. Each true lesion is measured
/// against the union of what it is matched with; a predicted lesion that finds nothing is one more where [`Charge`] says so. An
/// NSD is 0 where a distance is that of a miss.
#[derive(Debug, Clone, Copy)]
pub struct LesionDistances {
    /// The definition of distances.
    pub distance: SurfaceRules,
    /// The definition of NSD.
    pub nsd: SurfaceRules,
    /// The distance of a lesion without counterpart, which is in the mean where it [costs](Charge).
    pub missed: Missed,
    /// The mean distance of no lesions.
    pub neither: f64,
    /// The mean NSD of no lesions.
    pub nsd_neither: f64,
    /// The mean distance where only found lesions count, and none is.
    pub none_found: f64,
    /// The means where no true lesion counts; `None` where they are as usual.
    pub no_truth: Option<f64>,
}

impl Default for LesionDistances {
    /// Those of [`SurfaceRules::default`], over the lesions that are found.
    fn default() -> Self {
        let rules = SurfaceRules::default();
        Self {
            distance: rules,
            nsd: rules,
            missed: Missed::Undefined,
            neither: f64::NAN,
            nsd_neither: f64::NAN,
            none_found: f64::NAN,
            no_truth: None,
        }
    }
}

impl LesionDistances {
    /// By the definition of one tool.
    pub fn by(preset: SurfacePreset) -> Self {
        let rules = preset.rules();
        Self { distance: rules, nsd: rules, ..Self::default() }
    }

    /// What a miss costs, in words.
    pub fn missed_in_words(&self, charge: Charge) -> String {
        match self.missed {
            Missed::Mm(distance) if charge != Charge::Nothing => {
                let unit = if self.distance.is_in_mm() { "mm" } else { "voxels" };
                format!("{distance} {unit} for one without counterpart")
            }
            Missed::Diagonal if charge != Charge::Nothing => "the image's diagonal for one without counterpart".into(),
            _ => "over found ones".into(),
        }
    }

    /// The definition for a metric.
    pub fn rules(&self, metric: SurfaceMetric) -> &SurfaceRules {
        if metric.is_share() { &self.nsd } else { &self.distance }
    }

    fn without_lesions(&self, metric: SurfaceMetric) -> f64 {
        if metric.is_share() { self.nsd_neither } else { self.neither }
    }

    /// The mean over lesions. `values` are those of true lesions that are matched, by their places; `matching` is theirs, before
    /// any is [taken out](super::found_only). `diagonal` is that of the image in mm, and `voxel_mm3` the volume of a voxel.
    ///
    /// With [`Match::Nearest`] and [`Match::MergeBoth`] lesions have no counterparts, and the mean is undefined.
    pub fn mean(
        &self,
        metric: SurfaceMetric,
        values: &BTreeMap<u32, f64>,
        (found, matching): (&Instances, &Matching),
        rules: &InstanceRules,
        (diagonal, voxel_mm3): (f64, f64),
    ) -> f64 {
        if matches!(rules.matching, Match::Nearest | Match::MergeBoth) {
            return f64::NAN;
        }
        let counts = |&truth: &u32| rules.floor.passes(found.truth()[truth as usize].voxels(), voxel_mm3);
        let scored: Vec<u32> = (0..found.truth().len() as u32).filter(counts).collect();
        let matched: Vec<f64> = scored.iter().filter_map(|truth| values.get(truth)).copied().collect();
        let missed = match rules.charge {
            Charge::Nothing => 0,
            Charge::Missed => scored.len() - matched.len(),
            Charge::FalsePositives => scored.len() - matched.len() + matching.extra.len(),
        };
        if let (true, Some(mean)) = (scored.is_empty(), self.no_truth) {
            return mean;
        }
        if scored.is_empty() && (matching.extra.is_empty() || rules.charge == Charge::Missed) {
            return self.without_lesions(metric);
        }
        let (sum, n) = (matched.iter().sum::<f64>(), matched.len() as f64);
        let of_missed = match self.missed {
            _ if metric.is_share() => 0.0,
            Missed::Mm(mm) => mm,
            Missed::Diagonal => diagonal,
            Missed::Undefined => f64::NAN,
        };
        match (n > 0.0, missed > 0 && !of_missed.is_nan()) {
            (_, true) => (sum + missed as f64 * of_missed) / (n + missed as f64),
            (true, false) => sum / n,
            (false, false) if metric.is_share() => 0.0,
            (false, false) => self.none_found,
        }
    }
}

impl InstancePreset {
    /// How it measures surfaces of lesions, and which metrics it reports; none where it reports none.
    pub fn distances(self) -> (LesionDistances, &'static [SurfaceMetric]) {
        use InstancePreset as P;
        const HD95: SurfaceMetric = SurfaceMetric::HdPercentile(95.0);
        const NSD: [SurfaceMetric; 3] = [HD95, SurfaceMetric::Nsd(0.5), SurfaceMetric::Nsd(1.0)];
        // panoptica's tolerance is the smallest side of a voxel, and voxels of BraTS have 1 mm.
        const OF_VOXEL: [SurfaceMetric; 2] = [HD95, SurfaceMetric::Nsd(1.0)];
        let brats = |missed| LesionDistances {
            nsd: SurfacePreset::Brats24.rules(),
            missed,
            neither: 0.0,
            nsd_neither: 1.0,
            ..LesionDistances::by(SurfacePreset::Brats23)
        };
        match self {
            P::Brats23Gli | P::Brats23Ssa | P::Brats23Ped | P::Brats23Men | P::Brats23Met => {
                (brats(Missed::Mm(374.0)), &NSD[..1])
            }
            P::Brats24Gli => (brats(Missed::Mm(337.0)), &NSD),
            P::Brats24Ssa | P::Brats24Ped => (brats(Missed::Mm(374.0)), &NSD),
            P::Brats24Met | P::Brats24MenRt => (brats(Missed::Diagonal), &NSD),
            P::Brats26Gli | P::Brats26Ped | P::Brats26Goat | P::Brats26MenRt => {
                let own = LesionDistances::by(SurfacePreset::Panoptica);
                (LesionDistances { none_found: f64::INFINITY, ..own }, &OF_VOXEL)
            }
            P::Brats26Mets => {
                let own = LesionDistances::by(SurfacePreset::Panoptica);
                (LesionDistances { missed: Missed::Mm(373.0), no_truth: Some(f64::NAN), ..own }, &OF_VOXEL)
            }
            P::Panoptica | P::PanopticaBipartite | P::PanopticaMerge => {
                (LesionDistances::by(SurfacePreset::Panoptica), &[])
            }
            P::CcDice
            | P::Cellpose
            | P::Stardist
            | P::Coco
            | P::Torchmetrics
            | P::MonaiPq
            | P::MetricsReloaded
            | P::Isles22
            | P::Autopet
            | P::Autopet3
            | P::Isbi15
            | P::Lits => (LesionDistances::default(), &[]),
        }
    }
}
