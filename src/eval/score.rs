//! The scores that `--metrics` can name.

use super::named::ParseError;
use crate::metric::surface::SurfaceMetric;
use crate::metric::{Beta, CountMetric, EmptyPolicy};
use crate::stats::Counts;
use std::fmt;
use std::str::FromStr;

/// A number of one class in one case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Score {
    /// A formula of the counts.
    Metric(CountMetric),
    /// A distance between surfaces in mm, or how much of them lies within a tolerance.
    Surface(SurfaceMetric),
    /// The volume of the class in the truth, in millilitres.
    VolumeTruth,
    /// The same in the prediction.
    VolumePred,
}

const VOLUME_TRUTH: &str = "volume_truth_ml";
const VOLUME_PRED: &str = "volume_pred_ml";

/// F-beta with another beta than 1.
const FBETA: &str = "fbeta=";

impl Score {
    /// Dice.
    pub const DICE: Self = Self::Metric(CountMetric::Dice);
    /// Intersection over union.
    pub const IOU: Self = Self::Metric(CountMetric::Iou);

    /// As `--metrics all` has them.
    pub fn all() -> Vec<Self> {
        let metrics = CountMetric::ALL.into_iter().map(Self::Metric);
        metrics.chain([Self::VolumeTruth, Self::VolumePred]).collect()
    }

    /// As tables name it.
    pub fn title(self) -> String {
        match self {
            Self::DICE => "Dice".into(),
            Self::IOU => "IoU".into(),
            Self::VolumeTruth => "truth mL".into(),
            Self::VolumePred => "pred mL".into(),
            Self::Surface(metric) if metric.is_distance() => format!("{metric} mm"),
            other => other.to_string(),
        }
    }

    /// Whether a smaller value is better; None for what is neither good nor bad.
    pub fn lower_is_better(self) -> Option<bool> {
        match self {
            Self::VolumeTruth | Self::VolumePred | Self::Metric(CountMetric::VolumeSimilarity | CountMetric::Pt) => {
                None
            }
            Self::Metric(CountMetric::Fnr | CountMetric::Fpr | CountMetric::Fdr | CountMetric::For) => Some(true),
            Self::Metric(_) => Some(false),
            Self::Surface(metric) => Some(metric.is_distance()),
        }
    }

    /// Whether it is a ratio, as a rule from 0 to 1.
    pub fn is_ratio(self) -> bool {
        match self {
            Self::Metric(_) => true,
            Self::Surface(metric) => !metric.is_distance(),
            Self::VolumeTruth | Self::VolumePred => false,
        }
    }

    /// The value for counts of voxels of so many millilitres; NaN where it is undefined, and where counts do not tell it.
    pub(super) fn of(self, counts: &Counts, policy: EmptyPolicy, voxel_ml: Option<f64>) -> f64 {
        let volume = |voxels: u64| voxel_ml.map_or(f64::NAN, |ml| voxels as f64 * ml);
        match self {
            Self::Metric(metric) => policy.score(metric, counts),
            Self::VolumeTruth => volume(counts.n_truth()),
            Self::VolumePred => volume(counts.n_pred()),
            Self::Surface(_) => f64::NAN,
        }
    }
}

impl fmt::Display for Score {
    /// As it is named on the command line, in CSV and in JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metric(CountMetric::Fbeta(beta)) if *beta != Beta::ONE => write!(f, "{FBETA}{}", beta.value()),
            Self::Metric(metric) => metric.fmt(f),
            Self::Surface(metric) => metric.fmt(f),
            Self::VolumeTruth => f.write_str(VOLUME_TRUTH),
            Self::VolumePred => f.write_str(VOLUME_PRED),
        }
    }
}

impl FromStr for Score {
    type Err = ParseError;

    fn from_str(name: &str) -> Result<Self, ParseError> {
        match name.to_ascii_lowercase().as_str() {
            VOLUME_TRUTH => Ok(Self::VolumeTruth),
            VOLUME_PRED => Ok(Self::VolumePred),
            other if other.starts_with(FBETA) => {
                let beta: f64 = other.trim_start_matches(FBETA).parse().unwrap_or(f64::NAN);
                let wrong =
                    || format!("`{name}` is no metric; write {FBETA} and a number above 0, such as {FBETA}2").into();
                Beta::new(beta).map(|beta| Self::Metric(CountMetric::Fbeta(beta))).map_err(|_| wrong())
            }
            other if SURFACES.iter().any(|start| other.starts_with(start)) => {
                other.parse().map(Self::Surface).map_err(|_| {
                    let known = SurfaceMetric::NAMES;
                    format!("`{name}` is no metric; those of surfaces are {known}, with Q in percent and T in mm")
                        .into()
                })
            }
            other => other.parse().map(Self::Metric).map_err(|_| unknown(name).into()),
        }
    }
}

