//! The choices of the page, with the names that the command has for them.

use serde::Deserialize;
use std::error::Error;
use std::fs;
use std::str::FromStr;
use voxdice::eval::{
    Class, ClassSource, Convention, Dataset, Ignore, InstanceSearch, LabelList, Like, MissingRule, NamedBy, Rules,
    ScoreChoices, Scoring, Surfaces,
};
use voxdice::metric::Metric;
use voxdice::metric::instances::InstancePreset;

/// What to evaluate, and how. A choice that is missing is that of the command.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choices {
    /// A list such as `dice,hd95`.
    metrics: Option<String>,
    /// A list such as `1,2,5-9`.
    labels: Option<String>,
    /// Lines such as `WT=1,2,3`.
    regions: Option<String>,
    /// The path of a dataset.json.
    dataset: Option<String>,
    ignore: Option<String>,
    like: Option<String>,
    empty: Option<String>,
    missing: Option<String>,
    geometry: Option<String>,
    surface: Option<String>,
    /// `components` or `labels`.
    instances: Option<String>,
    round: Option<f64>,
    threshold: Option<f64>,
    spacing: Option<[f64; 3]>,
}

/// The words of an error.
pub type Failed = Box<dyn Error>;

fn chosen<T: FromStr<Err: Into<Failed>>>(text: Option<&String>) -> Result<Option<T>, Failed> {
    text.map(|text| text.parse().map_err(Into::into)).transpose()
}

impl Choices {
    /// What is counted, and how counts become scores.
    pub fn resolve(&self) -> Result<(Rules, Scoring), Failed> {
        let like: Option<Like> = chosen(self.like.as_ref())?;
        let (convention, preset) = (like.and_then(Like::convention), like.and_then(Like::lesions));
        let choices = ScoreChoices {
            scores: chosen(self.metrics.as_ref())?,
            empty: chosen(self.empty.as_ref())?,
            convention,
            ..ScoreChoices::default()
        };
        let mut scoring = choices.resolve()?;
        let search = self.search(preset, &scoring)?;
        // Who looks for lesions and names no score of them wants these, beside the others.
        if search.is_some() && scoring.lesion_metrics().next().is_none() {
            scoring = scoring.with_lesions(preset);
        }
        let search = search.map(|search| scoring.asked_of(search));
        let (classes, ignored) = self.classes(search.as_ref(), convention)?;
        let measured: Vec<Metric> = scoring.surface_metrics().collect();
        let surface = chosen(self.surface.as_ref())?;
        let search = search.map(|search| {
            let of_lesions = !search.surfaces.metrics.is_empty();
            let own = Surfaces { preset: surface, ..search.surfaces };
            InstanceSearch { surfaces: if of_lesions { own } else { Surfaces::default() }, ..search }
        });
        let rules = Rules {
            classes,
            named_by: if self.dataset.is_some() { NamedBy::Dataset } else { NamedBy::Caller },
            ignore: chosen(self.ignore.as_ref())?.or(ignored).unwrap_or_default(),
            round: self.round,
            threshold: self.threshold,
            geometry: chosen(self.geometry.as_ref())?.unwrap_or_default(),
            spacing_mm: self.spacing,
            surfaces: Surfaces {
                metrics: measured,
                preset: surface.or(convention.and_then(Convention::surface)),
                ..Surfaces::default()
            },
            instances: search,
        };
        rules.check()?;
        Ok((rules, scoring))
    }

    /// What becomes of a case that only one side has.
    pub fn missing(&self) -> Result<MissingRule, Failed> {
        Ok(chosen(self.missing.as_ref())?.unwrap_or_default())
    }

    fn search(&self, preset: Option<InstancePreset>, scoring: &Scoring) -> Result<Option<InstanceSearch>, Failed> {
        if self.instances.is_none() && preset.is_none() && scoring.lesion_metrics().next().is_none() {
            return Ok(None);
        }
        let mut search = InstanceSearch { preset, ..InstanceSearch::default() };
        search.choices.by = chosen(self.instances.as_ref())?;
        Ok(Some(search))
    }

