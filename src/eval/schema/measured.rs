//! What results have of surfaces and lesions, in both directions.

use super::values::{Keyed, Number};
use crate::eval::instances::{InstanceSearch, LesionScores};
use crate::eval::surfaces::{SurfaceChoices, Surfaces};
use crate::metric::instances::SizeClass;
use crate::metric::{Metric, Needs};
use serde::{Deserialize, Serialize};

/// How surfaces were measured.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredSurfaces {
    metrics: Vec<String>,
    preset: Option<String>,
    /// Choices that override it, by name.
    #[serde(default)]
    choices: Keyed<String>,
    /// All of it in words, where any metric is of surfaces.
    #[serde(skip_deserializing)]
    definition: Option<String>,
}

impl StoredSurfaces {
    /// `None` where nothing is measured.
    pub fn of(surfaces: &Surfaces) -> Option<Self> {
        let has_definition = |metric: &Metric| metric.row().needs != Needs::Topology;
        (!surfaces.metrics.is_empty()).then(|| Self {
            metrics: surfaces.metrics.iter().map(ToString::to_string).collect(),
            preset: surfaces.preset.map(|preset| preset.to_string()),
            choices: surfaces.choices.named().into_iter().collect(),
            definition: surfaces.metrics.iter().any(has_definition).then(|| surfaces.rules().to_string()),
        })
    }

    pub fn read(self) -> Result<Surfaces, String> {
        let unknown = |error: crate::Error| error.to_string();
        let metrics = self.metrics.iter().map(|name| name.parse()).collect::<Result<_, _>>().map_err(unknown)?;
        let preset = self.preset.map(|name| name.parse()).transpose().map_err(unknown)?;
        let mut choices = SurfaceChoices::default();
        self.choices.into_iter().try_for_each(|(name, choice)| choices.set(&name, &choice))?;
        Ok(Surfaces { metrics, preset, choices })
    }
}

/// How lesions were looked for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredSearch {
    preset: Option<String>,
    /// Choices that override it, by name.
    choices: Keyed<String>,
    /// Bounds in mm³ of the sizes by which lesions are counted.
    sizes: Vec<f64>,
    /// What is measured of their surfaces.
    surfaces: Option<StoredSurfaces>,
    /// All of it in words.
    #[serde(skip_deserializing)]
    definition: String,
}

impl StoredSearch {
    pub fn of(search: &InstanceSearch) -> Self {
        Self {
            preset: search.preset.map(|preset| preset.to_string()),
            choices: search.choices.named().into_iter().collect(),
            sizes: search.sizes.clone(),
            surfaces: StoredSurfaces::of(&search.surfaces),
            definition: search.definition(),
        }
    }

    pub fn read(self) -> Result<InstanceSearch, String> {
        let preset =
            self.preset.map(|name| name.parse()).transpose().map_err(|error: crate::Error| error.to_string())?;
        let surfaces = self.surfaces.map(StoredSurfaces::read).transpose()?.unwrap_or_default();
        let mut search = InstanceSearch { preset, sizes: self.sizes, surfaces, ..InstanceSearch::default() };
        self.choices.into_iter().try_for_each(|(name, choice)| search.choices.take(&name, &choice))?;
        Ok(search)
    }
}

/// The lesions of a class in a case.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Lesions {
    /// Counts and scores.
    #[serde(flatten)]
    numbers: Keyed<Number>,
    #[serde(default)]
    by_size: Vec<OfSize>,
}

/// True lesions from one size on up to the next.
#[derive(Debug, Serialize, Deserialize)]
struct OfSize {
    from_mm3: f64,
    n_truth: u64,
    found: u64,
}

/// The numbers of lesions that are counts.
const COUNTS: [&str; 10] =
    ["n_truth", "n_pred", "tp", "fn", "fp", "tp_pred", "found_pred", "lesion_dice_terms", "splits", "merges"];

impl Lesions {
    pub fn of(found: &LesionScores) -> Self {
        let numbers = found.numbers.iter().map(|(name, value)| {
            let is_count = COUNTS.contains(&name.as_str()) && *value >= 0.0;
            (name.as_str(), if is_count { Number::Whole(*value as u64) } else { Number::Real(*value) })
        });
        let size = |&SizeClass { from_mm3, n_truth, found }: &SizeClass| OfSize { from_mm3, n_truth, found };
        Self { numbers: numbers.collect(), by_size: found.by_size.iter().map(size).collect() }
    }

    /// `is_infinite` tells of a number by its name.
    pub fn read(self, is_infinite: impl Fn(&str) -> bool) -> LesionScores {
        let value = |name: &str, number: Number| if is_infinite(name) { f64::INFINITY } else { number.value() };
        let size = |OfSize { from_mm3, n_truth, found }: OfSize| SizeClass { from_mm3, n_truth, found };
        LesionScores {
            numbers: self
                .numbers
                .into_iter()
                .map(|(name, number)| {
                    let value = value(&name, number);
                    (name, value)
                })
                .collect(),
            by_size: self.by_size.into_iter().map(size).collect(),
            rows: Vec::new(),
            voxels: None,
            is_boxed: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_whole_numbers() {
        let named = |name: &str| (name.to_owned(), 2.0);
        let found = LesionScores {
            numbers: ["n_truth", "splits", "merges", "rq"].map(named).to_vec(),
            by_size: Vec::new(),
            rows: Vec::new(),
            voxels: None,
            is_boxed: false,
        };
        let text = serde_json::to_string(&Lesions::of(&found)).unwrap();
        assert_eq!(text, r#"{"n_truth":2,"splits":2,"merges":2,"rq":2.0,"by_size":[]}"#);
    }
}
