//! Voxels that are left out.

use crate::io::Gap;
use crate::io::axes::{SoftAxes, TruthAxes};
use crate::io::soft::{self, Origin, SoftVolume};
use crate::{Layout, Shape};
use anyhow::{Result, bail};
use std::path::Path;

/// The voxels of a mask, which must lie over the prediction, with their shape: that of the prediction, or of one channel.
/// `axes` are those of the prediction.
pub(super) fn read(path: &Path, pred: &SoftVolume, axes: &SoftAxes, shape: &Shape) -> Result<(Shape, Vec<u8>)> {
    let mask = soft::read(path)?;
    let place = path.display();
    match (&mask.origin, &pred.origin) {
        (Origin::Npy, Origin::Npy) => {}
        (Origin::Image { geometry: a }, Origin::Image { geometry: b }) => {
            let of = |volume: &SoftVolume| volume.axes.iter().rev().take(3).map(|&n| n as u64).collect::<Vec<_>>();
            let (of_mask, of_pred) = (of(&mask), of(pred));
            let grid = |shape, geometry| crate::io::Grid { shape, geometry: Some(geometry) };
            if Gap::between(grid(&of_pred, &**b), grid(&of_mask, &**a)).is_some_and(|gap| !gap.is_same_grid()) {
                bail!("{place}: the voxels of the mask lie elsewhere than those of the prediction; resample it");
            }
        }
        _ => bail!("{place}: the mask is a file of another kind than the prediction; convert it"),
    }
    // As many voxels are not enough: axes in another order would be read in the wrong one.
    let own = match axes.truth(&axes_of(&mask), &axes_of(pred)) {
        TruthAxes::Same | TruthAxes::Either => shape.clone(),
        TruthAxes::WithoutChannels => one_channel(shape)?,
        TruthAxes::Other => bail!(
            "{place} has axes {:?}, and the prediction {:?}; give a mask of these axes, or of one channel",
            mask.axes,
            pred.axes
        ),
    };
    match mask.mask() {
        Some(values) => Ok((own, values)),
        None => bail!("{place}: a mask holds 0 and 1, and this one holds other values; threshold it first"),
    }
}

/// The axes; of a NIfTI without those of length 1 that some writers add behind z.
pub(super) fn axes_of(volume: &SoftVolume) -> Vec<usize> {
    let mut axes = volume.axes.as_slice();
    if volume.origin != Origin::Npy {
        while let [1, rest @ ..] = axes
            && rest.len() >= 3
        {
            axes = rest;
        }
    }
    axes.to_vec()
}

/// The shape of one value for each voxel.
pub(super) fn one_channel(shape: &Shape) -> Result<Shape> {
    let spatial: Vec<usize> = shape.spatial().iter().map(|&n| n as usize).collect();
    Ok(Shape::new(shape.samples() as usize, 1, spatial)?)
}

/// Both masks in one. A mask of one channel holds for all of them.
pub(super) fn both(a: (Shape, Vec<u8>), b: (Shape, Vec<u8>)) -> (Shape, Vec<u8>) {
    let (wide, narrow) = if a.1.len() >= b.1.len() { (a, b) } else { (b, a) };
    let (shape, mut values) = wide;
    let (channels, voxels) = (shape.channels() as usize, shape.voxels_per_cell() as usize);
    for (i, value) in values.iter_mut().enumerate() {
        let at = match (narrow.1.len() == shape.elements() as usize, shape.layout()) {
            (true, _) => i,
            (false, Layout::ChannelsLast) => i / channels,
            (false, Layout::ChannelsFirst) => i / (channels * voxels) * voxels + i % voxels,
        };
        *value &= narrow.1[at];
    }
    (shape, values)
}

/// A mask with a channel more than the prediction of this shape, for the prediction: the last channel holds for all of them.
pub(super) fn narrowed(values: &[u8], shape: &Shape) -> Result<(Shape, Vec<u8>)> {
    let (channels, voxels) = (shape.channels() as usize, shape.voxels_per_cell() as usize);
    let run = if shape.layout() == Layout::ChannelsLast { 1 } else { voxels };
    let (mut own, mut last) = (Vec::new(), Vec::new());
    for part in values.chunks((channels + 1) * run) {
        let (of_channels, of_all) = part.split_at(channels * run);
        own.extend(of_channels);
        last.extend(of_all);
    }
    Ok(both((shape.clone(), own), (one_channel(shape)?, last)))
}
