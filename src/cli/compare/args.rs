//! The flags of a comparison: statistics and forms.

use super::Compare;
use crate::Empty;
use crate::cli::files::read_text;
use crate::eval::models::{Choices, Grouping, UndefinedRule, metric_name};
use crate::eval::{EvalError, LabelList, Like, ModelsError, ScoreChoices};
use crate::metric::Bootstrap;
use crate::metric::compare::{Adjust, Better, CompareOptions, Family, IntervalKind, RankBy, Test, Zeros};
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// How models are compared.
#[derive(Debug, Clone, Args)]
pub(super) struct StatisticsArgs {
    /// Only pairs with this model
    #[arg(long, value_name = "NAME", help_heading = "Statistics")]
    pub against: Option<String>,
    /// How pairs of models are tested
    #[arg(long, value_enum, default_value_t = TestName::Wilcoxon, help_heading = "Statistics")]
    pub test: TestName,
    /// What the signed-rank test does with cases in which both models are equal
    #[arg(long, value_enum, default_value_t = ZerosName::Drop, help_heading = "Statistics")]
    pub zeros: ZerosName,
    /// How p is adjusted for the number of tests
    #[arg(long, value_enum, default_value_t = AdjustName::Holm, help_heading = "Statistics")]
    pub adjust: AdjustName,
    /// Which tests are adjusted together
    #[arg(long, value_enum, default_value_t = FamilyName::Metric, help_heading = "Statistics")]
    pub family: FamilyName,
    /// The adjusted p up to which models differ
    #[arg(long, value_name = "P", default_value_t = 0.05, value_parser = share, help_heading = "Statistics")]
    pub alpha: f64,
    /// Up to this size a difference does not matter: pairs are then judged by intervals
    #[arg(long, value_name = "X", value_parser = above_zero, allow_negative_numbers = true, help_heading = "Statistics")]
    pub margin: Option<f64>,
    /// What the models are ranked by
    #[arg(long, value_enum, default_value_t = RankName::Mean, help_heading = "Statistics")]
    pub rank: RankName,
    /// How intervals are made
    #[arg(long, value_enum, default_value_t = IntervalName::Expanded, help_heading = "Statistics")]
    pub interval: IntervalName,
    /// Resamples of the cases, 100 to 1000000; 0 for none
    #[arg(long, value_name = "N", default_value_t = 10_000, help_heading = "Statistics")]
    pub bootstrap: usize,
    /// Seed of resampling, and of signs that are drawn
    #[arg(long, value_name = "SEED", default_value_t = 0, help_heading = "Statistics")]
    pub seed: u64,
    /// What becomes of undefined scores
    #[arg(long, value_enum, default_value_t = UndefinedName::Drop, help_heading = "Cases")]
    pub undefined: UndefinedName,
    /// Cases that belong together, as those of one patient: a pattern whose first group is the patient in a case's
    /// name, a CSV of case,group, or a column of the results
    #[arg(long, value_name = "RE|FILE|COLUMN", help_heading = "Cases")]
    pub group: Option<String>,
}

/// Where results go.
#[derive(Debug, Clone, Args)]
pub(super) struct OutputArgs {
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Form::Table, help_heading = "Output")]
    pub format: Form,
    /// Digits behind the point, of table, markdown and latex [default: 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=15), help_heading = "Output")]
    digits: Option<u8>,
    /// How many of the cases that changed most the table names
    #[arg(long, value_name = "N", default_value_t = 5, help_heading = "Output")]
    pub changed: usize,
    /// Write the result to this file and not to stdout
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// Also write CSV to this file: a row per metric, class and pair of models
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub csv: Option<PathBuf>,
    /// Also write a page to this file, to read, to print and to pass on: differences with a dot for each case, ranks, cases,
    /// and for two folders pictures of both models side by side
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub html: Option<PathBuf>,
    /// Also write CSV to this file: a row per metric, class and model
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub csv_models: Option<PathBuf>,
    /// No progress, notes or warnings on stderr; errors, and what makes the exit code 1, stay
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,
}

impl OutputArgs {
    pub fn digits(&self) -> Option<usize> {
        self.digits.map(usize::from)
    }
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// For people
    Table,
    /// Everything, for programs; undefined numbers are null
    Json,
    /// One row per metric, class and pair of models
    Csv,
    /// Tables of means and differences
    Markdown,
    /// The same for a paper, with booktabs
    Latex,
}

