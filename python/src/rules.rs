//! Choices as the package hands them over: texts and lists, with the names that the command has for them.

use crate::{failed, refused};
use pyo3::prelude::*;
use std::fmt::Display;
use std::str::FromStr;
use voxdice::eval::{
    Asked, CaseRegex, Chosen, Class, ColourTable, Dataset, Ignore, InstanceChoices, LabelList, Like, Pictures, Rules,
    ScoreChoices, Scoring, Selection, SurfaceChoices, VoxelSize,
};

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
    /// What the table of colours is called, and its CSV; without one the name is a list of colours.
    colors: Option<(String, Option<String>)>,
    ignore: Option<String>,
    round: Option<f64>,
    threshold: Option<f64>,
    stack: bool,
    geometry: Option<String>,
    spacing: Option<Vec<f64>>,
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
    /// A pattern for names, or names.
    cases: Option<String>,
    case_list: Option<Vec<String>>,
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
                Some(names) => Some(Chosen::named(names, "cases").map_err(refused)?),
                None => chosen(self.cases.as_ref())?,
            },
        })
    }

    /// What is counted, and how it is scored.
    pub fn resolve(&self) -> PyResult<(Rules, Scoring)> {
        let dataset = match &self.dataset {
            Some((text, name)) => Some((name.clone(), dataset(text, name)?)),
            None => None,
        };
        let colours = self.colors.as_ref().map(|(name, csv)| {
            let table = csv.as_deref().map_or_else(|| name.parse(), ColourTable::from_csv);
            let table = table.map_err(|error| refused(format!("colors={name:?}: {error}")))?;
            Ok::<_, PyErr>((name.clone(), table))
        });
        let region = |(name, labels): &(Option<String>, Vec<u32>)| {
            name.iter().fold(Class::region(labels.clone()), |region, name| region.named(name))
        };
        let mut surface_choices = SurfaceChoices::default();
        for (name, choice) in &self.surface_choices {
            surface_choices.set(name, choice).map_err(refused)?;
        }
        let mut lesions = InstanceChoices::default();
        for (name, choice) in &self.lesion_choices {
            lesions.take(name, choice).map_err(refused)?;
        }
        let asked = Asked {
            like: self.like()?,
            scores: self.scores()?,
            colours: colours.transpose()?,
            labels: self.labels.clone(),
            dataset,
            regions: self.regions.iter().map(region).collect(),
            ignore: self.ignore.as_deref().map(ignore).transpose()?,
            round: self.round,
            threshold: self.threshold,
            geometry: chosen(self.geometry.as_ref())?.unwrap_or_default(),
            spacing_mm: self.spacing.as_deref().map(VoxelSize::try_from).transpose().map_err(refused)?,
            surface: chosen(self.surface.as_ref())?,
            pictures: if self.stack { Pictures::Slices } else { Pictures::Cases },
            surface_choices,
            lesions,
            many_to_one: self.many_to_one,
            sizes: self.size_classes.clone(),
            ..Asked::default()
        };
        asked.resolve(called).map_err(failed)
    }
}

/// A choice as an argument.
pub fn called(name: &str, choice: Option<&str>) -> String {
    let name = match name {
        "by" => "instances",
        "region" => "regions",
        other => other,
    };
    choice.map_or(name.to_owned(), |choice| format!("{name}={choice:?}"))
}

fn dataset(text: &str, name: &str) -> PyResult<Dataset> {
    Dataset::from_json(text).map_err(|error| {
        let cause = std::error::Error::source(&error).map_or(String::new(), |cause| format!(": {cause}"));
        refused(format!("{name}: {error}{cause}"))
    })
}
