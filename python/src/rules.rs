//! Choices as the package hands them over: texts and lists, with the names that the command has for them.

use crate::{failed, refused};
use pyo3::prelude::*;
use std::fmt::Display;
use std::str::FromStr;
use voxdice::eval::{
    CaseRegex, Chosen, Class, ClassSource, Convention, Dataset, Ignore, InstanceChoices, InstanceSearch, LabelList,
    Like, NamedBy, Rules, ScoreChoices, Scoring, Selection, SurfaceChoices, Surfaces,
};
use voxdice::metric::Metric;
use voxdice::metric::instances::InstancePreset;

/// A choice by its name.
pub fn parsed<T: FromStr<Err: Display>>(text: &str) -> PyResult<T> {
    text.parse().map_err(|error: T::Err| refused(error))
}

fn chosen<T: FromStr<Err: Display>>(text: Option<&String>) -> PyResult<Option<T>> {
    text.map(|text| parsed(text)).transpose()
}

/// Labels to ignore; an empty text is none.
pub fn ignore(text: &str) -> PyResult<Ignore> {
    if text.is_empty() { Ok(Ignore::default()) } else { parsed(text) }
}

/// The labels of a list such as `1,2,5-9`, sorted, each once.
#[pyfunction]
pub fn labels(text: &str) -> PyResult<Vec<u32>> {
    let LabelList(labels) = parsed(text)?;
    Ok(labels)
}

/// The labels of such a list that are ignored, negative ones too.
#[pyfunction]
pub fn ignored(text: &str) -> PyResult<Vec<i64>> {
    Ok(ignore(text)?.labels().collect())
}

/// What is evaluated, and how. A missing choice is that of the command.
#[derive(Debug, FromPyObject)]
#[pyo3(from_item_all)]
pub struct Choices {
    /// Single labels, then named unions.
    labels: Option<Vec<u32>>,
    regions: Vec<(Option<String>, Vec<u32>)>,
    /// The text of a dataset.json, and what it is called.
    dataset: Option<(String, String)>,
    ignore: Option<String>,
    round: Option<f64>,
    threshold: Option<f64>,
    geometry: Option<String>,
    spacing: Option<[f64; 3]>,
    surface: Option<String>,
    surface_choices: Vec<(String, String)>,
    lesion_choices: Vec<(String, String)>,
    many_to_one: bool,
    size_classes: Vec<f64>,
    metrics: Option<String>,
    empty: Option<String>,
    like: Option<String>,
    pool: Option<String>,
    resamples: Option<usize>,
    seed: Option<u64>,
    missing: Option<String>,
    shard: Option<String>,
    /// A pattern for names, or names, one a line.
    cases: Option<String>,
    case_list: Option<String>,
    pub pairs: Option<(String, String)>,
    pub pair_regex: Option<String>,
    pub jobs: Option<usize>,
}

impl Choices {
    pub fn like(&self) -> PyResult<Option<Like>> {
        chosen(self.like.as_ref())
    }

    /// How counts become scores.
    pub fn scores(&self) -> PyResult<ScoreChoices> {
        Ok(ScoreChoices {
            scores: chosen(self.metrics.as_ref())?,
            empty: chosen(self.empty.as_ref())?,
            convention: self.like()?.and_then(Like::convention),
            resamples: self.resamples,
            seed: self.seed,
            pool: chosen(self.pool.as_ref())?,
        })
    }

    pub fn regex(&self) -> PyResult<Option<CaseRegex>> {
        chosen(self.pair_regex.as_ref())
    }

    pub fn selection(&self) -> PyResult<Selection> {
        Ok(Selection {
            missing: chosen(self.missing.as_ref())?.unwrap_or_default(),
            shard: chosen(self.shard.as_ref())?,
            cases: match &self.case_list {
                Some(list) => Some(Chosen::listed(list, "cases").map_err(refused)?),
                None => chosen(self.cases.as_ref())?,
            },
        })
    }

