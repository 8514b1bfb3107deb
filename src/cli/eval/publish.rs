//! From a summary to a terminal, to files, and to an exit code.

use crate::cli::exit::Exit;
use crate::cli::files::{check_texts, write_all};
use crate::cli::interrupt;
use crate::cli::output::Output;
use crate::cli::words::{self, Flags};
use crate::eval::{Kind, MissingRule, Summary, Unpaired, WORST, WarningKind, pictures};
use crate::io::Gap;
use crate::report::{self, Beside, Words};
use crate::text::listed;
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Where results go.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct OutputArgs {
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Form::Table, help_heading = "Output")]
    pub format: Form,
    /// Digits behind the point, of markdown and latex [default: 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=15), help_heading = "Output")]
    pub digits: Option<u8>,
    /// What stands beside the means of markdown and latex [default: ci]
    #[arg(long, value_enum, value_name = "WHAT", help_heading = "Output")]
    pub beside: Option<BesideName>,
    /// Also write the layout of nnU-Net's summary.json to this file
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// Also write CSV to this file: one row per case and class, with the raw counts
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub csv: Option<PathBuf>,
    /// Also write a report to read in a browser, with pictures of the worst cases
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub html: Option<PathBuf>,
    /// Worst cases and classes to list, and to show in the pictures of --html
    #[arg(long, value_name = "N", default_value_t = WORST, help_heading = "Output")]
    pub worst: usize,
    /// No progress, notes or warnings on stderr; errors, and what makes the exit code 1, stay
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Form {
    /// For people
    Table,
    /// nnU-Net's layout and an object `voxdice`; undefined numbers are null
    Json,
    /// One row per case and label
    Csv,
    /// One row per score and label: means, intervals, quartiles
    SummaryCsv,
    /// A table of classes by scores, means with their intervals
    Markdown,
    /// The same for a paper, with booktabs
    Latex,
}

/// What stands beside a mean in tables of papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum BesideName {
    /// Its confidence interval
    Ci,
    /// The standard deviation over the cases
    Sd,
}

impl OutputArgs {
    fn beside(&self) -> Beside {
        if self.beside == Some(BesideName::Sd) { Beside::Deviation } else { Beside::Interval }
    }

    fn digits(&self) -> Option<usize> {
        self.digits.map(usize::from)
    }

    /// Reports early files that cannot be written, or would overwrite an input. `lesions` is that of lesions one by one.
    pub fn check(&self, lesions: Option<&Path>, inputs: &[&Path]) -> Result<()> {
        let for_papers = matches!(self.format, Form::Markdown | Form::Latex);
        let given = [("--digits", self.digits.is_some()), ("--beside", self.beside.is_some())];
        if let Some((flag, _)) = given.into_iter().find(|(_, given)| *given && !for_papers) {
            bail!("{flag} is for --format markdown and latex; leave {flag} out, or choose one of these");
        }
        if let Some(path) = &self.output {
            let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
            let meant = [
                ("html", "--html"),
                ("htm", "--html"),
                ("csv", "--csv"),
                ("md", "--format markdown >"),
                ("tex", "--format latex >"),
            ];
            if let Some((_, flag)) = meant.into_iter().find(|(of, _)| ending == *of) {
                let path = path.display();
                bail!("{path}: --output writes JSON, nnU-Net's summary; write {flag} {path}, or end its name in .json");
            }
        }
        check_texts(&self.files(lesions), inputs)
    }

    /// The files that can be named.
    pub fn files<'a>(&'a self, lesions: Option<&'a Path>) -> [(&'static str, Option<&'a Path>); 4] {
        let [output, csv, html] = [&self.output, &self.csv, &self.html].map(Option::as_deref);
        [("--output", output), ("--csv", csv), ("--html", html), ("--lesions", lesions)]
    }
}

/// Reports what was wrong, writes the files, prints the result. `lesions` is a file for lesions one by one.
pub(in crate::cli) fn publish(
    summary: &Summary<'_>,
    outputs: &OutputArgs,
    lesions: Option<&Path>,
    output: &mut Output,
) -> Result<Exit> {
    tell(summary, output);
    let Rendered { files, printed } = interrupt::during(|| Rendered::of(summary, outputs, lesions))??;
    let mut exit = if summary.evaluation.has_findings() { Exit::Findings } else { Exit::Fine };
    let difference = summary.evaluation.verification().and_then(|verification| verification.difference.as_ref());
    if let Some(difference) = difference {
        exit = output.finding(&format!(
            "verification failed: {difference}; do not trust {} ({}); run `voxdice verify`, update the driver, or use \
             --backend cpu",
            summary.evaluation.provenance.backend, summary.evaluation.provenance.device
        ));
    } else {
        if let Some(verification) = summary.evaluation.verification() {
            let what = summary.evaluation.verified();
            output.note(format_args!("verified: {} agree in every {what}", verification.devices()));
        }
        // After a failed verification no file is written.
        write_all(files.iter().map(|(path, text)| (*path, text.as_str())))?;
    }
    match printed {
        Printed::Text(text) => output.result(&text)?,
        Printed::Json(value) => output.json(&value)?,
    }
    Ok(exit)
}