/// Flags whose names stand for choices of the library.
macro_rules! choices {
    ($(#[$doc:meta])* $flag:ident => $type:ty { $($(#[$help:meta])* $variant:ident => $value:expr),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
        pub(super) enum $flag { $($(#[$help])* $variant),+ }

        impl From<$flag> for $type {
            fn from(name: $flag) -> Self {
                match name { $($flag::$variant => $value),+ }
            }
        }
    };
}

/// How pairs are tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TestName {
    /// Wilcoxon's signed-rank test, exact up to 200 cases that differ
    Wilcoxon,
    /// Signs of the differences flipped: a test of the mean
    SignFlip,
    /// Student's
    T,
    /// None
    None,
}

choices!(
    /// Equal cases.
    ZerosName => Zeros {
        /// Left out
        Drop => Zeros::Drop,
        /// Ranked, and then left out
        Pratt => Zeros::Pratt,
        /// Ranked, half for either side
        Split => Zeros::Split,
    }
);

choices!(
    /// Adjustment.
    AdjustName => Adjust {
        /// Holm: no false finding, whatever depends on what
        Holm => Adjust::Holm,
        /// Benjamini-Hochberg: few false ones among the findings
        Bh => Adjust::BenjaminiHochberg,
        /// Times the number of tests
        Bonferroni => Adjust::Bonferroni,
        /// As it is
        None => Adjust::None,
    }
);

choices!(
    /// Families.
    FamilyName => Family {
        /// All classes and pairs of a metric; the mean of classes by itself
        Metric => Family::Metric,
        /// The pairs of one metric and class
        Row => Family::Row,
        /// All tests
        All => Family::All,
    }
);

choices!(
    /// Rankings.
    RankName => RankBy {
        /// Aggregate, then rank: mean scores
        Mean => RankBy::Mean,
        /// Aggregate, then rank: median scores
        Median => RankBy::Median,
        /// Rank, then aggregate: ranks within each case, their mean
        RankMean => RankBy::RankMean,
        /// How many others are beaten, adjusted p
        Test => RankBy::Test,
    }
);

choices!(
    /// Intervals.
    IntervalName => IntervalKind {
        /// Percentiles of resamples, expanded for few cases
        Expanded => IntervalKind::Expanded,
        /// Percentiles of resamples, too narrow for few cases
        Percentile => IntervalKind::Percentile,
        /// Student's
        T => IntervalKind::T,
        /// Bias-corrected and accelerated percentiles: for skewed scores of many cases
        Bca => IntervalKind::Bca,
    }
);

choices!(
    /// Undefined scores.
    UndefinedName => UndefinedRule {
        /// The case counts for no model
        Drop => UndefinedRule::Drop,
        /// The case counts for the pairs that both have a score
        Pairwise => UndefinedRule::Pairwise,
        /// 0, where more is better
        Zero => UndefinedRule::Zero,
        /// 1, where more is better, unless truth or prediction is known to have the class
        One => UndefinedRule::One,
        /// The worst in ranks within a case, else dropped
        Last => UndefinedRule::Last,
    }
);

/// `METRIC=WEIGHT`.
#[derive(Debug, Clone)]
pub(super) struct WeightFlag(String, f64);

impl FromStr for WeightFlag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no weight of a score; write METRIC=WEIGHT, such as dice=2");
        let (metric, weight) = text.split_once('=').ok_or_else(wrong)?;
        let weight = weight.trim().parse().ok().filter(|weight: &f64| *weight > 0.0 && weight.is_finite());
        let metric = metric.trim();
        Ok(Self(Some(metric).filter(|metric| !metric.is_empty()).ok_or_else(wrong)?.into(), weight.ok_or_else(wrong)?))
    }
}

/// Patterns of signs that are drawn.
const DRAWS: u32 = 10_000;

fn share(text: &str) -> Result<f64, String> {
    let found = text.parse().ok().filter(|p: &f64| *p > 0.0 && *p < 1.0);
    found.ok_or_else(|| format!("`{text}` is not between 0 and 1; write a number such as 0.05"))
}

fn above_zero(text: &str) -> Result<f64, String> {
    let found = text.parse().ok().filter(|x: &f64| *x > 0.0 && x.is_finite());
    found.ok_or_else(|| format!("`{text}` is not a number above 0; write a difference such as 0.01"))
}

impl TestName {
    fn of(self, zeros: ZerosName) -> Test {
        match self {
            Self::Wilcoxon => Test::Wilcoxon(zeros.into()),
            Self::SignFlip => Test::SignFlip { draws: DRAWS },
            Self::T => Test::T,
            Self::None => Test::None,
        }
    }
}

impl StatisticsArgs {
    fn options(&self, models: usize) -> Result<CompareOptions> {
        let resamples = self.bootstrap;
        if self.rank == RankName::Test && self.test == TestName::None {
            bail!("--rank test counts the tests that a model wins, and --test none makes none; leave one of them out");
        }
        if let (RankName::Test, Some(model)) = (self.rank, self.against.as_ref().filter(|_| models > 2)) {
            bail!(
                "--rank test counts the tests that a model wins, and with --against {model} not all pairs are tested; leave one \
                 of them out"
            );
        }
        let level = CompareOptions::default().level();
        let bootstrap = (resamples > 0).then(|| Bootstrap::new(resamples, level, self.seed)).transpose();
        let bootstrap = bootstrap.map_err(|_| EvalError::Resamples { resamples })?;
        Ok(CompareOptions {
            bootstrap,
            interval: self.interval.into(),
            test: self.test.of(self.zeros),
            adjust: self.adjust.into(),
            family: self.family.into(),
            rank: self.rank.into(),
            margin: self.margin,
            alpha: self.alpha,
            seed: self.seed,
            ..CompareOptions::default()
        })
    }

    /// The list of `--group`, where it names one.
    pub fn group_file(&self) -> Option<&Path> {
        self.group.as_deref().map(Path::new).filter(|path| path.is_file())
    }

    /// How cases form groups: by a file, else by a column, else by a pattern.
    pub fn grouping(&self, has_column: impl Fn(&str) -> bool) -> Result<Option<Grouping>> {
        let Some(text) = &self.group else { return Ok(None) };
        if let Some(path) = self.group_file() {
            return Ok(Some(Grouping::list(path, &read_text(path)?)?));
        }
        // A word without any sign of a pattern is a column, though no table may have it.
        let is_word = text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ' ');
        if is_word || has_column(text) {
            return Ok(Some(Grouping::Column(text.clone())));
        }
        let pattern = text.parse().map_err(|error| {
            anyhow::anyhow!("--group: {text} is no file and no column of the results, and as a pattern: {error}")
        })?;
        Ok(Some(Grouping::Pattern(pattern)))
    }
}

