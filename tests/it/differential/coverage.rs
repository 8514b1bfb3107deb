//! How evaluations were spread over everything that is drawn.

use super::draw::{Drawn, Kind, Way, What};
use super::run::{Outcome, is_of_values};
use std::collections::BTreeMap;
use std::fmt;
use voxdice::Activation;
use voxdice::stats::Terms;

/// Evaluations by axis and value.
#[derive(Default)]
pub struct Coverage(BTreeMap<&'static str, BTreeMap<String, u64>>);

impl Coverage {
    pub fn note(&mut self, drawn: &Drawn, outcome: &Outcome) {
        match outcome {
            Outcome::Skipped => self.count("outcome", "skipped: no adapter".into()),
            Outcome::Right { device, of } => {
                self.count("outcome", (*of).into());
                // Threads are an axis of their own.
                let device = device.split_once("s, ").map_or(device.as_str(), |(_, simd)| simd);
                self.count("device", device.split_once("d, ").map_or(device, |(_, simd)| simd).into());
                self.axes(drawn);
            }
        }
    }

    pub fn axes(&mut self, drawn: &Drawn) {
        let Drawn { place, way, shape, what, looks: [pred, truth], .. } = drawn;
        let is_gpu = matches!(place.kind, Kind::GpuNative | Kind::GpuPairs);
        self.count("backend", format!("{:?}", place.kind));
        if is_gpu {
            self.count("window", format!("{} KiB", place.window_bytes >> 10));
        } else {
            self.count("threads", format!("{:>2}", place.threads));
        }
        let way = match way {
            Way::Whole => "whole".into(),
            Way::ByBlock => "by block".into(),
            Way::Pieces(_, shuffled) => format!("in pieces, {}", if *shuffled { "shuffled" } else { "in order" }),
            Way::Pooled(over) => format!("pooled over {over:?}"),
        };
        self.count("way", way);
        self.count("layout", format!("{:?}", shape.layout()));
        self.count("spatial axes", shape.spatial().len().to_string());
        let sizes = [1, 64, 4096, 65_536, u64::MAX];
        let size = sizes.iter().find(|&&size| shape.voxels_per_cell() <= size).unwrap();
        let size = if *size == u64::MAX { "more than a block".into() } else { format!("up to {size:>5}") };
        self.count("voxels of a cell", size);
        self.count("samples", if shape.samples() > 3 { "many".into() } else { shape.samples().to_string() });
        match what {
            What::Sums { options, .. } => {
                self.count("statistic", if is_of_values(options) { "exact sums" } else { "bounded sums" }.into());
                self.count("policy", format!("{:?}", place.policy));
                self.count("channels", shape.channels().to_string());
                let terms = match options.terms {
                    Terms::Power(_) => "Power".into(),
                    terms => format!("{terms:?}"),
                };
                self.count("terms", terms);
                let activation = match options.activation {
                    Activation::Threshold(_) => "Threshold".into(),
                    activation => format!("{activation:?}"),
                };
                self.count("activation", activation);
                let name = |text: String| text.split(' ').next().unwrap_or_default().to_owned();
                self.count("pointwise", options.pointwise.map_or("none".into(), |loss| name(format!("{loss:?}"))));
            }
            What::Gradient { options, .. } => {
                self.count("statistic", "exact gradient".into());
                self.count("terms of gradients", format!("{:?}", options.terms));
                self.count("channels", shape.channels().to_string());
            }
            What::Counts { family, ignored, .. } => {
                self.count("statistic", "counts".into());
                self.count("classes", (*family).into());
                self.count("ignored label", if ignored.is_some() { "one" } else { "none" }.into());
            }
        }
        let word = |text: &str| text.split([' ', ',']).next().unwrap_or_default().to_owned();
        let labels = |text: &str| if text.contains("labels") { " labels" } else { "" };
        let name = |text: &str| format!("{}{}", word(text), labels(text));
        self.count("types", format!("{} x {}", name(pred), name(truth)));
        for looks in [pred, truth] {
            let part = |key: &str| looks.split_once(key).map(|(_, rest)| word(rest.trim_end_matches(" }")));
            if let (Some(pattern), Some(spoiled)) = (part("pattern: "), part("spoiled: ")) {
                self.count("pattern of an operand", pattern);
                self.count("spoiled voxels", spoiled.split('(').next().unwrap_or_default().into());
            }
        }
        if truth.contains("without a channel") {
            self.count("spoiled voxels", "labels without a channel".into());
        }
    }

    fn count(&mut self, axis: &'static str, value: String) {
        *self.0.entry(axis).or_default().entry(value).or_default() += 1;
    }

    /// How many values an axis has had, and how often the rarest of them.
    pub fn spread(&self, axis: &str) -> (usize, u64) {
        let values = self.0.get(axis);
        values.map_or((0, 0), |values| (values.len(), values.values().copied().min().unwrap_or(0)))
    }

    pub fn evaluated(&self) -> u64 {
        let outcomes = self.0.get("outcome").into_iter().flatten();
        outcomes.filter(|(outcome, _)| !outcome.starts_with("skipped")).map(|(_, n)| n).sum()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} evaluations", self.evaluated())?;
        for (axis, values) in &self.0 {
            let values: Vec<String> = values.iter().map(|(value, n)| format!("{} {n}", value.trim())).collect();
            writeln!(f, "  {axis}: {}", values.join(", "))?;
        }
        Ok(())
    }
}
