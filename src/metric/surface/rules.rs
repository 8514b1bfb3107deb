//! One definition of all surface metrics: every choice, named.

use super::{Directions, NsdForm, Quantile, SurfaceMetric, ToleranceRule, Weight};
#[allow(unused_imports)] // `Error`: the documentation links to it
use crate::error::{Error, Result};
use crate::metric::wrong::wrong;
use crate::stats::{Elements, ImageEdge, Spacing, Surface, SurfaceOptions, Target};
use std::fmt;

/// Every choice that one definition of surface metrics makes and another makes differently. The default is that of MONAI and
/// MetricsReloaded, with undefined distances where a mask is empty, and with slack at the tolerance.
///
/// ```
/// use voxdice::metric::surface::{SurfaceMetric, SurfacePreset, SurfaceRules};
/// use voxdice::{Classes, Engine, EngineOptions, LabelMap, Pair, Shape, Spacing};
/// let engine = Engine::new(&EngineOptions::default())?;
/// let shape = Shape::new(1, 1, [2, 4])?;
/// let (truth, pred) = ([1u8, 0, 0, 0, 0, 0, 0, 0], [1u8, 0, 0, 1, 0, 0, 0, 0]);
/// let of = |rules: SurfaceRules| {
///     let maps = (LabelMap::u8(shape.clone(), &pred)?, LabelMap::u8(shape.clone(), &truth)?);
///     let options = rules.options(&Spacing::new([1.0, 1.0])?);
///     let surfaces = engine.surfaces(Pair { pred: maps.0, truth: maps.1 }, &Classes::new([1])?, &options)?;
///     rules.value("hd=50".parse::<SurfaceMetric>()?, &surfaces.values()[0])
/// };
/// assert_eq!(of(SurfaceRules::default())?, 1.5); // the larger of 0, and of the mean of 0 and 3
/// assert_eq!(of(SurfacePreset::Medpy.rules())?, 0.0); // of 0, 0 and 3 together
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SurfaceRules {
    /// Which points stand for a boundary.
    pub elements: Elements,
    /// What lies beyond the image.
    pub image_edge: ImageEdge,
    /// What distances are measured to.
    pub target: Target,
    /// Which spacing.
    pub spacing: RuleSpacing,
    /// What an element weighs, in means and in NSD.
    pub weight: Weight,
    /// Which distance is a percentile.
    pub quantile: Quantile,
    /// How two directions become one percentile. The maximum is always that of both.
    pub directions: Directions,
    /// How two directions become one NSD.
    pub nsd: NsdForm,
    /// How a distance is compared with a tolerance.
    pub tolerance: ToleranceRule,
    /// Values where a mask has no boundary.
    pub empty: EmptySurface,
}

/// Which spacing distances are measured with.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum RuleSpacing {
    /// That of the image.
    #[default]
    Image,
    /// 1 along every axis, ignoring the image's spacing: scikit-image, miseval.
    Voxels,
    /// This many mm along every axis, ignoring the image's spacing: 1.5 in TotalSegmentator's script.
    Mm(f64),
}

/// Which of the two masks have elements. With [`ImageEdge::Repeat`] a mask that fills the image has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Situation {
    /// Both.
    Both,
    /// Neither.
    Neither,
    /// The prediction alone: the truth is empty.
    TruthEmpty,
    /// The truth alone: the prediction is empty.
    PredEmpty,
}

impl Situation {
    /// That of a surface.
    pub fn of(surface: &Surface) -> Self {
        match (surface.truth().elements() > 0, surface.pred().elements() > 0) {
            (true, true) => Self::Both,
            (false, false) => Self::Neither,
            (false, true) => Self::TruthEmpty,
            (true, false) => Self::PredEmpty,
        }
    }
}

/// Values of a metric where a mask has no elements; NaN is undefined, and equals itself here.
#[derive(Debug, Clone, Copy)]
pub struct Situations {
    /// Where neither has.
    pub neither: f64,
    /// Where the truth has none.
    pub truth_empty: f64,
    /// Where the prediction has none.
    pub pred_empty: f64,
}

impl PartialEq for Situations {
    fn eq(&self, other: &Self) -> bool {
        let values = |of: &Self| [of.neither, of.truth_empty, of.pred_empty];
        values(self).into_iter().zip(values(other)).all(|(a, b)| a == b || a.is_nan() && b.is_nan())
    }
}

impl Situations {
    /// Undefined throughout.
    pub const UNDEFINED: Self = Self::new(f64::NAN, f64::NAN, f64::NAN);

    /// Where neither has elements, where the truth has none, where the prediction has none.
    pub const fn new(neither: f64, truth_empty: f64, pred_empty: f64) -> Self {
        Self { neither, truth_empty, pred_empty }
    }

    fn of(&self, situation: Situation) -> Option<f64> {
        match situation {
            Situation::Both => None,
            Situation::Neither => Some(self.neither),
            Situation::TruthEmpty => Some(self.truth_empty),
            Situation::PredEmpty => Some(self.pred_empty),
        }
    }
}

/// Values where a mask has no elements, by metric. By default distances are undefined, and NSD is 0 where one mask has
/// elements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EmptySurface {
    /// Of `hd`.
    pub hd: Situations,
    /// Of `hd=Q`, `hd_truth=Q` and `hd_pred=Q`.
    pub percentile: Situations,
    /// Of `asd_truth`.
    pub asd_truth: Situations,
    /// Of `asd_pred`.
    pub asd_pred: Situations,
    /// Of `assd`, `masd`, `max_asd`, `sd_median`, `sd_std` and `sd_rms`.
    pub average: Situations,
    /// Of `nsd`.
    pub nsd: Situations,
    /// Of `nsd_truth`.
    pub nsd_truth: Situations,
    /// Of `nsd_pred`.
    pub nsd_pred: Situations,
}

