//! What results have of surfaces and lesions.

use crate::eval::instances::{InstanceSearch, LesionScores};
use crate::eval::surfaces::{SurfaceChoices, Surfaces};
use crate::metric::instances::SizeClass;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// How surfaces were measured.
#[derive(Deserialize)]
pub(super) struct OwnSurfaces {
    metrics: Vec<String>,
    preset: Option<String>,
    /// Choices that override it, by name.
    #[serde(default)]
    choices: BTreeMap<String, String>,
}

impl OwnSurfaces {
    pub fn read(self) -> Result<Surfaces, String> {
        let unknown = |error: crate::Error| error.to_string();
        let metrics = self.metrics.iter().map(|name| name.parse()).collect::<Result<_, _>>().map_err(unknown)?;
        let preset = self.preset.map(|name| name.parse()).transpose().map_err(unknown)?;
        let mut choices = SurfaceChoices::default();
        self.choices.iter().try_for_each(|(name, choice)| choices.set(name, choice))?;
        Ok(Surfaces { metrics, preset, choices })
    }
}

/// How lesions were looked for.
#[derive(Deserialize)]
pub(super) struct OwnSearch {
    preset: Option<String>,
    choices: BTreeMap<String, String>,
    sizes: Vec<f64>,
}

impl OwnSearch {
    pub fn read(self) -> Result<InstanceSearch, String> {
        let preset =
            self.preset.map(|name| name.parse()).transpose().map_err(|error: crate::Error| error.to_string())?;
        let mut search = InstanceSearch { preset, sizes: self.sizes, ..InstanceSearch::default() };
        self.choices.iter().try_for_each(|(name, choice)| search.choices.take(name, choice))?;
        Ok(search)
    }
}

/// What was found of a class in a case.
#[derive(Deserialize)]
pub(super) struct OwnLesions {
    #[serde(default)]
    by_size: Vec<OwnSize>,
    #[serde(flatten)]
    numbers: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
struct OwnSize {
    from_mm3: f64,
    n_truth: u64,
    found: u64,
}

impl OwnLesions {
    pub fn read(self) -> LesionScores {
        let size = |own: OwnSize| SizeClass { from_mm3: own.from_mm3, n_truth: own.n_truth, found: own.found };
        let numbers = self.numbers.into_iter();
        LesionScores {
            numbers: numbers.map(|(name, value)| (name, value.as_f64().unwrap_or(f64::NAN))).collect(),
            by_size: self.by_size.into_iter().map(size).collect(),
            rows: Vec::new(),
        }
    }
}
