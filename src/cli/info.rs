//! `voxdice info`: what is in a volume file.

mod content;
mod exact_sum;
mod found;

use super::args::Format;
use super::exit::Exit;
use super::output::Output;
use super::progress::Progress;
use crate::io::NAMED;
use crate::text::shown;
use anyhow::Result;
use clap::Args;
use found::Found;
use serde_json::Value;
use std::path::PathBuf;

/// What is in a volume file: shape, type, spacing, labels, range of values, segments.
///
/// Where all values are whole, each has its number of voxels, whatever type stores them; all data has minimum, maximum,
/// mean and sum of the finite voxels, and the number of the others. Values that a NIfTI header scales are slope *
/// stored + intercept in f64, unless all of them are whole as f32: then they are a label map. Sums are exact: integers
/// as integers, floats added without rounding in one integer per exponent and rounded once at the end. The shape is x
/// first; that of a .npy file is NumPy's.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  voxdice info truth.nii.gz pred.nii.gz --format json")]
pub(super) struct Info {
    #[arg(required = true, value_name = "FILE", help = format!("Volume files ({})", NAMED.join(", ")))]
    files: Vec<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// No progress or warnings on stderr; errors stay
    #[arg(short, long)]
    quiet: bool,
}

impl Info {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        output.quiet = self.quiet;
        let progress = Progress::start(self.quiet, "reading");
        let (mut found, mut unread) = (Vec::new(), Vec::new());
        for path in &self.files {
            progress.say(&format!("reading {}", shown(path)));
            match Found::read(path) {
                Ok(read) => found.push(read),
                Err(error) => unread.push(error),
            }
        }
        drop(progress);
        found.iter().filter_map(Found::warning).for_each(|warning| output.warn(&warning));
        // The last one is told where the command ends.
        let last = unread.pop();
        unread.iter().for_each(|error| output.error(error));
        match self.format {
            _ if found.is_empty() => {}
            Format::Json => output.json(&found.iter().map(Found::json).collect::<Value>())?,
            Format::Table => {
                let texts: Vec<String> = found.iter().map(Found::text).collect();
                output.result(&texts.join("\n"))?;
            }
        }
        last.map_or(Ok(Exit::Fine), Err)
    }
}
