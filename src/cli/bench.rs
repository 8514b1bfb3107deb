//! `voxdice bench`: how fast the reductions are here, beside a plain read of the same bytes.

mod floor;
#[cfg(feature = "gpu")]
mod gpu;
mod lesions;
mod maps;
#[cfg(feature = "gpu")]
mod resident;
mod row;
mod voxels;
mod work;

use super::args::DeviceArgs;
use super::exit::Exit;
use super::output::Output;
use super::progress::Progress;
use crate::{Backend, Engine, Shape};
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use maps::Maps;
use row::{Row, in_turn, seconds};
use serde_json::Value;
use std::str::FromStr;
use std::time::Duration;
use work::{Soft, Work};

/// How fast the reductions are here, beside a plain read of the same bytes.
///
/// Volumes are made in memory, in huge pages where the system has them. Every result is checked against its known value
/// before it is timed. Plain reads of the same bytes with the widest vectors, with and without prefetch, on one thread and
/// on all, are timed in turn with the work: no reduction that reads each voxel once can be faster than the fastest of them,
/// so the share of it is the figure to compare between machines. A gradient is compared with that and a streaming copy of
/// the truth to where it is written. Times are the least of all calls.
///
/// On a GPU there are rows by model. end_to_end: from host memory to the result. resident: the call on volumes that are in
/// buffers of the GPU, with its wait. kernel: the commands alone, by the clock of the GPU. Both are compared with a plain
/// read on the GPU (floor). copy counts bytes read and bytes written; upload and readback are the way from and to host
/// memory. A gradient counts its operands once, as do all; resident is its sums and itself, kernel itself alone. Surface
/// distances and lesions have no row kernel, as the host looks at numbers between their kernels.
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
    /// Classes of counts [default: 5 and 117] and of surfaces [default: 1 and 5]
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
    /// Σp, Σt, Σpt of soft volumes, exactly; sums5 has Σp² and Σt² too
    Sums,
    /// Voxels per class of label maps
    Counts,
    /// Sums of Dice, and the gradient of every voxel
    Gradient,
    /// Surface distances of boxes that are off by a voxel
    Surfaces,
    /// Lesions of balls and, where they are asked for, of noise
    Lesions,
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
        let time = Duration::from_secs_f64(self.seconds);
        let device = engine.describe();
        let mut lines = vec![format!("{}: {}; least times, in turn with plain reads", name(&engine), device.device)];
        #[cfg(feature = "gpu")]
        let mut on_gpu =
            if device.backend == Backend::Gpu { Some(resident::Resident::open(&self.device.choice())?) } else { None };
        let mut rows = Vec::new();
        for spec in self.specs() {
            let work = spec(&shape)?;
            progress.say(&format!("timing {}", work.name()));
            rows.push(measure(&work, &engine, time)?);
            #[cfg(feature = "gpu")]
            if let Some(on_gpu) = &mut on_gpu {
                rows.extend(on_gpu.rows(&work, time)?);
            }
        }
        drop(progress);
        let mut pages: Vec<_> = rows.iter().map(|row| row.pages).filter(|pages| !pages.is_empty()).collect();
        pages.dedup();
        lines.push(format!("volumes in host memory: pages of {}", pages.join(", then ")));
        if device.backend == Backend::Gpu {
            lines.push("end_to_end, upload, readback: beside a plain read of host memory; others: of the GPU's".into());
        }
        #[cfg(feature = "gpu")]
        if let Some(on_gpu) = on_gpu {
            lines.extend(on_gpu.notes);
        }
        match self.format {
            Form::Csv => output.result(&row::csv(&rows)?)?,
            Form::Json => output.json(&rows.iter().map(Row::json).collect::<Value>())?,
            Form::Table => return output.result(&row::table(&rows, &lines)).map(|()| Exit::Fine),
        }
        lines.iter().skip(1).for_each(|line| output.note(line));
        Ok(Exit::Fine)
    }

    /// What to make and time, one after the other, so that only one set of volumes is in memory.
    fn specs(&self) -> Vec<Maker> {
        let wanted = |statistic| self.statistic.is_none_or(|only| only == statistic);
        let mut specs: Vec<Maker> = Vec::new();
        let soft =
            [(Statistic::Sums, Soft::Sums3), (Statistic::Sums, Soft::Sums5), (Statistic::Gradient, Soft::Gradient)];
        for (_, soft) in soft.into_iter().filter(|&(statistic, _)| wanted(statistic)) {
            for dtypes in [Dtypes::F32F32, Dtypes::F32U8, Dtypes::U8U8] {
                // Two u8 always have all sums, and a prediction of u8 is rarely derived.
                let usual = soft == Soft::Sums3 || dtypes != Dtypes::U8U8;
                if self.dtype.map_or(usual, |only| only == dtypes) {
                    specs.push(Box::new(move |shape| Work::soft(shape, dtypes, soft)));
                }
            }
        }
        if wanted(Statistic::Counts) {
            let runs = self.classes.map_or(vec![5, 117], |classes| vec![classes]);
            let others = runs.last().map(|&classes| [(classes, Maps::Organs), (classes, Maps::Noise)]);
            let runs = runs.into_iter().map(|classes| (classes, Maps::Runs));
            for (classes, maps) in runs.chain(others.into_iter().flatten()) {
                specs.push(Box::new(move |shape| Work::labels(shape, classes, maps)));
            }
        }
        // Unless they are asked for, surfaces are left out of shapes that have none.
        let in_space = matches!(&self.shape.0[2..], axes @ ([_, _] | [_, _, _]) if axes.iter().all(|&n| n >= 16));
        if self.statistic == Some(Statistic::Surfaces) || self.statistic.is_none() && in_space {
            for classes in self.classes.map_or(vec![1, 5], |classes| vec![classes]) {
                specs.push(Box::new(move |shape| Work::boxes(shape, classes)));
            }
        }
        if self.statistic == Some(Statistic::Lesions) || self.statistic.is_none() && in_space {
            let noise = (self.statistic == Some(Statistic::Lesions)).then_some(Maps::Noise);
            for maps in [Maps::Organs].into_iter().chain(noise) {
                specs.push(Box::new(move |shape| Work::lesions(shape, maps)));
            }
        }
        specs
    }
}

fn name(engine: &Engine) -> String {
    engine.describe().backend.to_string().to_uppercase()
}

/// Voxels in host memory, beside a read of them there.
fn measure(work: &Work, engine: &Engine, time: Duration) -> Result<Row> {
    // The first call makes pipelines and buffers, and its value is compared.
    let first = seconds(|| work.check(work.run(engine)?))?;
    work.check_gradient(engine)?;
    let expected = floor::read(&work.slices());
    let times = in_turn(time, || seconds(|| work.run(engine).map(drop)), || work.floor(expected))?;
    let description = engine.describe();
    let (model, path) = match description.backend {
        Backend::Gpu => ("end_to_end", "gpu/end_to_end"),
        Backend::Auto | Backend::Cpu => ("cpu", "cpu"),
    };
    let name = format!("{}/{path}", work.name());
    let (device, shape, bytes) = (description.device, work.shape().to_string(), work.bytes());
    let pages = floor::pages(bytes);
    Ok(Row { name, model, device, shape, bytes, times, first_seconds: Some(first), pages })
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
}