/// Every form that was asked for.
struct Rendered<'a> {
    files: Vec<(&'a Path, String)>,
    printed: Printed,
}

enum Printed {
    Text(String),
    Json(serde_json::Value),
}

impl<'a> Rendered<'a> {
    fn of(summary: &Summary<'_>, outputs: &'a OutputArgs, lesions: Option<&'a Path>) -> Result<Self> {
        let mut files = Vec::new();
        files.extend(outputs.output.as_deref().map(|path| (path, report::nnunet_summary(summary))));
        files.extend(outputs.csv.as_deref().map(|path| (path, report::csv(summary))));
        if let Some(path) = &outputs.html {
            files.push((path, page(summary, outputs.worst)?));
        }
        files.extend(lesions.map(|path| (path, report::lesions_csv(summary))));
        Ok(Self {
            files,
            printed: match outputs.format {
                Form::Table => Printed::Text(report::table(summary, outputs.worst)),
                Form::Json => Printed::Json(report::json(summary, &Flags)),
                Form::Csv => Printed::Text(report::csv(summary)),
                Form::SummaryCsv => Printed::Text(report::summary_csv(summary)),
                Form::Markdown => Printed::Text(report::markdown(summary, outputs.beside(), outputs.digits())),
                Form::Latex => Printed::Text(report::latex(summary, outputs.beside(), outputs.digits())),
            },
        })
    }
}

/// The page with its pictures.
fn page(summary: &Summary<'_>, most: usize) -> Result<String> {
    let pictures = pictures::worst(summary, most, &interrupt::token())?;
    Ok(report::html(summary, &pictures, &Flags))
}

/// Warnings of one kind that are shown.
const ALIKE: usize = 10;

/// Warnings that read the same in every one of several cases, and are told once.
fn everywhere(summary: &Summary<'_>) -> BTreeSet<String> {
    let cases = summary.evaluation.cases.iter();
    let words = cases.map(|case| case.warnings.iter().map(|warning| Flags.warning(warning)).collect::<BTreeSet<_>>());
    let all = words.reduce(|all, own| &all & &own).unwrap_or_default();
    if summary.evaluation.cases.len() > 1 { all } else { BTreeSet::new() }
}

/// Warnings, unpaired and failed cases.
pub(in crate::cli) fn tell(summary: &Summary<'_>, output: &mut Output) {
    let mut told: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let everywhere = everywhere(summary);
    let mut of_all = BTreeSet::new();
    for case in &summary.evaluation.cases {
        let folders = summary.evaluation.provenance.kind == Kind::Folders;
        let name = if folders { format!("{}: ", case.name) } else { String::new() };
        for warning in &case.warnings {
            // Over many cases the table has a column for it.
            if folders && warning.kind() == Some(WarningKind::AbsentLabels) {
                continue;
            }
            let level = if warning.is_note() { "note" } else { "warning" };
            let words = Flags.warning(warning);
            let is_everywhere = everywhere.contains(&words);
            if is_everywhere && !of_all.insert(words.clone()) {
                continue;
            }
            let name =
                if is_everywhere { format!("all {} cases: ", summary.evaluation.cases.len()) } else { name.clone() };
            let times = told.entry((level, warning.name())).or_default();
            *times += 1;
            let of_headers = warning.kind().is_some_and(WarningKind::is_of_headers);
            let finding = of_headers && case.gap.is_some_and(Gap::is_apart);
            let line = format!("{level}: {name}{words}");
            if *times > ALIKE {
                continue;
            } else if finding {
                output.finding(&line);
            } else {
                output.note(line);
            }
        }
        let noise = case.gap.filter(|gap| folders && gap.is_same_grid() && gap.voxels > 0.0);
        if let Some(Gap { voxels, .. }) = noise {
            let times = told.entry(("note", "same_grid")).or_default();
            *times += 1;
            if *times <= ALIKE {
                output.note(format_args!("note: {name}the affines differ by {voxels:.1e} of a voxel: the same grid"));
            }
        }
    }
    for ((level, kind), times) in told.into_iter().filter(|(_, times)| *times > ALIKE) {
        output.note(format_args!("{level}: {} more like it ({kind}); --format json has them all", times - ALIKE));
    }
    for fact in &summary.evaluation.passed_over {
        output.note(format_args!("warning: {fact}"));
    }
    let absent = summary.absent_labels();
    if !absent.is_empty() {
        output.note(format_args!(
            "note: asked for, and without a voxel in any case: {}; see `voxdice eval --labels`, or what names the labels",
            listed(&absent)
        ));
    }
    let unpaired = |word, list: &[Unpaired]| -> Vec<String> {
        list.iter().map(|lone| format!("{}: {word} ({})", lone.case, lone.file.display())).collect()
    };
    let lines =
        [unpaired("no prediction", &summary.evaluation.missing), unpaired("no truth", &summary.evaluation.extra)]
            .concat();
    for line in lines {
        if summary.evaluation.provenance.missing == MissingRule::Error {
            output.finding(&format!("missing: {line}"));
        } else {
            output.note(format_args!("note: {line}"));
        }
    }
    for failure in &summary.evaluation.failures {
        output.finding(&format!("error: {}: {}", failure.case, words::of_eval(&failure.error)));
    }
}
