//! The definitions of other tools.

use super::{
    Directions, EmptySurface, NsdForm, Quantile, RuleSpacing, Situations, SurfaceRules, ToleranceRule, Weight,
};
use crate::error::by_name;
use crate::stats::{Elements, ImageEdge, Target};

/// A tool's definition of surface metrics. It gives the tool's numbers for every metric that the tool has, except as
/// the variant says. Where a tool raises an error or crashes, the value is undefined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SurfacePreset {
    /// MONAI 1.6: its ASD is `asd_pred`, its symmetric one `assd`. It computes in `f32`. A miss is infinite, of a
    /// percentile NaN.
    Monai,
    /// MONAI's surface Dice with `use_subvoxels`.
    MonaiSubvoxel,
    /// DeepMind's surface-distance. A miss is infinite.
    Deepmind,
    /// HD95 of BraTS 2023: DeepMind's, 0 where neither mask is there and 374 for a miss.
    Brats23,
    /// MetricsReloaded. Its NSD of one empty mask is anything between 0 and 1, here it is 0.
    MetricsReloaded,
    /// medpy 0.5. Raises where a mask is empty.
    Medpy,
    /// medpy with `connectivity` of the rank.
    MedpyFull,
    /// panoptica's functions: its "ASSD" is `masd`. Raises where a mask is empty.
    Panoptica,
    /// seg-metrics with `fullyConnected=True`, its default: `msd` is `assd`, `mdsd` `sd_median`, `stdsd` `sd_std`. 0, which
    /// is perfect, where a mask is empty.
    SegMetrics,
    /// seg-metrics with `fullyConnected=False`.
    SegMetricsFace,
    /// Hausdorff distances of grand-challenge-metrics: its modified one is `max_asd`.
    GrandChallenge,
    /// `mean_contour_distance` of grand-challenge-metrics, which is `max_asd`. For one empty mask that is a number without
    /// meaning, here it is undefined.
    GrandChallengeMcd,
    /// mikan-rs. Panics for one empty mask.
    Mikan,
    /// ITK's `HausdorffDistance` filter, which measures whole masks: its average is `masd`.
    Itk,
    /// scikit-image's `hausdorff_distance`: of whole masks, in voxels.
    ScikitImage,
    /// miseval's `AHD`, which is `hd` in voxels, from the boundary to the whole mask. For one empty mask that is a number
    /// without meaning, here it is undefined.
    Miseval,
    /// distorch's `pixel_center_metrics`. Its NSD of equal masks is 0, here it is 1.
    DistorchCenter,
    /// distorch's `boundary_metrics`. Its NSD of equal masks is 0, here it is 1.
    Distorch,
    /// plastimatch's Hausdorff distances of boundaries, for objects that do not touch the image's edge.
    Plastimatch,
    /// NSD of KiTS 2023: DeepMind's, 1 where neither mask is there.
    Kits23,
    /// NSD of TotalSegmentator: DeepMind's with a spacing of 1.5 mm; undefined where the truth is empty.
    TotalSegmentator,
    /// NSD of BraTS 2024: the mean of both directions, 1 where neither mask is there.
    Brats24,
    /// LiTS' scoring: its RMSD is `sd_rms`, its MSD `hd`. Read in its source, not run.
    Lits,
}

const CORNERS: SurfaceRules = SurfaceRules {
    elements: Elements::Corner,
    weight: Weight::Surfel,
    quantile: Quantile::Cumulative(Weight::Surfel),
    tolerance: ToleranceRule::F64,
    ..FACES
};

/// `SurfaceRules::default()`, as a constant, but for the tolerance, and for the NSD where only one mask is empty, which
/// is undefined.
const FACES: SurfaceRules = SurfaceRules {
    elements: Elements::Face,
    image_edge: ImageEdge::Background,
    target: Target::Elements,
    spacing: RuleSpacing::Image,
    weight: Weight::Count,
    quantile: Quantile::Linear,
    directions: Directions::Max,
    nsd: NsdForm::Pooled,
    tolerance: ToleranceRule::F64,
    empty: EmptySurface::UNDEFINED,
};

const POOLED: SurfaceRules = SurfaceRules { directions: Directions::Pooled, ..FACES };

impl SurfacePreset {
    /// All of them.
    pub const ALL: [Self; 23] = [
        Self::Monai,
        Self::MonaiSubvoxel,
        Self::Deepmind,
        Self::Brats23,
        Self::MetricsReloaded,
        Self::Medpy,
        Self::MedpyFull,
        Self::Panoptica,
        Self::SegMetrics,
        Self::SegMetricsFace,
        Self::GrandChallenge,
        Self::GrandChallengeMcd,
        Self::Mikan,
        Self::Itk,
        Self::ScikitImage,
        Self::Miseval,
        Self::DistorchCenter,
        Self::Distorch,
        Self::Plastimatch,
        Self::Kits23,
        Self::TotalSegmentator,
        Self::Brats24,
        Self::Lits,
    ];

