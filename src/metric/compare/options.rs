//! Every choice of a comparison.

use super::adjust::Adjust;
use super::signed_rank::Zeros;
use crate::error::{Result, named};
use crate::metric::Bootstrap;
use crate::metric::wrong::wrong;

/// What models are ranked by. Means and medians aggregate the cases and then rank; the mean of ranks ranks within each
/// case and then aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum RankBy {
    /// Their mean scores (BRATS 2014, MRBrainS, the Decathlon's tables).
    #[default]
    Mean,
    /// Their median scores.
    Median,
    /// The means of their ranks within each case (BraTS since 2017).
    RankMean,
    /// How many of the others they beat in a test, adjusted for the number of tests (the Decathlon). It needs a test, of
    /// all pairs.
    Test,
}

/// How pairs of models are tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Test {
    /// Wilcoxon's signed-rank test.
    Wilcoxon(Zeros),
    /// Signs of the differences flipped: a test of the mean.
    SignFlip {
        /// How many patterns of signs are drawn where they cannot all be counted.
        draws: u32,
    },
    /// Student's t test of the differences.
    T,
    /// None.
    None,
}

impl Default for Test {
    fn default() -> Self {
        Self::Wilcoxon(Zeros::Drop)
    }
}

/// Which cases count where a score is undefined in some models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Undefined {
    /// Those that all models have a score for: means, differences and ranks are of one set.
    #[default]
    Drop,
    /// Of each pair those that both have a score for; means and ranks as for `Drop`.
    Pairwise,
    /// As `Drop`, but ranks within a case are over all cases, and undefined scores are last there.
    Last,
}

/// How intervals are made of resampled means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum IntervalKind {
    /// The percentiles whose coverage is right for few cases too (Hesterberg 2015), as [`Bootstrap::share_outside`] has
    /// them.
    #[default]
    Expanded,
    /// The plain percentiles, too narrow for few cases.
    Percentile,
    /// Student's, without resampling.
    T,
    /// Bias-corrected and accelerated percentiles (Efron 1987): for skewed scores of many cases. For few cases they are
    /// narrower still than plain ones.
    Bca,
}

/// Which tests are adjusted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Family {
    /// Those of all classes and pairs of a metric; the mean of the classes is a separate family.
    #[default]
    Metric,
    /// The pairs of one table.
    Row,
    /// All tests there are.
    All,
}

named!(RankBy, "the ranking" {
    Mean = "mean",
    Median = "median",
    RankMean = "rank-mean",
    Test = "test",
});

named!(IntervalKind, "the interval" {
    Expanded = "expanded",
    Percentile = "percentile",
    T = "t",
    Bca = "bca",
});

named!(Family, "the family of tests" {
    Metric = "metric",
    Row = "row",
    All = "all",
});

impl Test {
    /// The name that a command line knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wilcoxon(_) => "wilcoxon",
            Self::SignFlip { .. } => "sign-flip",
            Self::T => "t",
            Self::None => "none",
        }
    }
}

/// Every choice of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct CompareOptions {
    /// How cases are resampled. Without it there are no intervals except Student's, and no stability.
    pub bootstrap: Option<Bootstrap>,
    /// How intervals are made.
    pub interval: IntervalKind,
    /// How pairs are tested.
    pub test: Test,
    /// How p is adjusted for many tests.
    pub adjust: Adjust,
    /// Which tests are adjusted together.
    pub family: Family,
    /// Which cases count.
    pub undefined: Undefined,
    /// What the models are ranked by.
    pub rank: RankBy,
    /// Only pairs with this model, which comes second in them.
    pub against: Option<usize>,
    /// Up to this size a difference does not matter.
    pub margin: Option<f64>,
    /// The p value up to which models differ.
    pub alpha: f64,
    /// The seed of drawn signs. The bootstrap has a separate seed.
    pub seed: u64,
}

impl Default for CompareOptions {
    /// 10,000 resamples, expanded intervals, Wilcoxon's test, Holm over the classes of a metric, cases that are
    /// complete, ranks of means, and 0.05.
    fn default() -> Self {
        Self {
            bootstrap: Some(Bootstrap::default()),
            interval: IntervalKind::default(),
            test: Test::default(),
            adjust: Adjust::default(),
            family: Family::default(),
            undefined: Undefined::default(),
            rank: RankBy::default(),
            against: None,
            margin: None,
            alpha: 0.05,
            seed: 0,
        }
    }
}

impl CompareOptions {
    pub(super) fn check(&self, models: usize) -> Result<()> {
        if models < 2 {
            return Err(wrong("the number of models", models, "at least 2"));
        }
        if !(self.alpha > 0.0 && self.alpha < 1.0) {
            return Err(wrong("alpha", self.alpha, "between 0 and 1"));
        }
        if let Some(margin) = self.margin.filter(|margin| !(*margin > 0.0 && margin.is_finite())) {
            return Err(wrong("margin", margin, "above 0"));
        }
        if let Some(model) = self.against.filter(|&model| model >= models) {
            return Err(wrong("the model to compare with", model, format!("below {models}, the number of models")));
        }
        if self.rank == RankBy::Test && !self.tests_all(models) {
            let range = "another ranking where there is no test, or only pairs with one model are tested";
            return Err(wrong("rank", self.rank.name(), range));
        }
        match self.test {
            Test::SignFlip { draws: 0 } => Err(wrong("draws", 0, "at least 1")),
            _ => Ok(()),
        }
    }

    /// Whether every model is tested with every other. Of two models there is one pair.
    pub(crate) fn tests_all(&self, models: usize) -> bool {
        self.test != Test::None && (self.against.is_none() || models == 2)
    }

    /// The level of intervals.
    pub fn level(&self) -> f64 {
        self.bootstrap.unwrap_or_default().level()
    }
}
