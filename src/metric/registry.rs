//! Metrics by name: one row each. Names and aliases on command lines, keys in JSON, columns and headings of tables, which
//! end of a scale is good, and the README's table come from here.

use super::surface::SurfaceMetric;
use super::{Beta, CountMetric};
use crate::error::{Error, Result};
use crate::options::Band;
use std::fmt;
use std::mem::discriminant;
use std::str::FromStr;

/// A number of one class in one case.
///
/// ```
/// use voxdice::metric::{Best, Metric, Unit};
/// let metric: Metric = "NSD=2".parse()?;
/// assert_eq!((metric.to_string().as_str(), metric.row().best, metric.row().unit), ("nsd=2", Best::High, Unit::One));
/// assert_eq!("jaccard".parse::<Metric>()?.to_string(), "iou");
/// # Ok::<(), voxdice::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Metric {
    /// A formula of the counts.
    Counts(CountMetric),
    /// A distance between surfaces, or how much of them lies within a tolerance.
    Surface(SurfaceMetric),
    /// Intersection over union of what is near both boundaries.
    Boundary(Band),
    /// The volume of the class in the truth.
    VolumeTruth,
    /// The same in the prediction.
    VolumePred,
}

/// What is to be known of a metric.
#[derive(Debug, Clone, Copy)]
pub struct MetricRow {
    /// The metric; one with a parameter as [`Parameter`] says.
    pub metric: Metric,
    /// Its name.
    pub name: &'static str,
    /// Its other names.
    pub aliases: &'static [&'static str],
    /// The number behind its name.
    pub parameter: Parameter,
    /// Its heading in a table; the name where it is empty.
    pub title: &'static str,
    /// What it is called in a text.
    pub long_name: &'static str,
    /// With tp, fp, fn, tn; P = tp + fp, T = tp + fn, N = tn + fp, n = all; d the distances of [`surface`](super::surface).
    pub formula: &'static str,
    /// Where it is 0/0.
    pub undefined: &'static str,
    /// From the least to the greatest value.
    pub range: [f64; 2],
    /// Which values are good.
    pub best: Best,
    /// What it is measured in.
    pub unit: Unit,
    /// What it is computed from.
    pub needs: Needs,
}

/// The number behind the name of a metric, as in `nsd=2`.
#[derive(Debug, Clone, Copy)]
pub enum Parameter {
    /// There is none.
    None,
    /// It may be left out: the row's metric has its default.
    Optional(&'static str, fn(f64) -> Result<Metric>),
    /// It may not; an alias stands for the row's metric.
    Required(&'static str, fn(f64) -> Result<Metric>),
}

/// Which values are good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Best {
    /// High ones.
    High,
    /// Low ones.
    Low,
    /// Neither.
    Neither,
}

/// What a metric is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A ratio.
    One,
    /// Millimetres.
    Mm,
    /// Millilitres.
    Ml,
}

/// What a metric is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// [`Counts`](crate::stats::Counts).
    Counts,
    /// Counts, and the size of a voxel.
    VoxelSize,
    /// [`Surface`](crate::stats::Surface), or bands along boundaries, hence whole volumes.
    Surfaces,
}

const NONE: Parameter = Parameter::None;
const FROM_0_TO_1: [f64; 2] = [0.0, 1.0];

/// A ratio of counts from 0 to 1, of which more is better.
const fn score(metric: CountMetric, name: &'static str) -> MetricRow {
    MetricRow {
        metric: Metric::Counts(metric),
        name,
        aliases: &[],
        parameter: NONE,
        title: "",
        long_name: "",
        formula: "",
        undefined: "",
        range: FROM_0_TO_1,
        best: Best::High,
        unit: Unit::One,
        needs: Needs::Counts,
    }
}

/// A distance in mm.
const fn distance(metric: SurfaceMetric, name: &'static str) -> MetricRow {
    MetricRow {
        metric: Metric::Surface(metric),
        undefined: "one side is empty",
        range: [0.0, f64::INFINITY],
        best: Best::Low,
        unit: Unit::Mm,
        needs: Needs::Surfaces,
        ..score(CountMetric::Dice, name)
    }
}

/// A share of boundaries within a tolerance.
const fn within(metric: SurfaceMetric, name: &'static str) -> MetricRow {
    MetricRow {
        metric: Metric::Surface(metric),
        range: FROM_0_TO_1,
        best: Best::High,
        unit: Unit::One,
        ..distance(metric, name)
    }
}

/// A share of bands along boundaries.
const fn boundary(band: Band, name: &'static str) -> MetricRow {
    MetricRow {
        metric: Metric::Boundary(band),
        long_name: "boundary IoU",
        undefined: "in neither",
        ..within(SurfaceMetric::Hd, name)
    }
}

