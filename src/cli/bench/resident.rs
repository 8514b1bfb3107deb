//! Reductions of voxels that are on a GPU already, and how fast bytes get there and back.

use super::gpu::{Buffer, Gpu, sum_of_words};
use super::row::{Row, Times, in_turn, seconds};
use super::work::{Reduction, Value, Work, distances, first_class, matched, totals};
use super::{floor, lesions};
use crate::stats::SurfaceOptions;
use crate::tuning::ShaderInt64;
use crate::{AdapterChoice, Backend, Engine, EngineOptions, Pair};
use anyhow::{Result, ensure};
use std::time::Duration;

/// A device that belongs to the command, and engines on it.
pub(super) struct Resident {
    gpu: Gpu,
    /// With how they are called in the names of rows: with native 64-bit integers, where there are any, and with pairs.
    engines: Vec<(&'static str, Engine)>,
    cpu: Engine,
    /// Types of operands whose transfers have been timed.
    moved: Vec<String>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

/// A work whose voxels are in buffers.
struct OnDevice<'a> {
    gpu: &'a Gpu,
    work: &'a Work,
    buffers: [Buffer; 2],
    /// Where a gradient goes.
    gradient: Option<Buffer>,
    /// The sum of the words of the operands.
    words: u32,
    time: Duration,
}

impl Resident {
    pub fn open(choice: &AdapterChoice) -> Result<Self> {
        let gpu = Gpu::open(choice)?;
        let (auto, pairs) = (gpu.engine(ShaderInt64::Auto)?, gpu.engine(ShaderInt64::Pairs)?);
        let native = auto.describe() != pairs.describe();
        let mut engines = vec![("gpu", auto)];
        engines.extend(native.then_some(("gpu-pairs", pairs)));
        let cpu = Engine::new(&EngineOptions { backend: Backend::Cpu, ..EngineOptions::default() })?;
        let mut notes = Vec::new();
        if !gpu.has_clock() {
            notes.push("no kernel rows: the device has no timestamps between commands".into());
        }
        Ok(Self { gpu, engines, cpu, moved: Vec::new(), notes })
    }

    /// Every row of a work, each for `time`.
    pub fn rows(&mut self, work: &Work, time: Duration) -> Result<Vec<Row>> {
        let largest = work.slices().iter().map(|slice| slice.len() as u64).max().unwrap_or(0);
        if !self.gpu.holds(largest) {
            self.notes.push(format!("{}: only end to end, because a volume does not fit into one buffer", work.name()));
            return Ok(Vec::new());
        }
        let on_device = OnDevice::new(&self.gpu, work, time)?;
        let mut rows = Vec::new();
        if self.moved.iter().all(|moved| moved != work.types()) {
            self.moved.push(work.types().to_owned());
            rows.extend(on_device.transfers(&self.engines[0].1)?);
        }
        // Only sums use 64-bit integers.
        let engines =
            if matches!(work.reduction(), Reduction::Sums(_)) { &self.engines[..] } else { &self.engines[..1] };
        for (name, engine) in engines {
            rows.extend(on_device.reductions(name, engine, &self.cpu)?);
        }
        Ok(rows)
    }
}

impl<'a> OnDevice<'a> {
    fn new(gpu: &'a Gpu, work: &'a Work, time: Duration) -> Result<Self> {
        let [pred, truth] = work.slices();
        let filled = |bytes: &[u8]| -> Result<Buffer> {
            let buffer = gpu.empty(bytes.len() as u64)?;
            gpu.upload(bytes, &buffer)?;
            Ok(buffer)
        };
        let buffers = [filled(pred)?, filled(truth)?];
        let words = sum_of_words(pred).wrapping_add(sum_of_words(truth));
        let elements = work.volumes()?[0].shape().elements();
        let gradient = match work.reduction() {
            Reduction::Gradient(_) => Some(gpu.empty(4 * elements)?),
            Reduction::Sums(_) | Reduction::Counts(_) | Reduction::Surfaces(_) | Reduction::Lesions(_) => None,
        };
        Ok(Self { gpu, work, buffers, gradient, words, time })
    }

    /// Seconds of a plain read of the operands on the device.
    fn read(&self) -> Result<f64> {
        let [pred, truth] = &self.buffers;
        let (words, seconds) = self.gpu.read(&[pred, truth])?;
        ensure!(words == self.words, "a plain read on the device found other bytes than were sent; report this");
        Ok(seconds)
    }