    /// The name that a command line knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Monai => "monai",
            Self::MonaiSubvoxel => "monai-subvoxel",
            Self::Deepmind => "deepmind",
            Self::Brats23 => "brats23",
            Self::MetricsReloaded => "metricsreloaded",
            Self::Medpy => "medpy",
            Self::MedpyFull => "medpy-full",
            Self::Panoptica => "panoptica",
            Self::SegMetrics => "seg-metrics",
            Self::SegMetricsFace => "seg-metrics-face",
            Self::GrandChallenge => "grand-challenge",
            Self::GrandChallengeMcd => "grand-challenge-mcd",
            Self::Mikan => "mikan",
            Self::Itk => "itk-hausdorff",
            Self::ScikitImage => "skimage-hausdorff",
            Self::Miseval => "miseval-ahd",
            Self::DistorchCenter => "distorch-center",
            Self::Distorch => "distorch",
            Self::Plastimatch => "plastimatch",
            Self::Kits23 => "kits23",
            Self::TotalSegmentator => "totalseg",
            Self::Brats24 => "brats24",
            Self::Lits => "lits",
        }
    }

    /// Its choices. Every field may be changed afterwards.
    pub fn rules(self) -> SurfaceRules {
        let (nan, inf) = (f64::NAN, f64::INFINITY);
        let undefined = EmptySurface::UNDEFINED;
        let misses = |neither, missed| Situations::new(neither, missed, missed);
        match self {
            Self::Monai | Self::MonaiSubvoxel => {
                let empty = EmptySurface {
                    percentile: Situations::UNDEFINED,
                    nsd: misses(nan, 0.0),
                    ..EmptySurface::distances(misses(nan, inf))
                };
                let base = if self == Self::Monai { FACES } else { CORNERS };
                SurfaceRules { tolerance: ToleranceRule::F32, empty, ..base }
            }
            Self::Deepmind => {
                let empty = EmptySurface {
                    hd: misses(inf, inf),
                    percentile: misses(inf, inf),
                    asd_truth: Situations::new(nan, nan, inf),
                    asd_pred: Situations::new(nan, inf, nan),
                    average: misses(nan, inf),
                    ..EmptySurface::default()
                };
                SurfaceRules { empty, ..CORNERS }
            }
            Self::Brats23 => {
                let empty = EmptySurface { percentile: misses(0.0, 374.0), ..undefined };
                SurfaceRules { empty, ..CORNERS }
            }
            Self::MetricsReloaded => {
                let empty = EmptySurface { nsd: misses(1.0, 0.0), ..EmptySurface::distances(misses(0.0, nan)) };
                SurfaceRules { empty, ..FACES }
            }
            Self::Medpy => POOLED,
            Self::MedpyFull => SurfaceRules { elements: Elements::Full, ..POOLED },
            Self::Panoptica => SurfaceRules { nsd: NsdForm::Mean, ..POOLED },
            Self::SegMetrics | Self::SegMetricsFace => SurfaceRules {
                elements: if self == Self::SegMetrics { Elements::Full } else { Elements::Face },
                image_edge: ImageEdge::Repeat,
                target: Target::Full,
                empty: EmptySurface::distances(misses(0.0, 0.0)),
                ..POOLED
            },
            Self::GrandChallenge => SurfaceRules { quantile: Quantile::Lower, ..FACES },
            Self::GrandChallengeMcd => {
                SurfaceRules { elements: Elements::Full, image_edge: ImageEdge::Repeat, target: Target::Mask, ..FACES }
            }
            Self::Mikan => SurfaceRules {
                quantile: Quantile::Round,
                image_edge: ImageEdge::Repeat,
                empty: EmptySurface::distances(misses(0.0, nan)),
                ..FACES
            },
            Self::Itk => SurfaceRules { elements: Elements::Voxel, target: Target::Mask, ..FACES },
            Self::ScikitImage => SurfaceRules {
                elements: Elements::Voxel,
                spacing: RuleSpacing::Voxels,
                empty: EmptySurface { hd: misses(0.0, inf), ..undefined },
                ..FACES
            },
            Self::Miseval => SurfaceRules {
                target: Target::Mask,
                spacing: RuleSpacing::Voxels,
                empty: EmptySurface { hd: misses(0.0, nan), ..undefined },
                ..FACES
            },
            Self::DistorchCenter => FACES,
            Self::Distorch => {
                SurfaceRules { weight: Weight::Exposed, quantile: Quantile::Linear, empty: undefined, ..CORNERS }
            }
            Self::Plastimatch => SurfaceRules { quantile: Quantile::Floor, directions: Directions::Mean, ..FACES },
            Self::Kits23 => SurfaceRules { empty: EmptySurface { nsd: misses(1.0, 0.0), ..undefined }, ..CORNERS },
            Self::TotalSegmentator => SurfaceRules {
                spacing: RuleSpacing::Mm(1.5),
                empty: EmptySurface { nsd: Situations::new(nan, nan, 0.0), ..undefined },
                ..CORNERS
            },
            Self::Brats24 => {
                SurfaceRules { nsd: NsdForm::Mean, empty: EmptySurface { nsd: misses(1.0, 0.0), ..undefined }, ..FACES }
            }
            Self::Lits => SurfaceRules { elements: Elements::Edge, ..FACES },
        }
    }
}

by_name!(SurfacePreset, "surface preset");
