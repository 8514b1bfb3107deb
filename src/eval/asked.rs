//! What is asked of an evaluation, choice by choice, and the rules that follow.

mod lesions;

#[cfg(feature = "cli")]
pub(crate) use lesions::no_lesions;

use super::class::Class;
use super::colour_table::ColourTable;
use super::convention::Convention;
use super::dataset::Dataset;
use super::error::EvalError;
use super::grids::GeometryRule;
use super::ignore::Ignore;
use super::instances::{InstanceChoices, InstanceSearch};
use super::like::Like;
use super::named::Called;
use super::rules::{ClassSource, NamedBy, Pictures, Rules};
use super::scoring::{ScoreChoices, Scoring};
use super::surfaces::{SurfaceChoices, Surfaces};
use super::voxel_size::VoxelSize;
use crate::metric::surface::SurfacePreset;
use crate::metric::{Metric, Unit};
use crate::stats::Runs;
use std::sync::Arc;

/// What is asked of an evaluation, as a command, a package or a page takes it: each choice may be missing.
///
/// ```
/// use voxdice::eval::{Asked, ClassSource, Convention};
/// let called = |name: &str, choice: Option<&str>| format!("{name} {}", choice.unwrap_or_default());
/// let asked = Asked { like: Some("brats23".parse()?), ..Asked::default() };
/// let (rules, scoring) = asked.resolve(called)?;
/// assert!(matches!(rules.classes, ClassSource::Named { classes, .. } if classes.len() == 3));
/// assert_eq!(scoring.convention, Some(Convention::Brats23));
/// // Choices that would do nothing are refused.
/// let asked = Asked { many_to_one: true, ..Asked::default() };
/// assert!(asked.resolve(called).unwrap_err().to_string().contains("none are looked for"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Whose conventions hold, or whose lesions.
    pub like: Option<Like>,
    /// How counts become scores; conventions are those of `like`.
    pub scores: ScoreChoices,
    /// Single labels.
    pub labels: Option<Vec<u32>>,
    /// A dataset.json, and what it is called.
    pub dataset: Option<(String, Dataset)>,
    /// Labels of colours, and what the table is called.
    pub colours: Option<(String, ColourTable)>,
    /// Unions of labels.
    pub regions: Vec<Class>,
    /// Labels of the truth whose voxels do not count; those of the dataset where there is no choice.
    pub ignore: Option<Ignore>,
    /// As in [`Rules::round`].
    pub round: Option<f64>,
    /// As in [`Rules::threshold`].
    pub threshold: Option<f64>,
    /// As in [`Rules::pictures`].
    pub pictures: Pictures,
    /// What becomes of grids that lie apart.
    pub geometry: GeometryRule,
    /// The size of a voxel, whatever the files say.
    pub spacing_mm: Option<VoxelSize>,
    /// Whose definition of distances holds.
    pub surface: Option<SurfacePreset>,
    /// Single choices about distances.
    pub surface_choices: SurfaceChoices,
    /// Single choices about lesions.
    pub lesions: InstanceChoices,
    /// Whether several predicted lesions may find the same true one.
    pub many_to_one: bool,
    /// Bounds in mm³ between sizes by which lesions are counted.
    pub sizes: Vec<f64>,
    /// Whether the voxels of lesions are kept.
    pub voxels: Runs,
}

impl Asked {
    /// What is counted, and how it is scored.
    ///
    /// # Errors
    /// [`EvalError::Choices`] for choices that contradict each other or would do nothing, with the names that `called`
    /// has for them; what [`ScoreChoices::resolve`] and [`Rules::check`] refuse.
    pub fn resolve(&self, called: Called) -> Result<(Rules, Scoring), EvalError> {
        let (convention, preset) = (self.like.and_then(Like::convention), self.like.and_then(Like::lesions));
        let mut scoring = ScoreChoices { convention, ..self.scores.clone() }.resolve()?;
        let search = self.search(&scoring, called).map_err(EvalError::Choices)?;
        if search.is_some() && self.scores.scores.is_none() {
            scoring = scoring.with_lesions(preset);
        }
        let search = search.map(|search| scoring.asked_of(search));
        search.iter().try_for_each(|search| lesions::check_pairs(search, called)).map_err(EvalError::Choices)?;
        self.scores.check_pool(search.is_some(), called)?;
        let of_surfaces: Vec<Metric> = scoring.surface_metrics().collect();
        self.check_surfaces(&of_surfaces, search.as_ref(), called).map_err(EvalError::Choices)?;
        let (classes, ignored) = self.classes(search.as_ref(), called).map_err(EvalError::Choices)?;
        let rules = Rules {
            classes,
            named_by: if self.dataset.is_some() { NamedBy::Dataset } else { NamedBy::Caller },
            ignore: self.ignore.clone().or(ignored).unwrap_or_default(),
            round: self.round,
            threshold: self.threshold,
            pictures: self.pictures,
            colours: self.colours.as_ref().map(|(_, table)| Arc::clone(&table.colours)),
            white: Default::default(),
            geometry: self.geometry,
            spacing_mm: self.spacing_mm,
            surfaces: Surfaces {
                metrics: scoring.measured_metrics().collect(),
                preset: self.surface.or(convention.and_then(Convention::surface)),
                choices: self.surface_choices,
            },
            instances: search.map(|search| self.measured_of(search)),
        };
        rules.check()?;
        Ok((rules, scoring))
    }

