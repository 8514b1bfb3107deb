//! A truth in which voxels that do not count are NaN. Every kernel leaves NaN out of every sum.

use super::Operands;
use crate::cpu::{load, truth_values};
use crate::error::{Error, NonFiniteFact, Operand, Position, Result};
use crate::job::{Strides, SumsJob};
use crate::kernel::counts::Label;
use crate::metric::Ignore;
use crate::options::{NonFinite, SumsOptions};
use crate::shape::{Layout, Shape};
use crate::volume::{Data, Truth, TruthKind, Volume};

/// The truth in the prediction's layout; `None` where every voxel counts.
pub(super) fn truth(operands: &Operands<'_>, ignore: Ignore, policy: NonFinite) -> Result<Option<Vec<f32>>> {
    if operands.mask.is_none() && ignore == Ignore::Nothing {
        return Ok(None);
    }
    counted(operands, ignore, policy).map(Some)
}

/// The truth in the prediction's layout, NaN where it does not count.
pub(crate) fn counted(operands: &Operands<'_>, ignore: Ignore, policy: NonFinite) -> Result<Vec<f32>> {
    let job = operands.host_job()?;
    let mut places = Places { strides: Strides::of(&job.shape), truth: values(&job), shape: &job.shape };
    places.check_finite(policy)?;
    match job.truth_kind {
        TruthKind::Real => places.ignore_values(ignore)?,
        TruthKind::Labels => match job.truth {
            Data::U8(labels) => places.ignore_labels(labels, ignore)?,
            Data::U16(labels) => places.ignore_labels(labels, ignore)?,
            Data::U32(labels) => places.ignore_labels(labels, ignore)?,
            Data::F64(_) | Data::F32(_) | Data::F16(_) | Data::Bf16(_) => {} // a LabelMap never holds floats
        },
    }
    if let Some(mask) = &operands.mask {
        places.mask(mask)?;
    }
    if let (TruthKind::Labels, labels) = (job.truth_kind, job.truth) {
        match labels {
            Data::U8(labels) => places.check_labels(labels)?,
            Data::U16(labels) => places.check_labels(labels)?,
            Data::U32(labels) => places.check_labels(labels)?,
            Data::F64(_) | Data::F32(_) | Data::F16(_) | Data::Bf16(_) => {}
        }
    }
    Ok(places.truth)
}

/// The values of a mask over a volume of this shape: one for each element or, of one channel, for each voxel.
pub(crate) fn mask_values(mask: &Volume<'_>, shape: &Shape) -> Result<Vec<f32>> {
    let own = mask.shape();
    let one = own.channels() == 1 && (own.samples(), own.spatial()) == (shape.samples(), shape.spatial());
    if !one && own != shape {
        return Err(Error::ShapeMismatch { pred: shape.to_string(), truth: format!("a mask of {own}") });
    }
    let mut values = vec![0.0; own.elements() as usize];
    load(mask.source().host(Operand::Truth)?, 0, 1, &mut values);
    match values.iter().find(|value| **value != 0.0 && **value != 1.0) {
        None => Ok(values),
        Some(value) => {
            let range = "0 or 1: a voxel counts or it does not".into();
            Err(Error::Parameter { name: "a voxel of the mask", value: value.to_string(), range })
        }
    }
}

impl<'a> Operands<'a> {
    /// Prediction and truth in host memory, of fitting shapes.
    pub(super) fn host_job(&self) -> Result<SumsJob<'a>> {
        let shape = self.pred.shape().clone();
        let (fits, truth_shape, truth_kind) = match &self.truth {
            Truth::Volume(volume) => (*volume.shape() == shape, volume.shape(), TruthKind::Real),
            Truth::Labels(labels) => {
                let own = labels.shape();
                let fits = (own.samples(), own.spatial()) == (shape.samples(), shape.spatial());
                (fits, own, TruthKind::Labels)
            }
        };
        if !fits {
            return Err(Error::ShapeMismatch { pred: shape.to_string(), truth: truth_shape.to_string() });
        }
        let (pred, truth) = (self.pred.source().host(Operand::Pred)?, self.truth.source().host(Operand::Truth)?);
        Ok(SumsJob { shape, pred, truth, truth_kind, options: SumsOptions::default() })
    }
}

/// The values of every element, in the prediction's layout.
fn values(job: &SumsJob<'_>) -> Vec<f32> {
    let mut all = vec![0.0; job.shape.elements() as usize];
    if job.truth_kind == TruthKind::Real {
        load(job.truth, 0, 1, &mut all);
        return all;
    }
    let (channels, voxels) = (job.shape.channels() as usize, job.shape.voxels_per_cell() as usize);
    let mut one = vec![0.0; voxels];
    for sample in 0..job.shape.samples() {
        for channel in 0..channels {
            truth_values(job, sample, channel as u64, 0, &mut one);
            let first = Strides::of(&job.shape).at(sample, channel as u64, 0);
            match job.shape.layout() {
                Layout::ChannelsFirst => all[first..first + voxels].copy_from_slice(&one),
                Layout::ChannelsLast => {
                    all[first..].iter_mut().step_by(channels).zip(&one).for_each(|(place, &value)| *place = value);
                }
            }
        }
    }
    all
}

