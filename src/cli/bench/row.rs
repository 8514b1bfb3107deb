//! Figures, and how they are printed.

use crate::report::grid::{Align, Grid, Tone};
use crate::text::{bytes, wrapped};
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
    /// What pages the volumes in host memory have.
    pub pages: &'static str,
}

/// The least times of work and of the reads and copies of as many bytes that it is compared with: what is more is the
/// machine's other business.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub seconds: f64,
    /// Not above `seconds`: work that is faster than a plain read has shown how fast these bytes can be read.
    pub floor_seconds: f64,
    /// Of work. Far above the least time the machine was busy.
    pub median_seconds: f64,
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
    of_work.sort_by(f64::total_cmp);
    let seconds = least(&of_work);
    let median_seconds = of_work.get(of_work.len() / 2).copied().unwrap_or(f64::NAN);
    Ok(Times { seconds, floor_seconds: least(&of_floor).min(seconds), median_seconds })
}

/// The seconds that a call takes.
pub(super) fn seconds(call: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    call()?;
    Ok(start.elapsed().as_secs_f64())
}

pub(super) fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
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
            "median_seconds": self.times.median_seconds,
            "pages": self.pages,
        })
    }
}

/// Of a record: `first_seconds` is the first call, where it made pipelines and buffers.
const COLUMNS: [&str; 11] = [
    "name",
    "shape",
    "bytes",
    "seconds",
    "first_seconds",
    "gb_per_s",
    "floor_gb_per_s",
    "percent_of_floor",
    "device",
    "median_seconds",
    "pages",
];

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
            format!("{:.9}", row.times.median_seconds),
            row.pages.to_owned(),
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
    fn times_are_the_least_and_no_work_beats_its_floor() {
        let (mut work, mut floor) = ([3.0, 1.0, 2.0].into_iter().cycle(), [1.5, 4.0, 5.0].into_iter().cycle());
        let times = in_turn(Duration::ZERO, || Ok(work.next().unwrap()), || Ok(floor.next().unwrap())).unwrap();
        assert_eq!([times.seconds, times.median_seconds, times.floor_seconds], [1.0, 2.0, 1.0]);
    }
}
