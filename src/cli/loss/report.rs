//! What is printed.

use super::choices::Choices;
use super::echo;
use super::operands::Operands;
use super::verify::Verification;
use super::work::{Found, Work};
use crate::Departs;
use crate::Description;
use crate::metric::{Channels, LossOptions, Per};
use crate::report::grid::{Align, Grid, Tone};
use crate::text::{shown, wrapped};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Everything a run found.
pub(super) struct Report<'a> {
    /// Truth and prediction.
    pub files: [&'a PathBuf; 2],
    pub choices: &'a Choices,
    pub work: &'a Work,
    pub operands: &'a Operands,
    pub found: &'a Found,
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
        let mut echo = echo::json(self.choices, self.work);
        echo["layout"] = self.operands.layout.into();
        echo["truth"] = if self.operands.truth_is_labels() { "labels" } else { "volume" }.into();
        let verify = self.verification.map(|verification| {
            json!({
                "equal": verification.difference.is_none(),
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
            "backend": self.device.backend.to_string(),
            "device": self.device.device,
            "reason": self.device.reason,
            "loss": echo,
            "departs": self.found.departs.iter().map(departs_json).collect::<Vec<_>>(),
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
        for line in echo::lines(self.choices, self.work) {
            let _ = writeln!(text, "{}", wrapped(&format!("loss   {line}"), 7));
        }
        text.push('\n');
        text.push_str(&self.values());
        if let Some(reduced) = self.found.reduced {
            let undefined = match self.found.undefined {
                0 => String::new(),
                n if n <= self.found.values.len() && !self.shape().is_empty() => {
                    format!("  ({n} of {} values are undefined and left out)", self.found.values.len())
                }
                // Of the groups that the one value is made of.
                n => format!("  ({n} values in it are undefined and left out)"),
            };
            let reduced = if reduced.is_nan() { "undefined".into() } else { reduced.to_string() };
            let _ = writeln!(text, "\nloss   {reduced}{undefined}");
        }
        for departs in &self.found.departs {
            let _ = writeln!(text, "\n{}", wrapped(&departure(self.work, departs, self.choices.as_library), 2));
        }
        if let Some(path) = self.gradient {
            let _ = writeln!(text, "grad   {}", shown(path));
        }
        let backend = self.device.backend.to_string().to_uppercase();
        let _ = writeln!(text, "\n{}", wrapped(&format!("computed on the {backend}: {}", self.device.device), 2));
        text
    }

    /// The choices of a loss that has values for groups.
    fn options(&self) -> Option<&LossOptions> {
        match self.work {
            Work::Single(loss) => Some(loss.options()),
            Work::Sum(_) | Work::Call { .. } => None,
        }
    }

    fn values(&self) -> String {
        let names: &[&str] = match (&self.operands.row_axes, self.options().map(|options| options.per)) {
            _ if self.shape().is_empty() => return self.lone_value(),
            (Some(_), _) => &["row"],
            (None, Some(Per::Cell)) => &["sample", "channel"],
            (None, Some(Per::Sample)) => &["sample"],
            (None, Some(Per::Channel)) => &["channel"],
            (None, _) => &["at"],
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

    /// Sample and channel of a value, as the file numbers them; for others its place along the axes of the values.
    fn place(&self, i: usize, names: usize) -> Vec<(String, Tone)> {
        let kept = self.found.shape.last().copied().unwrap_or(1).max(1);
        let options = self.options();
        let skipped = match options.map(|options| &options.channels) {
            Some(Channels::Foreground) if self.operands.shape.channels() > 1 => 1,
            _ => 0,
        };
        let by_channel = options.is_some_and(|options| options.per == Per::Channel);
        let numbers = match names {
            2 => vec![i / kept, i % kept + skipped],
            _ if by_channel => vec![i + skipped],
            _ if options.is_none() => return vec![(along(i, &self.found.shape), Tone::Plain)],
            _ => vec![i],
        };
        numbers.into_iter().map(|number| (number.to_string(), Tone::Plain)).collect()
    }
}

/// The place of the i-th value along each axis.
fn along(i: usize, shape: &[usize]) -> String {
    let mut left = i;
    let mut places: Vec<String> = Vec::new();
    for &length in shape.iter().rev() {
        places.push((left % length.max(1)).to_string());
        left /= length.max(1);
    }
    places.reverse();
    places.join(", ")
}

/// One number, or a list of them.
fn departs_json(departs: &Departs) -> Value {
    let one_or_all = |values: &[f64]| match values {
        [value] => json!(value),
        all => json!(all),
    };
    json!({
        "class": departs.class,
        "version": departs.version,
        "why": departs.why,
        "library_value": one_or_all(&departs.library_values),
        "right_value": one_or_all(&departs.right_values),
    })
}

fn departure(work: &Work, departs: &Departs, as_library: bool) -> String {
    let told = |values: &[f64]| match values {
        [value] => format!("{value:.6}"),
        all => format!("{} values with the sum {:.6}", all.len(), all.iter().sum::<f64>()),
    };
    let Departs { class, version, why, library_values, right_values } = departs;
    let library = match work {
        Work::Call { call, .. } => call.library().name(),
        Work::Single(_) | Work::Sum(_) => "",
    };
    let ours = if as_library { "the right one would be" } else { "this is" };
    format!("{library} {version} {class} gives {}: {why}; {ours} {}", told(library_values), told(right_values))
}
