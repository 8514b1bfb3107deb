//! How counts become scores. It may be changed after counting, as `merge` does.

use super::convention::{Average, Convention};
use super::error::{EvalError, MergeError};
use super::instances::InstanceSearch;
use super::named::{Called, ParseError, named};
use super::schema::{Resampled, StoredScores};
use super::score::{Score, ScoreList};
use super::surfaces::Surfaces;
use crate::Empty;
use crate::metric::instances::{InstancePreset, LesionMetric};
use crate::metric::{Bootstrap, EmptyPolicy, Metric, Needs, Unit};
use std::str::FromStr;

/// Over what the mean of a lesion score is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pool {
    /// The cases' scores, as BraTS, ISLES and panoptica have it.
    #[default]
    Cases,
    /// The lesions of all cases as if they were of one, as COCO, LiTS and stardist have it. Surfaces of lesions are over cases all
    /// the same.
    Lesions,
}

named!(Pool, "what means of lesion scores are over" { Cases = "cases", Lesions = "lesions" });

/// How counts become scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Scoring {
    /// In the order of results.
    pub scores: Vec<Score>,
    /// What empty classes score.
    pub empty: EmptyPolicy,
    /// In which order cases and classes are averaged.
    pub average: Average,
    /// Whose conventions these are.
    pub convention: Option<Convention>,
    /// How the confidence intervals are made, if there are any. What is pooled over lesions has none.
    pub bootstrap: Option<Bootstrap>,
    /// Over what means of lesion scores are taken.
    pub pool: Pool,
}

impl Default for Scoring {
    /// Dice and IoU, undefined where neither file has a class, with 95 % intervals of 10,000 resamples.
    fn default() -> Self {
        Self {
            scores: ScoreList::default().0,
            empty: EmptyPolicy::default(),
            average: Average::default(),
            convention: None,
            bootstrap: Some(Bootstrap::default()),
            pool: Pool::default(),
        }
    }
}

impl Scoring {
    /// Those of the scores that are of lesions.
    pub fn lesion_metrics(&self) -> impl Iterator<Item = Metric> {
        self.scores.iter().map(|score| score.metric).filter(|metric| metric.row().needs == Needs::Instances)
    }

    /// A search for lesions that finds what they ask for.
    pub fn asked_of(&self, search: InstanceSearch) -> InstanceSearch {
        let in_ml = self.lesion_metrics().any(|metric| metric.row().unit == Unit::Ml);
        let metrics = self.lesion_metrics().filter(|metric| matches!(metric, Metric::LesionSurface(_))).collect();
        InstanceSearch { in_ml, surfaces: Surfaces { metrics, ..search.surfaces }, ..search }
    }

    /// With the usual scores of lesions behind: F1, Dice, and the distances of the preset.
    #[must_use]
    pub fn with_lesions(mut self, preset: Option<InstancePreset>) -> Self {
        let own = [LesionMetric::F1, LesionMetric::Dice].map(Metric::Lesion);
        let surfaces = preset.map_or(&[][..], |preset| preset.distances().1);
        let surfaces = surfaces.iter().copied().map(Metric::LesionSurface);
        self.scores.extend(own.into_iter().chain(surfaces).map(Score::from));
        self
    }

    /// Those of the scores that are measured in space, apart from lesions.
    pub fn measured_metrics(&self) -> impl Iterator<Item = Metric> {
        let is_measured = |metric: &Metric| matches!(metric.row().needs, Needs::Surfaces | Needs::Topology);
        self.scores.iter().map(|score| score.metric).filter(is_measured)
    }

    /// Those of them that are of surfaces.
    pub fn surface_metrics(&self) -> impl Iterator<Item = Metric> {
        self.scores.iter().map(|score| score.metric).filter(|metric| metric.row().needs == Needs::Surfaces)
    }
}

/// Choices about scores. `None` means the choice of an earlier run, otherwise that of the convention or the default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoreChoices {
    /// The scores to show; Dice and IoU by default.
    pub scores: Option<ScoreList>,
    /// What a class scores that neither file has; undefined by default.
    pub empty: Option<Empty>,
    /// Whose conventions hold; none by default.
    pub convention: Option<Convention>,
    /// Resamples of the cases for the confidence intervals of means; 0 for none.
    pub resamples: Option<usize>,
    /// Where the resampling starts.
    pub seed: Option<u64>,
    /// Over what means of lesion scores are taken; over cases by default.
    pub pool: Option<Pool>,
}

impl ScoreChoices {
    /// Refuses a choice of what lesion scores are pooled over where there are no lesions.
    ///
    /// # Errors
    /// [`EvalError::Choices`].
    pub fn check_pool(&self, has_lesions: bool, called: Called) -> Result<(), EvalError> {
        if self.pool.is_none() || has_lesions {
            return Ok(());
        }
        let (pool, by) = (called("pool", None), called("by", Some("components")));
        Err(EvalError::Choices(format!(
            "{pool} is about scores of lesions, and none were looked for; evaluate with {by}, or leave {pool} out"
        )))
    }

    /// The resulting rules for scores.
    pub fn resolve(&self) -> Result<Scoring, EvalError> {
        self.over(None)
    }

    /// These choices before those of an earlier run, and those before the defaults.
    pub(crate) fn over(&self, stored: Option<&StoredScores>) -> Result<Scoring, EvalError> {
        let before = stored.cloned().unwrap_or_default();
        let convention = match self.convention {
            Some(convention) => Some(convention),
            None => before.like.as_deref().map(known::<Convention>).transpose()?,
        };
        // A convention that is named now also overrides the earlier run's rule for empty classes.
        let before_empty =
            before.empty.filter(|_| self.convention.is_none()).as_deref().map(known::<Empty>).transpose()?;
        let both = self.empty.or(before_empty).or(convention.map(Convention::empty)).unwrap_or_default();
        let truth = convention.map(Convention::truth_empty).unwrap_or_default();
        let scores = match (&self.scores, before.metrics) {
            (Some(list), _) => list.clone(),
            (None, Some(names)) => {
                names.join(",").parse().map_err(|error: ParseError| MergeError::UnknownScore(error.to_string()))?
            }
            (None, None) => ScoreList::default(),
        };
        let before_pool = before.pool.as_deref().map(known::<Pool>).transpose()?;
        Ok(Scoring {
            scores: scores.0,
            empty: EmptyPolicy { both, truth },
            average: convention.map(Convention::average).unwrap_or_default(),
            convention,
            bootstrap: self.resampling(stored.map(|_| before.bootstrap))?,
            pool: self.pool.or(before_pool).unwrap_or_default(),
        })
    }

    /// `before` is what an earlier run did, if there was one: it may have done without.
    fn resampling(&self, before: Option<Option<Resampled>>) -> Result<Option<Bootstrap>, EvalError> {
        let usual = Bootstrap::default();
        let (resamples, seed) = match before {
            None => (usual.resamples(), usual.seed()),
            Some(None) => (0, usual.seed()),
            Some(Some(before)) => (before.resamples, before.seed),
        };
        let (resamples, seed) = (self.resamples.unwrap_or(resamples), self.seed.unwrap_or(seed));
        if resamples == 0 {
            return Ok(None);
        }
        let bootstrap = Bootstrap::new(resamples, usual.level(), seed);
        bootstrap.map(Some).map_err(|_| EvalError::Resamples { resamples })
    }
}

/// A choice by the name that a result has for it.
pub(crate) fn known<T: FromStr>(name: &str) -> Result<T, MergeError> {
    name.parse().map_err(|_| MergeError::UnknownChoice(name.into()))
}
