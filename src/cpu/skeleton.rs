//! Skeletons of masks, and how much of them lies in the other mask.

mod plane;
mod solid;

use super::Backend;
use super::surface::Masks;
use super::surface::bits::Bits;
use crate::error::Result;
#[cfg(feature = "gpu")]
use crate::job::BoxMasks;
use crate::job::LabelPair;
use crate::stats::{Centreline, Centrelines};

impl Backend {
    /// Per plane (sample) and class, of images of so many spatial axes.
    pub fn centrelines(&self, pair: &LabelPair<'_>, axes: usize) -> Result<Vec<Centrelines>> {
        self.each_class(pair, |masks, _| Ok(centrelines(masks.as_ref(), axes)))
    }

    /// Of masks that another backend made of label maps with this extent.
    #[cfg(feature = "gpu")]
    pub fn centrelines_of(&self, masks: &[Option<BoxMasks>], extent: [usize; 3], axes: usize) -> Vec<Centrelines> {
        let of =
            |masks: &Option<BoxMasks>| centrelines(masks.as_ref().map(|masks| Masks::of(masks, extent)).as_ref(), axes);
        masks.iter().map(of).collect()
    }
}

pub(in crate::cpu) fn centrelines(masks: Option<&Masks>, axes: usize) -> Centrelines {
    let Some(masks) = masks else { return Centrelines::default() };
    // A box has as many slices as the image where it reaches both of its ends.
    let is_one_slice = masks.truth.size[0] == 1 && masks.sides.0[0] == [true; 2];
    let [truth, pred] = [&masks.truth, &masks.pred].map(padded);
    let of = |own: &Bits, other: &Bits| {
        let skeleton = if axes == 2 { plane::skeleton(own) } else { solid::skeleton(own, is_one_slice) };
        Centreline { mask: own.count(), voxels: skeleton.count(), within: skeleton.count_common(other) }
    };
    Centrelines { truth: of(&truth, &pred), pred: of(&pred, &truth) }
}

/// With a voxel of background on every side, so that all neighbours of a voxel are there.
fn padded(mask: &Bits) -> Bits {
    let [nz, ny, _] = mask.size;
    Bits::of_rows(mask.size.map(|n| n + 2), |z, y, out| {
        if !(1..=nz).contains(&z) || !(1..=ny).contains(&y) {
            return;
        }
        let mut carry = 0;
        for (out, &word) in out.iter_mut().zip(mask.row(z - 1, y - 1).iter().chain(&[0])) {
            *out = word << 1 | carry;
            carry = word >> 63;
        }
    })
}

/// Of a row the bits before, at and behind a place inside.
#[inline]
fn three(row: &[u64], x: usize) -> u32 {
    let (word, bit) = ((x - 1) / 64, (x - 1) % 64);
    let low = row[word] >> bit;
    let bits = if bit > 61 { low | row[word + 1] << (64 - bit) } else { low };
    (bits & 7) as u32
}