impl EmptySurface {
    /// Undefined throughout: tools that raise an error there, or do not define it.
    pub const UNDEFINED: Self = {
        let none = Situations::UNDEFINED;
        Self {
            hd: none,
            percentile: none,
            asd_truth: none,
            asd_pred: none,
            average: none,
            nsd: none,
            nsd_truth: none,
            nsd_pred: none,
        }
    };

    /// The same of all distances; of NSD as by default.
    #[must_use]
    pub fn distances(values: Situations) -> Self {
        Self { hd: values, percentile: values, asd_truth: values, asd_pred: values, average: values, ..Self::default() }
    }

    /// The same, where distances are `mm` if only one mask is empty: a penalty such as the diagonal of the image
    /// ([`Spacing::diagonal`]) or infinity.
    #[must_use]
    pub fn missed(mut self, mm: f64) -> Self {
        for values in [&mut self.hd, &mut self.percentile, &mut self.asd_truth, &mut self.asd_pred, &mut self.average] {
            (values.truth_empty, values.pred_empty) = (mm, mm);
        }
        self
    }
}

impl Default for EmptySurface {
    fn default() -> Self {
        let nan = f64::NAN;
        Self {
            nsd: Situations::new(nan, 0.0, 0.0),
            nsd_truth: Situations::new(nan, nan, 0.0),
            nsd_pred: Situations::new(nan, 0.0, nan),
            ..Self::UNDEFINED
        }
    }
}

impl SurfaceRules {
    /// What to measure, for an image with this spacing.
    pub fn options(&self, image: &Spacing) -> SurfaceOptions {
        let spacing = match self.spacing {
            RuleSpacing::Image => image.clone(),
            RuleSpacing::Voxels => Spacing::voxels(),
            RuleSpacing::Mm(mm) => Spacing::every(mm),
        };
        SurfaceOptions { spacing, elements: self.elements, image_edge: self.image_edge, target: self.target }
    }

    /// Whether distances are in mm, else in voxels.
    pub fn is_in_mm(&self) -> bool {
        self.spacing != RuleSpacing::Voxels
    }

    /// A metric where neither mask has elements; NaN is undefined.
    pub fn in_neither(&self, metric: SurfaceMetric) -> f64 {
        metric.values_of(&self.empty).neither
    }

    /// A metric of a surface that was measured with these [options](Self::options), [`EmptySurface`] included.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a surface that was measured otherwise, a percentile outside 0 to 100, and a tolerance that is not
    /// finite and at least 0.
    pub fn value(&self, metric: SurfaceMetric, surface: &Surface) -> Result<f64> {
        // The spacing of an image is its own.
        let (found, expected) = (surface.options(), self.options(&surface.options().spacing));
        if *found != expected {
            return Err(wrong("the surface", format!("one with {found:?}"), format!("one with {expected:?}")));
        }
        metric.check()?;
        let values = metric.values_of(&self.empty);
        values.of(Situation::of(surface)).map_or_else(|| metric.of(surface, self), Ok)
    }
}

/// The definition in one line.
impl fmt::Display for SurfaceRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let elements = match self.elements {
            Elements::Face => "boundary voxels across faces",
            Elements::Edge => "boundary voxels across faces and edges",
            Elements::Full => "boundary voxels across faces, edges and corners",
            Elements::Corner => "corners of voxels at the boundary",
            Elements::Voxel => "all voxels",
        };
        let weight = match (self.elements, self.weight) {
            (Elements::Corner, Weight::Surfel) => ", weighted by marching-cubes area",
            (Elements::Corner, Weight::Exposed) => ", weighted by exposed faces",
            _ => "",
        };
        let target = match self.target {
            Target::Elements => "",
            Target::Mask => ", to any voxel of the other mask",
            Target::Face => ", to the other's boundary voxels across faces",
            Target::Full => ", to the other's boundary voxels across faces, edges and corners",
        };
        let edge = match self.image_edge {
            ImageEdge::Background => "the image's edge is boundary",
            ImageEdge::Repeat => "the image's edge is no boundary",
        };
        let quantile = match self.quantile {
            Quantile::Linear => "linear",
            Quantile::Lower => "lower",
            Quantile::Round => "rounded",
            Quantile::Floor => "floor",
            Quantile::Cumulative(Weight::Count) => "cumulative",
            Quantile::Cumulative(_) => "cumulative weighted",
        };
        let directions = match self.directions {
            Directions::Max => "the larger of both directions",
            Directions::Mean => "the mean of both directions",
            Directions::Pooled => "of both directions pooled",
        };
        let nsd = match self.nsd {
            NsdForm::Pooled => "pooled",
            NsdForm::Mean => "the mean of both directions",
        };
        let tolerance = match self.tolerance {
            ToleranceRule::Slack => "a slack of 1e-6 at the tolerance",
            ToleranceRule::F64 => "compared in f64",
            ToleranceRule::F32 => "compared in f32",
        };
        let spacing = match self.spacing {
            RuleSpacing::Image => String::new(),
            RuleSpacing::Voxels => "; distances in voxels".into(),
            RuleSpacing::Mm(mm) => format!("; a spacing of {mm} mm whatever the image says"),
        };
        write!(
            f,
            "{elements}{weight}{target}; {edge}; {quantile} percentile, {directions}; NSD {nsd}, {tolerance}{spacing}"
        )
    }
}