    /// What is counted, and how it is scored.
    pub fn resolve(&self) -> PyResult<(Rules, Scoring)> {
        let mut scoring = self.scores()?.resolve().map_err(failed)?;
        let like = self.like()?;
        let (convention, preset) = (like.and_then(Like::convention), like.and_then(Like::lesions));
        let search = self.search(preset, &scoring)?;
        if search.is_some() && self.metrics.is_none() {
            scoring = scoring.with_lesions(preset);
        }
        let search = search.map(|search| scoring.asked_of(search));
        if self.pool.is_some() && search.is_none() {
            return Err(refused(
                "pool is about scores of lesions, and none are looked for; say instances=\"components\", or leave it out",
            ));
        }
        let (mut classes, mut sources, mut ignored) = (Vec::new(), Vec::new(), None);
        if let Some(labels) = &self.labels {
            classes.extend(labels.iter().copied().map(Class::label));
            sources.push("labels".to_owned());
        }
        if let Some((text, name)) = &self.dataset {
            let dataset = Dataset::from_json(text).map_err(|error| {
                let cause = std::error::Error::source(&error).map_or(String::new(), |cause| format!(": {cause}"));
                refused(format!("{name}: {error}{cause}"))
            })?;
            classes.extend(dataset.classes);
            ignored = dataset.ignore.map(Ignore::one);
            sources.push(name.clone());
        }
        if !self.regions.is_empty() {
            classes.extend(self.regions.iter().map(|(name, labels)| {
                let region = Class::region(labels.clone());
                name.iter().fold(region, |region, name| region.named(name))
            }));
            sources.push("regions".into());
        }
        if let (Some(source), true) = (sources.first(), search.as_ref().is_some_and(InstanceSearch::is_by_labels)) {
            return Err(refused(format!(
                "where each label is an object there are no classes, and {source} names some; leave it out"
            )));
        }
        let own =
            search.as_ref().and_then(InstanceSearch::classes).or_else(|| convention.and_then(Convention::classes));
        if let (Some(own), true, Some(name)) = (own, sources.is_empty(), &self.like) {
            classes = own;
            sources.push(format!("like {name}"));
        }
        let mut choices = SurfaceChoices::default();
        for (name, choice) in &self.surface_choices {
            choices.set(name, choice).map_err(refused)?;
        }
        let measured: Vec<Metric> = scoring.surface_metrics().collect();
        let of_lesions = search.as_ref().is_some_and(|search| !search.surfaces.metrics.is_empty());
        if measured.is_empty() && !of_lesions && (self.surface.is_some() || !self.surface_choices.is_empty()) {
            return Err(refused(
                "there is a choice of how surfaces are measured, and no score is of surfaces; ask for some with metrics, \
                 such as dice,hd95,nsd=2, or leave it out",
            ));
        }
        let surface = chosen(self.surface.as_ref())?;
        let search = search.map(|search| {
            let own = Surfaces { preset: surface, choices, ..search.surfaces };
            let surfaces = if of_lesions { own } else { Surfaces::default() };
            InstanceSearch { surfaces, ..search }
        });
        let rules = Rules {
            classes: match sources.is_empty() {
                true => ClassSource::Found,
                false => ClassSource::Named { classes, from: sources.join(", ") },
            },
            named_by: if self.dataset.is_some() { NamedBy::Dataset } else { NamedBy::Caller },
            ignore: self.ignore.as_deref().map(ignore).transpose()?.or(ignored).unwrap_or_default(),
            round: self.round,
            threshold: self.threshold,
            geometry: chosen(self.geometry.as_ref())?.unwrap_or_default(),
            spacing_mm: self.spacing,
            surfaces: Surfaces {
                metrics: measured,
                preset: surface.or(convention.and_then(Convention::surface)),
                choices,
            },
            instances: search,
        };
        rules.check().map_err(failed)?;
        Ok((rules, scoring))
    }

    /// What is looked for, where a choice, a preset or a score asks for it.
    fn search(&self, preset: Option<InstancePreset>, scoring: &Scoring) -> PyResult<Option<InstanceSearch>> {
        let has_choices = !self.lesion_choices.is_empty() || self.many_to_one || !self.size_classes.is_empty();
        if preset.is_none() && !has_choices && scoring.lesion_metrics().next().is_none() {
            return Ok(None);
        }
        let mut choices = InstanceChoices::default();
        for (name, choice) in &self.lesion_choices {
            choices.take(name, choice).map_err(refused)?;
        }
        if !self.size_classes.is_sorted_by(|a, b| a < b)
            || self.size_classes.iter().any(|&mm3| !mm3.is_finite() || mm3 <= 0.0)
        {
            return Err(refused("size_classes are volumes in mm3 above 0 that ascend, such as [20, 100, 1000]"));
        }
        let sizes = self.size_classes.clone();
        let mut search = InstanceSearch { preset, choices, sizes, ..InstanceSearch::default() };
        if self.many_to_one {
            let matching = search.rules().matching;
            let many = voxdice::eval::many_to_one(matching).ok_or_else(|| {
                refused(format!(
                    "many_to_one does not go with match {matching}; write match=\"greedy\", or leave it out"
                ))
            })?;
            search.choices.matching = Some(many);
        }
        Ok(Some(search))
    }
}