impl Compare {
    /// What is compared, and how.
    pub(super) fn choices(&self) -> Result<Choices> {
        let mut directions = BTreeMap::new();
        for (names, better) in [(&self.higher_is_better, Better::Higher), (&self.lower_is_better, Better::Lower)] {
            for name in names {
                let name = metric_name(name);
                if directions.insert(name.clone(), better).is_some_and(|before| before != better) {
                    return Err(EvalError::from(ModelsError::TwoDirections(name)).into());
                }
            }
        }
        let mut weights = BTreeMap::new();
        for WeightFlag(metric, weight) in &self.weights {
            if weights.insert(metric.clone(), *weight).is_some() {
                bail!("--weights names {metric} twice; give it one weight");
            }
        }
        let classes = self.count.labels.as_ref().map(|LabelList(labels)| labels.iter().map(u32::to_string).collect());
        Ok(Choices {
            metrics: self.metrics.clone(),
            directions,
            classes,
            undefined: self.statistics.undefined.into(),
            missing: self.missing.into(),
            against: self.statistics.against.clone(),
            // Set when the columns are known.
            groups: None,
            weights,
            options: self.statistics.options(self.models())?,
        })
    }

    /// How counts become scores. The metrics are named later, as results of other tools have their own.
    pub(super) fn score_choices(&self) -> ScoreChoices {
        ScoreChoices {
            pool: None,
            scores: None,
            empty: self.empty.map(Empty::from),
            convention: self.like.and_then(Like::convention),
            resamples: Some(0),
            seed: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::tests::same;

    #[test]
    fn every_choice_has_its_name_in_both_worlds() {
        ZerosName::value_variants().iter().for_each(same::<_, Zeros>);
        AdjustName::value_variants().iter().for_each(same::<_, Adjust>);
        FamilyName::value_variants().iter().for_each(same::<_, Family>);
        RankName::value_variants().iter().for_each(same::<_, RankBy>);
        IntervalName::value_variants().iter().for_each(same::<_, IntervalKind>);
        UndefinedName::value_variants().iter().for_each(same::<_, UndefinedRule>);
        for test in TestName::value_variants() {
            let name = test.to_possible_value().unwrap().get_name().to_owned();
            assert_eq!(test.of(ZerosName::Drop).name(), name);
        }
    }

    #[test]
    fn weights_are_numbers_above_0() {
        let WeightFlag(metric, weight) = "hd95 = 0.5".parse().unwrap();
        assert_eq!((metric.as_str(), weight), ("hd95", 0.5));
        for text in ["dice", "=1", "dice=0", "dice=-1", "dice=nan", "dice=inf", "dice="] {
            assert!(text.parse::<WeightFlag>().unwrap_err().contains("METRIC=WEIGHT"), "{text}");
        }
    }
}
