//! `voxdice info`: what is in a volume file.

mod content;
mod exact_sum;

use super::args::Format;
use super::exit::Exit;
use super::output::Output;
use super::progress::Progress;
use super::table::{Align, Grid, Tone};
use super::text::{extent, grouped, millilitres, shown};
use crate::io::{self, Header};
use anyhow::Result;
use clap::Args;
use content::{Content, Number};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What is in a volume file: shape, type, spacing, labels or range of values.
///
/// Integer data has its labels with their number of voxels; all data has minimum, maximum, mean and sum of the finite
/// voxels, and the number of the others. Sums are exact: integers as integers, floats added without rounding in one
/// integer per exponent and rounded once at the end.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  voxdice info truth.nii.gz pred.nii.gz --format json")]
pub(super) struct Info {
    /// Volume files (.nii, .nii.gz, .hdr/.img, .mha, .mhd, .nrrd, .nhdr)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// No progress on stderr
    #[arg(short, long)]
    quiet: bool,
}

/// What a file holds.
struct Found<'a> {
    path: &'a Path,
    header: Header,
    content: Content,
}

/// Labels shown in a table; more than that is an image.
const SHOWN: usize = 256;

impl Info {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        output.quiet = self.quiet;
        let progress = Progress::start(self.quiet, "reading");
        let mut found = Vec::new();
        for path in &self.files {
            progress.say(&format!("reading {}", shown(path)));
            let io::Image { header, mut voxels } = io::read(path)?;
            if let (Some(_), io::Voxels::F64(values)) = (header.scale, &mut voxels) {
                io::labels::settle(values);
            }
            found.push(Found { path, header, content: Content::of(&voxels) });
        }
        drop(progress);
        match self.format {
            Format::Json => output.json(&found.iter().map(Found::json).collect::<Value>())?,
            Format::Table => {
                let texts: Vec<String> = found.iter().map(Found::text).collect();
                output.result(&texts.join("\n"))?;
            }
        }
        Ok(Exit::Fine)
    }
}

impl Found<'_> {
    fn json(&self) -> Value {
        let Self { header, content, .. } = self;
        let labels = content.labels.as_ref().map(|labels| {
            labels.iter().map(|(label, &voxels)| (label.to_string(), voxels.into())).collect::<Map<String, Value>>()
        });
        json!({
            "file": self.path.to_string_lossy(),
            "shape": header.shape,
            "dtype": header.dtype.name(),
            "spacing": header.geometry.spacing,
            "affine": header.geometry.affine,
            "spacing_mm": header.geometry.spacing_mm(),
            "affine_mm": header.geometry.affine_mm(),
            "labels": labels,
            "min": content.min.map(Number::json),
            "max": content.max.map(Number::json),
            "mean": content.mean(),
            "sum": content.sum.json(),
            "non_finite": content.non_finite,
        })
    }

    fn text(&self) -> String {
        let Self { header, content, .. } = self;
        let mut text = format!("{}\n", shown(self.path));
        let mut line = |name: &str, value: String| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {name:<9}{value}");
        };
        let scale = header.scale.map(|s| format!(", scaled by {} + {}", s.slope, s.inter)).unwrap_or_default();
        line("shape", format!("{} voxels of {}{scale}", extent(&header.shape), header.dtype.name()));
        let spacing = header.geometry.spacing_mm().map(|v| v.to_string());
        line("spacing", format!("{} mm", spacing.join(" x ")));
        for (row, name) in header.geometry.affine_mm().iter().take(3).zip(["affine", "", ""]) {
            line(name, row.map(|v| format!("{v:>12.4}")).concat());
        }
        if let (Some(min), Some(max)) = (content.min, content.max) {
            line("range", format!("{min} to {max}"));
            let mean = content.mean().map_or_else(String::new, |mean| format!(", mean {mean}"));
            line("sum", format!("{}{mean}", content.sum));
        }
        if content.non_finite > 0 {
            line("unusable", format!("{} voxels are NaN or infinite", grouped(content.non_finite)));
        }
        let Some(labels) = &content.labels else { return text };
        line("labels", format!("{} different values", grouped(labels.len() as u64)));
        if labels.len() > SHOWN {
            line("", "too many to list; --format json has them all".into());
            return text;
        }
        let _ = write!(text, "\n{}", self.label_table());
        text
    }

    fn label_table(&self) -> String {
        let columns = [("label", Align::Right), ("voxels", Align::Right), ("share", Align::Right)];
        let volume = voxel_ml(&self.header);
        let mut grid = match volume {
            Some(_) => Grid::new(&[&columns[..], &[("ml", Align::Right)]].concat()),
            None => Grid::new(&columns),
        };
        for (label, &voxels) in self.content.labels.iter().flatten() {
            let share = 100.0 * voxels as f64 / self.header.voxel_count() as f64;
            let mut row = vec![label.to_string(), grouped(voxels), format!("{share:.2} %")];
            row.extend(volume.map(|ml| format!("{:.2}", ml * voxels as f64)));
            grid.row(row.into_iter().map(|cell| (cell, Tone::Plain)));
        }
        grid.render(false)
    }
}

/// Volume of one voxel of a three-dimensional image, as `eval` has it.
fn voxel_ml(header: &Header) -> Option<f64> {
    millilitres(&header.shape, header.geometry.spacing_mm())
}
