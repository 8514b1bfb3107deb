//! The definitions of other tools and challenges.

use super::rules::{Charge, Connected, Criterion, EmptyLesions, InstanceRules, Match, Objective};
use super::threshold::{Floor, Size, Threshold};
use crate::error::by_name;
use crate::stats::{Connectivity, InstancesBy, Join};

/// A tool or challenge that scores lesions, cells or objects one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InstancePreset {
    /// BraTS 2023 glioma: its lesion-wise Dice. Its HD95 gives 374 to false negatives and false positives.
    Brats23Gli,
    /// BraTS 2023 Sub-Saharan Africa.
    Brats23Ssa,
    /// BraTS 2023 pediatrics.
    Brats23Ped,
    /// BraTS 2023 meningioma.
    Brats23Men,
    /// BraTS 2023 metastases.
    Brats23Met,
    /// BraTS 2024 glioma, whose rules join tissues that touch. SNFH has 3 dilations: its script misspells the name for which
    /// it has 5.
    Brats24Gli,
    /// BraTS 2024 metastases.
    Brats24Met,
    /// BraTS 2024 Sub-Saharan Africa.
    Brats24Ssa,
    /// BraTS 2024 pediatrics.
    Brats24Ped,
    /// BraTS 2024 meningioma for radiotherapy. False positives cost nothing.
    Brats24MenRt,
    /// BraTS 2026 glioma, of BraTS-evaluation: the mean Dice is over matches alone.
    Brats26Gli,
    /// BraTS 2026 metastases, for lesions from 20 mm³ on: found from a Dice of 0.1 on, undefined without such a true lesion.
    Brats26Mets,
    /// BraTS 2026 pediatrics: the rules of glioma with the regions of 2024. Not run.
    Brats26Ped,
    /// BraTS 2026 generalizability: the rules of glioma. Not run.
    Brats26Goat,
    /// BraTS 2026 meningioma for radiotherapy: the rules of glioma. Not run.
    Brats26MenRt,
    /// panoptica's naive matching.
    Panoptica,
    /// panoptica's bipartite matching.
    PanopticaBipartite,
    /// panoptica's MaximizeMergeMatching.
    PanopticaMerge,
    /// Dice per component, of CCMetrics and MONAI. Where voxels are as near to two lesions these give them to either, and this
    /// crate to the first.
    CcDice,
    /// cellpose's average precision, of labels.
    Cellpose,
    /// stardist's matching, of labels.
    Stardist,
    /// COCO's panoptic quality, of labels.
    Coco,
    /// torchmetrics' PanopticQuality, of labels: 0 where there is nothing.
    Torchmetrics,
    /// MONAI's panoptic quality, of labels. It adds 1e-6 to denominators and computes in `f32`; here it is exact.
    MonaiPq,
    /// MetricsReloaded's greedy matching, which keeps the worst of several pairs.
    MetricsReloaded,
    /// ISLES 2022: lesion F1.
    Isles22,
    /// autoPET I: volumes of false positives and negatives.
    Autopet,
    /// autoPET III: the same, undefined where there is no lesion.
    Autopet3,
    /// The longitudinal MS challenge of ISBI 2015: LTPR is `recall`, LFDR is 1 - `precision`.
    Isbi15,
    /// LiTS 2017: detection at an IoU above a half, after merging both ways.
    Lits,
}

/// Labels that are scored together, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// What the challenge calls it.
    pub name: &'static str,
    /// Its labels.
    pub labels: &'static [u32],
    /// Its rules.
    pub rules: InstanceRules,
}

/// The whole definition of a tool or challenge.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceSystem {
    /// What holds for every class, if it says nothing about regions.
    pub rules: InstanceRules,
    /// The regions of a challenge; none where any classes may be scored.
    pub regions: Vec<Region>,
    /// Regions whose lesions are joined where they touch the same lesion of another.
    pub touching: Vec<[usize; 2]>,
}

impl InstanceSystem {
    fn of(rules: InstanceRules) -> Self {
        Self { rules, regions: Vec::new(), touching: Vec::new() }
    }

    fn with(rules: InstanceRules, regions: &[(&'static str, &'static [u32])]) -> Self {
        let regions = regions.iter().map(|&(name, labels)| Region { name, labels, rules }).collect();
        Self { rules, regions, touching: Vec::new() }
    }
}

const NESTED: [(&str, &[u32]); 3] = [("WT", &[1, 2, 3]), ("TC", &[1, 3]), ("ET", &[3])];
const TISSUES: [(&str, &[u32]); 6] =
    [("WT", &[1, 2, 3]), ("TC", &[1, 3]), ("NETC", &[1]), ("SNFH", &[2]), ("ET", &[3]), ("RC", &[4])];
const PEDIATRIC: [(&str, &[u32]); 6] =
    [("WT", &[1, 2, 3, 4]), ("TC", &[1, 2, 3]), ("ET", &[1]), ("NETC", &[2]), ("CC", &[3]), ("ED", &[4])];
const TARGET: [(&str, &[u32]); 1] = [("GTV", &[1])];