macro_rules! band {
    ($of:expr) => {
        Parameter::Required("W", |width| {
            let of: fn(f64) -> Result<Band> = $of;
            of(width)?.checked().map(Metric::Boundary)
        })
    };
}

macro_rules! parameter {
    ($kind:ident, $letter:literal, $variant:ident) => {
        Parameter::$kind($letter, |number| SurfaceMetric::checked(SurfaceMetric::$variant(number)).map(Metric::Surface))
    };
}

/// Every metric. A row with a required parameter stands for all of its values.
#[rustfmt::skip] // a row is a few lines
pub static METRICS: [MetricRow; 41] = [
    MetricRow { aliases: &["f1", "dsc"], title: "Dice", long_name: "Dice coefficient", formula: "2tp / (P + T)",
        undefined: "the class is in neither", ..score(CountMetric::Dice, "dice") },
    MetricRow { aliases: &["jaccard", "ts"], title: "IoU", long_name: "intersection over union", formula: "tp / (tp + fp + fn)",
        undefined: "in neither", ..score(CountMetric::Iou, "iou") },
    MetricRow { aliases: &["ppv"], long_name: "precision, positive predictive value", formula: "tp / P",
        undefined: "nothing is predicted", ..score(CountMetric::Precision, "precision") },
    MetricRow { aliases: &["tpr", "sensitivity"], long_name: "recall, sensitivity, true positive rate", formula: "tp / T",
        undefined: "not in the truth", ..score(CountMetric::Recall, "recall") },
    MetricRow { aliases: &["tnr"], long_name: "specificity, true negative rate", formula: "tn / N",
        undefined: "the truth fills the volume", ..score(CountMetric::Specificity, "specificity") },
    MetricRow { long_name: "negative predictive value", formula: "tn / (tn + fn)",
        undefined: "the prediction fills the volume", ..score(CountMetric::Npv, "npv") },
    MetricRow { long_name: "false discovery rate", formula: "fp / P", best: Best::Low,
        undefined: "nothing is predicted", ..score(CountMetric::Fdr, "fdr") },
    MetricRow { long_name: "false negative rate", formula: "fn / T", best: Best::Low,
        undefined: "not in the truth", ..score(CountMetric::Fnr, "fnr") },
    MetricRow { long_name: "false positive rate", formula: "fp / N", best: Best::Low,
        undefined: "the truth fills the volume", ..score(CountMetric::Fpr, "fpr") },
    MetricRow { long_name: "false omission rate", formula: "fn / (tn + fn)", best: Best::Low,
        undefined: "the prediction fills the volume", ..score(CountMetric::For, "for") },
    MetricRow { parameter: Parameter::Optional("B", |beta| Ok(Metric::Counts(CountMetric::Fbeta(Beta::new(beta)?)))),
        long_name: "F-beta, Dice at B = 1", formula: "(1 + B²)tp / ((1 + B²)tp + B²fn + fp)",
        undefined: "in neither", ..score(CountMetric::Fbeta(Beta::ONE), "fbeta") },
    MetricRow { aliases: &["acc"], long_name: "accuracy", formula: "(tp + tn) / n",
        undefined: "no voxels", ..score(CountMetric::Accuracy, "accuracy") },
    MetricRow { aliases: &["ba"], long_name: "balanced accuracy", formula: "(tp / T + tn / N) / 2",
        undefined: "either is", ..score(CountMetric::BalancedAccuracy, "balanced_accuracy") },
    MetricRow { range: [-1.0, 1.0], long_name: "Cohen's kappa", formula: "2(tp tn - fn fp) / (P N + T (fn + tn))",
        undefined: "both are empty or full", ..score(CountMetric::Kappa, "kappa") },
    MetricRow { range: [-1.0, 1.0], long_name: "Matthews' correlation", formula: "(tp tn - fp fn) / √(P T N (tn + fn))",
        undefined: "one is empty or full", ..score(CountMetric::Mcc, "mcc") },
    MetricRow { long_name: "Fowlkes-Mallows index", formula: "√(precision · recall)",
        undefined: "either is", ..score(CountMetric::Fm, "fm") },
    MetricRow { range: [-1.0, 1.0], long_name: "bookmaker informedness", formula: "recall + specificity - 1",
        undefined: "either is", ..score(CountMetric::Bm, "bm") },
    MetricRow { range: [-1.0, 1.0], long_name: "markedness", formula: "precision + npv - 1",
        undefined: "either is", ..score(CountMetric::Mk, "mk") },
    MetricRow { best: Best::Low, long_name: "prevalence threshold",
        formula: "(√(recall · fpr) - fpr) / (recall - fpr)",
        undefined: "recall or fpr is, and where they are equal", ..score(CountMetric::Pt, "pt") },
    MetricRow { range: [-2.0, 2.0], best: Best::Neither, long_name: "volume similarity, signed",
        formula: "2(P - T) / (P + T)", undefined: "in neither",
        ..score(CountMetric::VolumeSimilarity, "volume_similarity") },
    MetricRow { long_name: "volume similarity, unsigned", formula: "1 - abs(P - T) / (P + T)", undefined: "in neither",
        ..score(CountMetric::VolumeSimilarityUnsigned, "volume_similarity_unsigned") },
    MetricRow { metric: Metric::VolumeTruth, title: "truth mL", long_name: "volume of the truth", formula: "T · voxel volume",
        undefined: "the file has no spacing", range: [0.0, f64::INFINITY], best: Best::Neither, unit: Unit::Ml,
        needs: Needs::VoxelSize, ..score(CountMetric::Dice, "volume_truth_ml") },
    MetricRow { metric: Metric::VolumePred, title: "pred mL", long_name: "volume of the prediction", formula: "P · voxel volume",
        undefined: "the file has no spacing", range: [0.0, f64::INFINITY], best: Best::Neither, unit: Unit::Ml,
        needs: Needs::VoxelSize, ..score(CountMetric::Dice, "volume_pred_ml") },
    MetricRow { long_name: "Hausdorff distance", formula: "the largest d of both directions",
        ..distance(SurfaceMetric::Hd, "hd") },
    MetricRow { aliases: &["hd95"], parameter: parameter!(Required, "Q", HdPercentile), long_name: "its Q % quantile",
        formula: "the Q % quantile of d, the larger of both directions",
        ..distance(SurfaceMetric::HdPercentile(95.0), "hd") },
    MetricRow { parameter: parameter!(Optional, "Q", HdTruth), long_name: "directed Hausdorff distance",
        formula: "the Q % quantile of d from the truth; the largest without Q",
        ..distance(SurfaceMetric::HdTruth(100.0), "hd_truth") },
    MetricRow { parameter: parameter!(Optional, "Q", HdPred), long_name: "directed Hausdorff distance",
        formula: "of d from the prediction", ..distance(SurfaceMetric::HdPred(100.0), "hd_pred") },
    MetricRow { long_name: "average symmetric surface distance", formula: "the mean of d of both together",
        ..distance(SurfaceMetric::Assd, "assd") },
    MetricRow { long_name: "average surface distance", formula: "the mean of d from the truth",
        ..distance(SurfaceMetric::AsdTruth, "asd_truth") },
    MetricRow { long_name: "average surface distance", formula: "the mean of d from the prediction",
        ..distance(SurfaceMetric::AsdPred, "asd_pred") },
    MetricRow { long_name: "mean average surface distance", formula: "(asd_truth + asd_pred) / 2",
        ..distance(SurfaceMetric::Masd, "masd") },
    MetricRow { long_name: "maximal average surface distance", formula: "max(asd_truth, asd_pred)",
        ..distance(SurfaceMetric::MaxAsd, "max_asd") },
    MetricRow { long_name: "median of distances", formula: "the median of d of both together",
        ..distance(SurfaceMetric::Median, "sd_median") },
    MetricRow { long_name: "standard deviation of distances", formula: "the standard deviation of d of both together",
        ..distance(SurfaceMetric::Std, "sd_std") },
    MetricRow { long_name: "root mean square of distances", formula: "√(the mean of d² of both together)",
        ..distance(SurfaceMetric::Rms, "sd_rms") },
    MetricRow { parameter: parameter!(Required, "T", Nsd), long_name: "normalised surface distance, surface Dice",
        formula: "the share of both boundaries with d ≤ T mm", undefined: "both sides are empty",
        ..within(SurfaceMetric::Nsd(1.0), "nsd") },
    MetricRow { parameter: parameter!(Required, "T", NsdTruth), long_name: "the same of one boundary",
        formula: "the share of the truth's boundary with d ≤ T mm", undefined: "the truth is empty",
        ..within(SurfaceMetric::NsdTruth(1.0), "nsd_truth") },
    MetricRow { parameter: parameter!(Required, "T", NsdPred), long_name: "the same of one boundary",
        formula: "the share of the prediction's boundary with d ≤ T mm", undefined: "the prediction is empty",
        ..within(SurfaceMetric::NsdPred(1.0), "nsd_pred") },
    MetricRow { parameter: band!(|width| Band::whole_voxels(width)), formula: "iou of voxels with background up to W steps away",
        ..boundary(Band::Voxels(1), "boundary_iou") },
    MetricRow { parameter: band!(|width| Ok(Band::Mm(width))), formula: "iou of voxels up to W mm from their boundary",
        ..boundary(Band::Mm(1.0), "boundary_iou_mm") },
    MetricRow { parameter: band!(|width| Ok(Band::BelowVoxels(width))),
        formula: "iou of voxels less than W voxels from their boundary",
        ..boundary(Band::BelowVoxels(1.0), "boundary_iou_below") },
];

