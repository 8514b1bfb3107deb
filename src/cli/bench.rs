//! `voxdice bench`: how fast the reductions are here, beside a plain read of the same bytes.

mod floor;
mod work;

use super::args::{DeviceArgs, backend_name};
use super::exit::Exit;
use super::output::Output;
use super::progress::Progress;
use super::table::{Align, Grid, Tone};
use super::text::{bytes, wrapped};
use crate::{Engine, Shape};
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::fmt::Write;
use std::str::FromStr;
use std::time::{Duration, Instant};
use work::Work;

/// How fast the reductions are here, beside a plain read of the same bytes.
///
/// Volumes are made in memory. Every result is checked against its known value before it is timed. A plain read of the
/// same bytes, on as many threads, is timed in turn with the work: no reduction that reads each voxel once can be faster,
/// so the share of it is the figure to compare between machines.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  voxdice bench
  voxdice bench --shape 2,4,64,64,64 --statistic sums --dtype f32xu8 --format json

Small shapes stay in the processor's cache, and then both figures are those of the cache.")]
pub(super) struct Bench {
    /// N,C and spatial axes: samples, channels, voxels
    #[arg(long, value_name = "N,C,D,H,W", default_value = "1,1,125,512,512")]
    shape: Axes,
    /// What to reduce [default: all]
    #[arg(long, value_enum)]
    statistic: Option<Statistic>,
    /// Types of prediction and truth of sums and gradients [default: all]
    #[arg(long, value_enum)]
    dtype: Option<Dtypes>,
    /// Classes of counts [default: 5 and 117]
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u8).range(1..=255))]
    classes: Option<u8>,
    /// Seconds for each row
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
    #[command(flatten)]
    device: DeviceArgs,
    /// No progress on stderr
    #[arg(short, long)]
    quiet: bool,
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Table,
    /// For programs
    Json,
    /// As records of benchmarks are kept
    Csv,
}

/// What is reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Statistic {
    /// Σp, Σt, Σpt of soft volumes, exactly
    Sums,
    /// Voxels per class of label maps
    Counts,
    /// Sums of Dice, and the gradient of every voxel
    Gradient,
}

/// Types of prediction and truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Dtypes {
    #[value(name = "f32xf32")]
    F32F32,
    #[value(name = "f32xu8")]
    F32U8,
    #[value(name = "u8xu8")]
    U8U8,
}

/// `N,C,D,H,W`, with any number of spatial axes.
#[derive(Debug, Clone)]
struct Axes(Vec<usize>);

impl FromStr for Axes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let axes: Option<Vec<usize>> = text.split(',').map(|axis| axis.trim().parse().ok()).collect();
        axes.filter(|axes| axes.len() >= 2 && !axes.contains(&0))
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no shape; write N,C and then spatial axes, such as 1,1,125,512,512"))
    }
}

/// Makes the volumes of a row.
type Maker = Box<dyn Fn(&Shape) -> Result<Work>>;

/// A figure.
#[derive(Debug)]
struct Row {
    name: String,
    model: &'static str,
    bytes: u64,
    seconds: f64,
    floor_seconds: f64,
    first_seconds: f64,
}

impl Bench {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        output.quiet = self.quiet;
        if !(self.seconds > 0.0 && self.seconds <= 3600.0) {
            bail!("--seconds is {}, but must be above 0 and at most 3600", self.seconds);
        }
        let [samples, channels, spatial @ ..] = &self.shape.0[..] else { bail!("--shape has no N and C") };
        let shape = Shape::new(*samples, *channels, spatial)?;
        let progress = Progress::start(self.quiet, "opening the device");
        let engine = self.device.engine()?;
        let mut rows = Vec::new();
        for spec in self.specs() {
            let work = spec(&shape)?;
            progress.say(&format!("timing {}", work.name()));
            rows.push(measure(&work, &engine, Duration::from_secs_f64(self.seconds))?);
        }
        drop(progress);
        match self.format {
            Form::Csv => output.result(&csv(&rows, &engine)?)?,
            Form::Json => output.json(&rows.iter().map(|row| row.json(&engine)).collect::<Value>())?,
            Form::Table => output.result(&table(&rows, &engine))?,
        }
        Ok(Exit::Fine)
    }

    /// What to make and time, one after the other, so that only one set of volumes is in memory.
    fn specs(&self) -> Vec<Maker> {
        let wanted = |statistic| self.statistic.is_none_or(|only| only == statistic);
        let mut specs: Vec<Maker> = Vec::new();
        for statistic in [Statistic::Sums, Statistic::Gradient].into_iter().filter(|&statistic| wanted(statistic)) {
            for dtypes in [Dtypes::F32F32, Dtypes::F32U8, Dtypes::U8U8] {
                let gradient = statistic == Statistic::Gradient;
                let usual = !gradient || dtypes != Dtypes::U8U8;
                if self.dtype.map_or(usual, |only| only == dtypes) {
                    specs.push(Box::new(move |shape| Work::soft(shape, dtypes, gradient)));
                }
            }
        }
        if wanted(Statistic::Counts) {
            let classes = self.classes.map_or(vec![5, 117], |classes| vec![classes]);
            for classes in classes {
                specs.push(Box::new(move |shape| Work::labels(shape, classes)));
            }
        }
        specs
    }
}

