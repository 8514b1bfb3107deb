//! Copies of operands as a library changes them before it computes.

use crate::cpu::load;
use crate::error::{Error, Operand, Result};
use crate::job::Strides;
use crate::metric::Ignore;
use crate::objective::Operands;
use crate::shape::Shape;
use crate::volume::{Data, Truth, Volume};

/// Operands of our own.
pub(super) struct Copied {
    shape: Shape,
    pred: Vec<f32>,
    truth: Vec<f32>,
    /// Of one channel.
    mask: Vec<u8>,
}

/// Every element as it lies in memory.
fn values(data: Data<'_>, count: u64) -> Vec<f32> {
    let mut all = vec![0.0; count as usize];
    load(data, 0, 1, &mut all);
    all
}

fn of_volume(volume: &Volume<'_>, operand: Operand) -> Result<Vec<f32>> {
    Ok(values(volume.source().host(operand)?, volume.shape().elements()))
}

/// The channels of `from` on of an array of this shape, channels first.
fn channels_from(all: &[f32], shape: &Shape, from: u64, to: u64) -> Vec<f32> {
    let strides = Strides::of(shape);
    let cells = (0..shape.samples()).flat_map(|sample| (from..to).map(move |channel| (sample, channel)));
    let voxels = 0..shape.voxels_per_cell();
    cells.flat_map(|(n, c)| voxels.clone().map(move |v| (n, c, v))).map(|(n, c, v)| all[strides.at(n, c, v)]).collect()
}

fn with_channels(shape: &Shape, channels: u64) -> Result<Shape> {
    let spatial: Vec<usize> = shape.spatial().iter().map(|&axis| axis as usize).collect();
    Shape::new(shape.samples() as usize, channels as usize, spatial)
}

impl Copied {
    /// The truth without its last channel, which is 1 where a voxel is ignored.
    pub fn split(operands: &Operands<'_>) -> Result<Self> {
        let shape = operands.pred.shape();
        let Truth::Volume(truth) = &operands.truth else {
            return Err(wrong("a label map"));
        };
        let (own, c) = (truth.shape(), shape.channels());
        if (own.samples(), own.spatial(), own.channels()) != (shape.samples(), shape.spatial(), c + 1) {
            return Err(wrong(&format!("of shape {own}")));
        }
        let all = of_volume(truth, Operand::Truth)?;
        let pred = of_volume(&operands.pred, Operand::Pred)?;
        let mut copied = Self {
            pred: channels_from(&pred, shape, 0, c),
            truth: channels_from(&all, own, 0, c),
            // As the library has it: what is not wholly ignored counts.
            mask: channels_from(&all, own, c, c + 1).iter().map(|&ignored| u8::from(ignored != 1.0)).collect(),
            shape: with_channels(shape, c)?,
        };
        if let Some(mask) = &operands.mask {
            copied.also(mask)?;
        }
        Ok(copied)
    }

    /// Both without channel 0, and what is ignored as a mask.
    pub fn without_background(operands: &Operands<'_>, ignore: Ignore) -> Result<Self> {
        let shape = operands.pred.shape();
        let c = shape.channels();
        let pred = of_volume(&operands.pred, Operand::Pred)?;
        // One value for each voxel, or for each of its channels.
        let (all, own) = match &operands.truth {
            Truth::Volume(volume) => (of_volume(volume, Operand::Truth)?, volume.shape()),
            Truth::Labels(labels) => {
                (values(labels.source().host(Operand::Truth)?, labels.shape().elements()), labels.shape())
            }
        };
        let labels = matches!(operands.truth, Truth::Labels(_));
        let truth = if labels {
            let cells = (0..shape.samples()).flat_map(|n| (1..c).map(move |channel| (n, channel)));
            let (strides, voxels) = (Strides::of(own), 0..shape.voxels_per_cell());
            let places = cells.flat_map(|(n, channel)| voxels.clone().map(move |v| (n, channel, v)));
            places.map(|(n, channel, v)| f32::from(u8::from(all[strides.at(n, 0, v)] == channel as f32))).collect()
        } else {
            channels_from(&all, own, 1, c)
        };
        let counts = |channel: usize, value: f32| move |voxel: &[f32]| voxel[channel] != value;
        let ones = shape.samples() * shape.voxels_per_cell();
        let mask = match ignore {
            Ignore::Nothing => vec![1; ones as usize],
            Ignore::Value(label) if labels => voxelwise(&all, own, counts(0, label as f32)),
            Ignore::Value(_) => vec![1; ones as usize],
            Ignore::Class(class) => voxelwise(&all, own, counts(class, 1.0)),
            Ignore::NoClass => voxelwise(&all, own, |voxel| voxel.iter().any(|&t| t != 0.0)),
        };
        let mut copied =
            Self { pred: channels_from(&pred, shape, 1, c), truth, mask, shape: with_channels(shape, c - 1)? };
        if let Some(mask) = &operands.mask {
            copied.also(mask)?;
        }
        Ok(copied)
    }

