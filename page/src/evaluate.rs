//! Evaluations of the files that were chosen, and all forms of their results.

use crate::choices::{Choices, Failed};
use serde::Deserialize;
use std::fs;
use std::path::PathBuf;
use voxdice::eval::models::{self, Comparison, Model};
use voxdice::eval::{
    Cancel, CaseResult, Chosen, Cohort, Evaluation, Event, Matching, Rules, RunOptions, Scoring, Selection, Summary,
    WORST, pair_paths, pictures,
};
use voxdice::report::{self, Facts};
use voxdice::{Engine, EngineOptions};

/// What to evaluate.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// A file or a folder.
    pub truth: PathBuf,
    /// A file or a folder.
    pub pred: PathBuf,
    #[serde(default)]
    pub choices: Choices,
    /// Only these cases.
    #[serde(default)]
    pub cases: Option<Vec<String>>,
    /// Files of cases that were counted elsewhere.
    #[serde(default)]
    pub parts: Vec<PathBuf>,
    /// Where results are written.
    pub out: PathBuf,
}

/// Models to compare, by name, each evaluated with the same truth.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Models {
    models: Vec<(String, Request)>,
    out: PathBuf,
}

/// The names of the cases.
pub fn cases(request: &Request) -> Result<(), Failed> {
    let (rules, _) = request.choices.resolve()?;
    request.cohort(rules)?.names().for_each(|name| println!("case {name}"));
    Ok(())
}

/// Evaluates some cases, for another run to take over. What fails is left to that run, which will say why.
pub fn part(request: &Request) -> Result<(), Failed> {
    let (evaluation, _) = request.evaluation()?;
    Ok(fs::write(request.out.join("part"), postcard::to_stdvec(&evaluation.cases)?)?)
}

/// Evaluates, and writes every form of the result: the numbers first.
pub fn evaluate(request: &Request) -> Result<(), Failed> {
    let (evaluation, scoring) = request.evaluation()?;
    let summary = evaluation.summarize(scoring);
    let write = |name: &str, text: &str| fs::write(request.out.join(name), text);
    write("result.json", &report::json(&summary, &Facts).to_string())?;
    write("cases.csv", &report::csv(&summary))?;
    write("summary.csv", &report::summary_csv(&summary))?;
    write("summary.json", &report::nnunet_summary(&summary))?;
    if evaluation.rules.instances.is_some() {
        write("lesions.csv", &report::lesions_csv(&summary))?;
    }
    // Its pictures need the voxels of some cases again.
    Ok(write("report.html", &page(&summary)?)?)
}

fn page(summary: &Summary<'_>) -> Result<String, Failed> {
    let pictures = pictures::worst(summary, WORST, &Cancel::default())?;
    Ok(report::html(summary, &pictures, &Facts))
}

/// Compares models, and writes every form of the comparison.
pub fn compare(Models { models, out }: &Models) -> Result<(), Failed> {
    let model = |(name, request): &(String, Request)| -> Result<Model, Failed> {
        let (evaluation, scoring) = request.evaluation()?;
        Ok(Model::counted(name, vec![request.pred.clone()], evaluation, scoring))
    };
    let models: Vec<Model> = models.iter().map(model).collect::<Result<_, _>>()?;
    let found = Comparison::new(&models, models::Choices::default())?;
    let write = |name: &str, text: &str| fs::write(out.join(name), text);
    write("comparison.json", &format!("{:#}\n", report::models_json(&found)))?;
    write("comparison.csv", &report::models_csv(&found))?;
    let pictures = models::pictures::largest(&found, &models, &Cancel::default())?;
    Ok(write("comparison.html", &report::models_html(&found, &pictures))?)
}

impl Request {
    /// Counts all cases, and tells how far it is.
    pub fn evaluation(&self) -> Result<(Evaluation, Scoring), Failed> {
        let (rules, scoring) = self.choices.resolve()?;
        Ok((self.counted(rules)?, scoring))
    }

    /// The same by other rules.
    pub fn counted(&self, rules: Rules) -> Result<Evaluation, Failed> {
        let mut counted: Vec<CaseResult> = Vec::new();
        for part in &self.parts {
            counted.append(&mut postcard::from_bytes(&fs::read(part)?)?);
        }
        let engine = Engine::new(&EngineOptions::default())?;
        let tell = |event: Event| match event {
            Event::Started { cases } => println!("cases {cases}"),
            Event::CaseDone => println!("done"),
            _ => {}
        };
        let options = RunOptions { on_event: &tell, ..RunOptions::default() };
        Ok(self.cohort(rules)?.run_beside(counted, &engine, &options)?)
    }

    fn cohort(&self, rules: Rules) -> Result<Cohort, Failed> {
        let cases = self.cases.as_ref().map(|names| Chosen::named(names, "the page")).transpose()?;
        let selection = Selection { missing: self.choices.missing()?, cases, ..Selection::default() };
        let pairing = pair_paths(&self.truth, &self.pred, Matching::default(), &rules)?;
        Ok(Cohort::new(pairing, rules, selection)?)
    }
}