/// Times work and floor in turn, after the value was checked.
fn measure(work: &Work, engine: &Engine, time: Duration) -> Result<Row> {
    let seconds = |f: &mut dyn FnMut() -> Result<()>| -> Result<f64> {
        let start = Instant::now();
        f()?;
        Ok(start.elapsed().as_secs_f64())
    };
    let read = || floor::read(&work.slices());
    // The first call makes pipelines and buffers, and its value is compared.
    let first_seconds = seconds(&mut || work.check(engine))?;
    let expected = read();
    let end = Instant::now() + time;
    let (mut of_work, mut of_floor) = (Vec::new(), Vec::new());
    while of_work.len() < 3 || Instant::now() < end {
        of_floor.push(seconds(&mut || if read() == expected { Ok(()) } else { bail!("memory changed under a read") })?);
        of_work.push(seconds(&mut || work.run(engine))?);
    }
    let model = if backend_name(engine.describe().backend) == "gpu" { "end_to_end" } else { "cpu" };
    Ok(Row {
        name: work.name().to_owned(),
        model,
        bytes: work.bytes(),
        seconds: median(of_work),
        floor_seconds: median(of_floor),
        first_seconds,
    })
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
        100.0 * self.floor_seconds / self.seconds
    }

    fn json(&self, engine: &Engine) -> Value {
        json!({
            "name": format!("{}/{}", self.name, self.model),
            "model": self.model,
            "bytes": self.bytes,
            "seconds": self.seconds,
            "first_seconds": self.first_seconds,
            "gb_per_s": self.speed(self.seconds),
            "floor_gb_per_s": self.speed(self.floor_seconds),
            "percent_of_floor": self.percent(),
            "device": engine.describe().device,
        })
    }
}

/// One row per figure, in GB/s of the bytes that are read once.
fn csv(rows: &[Row], engine: &Engine) -> Result<String> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["name", "bytes", "seconds", "gb_per_s", "floor_gb_per_s", "percent_of_floor", "device"])?;
    let device = engine.describe().device;
    for row in rows {
        table.write_record([
            format!("{}/{}", row.name, row.model),
            row.bytes.to_string(),
            format!("{:.6}", row.seconds),
            format!("{:.2}", row.speed(row.seconds)),
            format!("{:.2}", row.speed(row.floor_seconds)),
            format!("{:.1}", row.percent()),
            device.clone(),
        ])?;
    }
    Ok(String::from_utf8(table.into_inner()?)?)
}

fn table(rows: &[Row], engine: &Engine) -> String {
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
            format!("{:.2}", 1e3 * row.seconds),
            format!("{:.1}", row.speed(row.seconds)),
            format!("{:.1}", row.speed(row.floor_seconds)),
            format!("{:.0} %", row.percent()),
            format!("{:.1}", 1e3 * row.first_seconds),
        ];
        grid.row(cells.map(|cell| (cell, Tone::Plain)));
    }
    let mut text = grid.render(false);
    let device = engine.describe();
    let backend = backend_name(device.backend).to_uppercase();
    let mut line = format!("{backend}: {}; medians, read and reduction in turn", device.device);
    if backend == "GPU" {
        line.push_str("; voxels start in host memory, so their way to the GPU is in every figure");
    }
    // Writing to a string cannot fail.
    let _ = writeln!(text, "\n{}", wrapped(&line, 2));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_have_samples_and_channels() {
        assert_eq!("2,4, 8".parse::<Axes>().unwrap().0, [2, 4, 8]);
        for wrong in ["8", "", "1,0,3", "1,x", "1,1,-1"] {
            assert!(wrong.parse::<Axes>().unwrap_err().contains("N,C"), "{wrong}");
        }
    }

    #[test]
    fn the_median_is_a_value_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert!(median(Vec::new()).is_nan());
    }
}
