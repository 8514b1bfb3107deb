//! Figures, and how they are printed.

use crate::cli::table::{Align, Grid, Tone};
use crate::cli::text::{bytes, wrapped};
use anyhow::Result;
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// A figure.
#[derive(Debug)]
pub(super) struct Row {
    /// Reduction, types, device and model; no two rows have the same.
    pub name: String,
    pub model: &'static str,
    pub device: String,
    pub shape: String,
    pub bytes: u64,
    pub times: Times,
    /// The first call, where there was one that made pipelines and buffers.
    pub first_seconds: Option<f64>,
}

/// Medians of work and of the read of as many bytes that it is compared with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub seconds: f64,
    pub floor_seconds: f64,
}

/// Times work and floor in turn. Both tell their seconds themselves, because some are taken by the clock of a GPU.
pub(super) fn in_turn(
    time: Duration,
    mut work: impl FnMut() -> Result<f64>,
    mut floor: impl FnMut() -> Result<f64>,
) -> Result<Times> {
    let end = Instant::now() + time;
    let (mut of_work, mut of_floor) = (Vec::new(), Vec::new());
    while of_work.len() < 3 || Instant::now() < end {
        of_floor.push(floor()?);
        of_work.push(work()?);
    }
    Ok(Times { seconds: median(of_work), floor_seconds: median(of_floor) })
}

/// The seconds that a call takes.
pub(super) fn seconds(call: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    call()?;
    Ok(start.elapsed().as_secs_f64())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

impl Row {
    fn speed(&self, seconds: f64) -> f64 {
        self.bytes as f64 / seconds / 1e9
    }

    /// Of the speed of a plain read, in percent.
    fn percent(&self) -> f64 {
        100.0 * self.times.floor_seconds / self.times.seconds
    }

    pub fn json(&self) -> Value {
        json!({
            "name": self.name,
            "model": self.model,
            "shape": self.shape,
            "bytes": self.bytes,
            "seconds": self.times.seconds,
            "first_seconds": self.first_seconds,
            "gb_per_s": self.speed(self.times.seconds),
            "floor_gb_per_s": self.speed(self.times.floor_seconds),
            "percent_of_floor": self.percent(),
            "device": self.device,
        })
    }
}

/// Of a record: `first_seconds` is the first call, where it made pipelines and buffers.
const COLUMNS: [&str; 9] =
    ["name", "shape", "bytes", "seconds", "first_seconds", "gb_per_s", "floor_gb_per_s", "percent_of_floor", "device"];

/// One record per figure, in GB/s of its bytes.
pub(super) fn csv(rows: &[Row]) -> Result<String> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(COLUMNS)?;
    for row in rows {
        table.write_record([
            row.name.clone(),
            row.shape.clone(),
            row.bytes.to_string(),
            format!("{:.9}", row.times.seconds),
            row.first_seconds.map_or_else(String::new, |seconds| format!("{seconds:.9}")),
            format!("{:.2}", row.speed(row.times.seconds)),
            format!("{:.2}", row.speed(row.times.floor_seconds)),
            format!("{:.1}", row.percent()),
            row.device.clone(),
        ])?;
    }
    Ok(String::from_utf8(table.into_inner()?)?)
}

/// Rows, and lines about them below.
pub(super) fn table(rows: &[Row], lines: &[String]) -> String {
    let mut grid = Grid::new(&[
        ("reduction", Align::Left),
        ("bytes", Align::Right),
        ("ms", Align::Right),
        ("GB/s", Align::Right),
        ("plain read GB/s", Align::Right),
        ("of it", Align::Right),
        ("first call ms", Align::Right),
    ]);
    for row in rows {
        let cells = [
            row.name.clone(),
            bytes(row.bytes),
            format!("{:.2}", 1e3 * row.times.seconds),
            format!("{:.1}", row.speed(row.times.seconds)),
            format!("{:.1}", row.speed(row.times.floor_seconds)),
            format!("{:.0} %", row.percent()),
            row.first_seconds.map_or_else(|| "-".into(), |seconds| format!("{:.1}", 1e3 * seconds)),
        ];
        grid.row(cells.map(|cell| (cell, Tone::Plain)));
    }
    let mut text = grid.render(false);
    for line in lines {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{}", wrapped(line, 2));
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_a_value_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert!(median(Vec::new()).is_nan());
    }
}