    /// Leaves out what this mask leaves out in any channel.
    fn also(&mut self, mask: &Volume<'_>) -> Result<()> {
        let own = of_volume(mask, Operand::Truth)?;
        let counts = voxelwise(&own, mask.shape(), |voxel| voxel.iter().all(|&value| value != 0.0));
        self.mask.iter_mut().zip(counts).for_each(|(mask, counts)| *mask &= counts);
        Ok(())
    }

    /// A gradient of this prediction as one of the prediction of `shape`, whose last channels these are.
    pub fn placed(&self, shape: &Shape, gradient: &[f32]) -> Vec<f32> {
        if gradient.is_empty() {
            return Vec::new();
        }
        let mut all = vec![0.0; shape.elements() as usize];
        let (strides, own) = (Strides::of(shape), Strides::of(&self.shape));
        let dropped = shape.channels() - self.shape.channels();
        for sample in 0..shape.samples() {
            for channel in 0..self.shape.channels() {
                for voxel in 0..shape.voxels_per_cell() {
                    all[strides.at(sample, dropped + channel, voxel)] = gradient[own.at(sample, channel, voxel)];
                }
            }
        }
        all
    }

    /// The logarithm of predictions within [eps, 1 − eps].
    pub fn logarithm(operands: &Operands<'_>, eps: f64) -> Result<Self> {
        let mut pred = of_volume(&operands.pred, Operand::Pred)?;
        pred.iter_mut().for_each(|p| *p = f64::from(*p).clamp(eps, 1.0 - eps).ln() as f32);
        Ok(Self { shape: operands.pred.shape().clone(), pred, truth: Vec::new(), mask: Vec::new() })
    }

    /// From the gradient of the logarithm to that of the prediction.
    pub fn by_probability(&self, operands: &Operands<'_>, eps: f64, gradient: &mut [f32]) -> Result<()> {
        let pred = of_volume(&operands.pred, Operand::Pred)?;
        for (slope, p) in gradient.iter_mut().zip(pred) {
            let inside = (eps..=1.0 - eps).contains(&f64::from(p));
            *slope = if inside { *slope / p } else { 0.0 };
        }
        Ok(())
    }

    pub fn pred(&self) -> Result<Volume<'_>> {
        Volume::f32(self.shape.clone(), &self.pred)
    }

    pub fn operands(&self) -> Result<Operands<'_>> {
        let truth = Volume::f32(self.shape.clone(), &self.truth)?;
        let mask = Volume::u8(with_channels(&self.shape, 1)?, &self.mask)?;
        Ok(Operands::new(self.pred()?, truth).masked(mask))
    }
}

/// 1 where the channels of a voxel say so.
fn voxelwise(all: &[f32], shape: &Shape, counts: impl Fn(&[f32]) -> bool) -> Vec<u8> {
    let strides = Strides::of(shape);
    let voxels = (0..shape.samples()).flat_map(|n| (0..shape.voxels_per_cell()).map(move |v| (n, v)));
    let of = |(n, v)| (0..shape.channels()).map(|c| all[strides.at(n, c, v)]).collect::<Vec<_>>();
    voxels.map(|voxel| u8::from(counts(&of(voxel)))).collect()
}

fn wrong(found: &str) -> Error {
    let range = "a volume with a channel more than the prediction, 1 where a voxel is ignored".into();
    Error::Parameter { name: "the truth beside an ignore label", value: found.into(), range }
}
