//! What is printed.

use super::choices::Choices;
use super::echo;
use super::operands::Operands;
use super::verify::Verification;
use crate::Description;
use crate::cli::args::backend_name;
use crate::cli::table::{Align, Grid, Tone};
use crate::cli::text::{shown, wrapped};
use crate::metric::{Channels, Loss, LossValues, Per};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Everything a run found.
pub(super) struct Report<'a> {
    /// Truth and prediction.
    pub files: [&'a PathBuf; 2],
    pub choices: &'a Choices,
    pub loss: &'a Loss,
    pub operands: &'a Operands,
    pub found: &'a LossValues,
    pub exact: bool,
    pub device: Description,
    pub verification: Option<&'a Verification>,
    pub gradient: Option<&'a Path>,
}

/// Values shown in a table; JSON has them all.
const SHOWN: usize = 256;

impl Report<'_> {
    /// The axes of the values.
    fn shape(&self) -> &[usize] {
        self.operands.row_axes.as_deref().unwrap_or(&self.found.shape)
    }

    pub fn json(&self) -> Value {
        let mut echo = echo::json(self.choices, self.loss.options());
        echo["layout"] = self.operands.layout.into();
        echo["truth"] = if self.operands.truth_is_labels() { "labels" } else { "volume" }.into();
        let verify = self.verification.map(|verification| {
            json!({
                "equal": verification.difference.is_none(),
                "rule": verification.rule(),
                "cpu": verification.cpu,
                "gpu": verification.gpu,
                "difference": verification.difference,
            })
        });
        // serde_json makes null of NaN and of infinities.
        json!({
            "values": self.found.values,
            "shape": self.shape(),
            "reduced": self.found.reduced,
            "undefined": self.found.undefined,
            "backend": backend_name(self.device.backend),
            "device": self.device.device,
            "reason": self.device.reason,
            "exact": self.exact,
            "loss": echo,
            "grad": self.gradient.map(|path| path.to_string_lossy()),
            "warnings": self.operands.warnings.iter().map(|warning| warning.json()).collect::<Vec<_>>(),
            "verify": verify,
            "version": env!("CARGO_PKG_VERSION"),
        })
    }

    pub fn table(&self) -> String {
        let mut text = String::new();
        let [truth, pred] = self.files;
        let kind = if self.operands.truth_is_labels() { " (label map)" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "truth  {}{kind}", shown(truth));
        let _ = writeln!(text, "pred   {}", shown(pred));
        let _ = writeln!(text, "array  {}, {}", self.operands.file_extent(), self.operands.layout);
        let line = format!("loss   {}", echo::line(self.choices, self.loss.options()));
        let _ = writeln!(text, "{}\n", wrapped(&line, 7));
        text.push_str(&self.values());
        if let Some(reduced) = self.found.reduced {
            let undefined = match self.found.undefined {
                0 => String::new(),
                n => format!("  ({n} of {} values are undefined and left out)", self.found.values.len()),
            };
            let reduced = if reduced.is_nan() { "undefined".into() } else { reduced.to_string() };
            let _ = writeln!(text, "\nloss   {reduced}{undefined}");
        }
        if let Some(path) = self.gradient {
            let _ = writeln!(text, "grad   {}", shown(path));
        }
        let how = if self.exact { "summed exactly" } else { "summed within the bound of transcendental functions" };
        let backend = backend_name(self.device.backend).to_uppercase();
        let _ = writeln!(text, "\n{}", wrapped(&format!("{how} on the {backend}: {}", self.device.device), 2));
        text
    }

    fn values(&self) -> String {
        let names: &[&str] = match (&self.operands.row_axes, self.loss.options().per) {
            (Some(_), _) => &["row"],
            (None, Per::Cell) => &["sample", "channel"],
            (None, Per::Sample) => &["sample"],
            (None, Per::Channel) => &["channel"],
            (None, Per::All) => return self.lone_value(),
            (None, Per::Element | Per::Voxel) => &["voxel"],
        };
        let columns: Vec<(&str, Align)> = names.iter().chain(&["value"]).map(|&name| (name, Align::Right)).collect();
        let mut grid = Grid::new(&columns);
        for (i, &value) in self.found.values.iter().take(SHOWN).enumerate() {
            let mut row = self.place(i, names.len());
            row.push(if value.is_nan() { ("-".into(), Tone::Faint) } else { (format!("{value:.6}"), Tone::Plain) });
            grid.row(row);
        }
        let mut text = grid.render(false);
        if self.found.values.len() > SHOWN {
            let _ = writeln!(text, "{} more; --format json has them all", self.found.values.len() - SHOWN);
        }
        text
    }

    fn lone_value(&self) -> String {
        match (self.found.reduced, self.found.values.first()) {
            (None, Some(value)) => format!("value  {value}\n"),
            _ => String::new(),
        }
    }

    /// Sample and channel of a value, as the file numbers them.
    fn place(&self, i: usize, names: usize) -> Vec<(String, Tone)> {
        let kept = self.found.shape.last().copied().unwrap_or(1).max(1);
        let skipped = match self.loss.options().channels {
            Channels::Foreground if self.operands.shape.channels() > 1 => 1,
            _ => 0,
        };
        let by_channel = matches!(self.loss.options().per, Per::Channel);
        let numbers = match names {
            2 => vec![i / kept, i % kept + skipped],
            _ if by_channel => vec![i + skipped],
            _ => vec![i],
        };
        numbers.into_iter().map(|number| (number.to_string(), Tone::Plain)).collect()
    }
}
