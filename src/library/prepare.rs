//! Copies of operands as a library changes them before it computes.

use crate::cpu::load;
use crate::error::{Error, Operand, Result};
use crate::job::Strides;
use crate::metric::Ignore;
use crate::objective::{Operands, counted, mask_values};
use crate::options::NonFinite;
use crate::shape::{Layout, Shape};
use crate::volume::{Pair, Truth, Volume};

/// Operands of our own.
pub(super) struct Copied {
    shape: Shape,
    pred: Vec<f32>,
    truth: Vec<f32>,
    /// A mask that is 1 for each element that counts.
    mask: Vec<u8>,
}

/// Every element as it lies in memory.
fn of_volume(volume: &Volume<'_>, operand: Operand) -> Result<Vec<f32>> {
    let mut all = vec![0.0; volume.shape().elements() as usize];
    load(volume.source().host(operand)?, 0, 1, &mut all);
    Ok(all)
}

/// Sample, channel and voxel of every element.
fn places(shape: &Shape) -> impl Iterator<Item = (u64, u64, u64)> + use<> {
    let (channels, voxels) = (shape.channels(), shape.voxels_per_cell());
    let cells = (0..shape.samples()).flat_map(move |sample| (0..channels).map(move |channel| (sample, channel)));
    cells.flat_map(move |(sample, channel)| (0..voxels).map(move |voxel| (sample, channel, voxel)))
}

/// The elements of a volume of shape `to`, whose channels are those of `from` on from the channel `first`.
fn channels_from(all: &[f32], from: &Shape, first: u64, to: &Shape) -> Vec<f32> {
    let (there, here) = (Strides::of(from), Strides::of(to));
    let mut found = vec![0.0; to.elements() as usize];
    for (n, c, v) in places(to) {
        found[here.at(n, c, v)] = all[there.at(n, first + c, v)];
    }
    found
}

fn with_channels(shape: &Shape, channels: u64) -> Result<Shape> {
    let spatial: Vec<usize> = shape.spatial().iter().map(|&axis| axis as usize).collect();
    Ok(Shape::new(shape.samples() as usize, channels as usize, spatial)?.with_layout(shape.layout()))
}

impl Copied {
    /// Of a truth that is NaN where it does not count.
    fn new(shape: Shape, pred: Vec<f32>, mut truth: Vec<f32>) -> Self {
        let mask = truth.iter().map(|t| u8::from(t.is_finite())).collect();
        truth.iter_mut().filter(|t| !t.is_finite()).for_each(|t| *t = 0.0);
        Self { shape, pred, truth, mask }
    }

    /// The truth without its last channel, which is 1 where a voxel is ignored.
    pub fn split(operands: &Operands<'_>, policy: NonFinite) -> Result<Self> {
        let shape = operands.pred.shape();
        let Truth::Volume(truth) = &operands.truth else {
            return Err(wrong("a label map"));
        };
        let (own, c) = (truth.shape(), shape.channels());
        if (own.samples(), own.spatial(), own.channels()) != (shape.samples(), shape.spatial(), c + 1) {
            return Err(wrong(&format!("of shape {own}")));
        }
        let all = of_volume(truth, Operand::Truth)?;
        let truth = channels_from(&all, own, 0, shape);
        let of_channels = Operands { truth: Volume::f32(shape.clone(), &truth)?.into(), ..operands.clone() };
        let mut counts = counted(&of_channels, Ignore::Nothing, policy)?;
        let (there, here) = (Strides::of(own), Strides::of(shape));
        for (n, channel, v) in places(shape) {
            // As in the library: a voxel counts unless it is wholly ignored.
            if all[there.at(n, c, v)] == 1.0 {
                counts[here.at(n, channel, v)] = f32::NAN;
            }
        }
        Ok(Self::new(shape.clone(), of_volume(&operands.pred, Operand::Pred)?, counts))
    }

    /// Both without channel 0, and what is ignored as a mask.
    pub fn without_background(operands: &Operands<'_>, ignore: Ignore, policy: NonFinite) -> Result<Self> {
        let shape = operands.pred.shape();
        let fewer = with_channels(shape, shape.channels() - 1)?;
        let pred = channels_from(&of_volume(&operands.pred, Operand::Pred)?, shape, 1, &fewer);
        let truth = channels_from(&counted(operands, ignore, policy)?, shape, 1, &fewer);
        Ok(Self::new(fewer, pred, truth))
    }

    /// Prediction and truth with the channels of a voxel next to each other; what is not finite stays. No mask is looked at.
    pub fn rows(operands: &Operands<'_>) -> Result<Self> {
        let shape = operands.pred.shape();
        let last = shape.clone().with_layout(Layout::ChannelsLast);
        let all = Operands { mask: None, ..operands.clone() };
        let pred = channels_from(&of_volume(&operands.pred, Operand::Pred)?, shape, 0, &last);
        let truth = channels_from(&counted(&all, Ignore::Nothing, NonFinite::Ignore)?, shape, 0, &last);
        Ok(Self { shape: last, pred, truth, mask: Vec::new() })
    }

    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Prediction and truth, this many elements at a time.
    pub fn stretches(&self, elements: usize) -> impl Iterator<Item = (&[f32], &[f32])> {
        self.pred.chunks(elements).zip(self.truth.chunks(elements))
    }

    /// A gradient of this prediction as one of the prediction of `shape`, whose last channels these are.
    pub fn placed(&self, shape: &Shape, gradient: &[f32]) -> Vec<f32> {
        if gradient.is_empty() {
            return Vec::new();
        }
        let mut all = vec![0.0; shape.elements() as usize];
        let (strides, own) = (Strides::of(shape), Strides::of(&self.shape));
        let dropped = shape.channels() - self.shape.channels();
        for (n, c, v) in places(&self.shape) {
            all[strides.at(n, dropped + c, v)] = gradient[own.at(n, c, v)];
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
        let mask = Volume::u8(self.shape.clone(), &self.mask)?;
        Ok(Operands::new(Pair { pred: self.pred()?, truth }).masked(mask))
    }
}

/// This mask of voxels, and that of the operands where they have one.
pub(super) fn also(operands: &Operands<'_>, voxels: Vec<u8>) -> Result<(Shape, Vec<u8>)> {
    let shape = operands.pred.shape();
    let Some(mask) = &operands.mask else { return Ok((with_channels(shape, 1)?, voxels)) };
    let mut both: Vec<u8> = mask_values(mask, shape)?.iter().map(|&value| u8::from(value != 0.0)).collect();
    let strides = Strides::of(mask.shape());
    for (n, c, v) in places(mask.shape()) {
        both[strides.at(n, c, v)] &= voxels[(n * shape.voxels_per_cell() + v) as usize];
    }
    Ok((mask.shape().clone(), both))
}

fn wrong(found: &str) -> Error {
    let range = "a volume with a channel more than the prediction, 1 where a voxel is ignored".into();
    Error::Parameter { name: "the truth beside an ignore label", value: found.into(), range }
}