    fn row(&self, name: String, model: &'static str, engine: &Engine, bytes: u64, times: Times) -> Row {
        let name = format!("{name}/{model}");
        let (device, shape) = (engine.describe().device, self.work.shape().to_string());
        Row { name, model, device, shape, bytes, times, first_seconds: None, pages: "" }
    }

    /// What moves the same bytes and does nothing else. `copy` reads and writes them, and is compared with two reads.
    fn transfers(&self, engine: &Engine) -> Result<Vec<Row>> {
        let (gpu, slices, bytes) = (self.gpu, self.work.slices(), self.work.bytes());
        let row =
            |model, bytes, times| self.row(format!("bytes/{}/gpu", self.work.types()), model, engine, bytes, times);
        let host_sum = floor::read(&slices);
        let host_read = || {
            seconds(|| {
                ensure!(floor::read(&slices) == host_sum, "memory changed under a read");
                Ok(())
            })
        };
        let largest = slices.iter().map(|slice| slice.len()).max().unwrap_or(0);
        let (spare, mut back) = (gpu.empty(largest as u64)?, vec![0; largest]);
        let each = |f: &mut dyn FnMut(&[u8], &Buffer) -> Result<()>| -> Result<()> {
            slices.iter().zip(&self.buffers).try_for_each(|(bytes, buffer)| f(bytes, buffer))
        };
        each(&mut |bytes, buffer| {
            gpu.copy(buffer, &spare)?;
            gpu.download(&spare, &mut back[..bytes.len()])?;
            ensure!(back[..bytes.len()] == *bytes, "bytes came back from the device changed; report this");
            Ok(())
        })?;
        let floor = in_turn(self.time, || self.read(), || self.read())?;
        let floor = Times { floor_seconds: floor.seconds, ..floor };
        let copied = || -> Result<f64> { self.buffers.iter().map(|buffer| Ok(gpu.copy(buffer, &spare)?)).sum() };
        let copy = in_turn(self.time, copied, || Ok(2.0 * self.read()?))?;
        let sent = || seconds(|| each(&mut |bytes, buffer| Ok(gpu.upload(bytes, buffer)?)));
        let upload = in_turn(self.time, sent, host_read)?;
        let fetched = || seconds(|| each(&mut |bytes, buffer| Ok(gpu.download(buffer, &mut back[..bytes.len()])?)));
        let readback = in_turn(self.time, fetched, host_read)?;
        Ok(vec![
            row("floor", bytes, floor),
            row("copy", 2 * bytes, copy),
            row("upload", bytes, upload),
            row("readback", bytes, readback),
        ])
    }

    /// The blocking call, and the kernels alone where the GPU has a clock.
    fn reductions(&self, name: &str, engine: &Engine, cpu: &Engine) -> Result<Vec<Row>> {
        let row =
            |model, times| self.row(format!("{}/{name}", self.work.name()), model, engine, self.work.bytes(), times);
        // The first call makes pipelines and buffers, and its value is compared.
        let first = seconds(|| self.work.check(self.call(engine)?))?;
        self.check_gradient(cpu)?;
        let times = in_turn(self.time, || seconds(|| self.call(engine).map(drop)), || self.read())?;
        let mut rows = vec![Row { first_seconds: Some(first), ..row("resident", times) }];
        // Surfaces and lesions exchange data with the host, so they cannot be timed as commands alone.
        let is_alone = !matches!(self.work.reduction(), Reduction::Surfaces(_) | Reduction::Lesions(_));
        if self.gpu.has_clock() && is_alone {
            self.work.check(self.kernels(engine)?.0)?;
            self.check_gradient(cpu)?;
            rows.push(row("kernel", in_turn(self.time, || Ok(self.kernels(engine)?.1), || self.read())?));
        }
        Ok(rows)
    }

