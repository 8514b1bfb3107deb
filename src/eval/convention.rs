//! The conventions of other evaluators, as far as they concern counts. Where their numbers also depend on something else
//! (lesions, surfaces), the choice says so.

use super::class::Class;
use super::named::named;
use crate::Empty;
use crate::metric::TruthEmpty;
use crate::metric::surface::SurfacePreset;

/// Whose conventions hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convention {
    /// nnU-Net v2: a class in neither file is undefined; means over cases, then over classes.
    // nnunetv2/evaluation/evaluate_predictions.py, compute_metrics and compute_metrics_on_folder.
    Nnunet,
    /// MONAI's DiceMetric: a class without truth is undefined; means over classes, then over cases.
    // monai/metrics/meandice.py with ignore_empty=True and reduction="mean", both the defaults, and
    // include_background=False, as label 0 is in no mean here.
    Monai,
    /// KiTS23: kidney and masses 1, 2, 3, masses 2, 3, tumor 2; a class in neither file scores 1.
    // kits23/evaluation/metrics.py and labels.py (hierarchical evaluation classes).
    Kits23,
    /// BraTS 2023: WT 1, 2, 3, TC 1, 3, ET 3; a class in neither file scores 1. Whole regions, not lesions.
    // BraTS-2023-Metrics/metrics.py, the columns named LegacyDice; the ranking there is by lesion.
    Brats23,
    /// TotalSegmentator: a class without truth is undefined, even if it is predicted.
    // totalsegmentator resources/evaluate.py; its 1e-6 in the denominator changes the sixth digit of tiny classes.
    TotalSegmentator,
}

named!(Convention, "the convention" {
    Nnunet = "nnunet",
    Monai = "monai",
    Kits23 = "kits23",
    Brats23 = "brats23",
    TotalSegmentator = "totalseg",
});

/// In which order cases and classes are averaged. Without undefined scores the order makes no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Average {
    /// The mean over the cases of each class, then over the classes.
    #[default]
    ClassesOfCases,
    /// The mean over the classes of each case, then over the cases.
    CasesOfClasses,
}

impl Average {
    /// The order in words.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::ClassesOfCases => "over cases and then over labels",
            Self::CasesOfClasses => "over labels and then over cases",
        }
    }
}

impl Convention {
    /// What a class scores that neither file has.
    pub fn empty(self) -> Empty {
        match self {
            Self::Nnunet | Self::Monai | Self::TotalSegmentator => Empty::Nan,
            Self::Kits23 | Self::Brats23 => Empty::One,
        }
    }

    /// What a class scores that only the prediction has.
    pub fn truth_empty(self) -> TruthEmpty {
        match self {
            Self::Nnunet | Self::Kits23 | Self::Brats23 => TruthEmpty::Formula,
            Self::Monai | Self::TotalSegmentator => TruthEmpty::Nan,
        }
    }

    /// In which order cases and classes are averaged.
    pub fn average(self) -> Average {
        match self {
            Self::Monai => Average::CasesOfClasses,
            Self::Nnunet | Self::Kits23 | Self::Brats23 | Self::TotalSegmentator => Average::ClassesOfCases,
        }
    }

    /// How it defines distances between surfaces, where it has any.
    pub fn surface(self) -> Option<SurfacePreset> {
        match self {
            Self::Nnunet => None,
            Self::Monai => Some(SurfacePreset::Monai),
            Self::Kits23 => Some(SurfacePreset::Kits23),
            Self::Brats23 => Some(SurfacePreset::Brats23),
            Self::TotalSegmentator => Some(SurfacePreset::TotalSegmentator),
        }
    }

    /// The classes of a challenge.
    pub fn classes(self) -> Option<Vec<Class>> {
        let region = |name: &str, labels: &[u32]| Class::region(labels.to_vec()).named(name);
        match self {
            Self::Kits23 => {
                Some(vec![region("kidney_and_mass", &[1, 2, 3]), region("mass", &[2, 3]), region("tumor", &[2])])
            }
            Self::Brats23 => Some(vec![region("WT", &[1, 2, 3]), region("TC", &[1, 3]), region("ET", &[3])]),
            Self::Nnunet | Self::Monai | Self::TotalSegmentator => None,
        }
    }
}