impl MetricRow {
    /// How the name is written: `dice`, `fbeta=B`, `hd=Q`.
    pub fn signature(&self) -> String {
        match self.parameter {
            Parameter::None => self.name.into(),
            Parameter::Optional(letter, _) => format!("{}[={letter}]", self.name),
            Parameter::Required(letter, _) => format!("{}={letter}", self.name),
        }
    }
}

impl Metric {
    /// What is to be known of it.
    pub fn row(&self) -> &'static MetricRow {
        // A test finds the row of every metric.
        METRICS.iter().find(|row| row.metric.is_like(self)).unwrap_or(&METRICS[0])
    }

    /// A metric by what it is called, and that name without a number, which may be an alias.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a name that is not known, in any case of letters, and for a number that it cannot have.
    pub fn named(text: &str) -> Result<(Self, &'static str)> {
        let lower = text.trim().to_lowercase();
        let wrong = |range: String| Error::Parameter { name: "metric", value: text.into(), range };
        let (name, number) = match lower.split_once('=') {
            Some((name, number)) => (name, Some(number)),
            None => (lower.as_str(), None),
        };
        let called = |row: &'static MetricRow| {
            let names = std::iter::once(&row.name).chain(row.aliases);
            names.copied().find(|&own| own == name).map(|own| (row, own))
        };
        let rows: Vec<(&MetricRow, &'static str)> = METRICS.iter().filter_map(called).collect();
        for &(row, own) in &rows {
            match (row.parameter, number) {
                (Parameter::None, None) | (Parameter::Optional(..), None) => return Ok((row.metric, own)),
                (Parameter::Required(..), None) if own != row.name => return Ok((row.metric, own)),
                (Parameter::Optional(letter, with) | Parameter::Required(letter, with), Some(number))
                    if own == row.name =>
                {
                    let wrong = |_| wrong(format!("{name}={letter} with a number for {letter}"));
                    return number.parse().map_err(wrong).and_then(with).map(|metric| (metric, own));
                }
                _ => {}
            }
        }
        Err(wrong(match (rows.first(), number) {
            (Some((row, _)), None) => format!("{} with a number, as in {}=2", row.signature(), row.name),
            (Some((row, _)), Some(_)) => format!("{} without a number", row.name),
            (None, _) => {
                let known: Vec<String> = METRICS.iter().map(MetricRow::signature).collect();
                format!("one of {}", known.join(", "))
            }
        }))
    }

    /// The same but for a parameter.
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Counts(own), Self::Counts(other)) => discriminant(own) == discriminant(other),
            (Self::Surface(own), Self::Surface(other)) => discriminant(own) == discriminant(other),
            (Self::Boundary(own), Self::Boundary(other)) => discriminant(own) == discriminant(other),
            _ => discriminant(self) == discriminant(other),
        }
    }

    /// The number behind the name.
    pub fn parameter(&self) -> Option<f64> {
        match self {
            Self::Counts(CountMetric::Fbeta(beta)) => Some(beta.value()),
            Self::Surface(metric) => metric.parameter(),
            Self::Boundary(band) => Some(band.width()),
            Self::Counts(_) | Self::VolumeTruth | Self::VolumePred => None,
        }
    }

    /// Under a name of its row, with its number where the name does not say it: a usual number has a name of its own, `hd95`.
    pub fn under(&self, name: &'static str) -> String {
        let row = self.row();
        let is_usual = *self == row.metric;
        match (row.parameter, self.parameter()) {
            (Parameter::Required(..), Some(_)) if name != row.name => name.into(),
            (Parameter::Required(..), Some(number)) => match row.aliases.first().filter(|_| is_usual) {
                Some(alias) => (*alias).into(),
                None => format!("{name}={number}"),
            },
            (Parameter::Optional(..), Some(number)) if !is_usual => format!("{name}={number}"),
            _ => name.into(),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.under(self.row().name))
    }
}

impl FromStr for Metric {
    type Err = Error;

    /// By the names of [`METRICS`], in any case of letters.
    fn from_str(text: &str) -> Result<Self> {
        Self::named(text).map(|(metric, _)| metric)
    }
}
