//! `voxdice compare`: which of several models is better, by how much, and how sure that is.

mod args;
mod idle;
mod models;

use super::args::DeviceArgs;
use super::eval::{CountArgs, EmptyName, MissingName};
use super::exit::Exit;
use super::files::{check_texts, write_all};
use super::interrupt;
use super::output::Output;
use crate::eval::models::{Comparison, pictures};
use crate::eval::{CaseRegex, Like, MissingRule};
use crate::report;
use crate::text::listed;
use anyhow::Result;
use args::{Form, OutputArgs, StatisticsArgs, WeightFlag};
use clap::Args;
use idle::Given;
use models::Named as NamedResult;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Which of several models is better: by how much, how sure, and how stable their order is.
///
/// Cases are paired by name. A result is what `voxdice eval` wrote (--format json, or the parts of shards under one name;
/// -o; --csv), nnU-Net's summary.json, a CSV of another tool with a column `case`, maybe `label`, and columns of scores
/// (empty: undefined), or with --truth a folder of predictions. Differences come with intervals from one stream of
/// resamples, that of `voxdice eval`, and with tests adjusted for their number. What is missing or undefined in some models
/// only is listed, and the exit code is 1.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  voxdice compare unet=unet.json ours=ours.json
  voxdice compare unet=unet.csv ours=ours.csv --metrics dice --format latex --digits 3
  voxdice compare --truth labelsTs unet=predictions ours=predictions_b --metrics dice,hd95
  voxdice compare a=a.json b=b.json c=c.json --against a --format csv -o comparison.csv
  voxdice compare unet=unet.csv ours=ours.csv --group '^(case_[0-9]+)' --test sign-flip
  voxdice compare a=a.json b=b.json c=c.json --metrics dice,iou --weights dice=2,iou=1

Numbers: differences are those of the first model less the second, in the order given; with --against all are less that model. \
Undefined scores drop the case for all models unless --undefined says otherwise.

Scores whose names say nothing about better or worse need --higher-is-better or --lower-is-better.")]
pub(super) struct Compare {
    // Must be the first field: later ones remove what they read from the matches.
    #[command(flatten)]
    given: Given,
    /// Models: the name and a file with its results, or with --truth a folder of predictions. Several files under one
    /// name are its parts. Without NAME= a model has the name of its file
    #[arg(value_name = "[NAME=]RESULT", required = true)]
    results: Vec<NamedResult>,
    /// Reference label maps for results that are folders
    #[arg(long, value_name = "DIR", help_heading = "Folders")]
    truth: Option<PathBuf>,
    /// The case is what the first group of this pattern matches in a file name
    #[arg(long, value_name = "RE", help_heading = "Folders")]
    pair_regex: Option<CaseRegex>,
    /// Cases at a time [default: as many as there are cores]
    #[arg(short, long, value_name = "N", help_heading = "Folders", value_parser = super::eval::jobs, allow_hyphen_values = true)]
    jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    count: CountArgs,
    /// Scores to compare: any of `voxdice eval --metrics`, or columns of a CSV [default: those that all results show]
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Scores")]
    metrics: Option<Vec<String>>,
    /// Columns of which more is better, where their names do not tell
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Scores")]
    higher_is_better: Vec<String>,
    /// Columns of which less is better, where their names do not tell
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Scores")]
    lower_is_better: Vec<String>,
    /// A score whose denominator is 0, as of a class that neither file has [default: as the results were made]
    #[arg(long, value_enum, help_heading = "Scores")]
    empty: Option<EmptyName>,
    /// The conventions of another evaluator, or for folders a challenge or tool that scores lesions, as `voxdice eval`
    /// has them [default: as the results were made]
    #[arg(long, value_name = "NAME", help_heading = "Scores")]
    like: Option<Like>,
    /// What becomes of a case without a result of some model: listed and left out, with exit code 1; left out; or 0
    /// where more is better and the truth has the class
    #[arg(long, value_enum, default_value_t = MissingName::Error, help_heading = "Cases")]
    missing: MissingName,
    /// What scores weigh in the mean rank over classes and scores [default: 1 each]
    #[arg(long, value_name = "METRIC=WEIGHT,...", value_delimiter = ',', help_heading = "Statistics")]
    weights: Vec<WeightFlag>,
    #[command(flatten)]
    statistics: StatisticsArgs,
    #[command(flatten)]
    outputs: OutputArgs,
    #[command(flatten)]
    device: DeviceArgs,
}

