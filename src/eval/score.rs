//! The scores that `--metrics` can name.

use super::named::ParseError;
use crate::error::did_you_mean;
use crate::metric::{Best, CountMetric, EmptyPolicy, METRICS, Metric, MetricRow, Needs, Unit};
use crate::stats::Counts;
use std::fmt;
use std::str::FromStr;

/// A metric with the name it was requested by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// What is computed.
    pub metric: Metric,
    /// One of the names of its row.
    name: &'static str,
}

impl Score {
    /// Dice.
    pub const DICE: Self = Self { metric: Metric::Counts(CountMetric::Dice), name: "dice" };
    /// Intersection over union.
    pub const IOU: Self = Self { metric: Metric::Counts(CountMetric::Iou), name: "iou" };

    /// As `--metrics all` has them: those that follow from counts.
    pub fn all() -> Vec<Self> {
        let of_counts = METRICS.iter().filter(|row| matches!(row.needs, Needs::Counts | Needs::VoxelSize));
        of_counts.map(|row| Self { metric: row.metric, name: row.name }).collect()
    }

    /// As tables name it where distances are in mm; [`Summary::title`](super::Summary::title) knows the unit.
    pub fn title(self) -> String {
        let row = self.metric.row();
        match row.unit {
            _ if self.name == row.name && !row.title.is_empty() => row.title.into(),
            Unit::Mm => format!("{self} mm"),
            Unit::One | Unit::Ml | Unit::Count => self.to_string(),
        }
    }

    /// Whether a smaller value is better; None for what is neither good nor bad.
    pub fn lower_is_better(self) -> Option<bool> {
        match self.metric.row().best {
            Best::High => Some(false),
            Best::Low => Some(true),
            Best::Neither => None,
        }
    }

    /// Whether it is a ratio, as a rule from 0 to 1.
    pub fn is_ratio(self) -> bool {
        self.metric.row().unit == Unit::One
    }

    /// The value for counts of voxels of so many millilitres; NaN where it is undefined, and where counts are not
    /// enough.
    pub(super) fn of(self, counts: &Counts, policy: EmptyPolicy, voxel_ml: Option<f64>) -> f64 {
        let volume = |voxels: u64| voxel_ml.map_or(f64::NAN, |ml| voxels as f64 * ml);
        match self.metric {
            Metric::Counts(metric) => policy.score(metric, counts),
            Metric::VolumeTruth => volume(counts.n_truth()),
            Metric::VolumePred => volume(counts.n_pred()),
            // Of more than counts.
            _ => f64::NAN,
        }
    }
}

impl From<Metric> for Score {
    fn from(metric: Metric) -> Self {
        Self { metric, name: metric.row().name }
    }
}

impl fmt::Display for Score {
    /// As it is named on the command line, in CSV and in JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.metric.under(self.name))
    }
}

impl FromStr for Score {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let of = |(metric, name)| Self { metric, name };
        Metric::named(text).map(of).map_err(|error| wrong(text, error).into())
    }
}

/// What is wrong with a name, and the known names.
fn wrong(text: &str, error: crate::Error) -> String {
    let name = text.split('=').next().unwrap_or(text).to_ascii_lowercase();
    let names = || METRICS.iter().flat_map(|row| std::iter::once(&row.name).chain(row.aliases));
    if let (true, crate::Error::Parameter { range, .. }) = (names().any(|own| *own == name), error) {
        return format!("`{text}` is no metric; expected {range}");
    }
    let hint = did_you_mean(&name, &names().copied().collect::<Vec<_>>());
    let known: Vec<String> = METRICS.iter().map(MetricRow::signature).collect();
    format!("`{text}` is no metric{hint}; known are all (those of counts and volumes), {}", known.join(", "))
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
                if list.iter().all(|other| other.metric != score.metric) {
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
    use crate::metric::Beta;

    #[test]
    fn lists_keep_their_order_and_name_what_is_known() {
        assert_eq!("iou,dice".parse(), Ok(ScoreList(vec![Score::IOU, Score::DICE])));
        let all: ScoreList = "dice, all".parse().unwrap();
        assert_eq!(all.0.len(), CountMetric::all().count() + 2);
        let message = "dice,hausdorff".parse::<ScoreList>().unwrap_err().to_string();
        assert!(message.starts_with("`hausdorff` is no metric; known are"), "{message}");
        assert_eq!("Dice,IOU, DSC".parse(), Ok(ScoreList(vec![Score::DICE, Score::IOU])), "one column per metric");
        assert_eq!("F1".parse::<Score>().unwrap().to_string(), "f1", "under the name it was asked for by");
        let message = "precison".parse::<Score>().unwrap_err().to_string();
        assert!(message.starts_with("`precison` is no metric (did you mean precision?); known"), "{message}");
    }

    #[test]
    fn every_name_comes_back_as_its_score() {
        for score in Score::all() {
            assert_eq!(score.to_string().parse(), Ok(score));
        }
    }

    #[test]
    fn f_beta_takes_its_beta() {
        assert_eq!("fbeta".parse::<Score>().unwrap().to_string(), "fbeta");
        assert_eq!("fbeta=2".parse(), Ok(Score::from(Metric::Counts(CountMetric::Fbeta(Beta::new(2.0).unwrap())))));
        assert_eq!("fbeta=0.5".parse::<Score>().unwrap().to_string(), "fbeta=0.5");
        for (wrong, part) in
            [("fbeta=", "fbeta=B"), ("fbeta=0", "fbeta"), ("fbeta=x", "fbeta=B"), ("fbeta=inf", "fbeta")]
        {
            let message = wrong.parse::<Score>().unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
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
        for (wrong, part) in [
            ("nsd", "expected nsd=T with a number, as in nsd=2"),
            ("nsd=-1", "at least 0"),
            ("hd=101", "0 to 100"),
            ("lesion_hd", "expected lesion_hd=Q with a number, or lesion_hd95"),
            ("boundary_iou_below=inf", "expected finite and above 0"),
            ("assd=2", "expected assd without a number"),
            ("hd95=2", "expected hd95 without a number"),
            ("hdx", "known are all (those of counts and volumes)"),
            ("surface_dice", "nsd=T"),
        ] {
            let message = wrong.parse::<Score>().unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn volumes_need_a_spacing() {
        let counts = Counts::new(1, 2, 3, 10).unwrap();
        let policy = EmptyPolicy::default();
        let [truth, pred] = [Metric::VolumeTruth, Metric::VolumePred].map(Score::from);
        assert_eq!(truth.of(&counts, policy, Some(0.5)), 1.5);
        assert!(pred.of(&counts, policy, None).is_nan());
    }
}
