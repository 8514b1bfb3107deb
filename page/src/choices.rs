//! The choices of the page, with the names that the command has for them.

use serde::Deserialize;
use std::error::Error;
use std::fs;
use std::str::FromStr;
use voxdice::eval::{
    Asked, Class, ColourTable, Dataset, InstanceChoices, LabelList, Like, MissingRule, Pictures, Rules, ScoreChoices,
    ScoreList, Scoring,
};

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
    /// The path of a table of colours.
    colors: Option<String>,
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
    /// Whether a folder of pictures is a volume.
    stack: bool,
    /// Lengths such as `0.5,0.5,2`.
    spacing: Option<String>,
}

/// The words of an error.
pub type Failed = Box<dyn Error>;

fn chosen<T: FromStr<Err: Into<Failed>>>(text: Option<&String>) -> Result<Option<T>, Failed> {
    text.map(|text| text.parse().map_err(Into::into)).transpose()
}

impl Choices {
    /// What is counted, and how counts become scores.
    pub fn resolve(&self) -> Result<(Rules, Scoring), Failed> {
        let asked = Asked {
            like: chosen(self.like.as_ref())?,
            labels: self.labels.as_ref().map(|labels| labels.parse().map(|LabelList(labels)| labels)).transpose()?,
            dataset: self.dataset.as_ref().map(|path| dataset(path).map(|own| (path.clone(), own))).transpose()?,
            colours: self.colors.as_ref().map(|path| colours(path).map(|own| (path.clone(), own))).transpose()?,
            regions: self.regions()?,
            ignore: chosen(self.ignore.as_ref())?,
            round: self.round,
            threshold: self.threshold,
            geometry: chosen(self.geometry.as_ref())?.unwrap_or_default(),
            spacing_mm: chosen(self.spacing.as_ref())?,
            pictures: if self.stack { Pictures::Slices } else { Pictures::Cases },
            surface: chosen(self.surface.as_ref())?,
            lesions: InstanceChoices { by: chosen(self.instances.as_ref())?, ..InstanceChoices::default() },
            ..Asked::default()
        };
        let scores = ScoreChoices { empty: chosen(self.empty.as_ref())?, ..ScoreChoices::default() };
        let scores = ScoreChoices { scores: self.scores(&asked)?, ..scores };
        Ok(Asked { scores, ..asked }.resolve(called)?)
    }

    /// Who looks for lesions and names no score of them wants the usual ones, beside the others.
    fn scores(&self, asked: &Asked) -> Result<Option<ScoreList>, Failed> {
        let Some(listed) = chosen::<ScoreList>(self.metrics.as_ref())? else { return Ok(None) };
        let (preset, scores) = (asked.like.and_then(Like::lesions), Some(listed.clone()));
        let scoring = ScoreChoices { scores, ..ScoreChoices::default() }.resolve()?;
        let looked_for = preset.is_some() || asked.lesions.by.is_some();
        Ok(Some(match looked_for && scoring.lesion_metrics().next().is_none() {
            true => ScoreList(scoring.with_lesions(preset).scores),
            false => listed,
        }))
    }

    /// Named unions, one a line.
    fn regions(&self) -> Result<Vec<Class>, Failed> {
        let text = self.regions.as_deref().unwrap_or_default();
        text.split([';', '\n']).map(str::trim).filter(|region| !region.is_empty()).map(of_region).collect()
    }

    /// What becomes of a case that only one side has.
    pub fn missing(&self) -> Result<MissingRule, Failed> {
        Ok(chosen(self.missing.as_ref())?.unwrap_or_default())
    }
}

/// A choice in the words of the page.
fn called(name: &str, choice: Option<&str>) -> String {
    match (name, choice) {
        ("labels", _) => "the list of labels".into(),
        ("region", _) => "the list of regions".into(),
        ("like", Some(who)) => format!("the conventions of {who}"),
        (_, Some(choice)) => format!("{name} {choice}"),
        (_, None) => name.into(),
    }
}

fn dataset(path: &str) -> Result<Dataset, Failed> {
    Dataset::from_json(&fs::read_to_string(path)?).map_err(|error| in_full(path, &error))
}

fn colours(path: &str) -> Result<ColourTable, Failed> {
    ColourTable::from_csv(&fs::read_to_string(path)?).map_err(|error| in_full(path, &error))
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
    use voxdice::eval::ClassSource;

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