    /// The call of an application that waits for the result; a gradient stays on the device.
    fn call(&self, engine: &Engine) -> Result<Value> {
        match self.work.reduction() {
            Reduction::Sums(options) => {
                let [pred, truth] = self.work.volumes_in(&self.buffers)?;
                Ok(totals(&engine.sums_with(Pair { pred, truth }, options)?))
            }
            Reduction::Counts(classes) => {
                let [pred, truth] = self.work.maps_in(&self.buffers)?;
                Ok(first_class(&engine.counts(Pair { pred, truth }, classes)?))
            }
            Reduction::Surfaces(classes) => {
                let [pred, truth] = self.work.maps_in(&self.buffers)?;
                Ok(distances(&engine.surfaces(Pair { pred, truth }, classes, &SurfaceOptions::default())?))
            }
            Reduction::Lesions(classes) => {
                let [pred, truth] = self.work.maps_in(&self.buffers)?;
                Ok(matched(&engine.instances(Pair { pred, truth }, classes, &lesions::options())?))
            }
            Reduction::Gradient(_) => {
                let value = self.derive(engine, |submit| submit())?;
                self.gpu.finish()?;
                Ok(value)
            }
        }
    }

    /// The value, and the seconds of its commands on the GPU: of a gradient without those of its sums.
    fn kernels(&self, engine: &Engine) -> Result<(Value, f64)> {
        let gpu = self.gpu;
        match self.work.reduction() {
            Reduction::Sums(options) => {
                let [pred, truth] = self.work.volumes_in(&self.buffers)?;
                let (sums, seconds) =
                    gpu.timed(|encoder| engine.record_sums(encoder, Pair { pred, truth }, options))?;
                Ok((totals(&engine.read_sums(&sums)?), seconds))
            }
            Reduction::Counts(classes) => {
                let [pred, truth] = self.work.maps_in(&self.buffers)?;
                let (counts, seconds) =
                    gpu.timed(|encoder| engine.record_counts(encoder, Pair { pred, truth }, classes))?;
                Ok((first_class(&engine.read_counts(&counts)?), seconds))
            }
            Reduction::Surfaces(_) | Reduction::Lesions(_) => {
                anyhow::bail!("{} is more than commands", self.work.name())
            }
            Reduction::Gradient(_) => {
                let mut seconds = f64::NAN;
                let [pred, truth] = &self.buffers;
                let value = self.derive(engine, |submit| {
                    let clocked = gpu.timed_behind(&[pred, truth], submit)?.1;
                    seconds = clocked.unwrap_or(f64::NAN);
                    Ok(())
                })?;
                Ok((value, seconds))
            }
        }
    }

    /// Sums of a loss, then its gradient: `around` gets what submits it.
    fn derive(
        &self,
        engine: &Engine,
        around: impl FnOnce(&mut dyn FnMut() -> crate::Result<()>) -> crate::Result<()>,
    ) -> Result<Value> {
        let (Reduction::Gradient(loss), Some(gradient)) = (self.work.reduction(), &self.gradient) else {
            anyhow::bail!("{} has no gradient", self.work.name())
        };
        let options = loss.sums_options();
        let [pred, truth] = self.work.volumes_in(&self.buffers)?;
        let sums = engine.sums_with(Pair { pred: pred.clone(), truth: truth.clone() }, &options)?;
        let partials = loss.gradient(&sums)?;
        around(&mut || {
            let (pred, truth) = (pred.clone(), truth.clone());
            engine.gradient_into_buffer(Pair { pred, truth }, &options, &sums, &partials, gradient, 0)
        })?;
        Ok(totals(&sums))
    }

    /// Compares the gradient in its buffer with that of the CPU, which is the same to the last bit, and spoils it, so that
    /// the next one is another.
    fn check_gradient(&self, cpu: &Engine) -> Result<()> {
        let (Reduction::Gradient(loss), Some(buffer)) = (self.work.reduction(), &self.gradient) else { return Ok(()) };
        let options = loss.sums_options();
        let [pred, truth] = self.work.volumes()?;
        let sums = cpu.sums_with(Pair { pred: pred.clone(), truth: truth.clone() }, &options)?;
        let expected = cpu.gradient(Pair { pred, truth }, &options, &sums, &loss.gradient(&sums)?)?;
        let mut found = vec![0f32; expected.len()];
        self.gpu.download(buffer, bytemuck::cast_slice_mut(&mut found))?;
        ensure!(found == expected, "{}: the gradient is not that of the CPU; report this", self.work.name());
        found.fill(f32::NAN);
        Ok(self.gpu.upload(bytemuck::cast_slice(&found), buffer)?)
    }
}