struct Places<'a> {
    shape: &'a Shape,
    strides: Strides,
    truth: Vec<f32>,
}

impl Places<'_> {
    /// Sample and voxel of every voxel, in order.
    fn voxels(&self) -> impl Iterator<Item = (u64, u64)> + use<> {
        let voxels = self.shape.voxels_per_cell();
        (0..self.shape.samples()).flat_map(move |sample| (0..voxels).map(move |voxel| (sample, voxel)))
    }

    fn at(&self, (sample, voxel): (u64, u64), channel: u64) -> usize {
        self.strides.at(sample, channel, voxel)
    }

    fn drop_voxel(&mut self, voxel: (u64, u64)) {
        for channel in 0..self.shape.channels() {
            let at = self.at(voxel, channel);
            self.truth[at] = f32::NAN;
        }
    }

    /// NaN of the truth itself must not pass for a mask.
    fn check_finite(&self, policy: NonFinite) -> Result<()> {
        if policy == NonFinite::Ignore {
            return Ok(());
        }
        let count = self.truth.iter().filter(|value| !value.is_finite()).count() as u64;
        if count == 0 {
            return Ok(());
        }
        let positions = (0..self.shape.channels()).flat_map(|channel| self.voxels().map(move |at| (at, channel)));
        let mut faults = positions.filter(|&(at, channel)| !self.truth[self.at(at, channel)].is_finite());
        let first = faults.next().map(|((sample, voxel), channel)| Position { sample, channel, voxel });
        let facts = first.map(|first| NonFiniteFact { operand: Operand::Truth, count, first });
        Err(Error::NonFinite { facts: facts.into_iter().collect() })
    }

    fn ignore_values(&mut self, ignore: Ignore) -> Result<()> {
        match ignore {
            Ignore::Nothing => {}
            Ignore::Value(value) => {
                let value = value as f32;
                self.truth.iter_mut().filter(|t| **t == value).for_each(|t| *t = f32::NAN);
            }
            Ignore::Class(class) => {
                let channel = class as u64;
                if channel >= self.shape.channels() {
                    return Err(Error::Parameter {
                        name: "the ignored class",
                        value: class.to_string(),
                        range: format!("below {}, the number of channels", self.shape.channels()),
                    });
                }
                for voxel in self.voxels() {
                    match self.truth[self.at(voxel, channel)] {
                        1.0 => self.drop_voxel(voxel),
                        // MONAI includes the voxel in the weights; a mask does not.
                        part if part > 0.0 && part < 1.0 => {
                            let range = "0 or 1: a voxel is ignored or it is not".into();
                            let name = "the truth of the ignored class";
                            return Err(Error::Parameter { name, value: part.to_string(), range });
                        }
                        _ => {}
                    }
                }
            }
            Ignore::NoClass => {
                for voxel in self.voxels() {
                    if (0..self.shape.channels()).all(|channel| self.truth[self.at(voxel, channel)] == 0.0) {
                        self.drop_voxel(voxel);
                    }
                }
            }
        }
        Ok(())
    }

    fn ignore_labels<L: Label>(&mut self, labels: &[L], ignore: Ignore) -> Result<()> {
        let ignored = match ignore {
            Ignore::Nothing => return Ok(()),
            Ignore::Value(label) => i128::from(label),
            Ignore::Class(class) => class as i128,
            Ignore::NoClass => {
                let (name, range) = ("what is ignored", "a label where the truth is a label map".into());
                return Err(Error::Parameter { name, value: "NoClass".into(), range });
            }
        };
        for (voxel, label) in self.voxels().zip(labels) {
            if i128::from(label.label()) == ignored {
                self.drop_voxel(voxel);
            }
        }
        Ok(())
    }

    /// Labels without a channel are allowed only where voxels are not counted.
    fn check_labels<L: Label>(&self, labels: &[L]) -> Result<()> {
        let channels = self.shape.channels();
        let stray = |&(voxel, label): &((u64, u64), &L)| {
            u64::from(label.label()) >= channels.max(2) && self.truth[self.at(voxel, 0)].is_finite()
        };
        let mut strays = self.voxels().zip(labels).filter(stray);
        let Some(((sample, voxel), label)) = strays.next() else { return Ok(()) };
        let (count, first) = (1 + strays.count() as u64, Position { sample, channel: 0, voxel });
        Err(Error::LabelOutOfRange { count, first, label: label.label(), channels })
    }

    fn mask(&mut self, mask: &Volume<'_>) -> Result<()> {
        let values = mask_values(mask, self.shape)?;
        if mask.shape().channels() == 1 {
            for (voxel, value) in self.voxels().zip(values) {
                if value == 0.0 {
                    self.drop_voxel(voxel);
                }
            }
        } else {
            self.truth.iter_mut().zip(values).filter(|(_, value)| *value == 0.0).for_each(|(t, _)| *t = f32::NAN);
        }
        Ok(())
    }
}