    /// The surfaces of lesions are measured as others are.
    fn measured_of(&self, search: InstanceSearch) -> InstanceSearch {
        let own = Surfaces { preset: self.surface, choices: self.surface_choices, ..search.surfaces };
        let surfaces = if own.metrics.is_empty() { Surfaces::default() } else { own };
        InstanceSearch { surfaces, ..search }
    }

    /// The classes, and what a dataset leaves out.
    fn classes(
        &self,
        search: Option<&InstanceSearch>,
        called: Called,
    ) -> Result<(ClassSource, Option<Ignore>), String> {
        let (mut classes, mut sources, mut ignored) = (Vec::new(), Vec::new(), None);
        if let Some(labels) = &self.labels {
            classes.extend(labels.iter().copied().map(Class::label));
            sources.push(called("labels", None));
        }
        if let Some((name, dataset)) = &self.dataset {
            classes.extend(dataset.classes.iter().cloned());
            ignored = dataset.ignore.map(Ignore::one);
            sources.push(name.clone());
        }
        if !self.regions.is_empty() {
            classes.extend(self.regions.iter().cloned());
            sources.push(called("region", None));
        }
        match sources.first() {
            Some(source) if search.is_some_and(InstanceSearch::is_by_labels) => {
                return Err(format!(
                    "where each label is an object there are no classes, and {source} names some; leave it out"
                ));
            }
            Some(_) => {}
            None => {
                let named = self.colours.as_ref().filter(|(_, table)| !table.classes.is_empty());
                let convention = self.like.and_then(Like::convention);
                let of_lesions = search.and_then(|search| Some((search.classes()?, search.preset?.to_string())));
                let own = of_lesions.or_else(|| convention.and_then(|own| Some((own.classes()?, own.to_string()))));
                match (own, named) {
                    (Some((own, name)), _) => {
                        classes = own;
                        sources.push(called("like", Some(&name)));
                    }
                    (None, Some((name, table))) if !search.is_some_and(InstanceSearch::is_by_labels) => {
                        classes.clone_from(&table.classes);
                        sources.push(name.clone());
                    }
                    _ => {}
                }
            }
        }
        let source = match sources.is_empty() {
            true => ClassSource::Found,
            false => ClassSource::Named { classes, from: sources.join(", ") },
        };
        Ok((source, ignored))
    }

    /// Refuses choices about surfaces where none are measured.
    fn check_surfaces(
        &self,
        measured: &[Metric],
        search: Option<&InstanceSearch>,
        called: Called,
    ) -> Result<(), String> {
        let of_lesions = search.map_or(&[][..], |search| &search.surfaces.metrics);
        let preset = self.surface.map(|preset| called("surface", Some(&preset.to_string())));
        let named = self.surface_choices.named();
        let mut single = named.iter().map(|(name, choice)| called(name, Some(choice)));
        if let (Some(choice), true) = (preset.or_else(|| single.next()), measured.is_empty() && of_lesions.is_empty()) {
            return Err(format!(
                "{choice} says how surfaces are measured, and no score is of surfaces; ask for some with {}, such as \
                 dice,hd95,nsd=2, or leave it out",
                called("metrics", None)
            ));
        }
        let has_distance = |all: &[Metric]| all.iter().any(|metric| metric.row().unit == Unit::Mm);
        if self.surface_choices.missed.is_none() || has_distance(measured) {
            return Ok(());
        }
        match search.filter(|_| has_distance(of_lesions)) {
            Some(search) => lesions::check_missed(search, called),
            None => Err(format!(
                "{} is a distance, and no score is one; ask for some with {}, such as hd95, or leave it out",
                called("missed", None),
                called("metrics", None)
            )),
        }
    }
}