// Places in TISSUES.
const NETC: usize = 2;
const SNFH: usize = 3;
const ET: usize = 4;
const RC: usize = 5;

const ANY: InstanceRules = InstanceRules {
    matching: Match::Any,
    criterion: Criterion::Voxels,
    threshold: Threshold::ANY,
    ..InstanceRules::DEFAULT
};
const BRATS: InstanceRules =
    InstanceRules { empty: EmptyLesions { dice_neither: 1.0, ..EmptyLesions::UNDEFINED }, ..ANY };
const PANOPTICA: InstanceRules =
    InstanceRules { connected: Connected::FacesOrCorners, matching: Match::Greedy, ..InstanceRules::DEFAULT };
const LABELS: InstanceRules = InstanceRules { by: InstancesBy::Labels, ..InstanceRules::DEFAULT };
const UNIQUE: InstanceRules =
    InstanceRules { matching: Match::Unique, threshold: Threshold::HALF.strictly(), ..LABELS };
const NOTHING_IS_0: EmptyLesions =
    EmptyLesions { neither: 0.0, one_side: 0.0, dice_neither: 0.0, ..EmptyLesions::UNDEFINED };

fn brats23(n: u32, floor: f64) -> InstanceSystem {
    let rules =
        InstanceRules { join: Join { truth: n, pred: 0 }, near: n, floor: Floor::AtMost(Size::Mm3(floor)), ..BRATS };
    InstanceSystem::with(rules, &NESTED)
}

fn brats24(n: u32, least: u64, regions: &[(&'static str, &'static [u32])]) -> InstanceSystem {
    let rules = InstanceRules {
        join: Join { truth: n, pred: n },
        near: n,
        drop: Size::Voxels(least),
        floor: Floor::AtMost(Size::Mm3(least as f64)),
        ..BRATS
    };
    InstanceSystem::with(rules, regions)
}

fn brats24_gli() -> InstanceSystem {
    let mut system = brats24(3, 20, &TISSUES);
    for region in [NETC, RC] {
        let rules = &mut system.regions[region].rules;
        (rules.join, rules.near) = (Join { truth: 5, pred: 5 }, 5);
    }
    let enhancing = &mut system.regions[ET].rules;
    (enhancing.drop, enhancing.floor) = (Size::Voxels(10), Floor::AtMost(Size::Mm3(10.0)));
    system.touching =
        vec![[NETC, ET], [NETC, RC], [ET, NETC], [ET, RC], [RC, ET], [RC, NETC], [SNFH, ET], [SNFH, RC], [SNFH, NETC]];
    system
}

fn brats26(regions: &[(&'static str, &'static [u32])]) -> InstanceSystem {
    let rules = InstanceRules {
        criterion: Criterion::Dice,
        threshold: Threshold::of(1, 1_000_000),
        charge: Charge::Nothing,
        ..InstanceRules::DEFAULT
    };
    InstanceSystem::with(rules, regions)
}

impl InstancePreset {
    /// All of them.
    pub const ALL: [Self; 30] = [
        Self::Brats23Gli,
        Self::Brats23Ssa,
        Self::Brats23Ped,
        Self::Brats23Men,
        Self::Brats23Met,
        Self::Brats24Gli,
        Self::Brats24Met,
        Self::Brats24Ssa,
        Self::Brats24Ped,
        Self::Brats24MenRt,
        Self::Brats26Gli,
        Self::Brats26Mets,
        Self::Brats26Ped,
        Self::Brats26Goat,
        Self::Brats26MenRt,
        Self::Panoptica,
        Self::PanopticaBipartite,
        Self::PanopticaMerge,
        Self::CcDice,
        Self::Cellpose,
        Self::Stardist,
        Self::Coco,
        Self::Torchmetrics,
        Self::MonaiPq,
        Self::MetricsReloaded,
        Self::Isles22,
        Self::Autopet,
        Self::Autopet3,
        Self::Isbi15,
        Self::Lits,
    ];