impl Compare {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        output.quiet = self.outputs.quiet;
        interrupt::listen();
        let mut choices = self.choices()?;
        self.check_idle()?;
        self.check_outputs()?;
        let results = models::read(self)?;
        choices.groups = self.statistics.grouping(|name| results.has_column(name))?;
        let models = results.evaluated(self, output)?;
        let found = interrupt::during(|| Comparison::new(&models, choices))??;
        self.tell(&found, output);
        let text = interrupt::during(|| self.rendered(&found))?;
        let page = || -> Result<String> {
            let pictures = interrupt::during(|| pictures::largest(&found, &models, &interrupt::token()))??;
            Ok(report::models_html(&found, &pictures))
        };
        let outputs = &self.outputs;
        let page = outputs.html.as_ref().map(|_| page()).transpose()?.unwrap_or_default();
        let files = [
            (&outputs.output, text.as_str()),
            (&outputs.csv, &report::models_csv(&found)),
            (&outputs.csv_models, &report::models_scores_csv(&found)),
            (&outputs.html, &page),
        ];
        write_all(files.into_iter().filter_map(|(path, text)| Some((path.as_deref()?, text))))?;
        if self.outputs.output.is_none() {
            output.result(&text)?;
        }
        let unpaired = models.iter().filter_map(|model| model.evaluation()).any(|(found, _)| found.has_findings());
        let unpaired = unpaired && found.choices.missing == MissingRule::Error;
        Ok(if found.has_findings() || unpaired { Exit::Findings } else { Exit::Fine })
    }

    fn rendered(&self, found: &Comparison) -> String {
        let digits = self.outputs.digits();
        match self.outputs.format {
            Form::Table => report::models_table(found, digits, self.outputs.changed),
            Form::Json => super::output::escaped(&format!("{:#}\n", report::models_json(found))),
            Form::Csv => report::models_csv(found),
            Form::Markdown => report::models_markdown(found, digits),
            Form::Latex => report::models_latex(found, digits),
        }
    }

    fn check_outputs(&self) -> Result<()> {
        let outputs = &self.outputs;
        let all = [
            ("--output", outputs.output.as_deref()),
            ("--csv", outputs.csv.as_deref()),
            ("--csv-models", outputs.csv_models.as_deref()),
            ("--html", outputs.html.as_deref()),
        ];
        let others = [self.truth.as_deref(), self.count.dataset.as_deref(), self.statistics.group_file()];
        let inputs = self.results.iter().map(|result| result.path.as_path()).chain(others.into_iter().flatten());
        check_texts(&all, &inputs.collect::<Vec<&Path>>())
    }

    /// What the exit code is about. The notes are in the result, except in forms that have no place for them.
    fn tell(&self, found: &Comparison, output: &mut Output) {
        for model in &found.models {
            let mut say = |what: &str, list: &[String]| {
                if list.is_empty() {
                    return;
                }
                let line = format!("{}: no result for {} of the {what}: {}", model.name, list.len(), listed(list));
                if found.choices.missing == MissingRule::Error {
                    output.finding(&format!("missing: {line}"));
                } else {
                    output.note(format_args!("note: {line}"));
                }
            };
            say("cases", &model.missing);
            say("classes of cases", &model.rows_missing());
        }
        for (table, row) in found.rows().filter(|(table, _)| !table.is_mean) {
            let of = format!("{} of {}", table.metric, found.class_in_words(table));
            if row.complete == 0 {
                output.finding(&format!("warning: no case has {of} in all models"));
            }
            if !row.asymmetric.is_empty() {
                let cases: Vec<String> =
                    row.asymmetric.iter().filter_map(|&case| found.cases.get(case).cloned()).collect();
                output.finding(&format!(
                    "warning: {of} is undefined in some models only in {} of {} cases: {}; --undefined says what becomes of them",
                    cases.len(),
                    row.cases,
                    listed(&cases)
                ));
            }
        }
        if matches!(self.outputs.format, Form::Csv | Form::Latex) {
            report::models_notes(found).iter().for_each(|note| output.note(format_args!("note: {note}")));
        }
    }
}