    /// The classes, and what a dataset.json leaves out.
    fn classes(
        &self,
        search: Option<&InstanceSearch>,
        convention: Option<Convention>,
    ) -> Result<(ClassSource, Option<Ignore>), Failed> {
        let (mut classes, mut sources, mut ignored) = (Vec::new(), Vec::new(), None);
        if let Some(labels) = &self.labels {
            classes.extend(labels.parse::<LabelList>()?.0.into_iter().map(Class::label));
            sources.push("the list of labels".to_owned());
        }
        if let Some(path) = &self.dataset {
            let dataset = Dataset::from_json(&fs::read_to_string(path)?).map_err(|error| in_full(path, &error))?;
            classes.extend(dataset.classes);
            ignored = dataset.ignore.map(Ignore::one);
            sources.push(path.clone());
        }
        if let Some(regions) = &self.regions {
            for region in regions.split([';', '\n']).map(str::trim).filter(|region| !region.is_empty()) {
                classes.push(of_region(region)?);
            }
            sources.push("the list of regions".into());
        }
        if let (Some(source), true) = (sources.first(), search.is_some_and(InstanceSearch::is_by_labels)) {
            return Err(format!(
                "where each label is an object there are no classes, and {source} names some; leave it out"
            )
            .into());
        }
        let own = search.and_then(InstanceSearch::classes).or_else(|| convention.and_then(Convention::classes));
        if let (Some(own), true, Some(like)) = (own, sources.is_empty(), &self.like) {
            classes = own;
            sources.push(format!("the conventions of {like}"));
        }
        let source = match sources.is_empty() {
            true => ClassSource::Found,
            false => ClassSource::Named { classes, from: sources.join(", ") },
        };
        Ok((source, ignored))
    }
}

/// A named union of labels.
fn of_region(text: &str) -> Result<Class, Failed> {
    let (name, labels) = text.split_once('=').map(|(name, labels)| (name.trim(), labels)).unwrap_or_default();
    if name.is_empty() {
        return Err(format!("`{text}` has no name; write NAME=LIST, such as WT=1,2,3").into());
    }
    Ok(Class::region(labels.parse::<LabelList>()?.0).named(name))
}

/// An error about a file, with all of its causes.
fn in_full(path: &str, error: &(dyn Error + 'static)) -> Failed {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    format!("{path}: {}", causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the page offers is what the program takes.
    #[test]
    fn every_choice_of_the_page_is_known() {
        let page = include_str!("../web/index.html");
        let values = |tag: &str| {
            let parts = page.split(tag).skip(1).map(|rest| rest.split('"').next().unwrap_or_default().to_owned());
            parts.filter(|value| !value.is_empty()).collect::<Vec<_>>()
        };
        let select = |id: &str| {
            let inside =
                page.split(&format!("<select id=\"{id}\">")).nth(1).and_then(|rest| rest.split("</select>").next());
            let options = inside.unwrap_or_default().split("<option value=\"").skip(1);
            let values: Vec<String> =
                options.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect();
            assert!(values.len() > 2, "{id}");
            values.into_iter().filter(|value| !value.is_empty()).collect::<Vec<_>>()
        };
        for like in select("like") {
            Choices { like: Some(like), ..Choices::default() }.resolve().unwrap();
        }
        for instances in select("instances") {
            let (rules, scoring) = Choices { instances: Some(instances), ..Choices::default() }.resolve().unwrap();
            assert!(rules.instances.is_some() && scoring.lesion_metrics().count() == 2);
        }
        for missing in select("missing") {
            Choices { missing: Some(missing), ..Choices::default() }.missing().unwrap();
        }
        let metrics = values("name=\"metric\" value=\"");
        assert!(metrics.len() > 5);
        for metrics in metrics.into_iter().map(|name| if name == "nsd" { "nsd=1".into() } else { name }) {
            Choices { metrics: Some(metrics), ..Choices::default() }.resolve().unwrap();
        }
    }

    #[test]
    fn regions_are_named_lists() {
        let of = |regions: &str| Choices { regions: Some(regions.into()), ..Choices::default() }.resolve();
        let (rules, _) = of("WT=1,2,3; ET = 3").unwrap();
        let ClassSource::Named { classes, .. } = rules.classes else { panic!("no classes") };
        assert_eq!(
            classes.iter().map(|class| (class.display(), class.labels.len())).collect::<Vec<_>>(),
            [("WT", 3), ("ET", 1)]
        );
        for wrong in ["1,2", "=1", "WT=x"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }

    /// The script tells volumes from other files by their names.
    #[test]
    fn the_script_knows_every_ending() {
        let script = include_str!("../web/files.js");
        let known = script.split("const VOXELS = /\\.(").nth(1).and_then(|rest| rest.split(')').next()).unwrap();
        let known: Vec<String> = known.split('|').map(|ending| ending.replace("\\.", ".")).collect();
        for ending in voxdice::io::READABLE {
            let ending = ending.trim_start_matches('.');
            assert!(known.iter().any(|known| ending.ends_with(known.as_str())), "{ending}");
        }
    }
}
