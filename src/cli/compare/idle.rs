//! Flags that would do nothing with what else was said: they are refused, and not passed over.

use super::Compare;
use super::args::{Form, IntervalName, TestName};
use anyhow::{Result, bail};
use clap::builder::PossibleValue;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches, ValueEnum};
use std::collections::BTreeSet;

/// Flags about files of voxels.
const OF_FOLDERS: [&str; 19] = [
    "truth",
    "pair-regex",
    "jobs",
    "dataset",
    "region",
    "ignore",
    "round",
    "threshold",
    "surface",
    "boundary",
    "image-edge",
    "percentile",
    "directions",
    "nsd-form",
    "missed",
    "spacing",
    "geometry",
    "backend",
    "adapter",
];

/// The flags that were written, and not left at what they are by default.
#[derive(Debug, Clone, Default)]
pub(super) struct Given(BTreeSet<String>);

impl Given {
    /// The first of these flags that was written.
    fn any<'a>(&self, flags: &[&'a str]) -> Option<&'a str> {
        flags.iter().copied().find(|flag| self.0.contains(*flag))
    }
}

impl FromArgMatches for Given {
    fn from_arg_matches(found: &ArgMatches) -> Result<Self, clap::Error> {
        let written = found.ids().filter(|id| found.value_source(id.as_str()) == Some(ValueSource::CommandLine));
        Ok(Self(written.map(|id| id.as_str().replace('_', "-")).collect()))
    }

    fn update_from_arg_matches(&mut self, found: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(found)?;
        Ok(())
    }
}

/// It adds no arguments; it looks at which others were given.
impl Args for Given {
    fn augment_args(command: Command) -> Command {
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        command
    }
}

/// A choice as it is written.
fn named(flag: &str, choice: impl ValueEnum) -> String {
    let value = choice.to_possible_value();
    format!("--{flag} {}", value.as_ref().map_or("", PossibleValue::get_name))
}

impl Compare {
    /// Refuses flags about a choice that was not made.
    ///
    /// # Errors
    /// For the first such flag.
    pub(super) fn check_idle(&self) -> Result<()> {
        let statistics = &self.statistics;
        let test = named("test", statistics.test);
        let untested = statistics.test == TestName::None;
        // Critical differences of three and more models are of --alpha, too.
        let two = self.models() < 3;
        let resampled = statistics.interval != IntervalName::T;
        let form = self.outputs.format;
        let lists: [(bool, &[&str], String); 6] = [
            (statistics.test != TestName::Wilcoxon, &["zeros"], test.clone()),
            (untested, &["adjust", "family"], test.clone()),
            (untested && two, &["alpha"], format!("{test} of two models")),
            (statistics.bootstrap == 0 && resampled, &["interval"], "--bootstrap 0".into()),
            (matches!(form, Form::Json | Form::Csv), &["digits"], named("format", form)),
            (form != Form::Table, &["changed"], named("format", form)),
        ];
        for (idle, flags, with) in &lists {
            if let Some(flag) = self.given.any(flags).filter(|_| *idle) {
                bail!("--{flag} does nothing with {with}; leave it out");
            }
        }
        Ok(())
    }

    /// Refuses flags about voxels where no result is a folder.
    ///
    /// # Errors
    /// For the first such flag.
    pub(super) fn check_no_folder(&self) -> Result<()> {
        match self.given.any(&OF_FOLDERS) {
            Some(flag) => bail!("--{flag} is for folders of predictions, and no result is one; leave it out"),
            None => Ok(()),
        }
    }

    /// Refuses choices about how counts become scores where no model has counts.
    ///
    /// # Errors
    /// For the first such choice.
    pub(super) fn check_no_counts(&self) -> Result<()> {
        match self.given.any(&["empty", "like"]) {
            Some(flag) => {
                bail!(
                    "--{flag} says how counts become scores, and of tables of CSV the scores are taken as they are; leave it out"
                )
            }
            None => Ok(()),
        }
    }
}