/// Metrics of surfaces, by the start of their names, or of what somebody may call them.
const SURFACES: [&str; 9] = ["hd", "hausdorff", "assd", "asd", "masd", "max_asd", "sd_", "nsd", "surface"];

/// What is known instead of a name.
fn unknown(name: &str) -> String {
    let known: Vec<String> = Score::all().iter().map(Score::to_string).collect();
    let lower = name.to_ascii_lowercase();
    let near = known.iter().map(|known| (strsim::damerau_levenshtein(known, &lower), known)).min();
    let hint = match near {
        Some((changes, known)) if changes <= 2 && changes < known.len() / 2 => format!(", did you mean {known}?"),
        _ => String::new(),
    };
    format!("`{name}` is no metric{hint}; known are {}, all (of these), and {}", known.join(", "), SurfaceMetric::NAMES)
}

/// The scores to show, in the order they were named.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreList(pub Vec<Score>);

impl Default for ScoreList {
    fn default() -> Self {
        Self(vec![Score::DICE, Score::IOU])
    }
}

impl FromStr for ScoreList {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut list: Vec<Score> = Vec::new();
        for name in text.split(',').map(str::trim) {
            let named = if name.eq_ignore_ascii_case("all") { Score::all() } else { vec![name.parse()?] };
            for score in named {
                if !list.contains(&score) {
                    list.push(score);
                }
            }
        }
        Ok(Self(list))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_their_order_and_name_what_is_known() {
        assert_eq!("iou,dice".parse(), Ok(ScoreList(vec![Score::IOU, Score::DICE])));
        let all: ScoreList = "dice, all".parse().unwrap();
        assert_eq!(all.0.len(), CountMetric::ALL.len() + 2);
        let message = "dice,hausdorff".parse::<ScoreList>().unwrap_err().to_string();
        assert!(message.starts_with("`hausdorff` is no metric; those of surfaces are hd, hd=Q (hd95)"), "{message}");
        assert_eq!("Dice,IOU, DSC".parse(), Ok(ScoreList(vec![Score::DICE, Score::IOU])));
        let message = "precison".parse::<Score>().unwrap_err().to_string();
        assert!(message.starts_with("`precison` is no metric, did you mean precision?; known"), "{message}");
    }

    #[test]
    fn every_name_comes_back_as_its_score() {
        for score in Score::all() {
            assert_eq!(score.to_string().parse(), Ok(score));
        }
    }

    #[test]
    fn f_beta_takes_its_beta() {
        assert_eq!("fbeta=2".parse(), Ok(Score::Metric(CountMetric::Fbeta(Beta::new(2.0).unwrap()))));
        assert_eq!("fbeta=0.5".parse::<Score>().unwrap().to_string(), "fbeta=0.5");
        for wrong in ["fbeta=", "fbeta=0", "fbeta=x", "fbeta=-1", "fbeta=inf"] {
            assert!(wrong.parse::<Score>().unwrap_err().to_string().contains("above 0"), "{wrong}");
        }
    }

    #[test]
    fn surfaces_have_their_parameter_in_their_name() {
        for (text, name, is_distance) in
            [("HD95", "hd95", true), ("hd=90", "hd=90", true), ("ASSD", "assd", true), ("nsd=1.5", "nsd=1.5", false)]
        {
            let score: Score = text.parse().unwrap();
            assert_eq!((score.to_string().as_str(), score.lower_is_better()), (name, Some(is_distance)));
            assert_eq!(score.is_ratio(), !is_distance);
        }
        for wrong in ["nsd", "nsd=-1", "hd=101", "hdx", "surface_dice"] {
            assert!(wrong.parse::<Score>().unwrap_err().to_string().contains("nsd=T"), "{wrong}");
        }
    }

    #[test]
    fn volumes_need_a_spacing() {
        let counts = Counts::new(1, 2, 3, 10).unwrap();
        let policy = EmptyPolicy::default();
        assert_eq!(Score::VolumeTruth.of(&counts, policy, Some(0.5)), 1.5);
        assert!(Score::VolumePred.of(&counts, policy, None).is_nan());
    }
}
