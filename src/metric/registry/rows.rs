//! A row for each metric.

use super::{Best, Metric, MetricRow, Needs, Parameter, Unit};
use crate::error::Result;
use crate::metric::confusion::CountMetric;
use crate::metric::fbeta::Beta;
use crate::metric::instances::LesionMetric;
use crate::metric::surface::SurfaceMetric;
use crate::metric::topology::{BettiNumber, CentrelineMetric, TopologyMetric};
use crate::options::Band;

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

/// How many there are, or how many too many or too few.
const fn betti(metric: TopologyMetric, name: &'static str) -> MetricRow {
    MetricRow {
        metric: Metric::Topology(metric),
        undefined: "never",
        range: [0.0, f64::INFINITY],
        best: Best::Neither,
        unit: Unit::Count,
        needs: Needs::Topology,
        ..score(CountMetric::Dice, name)
    }
}

/// A score of centrelines from 0 to 1.
const fn centreline(metric: CentrelineMetric, name: &'static str) -> MetricRow {
    MetricRow { metric: Metric::Centreline(metric), needs: Needs::Topology, ..score(CountMetric::Dice, name) }
}

/// A score of lesions from 0 to 1.
const fn lesion(metric: LesionMetric, name: &'static str) -> MetricRow {
    MetricRow {
        metric: Metric::Lesion(metric),
        undefined: "no lesion on either side",
        needs: Needs::Instances,
        ..score(CountMetric::Dice, name)
    }
}

/// Millilitres of lesions.
const fn lesion_volume(metric: LesionMetric, name: &'static str) -> MetricRow {
    MetricRow {
        undefined: "the file has no spacing",
        range: [0.0, f64::INFINITY],
        best: Best::Low,
        unit: Unit::Ml,
        ..lesion(metric, name)
    }
}

/// A distance in mm, of lesions.
const fn lesion_distance(metric: SurfaceMetric, name: &'static str) -> MetricRow {
    MetricRow {
        metric: Metric::LesionSurface(metric),
        undefined: "no lesion has one",
        needs: Needs::Instances,
        ..distance(metric, name)
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

macro_rules! dimension {
    ($kind:ident, $of:expr) => {
        Parameter::$kind("K", |dimension| BettiNumber::of(dimension).map($of).map(Metric::Topology))
    };
}

macro_rules! parameter {
    ($kind:ident, $letter:literal, $variant:ident) => {
        parameter!($kind, $letter, $variant, Surface)
    };
    ($kind:ident, $letter:literal, $variant:ident, $of:ident) => {
        Parameter::$kind($letter, |number| SurfaceMetric::checked(SurfaceMetric::$variant(number)).map(Metric::$of))
    };
}

/// Every metric. A row with a required parameter stands for all of its values.
#[rustfmt::skip] // a row is a few lines
pub static METRICS: [MetricRow; 60] = [
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
    MetricRow { aliases: &["betti"], parameter: dimension!(Optional, |k| TopologyMetric::BettiError(Some(k))), best: Best::Low,
        long_name: "Betti number error", formula: "abs(b_K of pred - b_K of truth); its sum over all K without K",
        ..betti(TopologyMetric::BettiError(None), "betti_error") },
    MetricRow { parameter: dimension!(Required, TopologyMetric::BettiTruth), long_name: "Betti number of the truth",
        formula: "b_K: components at 0, loops at 1, cavities at 2",
        ..betti(TopologyMetric::BettiTruth(BettiNumber::Components), "betti_truth") },
    MetricRow { parameter: dimension!(Required, TopologyMetric::BettiPred), long_name: "Betti number of the prediction",
        formula: "b_K", ..betti(TopologyMetric::BettiPred(BettiNumber::Components), "betti_pred") },
    MetricRow { title: "clDice", long_name: "centreline Dice",
        formula: "2 tprec tsens / (tprec + tsens), of the next two", undefined: "in neither; no skeleton",
        ..centreline(CentrelineMetric::ClDice, "cldice") },
    MetricRow { aliases: &["tprec"], long_name: "topology precision", formula: "the share of the prediction's skeleton in the truth",
        undefined: "nothing is predicted; no skeleton", ..centreline(CentrelineMetric::Precision, "topology_precision") },
    MetricRow { aliases: &["tsens"], long_name: "topology sensitivity", formula: "the share of the truth's skeleton in the prediction",
        undefined: "not in the truth; no skeleton", ..centreline(CentrelineMetric::Sensitivity, "topology_sensitivity") },
    MetricRow { aliases: &["rq"], title: "lesion F1", long_name: "detection F1, recognition quality",
        formula: "TP / (TP + (FP + FN) / 2)", ..lesion(LesionMetric::F1, "lesion_f1") },
    MetricRow { long_name: "precision of lesions", formula: "TP / (TP + FP)", ..lesion(LesionMetric::Precision, "lesion_precision") },
    MetricRow { long_name: "recall of lesions", formula: "TP / (TP + FN)", ..lesion(LesionMetric::Recall, "lesion_recall") },
    MetricRow { long_name: "average precision at the threshold", formula: "TP / (TP + FP + FN)",
        ..lesion(LesionMetric::Accuracy, "lesion_ap") },
    MetricRow { title: "SQ", long_name: "segmentation quality", formula: "the mean IoU of found lesions", ..lesion(LesionMetric::Sq, "sq") },
    MetricRow { title: "PQ", long_name: "panoptic quality", formula: "sq · rq", ..lesion(LesionMetric::Pq, "pq") },
    MetricRow { long_name: "segmentation quality by Dice", formula: "the mean Dice of found lesions",
        ..lesion(LesionMetric::SqDice, "sq_dice") },
    MetricRow { long_name: "panoptic quality by Dice", formula: "sq_dice · rq", ..lesion(LesionMetric::PqDice, "pq_dice") },
    MetricRow { title: "lesion Dice", long_name: "lesion-wise Dice", formula: "the mean Dice of lesions, 0 for FN and FP",
        ..lesion(LesionMetric::Dice, "lesion_dice") },
    MetricRow { aliases: &["lesion_hd95"], parameter: parameter!(Required, "Q", HdPercentile, LesionSurface),
        long_name: "lesion-wise Hausdorff distance", formula: "the mean over lesions of hd=Q, that of a miss for FN and FP",
        ..lesion_distance(SurfaceMetric::HdPercentile(95.0), "lesion_hd") },
    MetricRow { parameter: parameter!(Required, "T", Nsd, LesionSurface), range: FROM_0_TO_1, best: Best::High, unit: Unit::One,
        long_name: "lesion-wise normalised surface distance", formula: "the mean over lesions of nsd=T, 0 for FN and FP",
        undefined: "no lesion on either side", ..lesion_distance(SurfaceMetric::Nsd(1.0), "lesion_nsd") },
    MetricRow { long_name: "volume of false positives", formula: "mL of FP",
        ..lesion_volume(LesionMetric::FalsePositiveMl, "false_positive_ml") },
    MetricRow { long_name: "volume of false negatives", formula: "mL of FN",
        ..lesion_volume(LesionMetric::FalseNegativeMl, "false_negative_ml") },
];
