//! Surface metrics by name.

use super::{
    Directions, EmptySurface, Percentile, Side, Situations, SurfaceRules, Tolerance, asd, assd, directed_hausdorff,
    directed_nsd, hausdorff, masd, max_asd, median, nsd, rms, std,
};
use crate::error::Result;
use crate::stats::Surface;

/// The surface metrics that a program can choose by name; [the table](super) has their formulas. Lower is better but for the
/// three of NSD.
///
/// ```
/// use voxdice::metric::surface::SurfaceMetric;
/// assert_eq!("hd95".parse::<SurfaceMetric>()?, SurfaceMetric::HdPercentile(95.0));
/// assert_eq!("nsd=1.5".parse::<SurfaceMetric>()?.to_string(), "nsd=1.5");
/// assert!("nsd".parse::<SurfaceMetric>().is_err()); // the tolerance is part of the name
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SurfaceMetric {
    /// `hd`: the Hausdorff distance.
    Hd,
    /// `hd=Q`, and `hd95`: its percentile.
    HdPercentile(f64),
    /// `hd_truth=Q`: from the truth's boundary.
    HdTruth(f64),
    /// `hd_pred=Q`: from the prediction's boundary.
    HdPred(f64),
    /// `asd_truth`: the average distance from the truth's boundary.
    AsdTruth,
    /// `asd_pred`: the average distance from the prediction's boundary.
    AsdPred,
    /// `assd`: the average of both pooled.
    Assd,
    /// `masd`: the mean of the two averages.
    Masd,
    /// `max_asd`: the larger of the two averages.
    MaxAsd,
    /// `sd_median`: the median of both pooled.
    Median,
    /// `sd_std`: the standard deviation of both pooled.
    Std,
    /// `sd_rms`: the root mean square of both pooled.
    Rms,
    /// `nsd=T`: normalised surface distance at a tolerance in mm.
    Nsd(f64),
    /// `nsd_truth=T`: of the truth's boundary.
    NsdTruth(f64),
    /// `nsd_pred=T`: of the prediction's boundary.
    NsdPred(f64),
}

impl SurfaceMetric {
    /// Whether it is a share of surfaces, of which 1 is best, and no distance: NSD and its two directions.
    pub fn is_share(self) -> bool {
        matches!(self, Self::Nsd(_) | Self::NsdTruth(_) | Self::NsdPred(_))
    }

    /// The number behind its name.
    pub(in crate::metric) fn parameter(self) -> Option<f64> {
        match self {
            Self::HdPercentile(q) | Self::HdTruth(q) | Self::HdPred(q) => Some(q),
            Self::Nsd(mm) | Self::NsdTruth(mm) | Self::NsdPred(mm) => Some(mm),
            _ => None,
        }
    }

    /// Itself, if its number is valid.
    pub(in crate::metric) fn checked(self) -> Result<Self> {
        self.check().map(|()| self)
    }

    /// Whether its number is valid.
    pub(super) fn check(self) -> Result<()> {
        match self {
            Self::HdPercentile(q) | Self::HdTruth(q) | Self::HdPred(q) => Percentile::linear(q).map(drop),
            Self::Nsd(mm) | Self::NsdTruth(mm) | Self::NsdPred(mm) => Tolerance::mm(mm).map(drop),
            _ => Ok(()),
        }
    }

    /// The metric, where both masks have elements.
    pub(super) fn of(self, surface: &Surface, rules: &SurfaceRules) -> Result<f64> {
        let weight = rules.weight;
        let percentile = |percent, f: &dyn Fn(Percentile) -> f64| Percentile::new(percent, rules.quantile).map(f);
        let within = |mm, f: &dyn Fn(Tolerance) -> f64| Tolerance::new(mm, rules.tolerance).map(f);
        match self {
            Self::Hd => Percentile::linear(100.0).map(|largest| hausdorff(surface, largest, Directions::Max)),
            Self::HdPercentile(q) => percentile(q, &|q| hausdorff(surface, q, rules.directions)),
            Self::HdTruth(q) => percentile(q, &|q| directed_hausdorff(surface, Side::Truth, q)),
            Self::HdPred(q) => percentile(q, &|q| directed_hausdorff(surface, Side::Pred, q)),
            Self::AsdTruth => Ok(asd(surface, Side::Truth, weight)),
            Self::AsdPred => Ok(asd(surface, Side::Pred, weight)),
            Self::Assd => Ok(assd(surface, weight)),
            Self::Masd => Ok(masd(surface, weight)),
            Self::MaxAsd => Ok(max_asd(surface, weight)),
            Self::Median => Ok(median(surface)),
            Self::Std => Ok(std(surface, weight)),
            Self::Rms => Ok(rms(surface, weight)),
            Self::Nsd(mm) => within(mm, &|mm| nsd(surface, mm, rules.nsd, weight)),
            Self::NsdTruth(mm) => within(mm, &|mm| directed_nsd(surface, Side::Truth, mm, weight)),
            Self::NsdPred(mm) => within(mm, &|mm| directed_nsd(surface, Side::Pred, mm, weight)),
        }
    }

    pub(super) fn values_of(self, empty: &EmptySurface) -> Situations {
        match self {
            Self::Hd => empty.hd,
            Self::HdPercentile(_) | Self::HdTruth(_) | Self::HdPred(_) => empty.percentile,
            Self::AsdTruth => empty.asd_truth,
            Self::AsdPred => empty.asd_pred,
            Self::Assd | Self::Masd | Self::MaxAsd | Self::Median | Self::Std | Self::Rms => empty.average,
            Self::Nsd(_) => empty.nsd,
            Self::NsdTruth(_) => empty.nsd_truth,
            Self::NsdPred(_) => empty.nsd_pred,
        }
    }
}