    /// The name that a command line knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Brats23Gli => "brats23-gli",
            Self::Brats23Ssa => "brats23-ssa",
            Self::Brats23Ped => "brats23-ped",
            Self::Brats23Men => "brats23-men",
            Self::Brats23Met => "brats23-met",
            Self::Brats24Gli => "brats24-gli",
            Self::Brats24Met => "brats24-met",
            Self::Brats24Ssa => "brats24-ssa",
            Self::Brats24Ped => "brats24-ped",
            Self::Brats24MenRt => "brats24-men-rt",
            Self::Brats26Gli => "brats26-gli",
            Self::Brats26Mets => "brats26-mets",
            Self::Brats26Ped => "brats26-ped",
            Self::Brats26Goat => "brats26-goat",
            Self::Brats26MenRt => "brats26-menrt",
            Self::Panoptica => "panoptica",
            Self::PanopticaBipartite => "panoptica-bipartite",
            Self::PanopticaMerge => "panoptica-merge",
            Self::CcDice => "cc-dice",
            Self::Cellpose => "cellpose",
            Self::Stardist => "stardist",
            Self::Coco => "coco",
            Self::Torchmetrics => "torchmetrics-pq",
            Self::MonaiPq => "monai-pq",
            Self::MetricsReloaded => "metricsreloaded",
            Self::Isles22 => "isles22",
            Self::Autopet => "autopet",
            Self::Autopet3 => "autopet3",
            Self::Isbi15 => "isbi15",
            Self::Lits => "lits",
        }
    }

    /// All its choices.
    pub fn system(self) -> InstanceSystem {
        let count = InstanceRules { matching: Match::Optimal(Objective::Count), ..LABELS };
        match self {
            Self::Brats23Gli | Self::Brats23Ssa | Self::Brats23Ped => brats23(3, 50.0),
            Self::Brats23Men => brats23(1, 50.0),
            Self::Brats23Met => brats23(1, 2.0),
            Self::Brats24Gli => brats24_gli(),
            Self::Brats24Met => InstanceSystem { touching: vec![[ET, NETC]], ..brats24(1, 2, &TISSUES) },
            Self::Brats24Ssa => InstanceSystem { touching: vec![[ET, NETC]], ..brats24(3, 50, &TISSUES) },
            Self::Brats24Ped => brats24(5, 10, &PEDIATRIC),
            Self::Brats24MenRt => {
                let mut system = brats24(1, 50, &TARGET);
                let empty = EmptyLesions { dice_no_truth: 1.0, ..system.rules.empty };
                let rules = InstanceRules { drop: Size::Mm3(50.0), charge: Charge::Missed, empty, ..system.rules };
                system.rules = rules;
                system.regions.iter_mut().for_each(|region| region.rules = rules);
                system
            }
            Self::Brats26Gli | Self::Brats26Goat => brats26(&NESTED),
            Self::Brats26Ped => brats26(&PEDIATRIC),
            Self::Brats26MenRt => brats26(&TARGET),
            Self::Brats26Mets => {
                let empty =
                    EmptyLesions { dice_no_truth: f64::NAN, no_truth: Some(f64::NAN), ..EmptyLesions::UNDEFINED };
                let rules = brats26(&NESTED).rules;
                let (floor, charge) = (Floor::BelowMm3(20.0), Charge::FalsePositives);
                let found_from = Some(Threshold::of(1, 10));
                InstanceSystem::with(InstanceRules { floor, found_from, charge, empty, ..rules }, &NESTED)
            }
            Self::Panoptica => InstanceSystem::of(PANOPTICA),
            Self::PanopticaBipartite => {
                InstanceSystem::of(InstanceRules { matching: Match::Optimal(Objective::Sum), ..PANOPTICA })
            }
            Self::PanopticaMerge => InstanceSystem::of(InstanceRules { matching: Match::Merge, ..PANOPTICA }),
            Self::CcDice => InstanceSystem::of(InstanceRules {
                matching: Match::Nearest,
                empty: EmptyLesions { dice_neither: 1.0, ..EmptyLesions::UNDEFINED },
                ..ANY
            }),
            Self::Cellpose => InstanceSystem::of(count),
            Self::Stardist => InstanceSystem::of(InstanceRules { empty: NOTHING_IS_0, ..count }),
            Self::Coco => InstanceSystem::of(UNIQUE),
            Self::Torchmetrics | Self::MonaiPq => InstanceSystem::of(InstanceRules { empty: NOTHING_IS_0, ..UNIQUE }),
            Self::MetricsReloaded => InstanceSystem::of(InstanceRules { matching: Match::Worst, ..UNIQUE }),
            Self::Isles22 => {
                let empty = EmptyLesions { neither: 1.0, ..EmptyLesions::UNDEFINED };
                InstanceSystem::of(InstanceRules { empty, ..ANY })
            }
            Self::Autopet | Self::Autopet3 => {
                let missed_no_truth = if self == Self::Autopet { 0.0 } else { f64::NAN };
                let empty = EmptyLesions { missed_no_truth, ..EmptyLesions::UNDEFINED };
                InstanceSystem::of(InstanceRules { connected: Connected::By(Connectivity::Edges), empty, ..ANY })
            }
            Self::Isbi15 => {
                let empty = EmptyLesions { one_side: f64::NAN, ..EmptyLesions::UNDEFINED };
                InstanceSystem::of(InstanceRules { empty, ..ANY })
            }
            Self::Lits => InstanceSystem::of(InstanceRules {
                connected: Connected::By(Connectivity::Faces),
                matching: Match::MergeBoth,
                threshold: Threshold::HALF.strictly(),
                ..InstanceRules::DEFAULT
            }),
        }
    }

    /// The same at another threshold, below which some tools do something else: MONAI's PQ assigns all pairs below a half.
    pub fn at(self, threshold: Threshold) -> InstanceSystem {
        let mut system = self.system();
        let below_half = threshold.is_below_half();
        let change = |rules: &mut InstanceRules| {
            rules.threshold = threshold;
            if self == Self::MonaiPq && below_half {
                rules.matching = Match::Optimal(Objective::SumOfAll);
            }
        };
        change(&mut system.rules);
        system.regions.iter_mut().for_each(|region| change(&mut region.rules));
        system
    }
}

by_name!(InstancePreset, "lesion system");
