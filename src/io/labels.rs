//! Label maps from files: whatever type the file stores, checked and as unsigned integers.
//!
//! ```no_run
//! let truth = voxdice::io::labels::read("case_001.nii.gz")?;
//! println!("{:?}: labels {:?}", truth.shape, truth.census().keys());
//! # Ok::<(), voxdice::io::labels::LabelsError>(())
//! ```
//!
//! A label is a whole number from 0 to 2^32 − 1. Files which hold such numbers as floats or as signed integers are
//! common and are read; a negative, fractional or non-finite voxel is an error, since any rounding of it would be a
//! guess. The voxels are converted where they lie, so that a volume is held once; only the types of 64 bits are copied,
//! into the narrowest type that holds their labels.

mod fault;

pub use fault::{LabelFault, LabelsError};

use std::collections::BTreeMap;
use std::path::Path;

use super::{Geometry, StoredType, Voxel, Voxels, image};
use crate::error::Error;
use crate::shape::Shape;
use crate::volume::LabelMap;

/// Labels in the type that the file made necessary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Labels {
    /// From `u8` and `i8`, and from 64-bit types where no label is above 255.
    U8(Vec<u8>),
    /// From `u16` and `i16`, and from 64-bit types where no label is above 65,535.
    U16(Vec<u16>),
    /// From everything else.
    U32(Vec<u32>),
}

/// A label map and where it lies.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelVolume {
    /// The labels in the file's order, x fastest.
    pub labels: Labels,
    /// The file's shape, x first.
    pub shape: Vec<u64>,
    /// Size and place of the voxels.
    pub geometry: Geometry,
    /// The type on disk.
    pub stored: StoredType,
}

/// Reads a file of any format as a label map.
///
/// # Errors
/// [`LabelsError::File`] when it cannot be read, [`LabelsError::NotALabel`] when a voxel is no label,
/// [`LabelsError::Channels`] when it has several numbers per voxel, [`LabelsError::Shape`] when it has no voxels.
pub fn read(path: impl AsRef<Path>) -> Result<LabelVolume, LabelsError> {
    let path = path.as_ref();
    let image = image::read(path)?;
    if image.header.channels > 1 {
        return Err(LabelsError::Channels { path: path.into(), channels: image.header.channels });
    }
    let stored = image.header.dtype;
    let (shape, geometry) = (image.header.shape, image.header.geometry);
    grid(&shape).map_err(|source| LabelsError::Shape { path: path.into(), source: Box::new(source) })?;
    let labels = convert(image.voxels).map_err(|Offender { index, value, fault }| LabelsError::NotALabel {
        path: path.into(),
        position: position(index, &shape),
        value,
        fault,
    })?;
    Ok(LabelVolume { labels, shape, geometry, stored })
}

impl LabelVolume {
    /// The labels as the engine takes them: one sample, the axes slowest first.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when the public fields were changed and no longer fit.
    pub fn map(&self) -> Result<LabelMap<'_>, Error> {
        let shape = grid(&self.shape)?;
        match &self.labels {
            Labels::U8(labels) => LabelMap::u8(shape, labels),
            Labels::U16(labels) => LabelMap::u16(shape, labels),
            Labels::U32(labels) => LabelMap::u32(shape, labels),
        }
    }

    /// Every label in the map and how many voxels have it, 0 included.
    pub fn census(&self) -> BTreeMap<u32, u64> {
        match &self.labels {
            Labels::U8(labels) => census_small(labels, 1 << 8),
            Labels::U16(labels) => census_small(labels, 1 << 16),
            Labels::U32(labels) => {
                let mut counts = BTreeMap::new();
                for_runs(labels, |label, voxels| *counts.entry(label).or_insert(0) += voxels);
                counts
            }
        }
    }
}

/// One sample of one channel. A trailing axis of length 1, which some writers add, holds no voxels of its own.
fn grid(shape: &[u64]) -> Result<Shape, Error> {
    let mut axes: Vec<usize> = shape.iter().map(|&n| usize::try_from(n).unwrap_or(usize::MAX)).collect();
    while axes.len() > 1 && axes.last() == Some(&1) {
        axes.pop();
    }
    axes.reverse();
    Shape::new(1, 1, axes)
}

fn census_small<T: Copy + Eq + Into<u32>>(labels: &[T], values: usize) -> BTreeMap<u32, u64> {
    let mut counts = vec![0u64; values];
    for_runs(labels, |label, voxels| {
        if let Some(count) = counts.get_mut(label.into() as usize) {
            *count += voxels;
        }
    });
    (0..).zip(counts).filter(|&(_, voxels)| voxels > 0).collect()
}

/// Calls `f` with stretches of equal voxels. Label maps are mostly constant, and equal chunks are told by whole vectors.
pub(crate) fn for_runs<T: Copy + PartialEq>(voxels: &[T], mut f: impl FnMut(T, u64)) {
    const CHUNK: usize = 64;
    let Some(&first) = voxels.first() else { return };
    let (mut current, mut run) = (first, 0);
    let (chunks, rest) = voxels.as_chunks::<CHUNK>();
    let mut each = |chunk: &[T], constant: bool| {
        for &voxel in if constant { &chunk[..1] } else { chunk } {
            if voxel != current {
                f(current, run);
                (current, run) = (voxel, 0);
            }
            run += if constant { chunk.len() as u64 } else { 1 };
        }
    };
    for chunk in chunks {
        // Without an early exit, so that the compiler compares whole vectors.
        let constant = chunk.iter().fold(true, |equal, &voxel| equal & (voxel == chunk[0]));
        each(chunk, constant);
    }
    each(rest, false);
    f(current, run);
}

/// The first voxel that is no label.
#[derive(Debug, PartialEq)]
struct Offender {
    index: usize,
    value: f64,
    fault: LabelFault,
}

fn convert(voxels: Voxels) -> Result<Labels, Offender> {
    Ok(match voxels {
        Voxels::U8(voxels) => Labels::U8(voxels),
        Voxels::U16(voxels) => Labels::U16(voxels),
        Voxels::U32(voxels) => Labels::U32(voxels),
        Voxels::I8(voxels) => {
            check(&voxels, |v| (v < 0).then_some(LabelFault::Negative))?;
            Labels::U8(bytemuck::cast_vec(voxels))
        }
        Voxels::I16(voxels) => {
            check(&voxels, |v| (v < 0).then_some(LabelFault::Negative))?;
            Labels::U16(bytemuck::cast_vec(voxels))
        }
        Voxels::I32(voxels) => {
            check(&voxels, |v| (v < 0).then_some(LabelFault::Negative))?;
            Labels::U32(bytemuck::cast_vec(voxels))
        }
        Voxels::F32(voxels) => {
            check(&voxels, |v| fault(f64::from(v)))?;
            let mut words: Vec<u32> = bytemuck::cast_vec(voxels);
            for word in &mut words {
                *word = f32::from_bits(*word) as u32;
            }
            Labels::U32(words)
        }
        Voxels::F64(voxels) => {
            check(&voxels, fault)?;
            narrowed(&voxels, |v| v as u32)
        }
        Voxels::U64(voxels) => {
            check(&voxels, |v| (v > u64::from(u32::MAX)).then_some(LabelFault::TooLarge))?;
            narrowed(&voxels, |v| v as u32)
        }
        Voxels::I64(voxels) => {
            check(&voxels, |v| match v {
                ..0 => Some(LabelFault::Negative),
                0..=0xffff_ffff => None,
                _ => Some(LabelFault::TooLarge),
            })?;
            narrowed(&voxels, |v| v as u32)
        }
    })
}

fn fault(value: f64) -> Option<LabelFault> {
    if !value.is_finite() {
        return Some(LabelFault::NotFinite);
    }
    if value < 0.0 {
        return Some(LabelFault::Negative);
    }
    if value.fract() != 0.0 {
        return Some(LabelFault::Fraction);
    }
    (value > f64::from(u32::MAX)).then_some(LabelFault::TooLarge)
}

fn check<T: Voxel>(voxels: &[T], fault: impl Fn(T) -> Option<LabelFault>) -> Result<(), Offender> {
    let found = voxels.iter().enumerate().find_map(|(index, &voxel)| Some((index, voxel, fault(voxel)?)));
    match found {
        None => Ok(()),
        Some((index, voxel, fault)) => Err(Offender { index, value: voxel.as_f64(), fault }),
    }
}

/// A copy in the narrowest type. `voxels` were checked.
fn narrowed<T: Copy>(voxels: &[T], label: impl Fn(T) -> u32) -> Labels {
    match voxels.iter().map(|&v| label(v)).max().unwrap_or(0) {
        0..=0xff => Labels::U8(voxels.iter().map(|&v| label(v) as u8).collect()),
        0x100..=0xffff => Labels::U16(voxels.iter().map(|&v| label(v) as u16).collect()),
        _ => Labels::U32(voxels.iter().map(|&v| label(v)).collect()),
    }
}

/// Where the voxel at this place in the file lies, x first.
fn position(index: usize, shape: &[u64]) -> Vec<u64> {
    let mut rest = index as u64;
    let mut along = |&length: &u64| {
        let here = rest % length.max(1);
        rest /= length.max(1);
        here
    };
    shape.iter().map(&mut along).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_and_float_voxels_become_labels_of_their_own_width() {
        assert_eq!(convert(Voxels::I8(vec![0, 127])), Ok(Labels::U8(vec![0, 127])));
        assert_eq!(convert(Voxels::I16(vec![0, 300])), Ok(Labels::U16(vec![0, 300])));
        assert_eq!(convert(Voxels::I32(vec![7, 1 << 30])), Ok(Labels::U32(vec![7, 1 << 30])));
        // 2^32 - 256 is the largest f32 below 2^32, and -0.0 is 0.
        let large = 4_294_967_040.0;
        assert_eq!(convert(Voxels::F32(vec![-0.0, 3.0, large])), Ok(Labels::U32(vec![0, 3, 4_294_967_040])));
    }

    #[test]
    fn types_of_64_bits_are_narrowed_as_far_as_their_labels_allow() {
        assert_eq!(convert(Voxels::F64(vec![0.0, 255.0])), Ok(Labels::U8(vec![0, 255])));
        assert_eq!(convert(Voxels::I64(vec![0, 256])), Ok(Labels::U16(vec![0, 256])));
        assert_eq!(convert(Voxels::U64(vec![65_536])), Ok(Labels::U32(vec![65_536])));
        assert_eq!(convert(Voxels::U64(vec![u64::from(u32::MAX)])), Ok(Labels::U32(vec![u32::MAX])));
    }

    #[test]
    fn the_first_voxel_that_is_no_label_is_named() {
        let offender = |voxels| convert(voxels).map_err(|o| (o.index, o.fault));
        assert_eq!(offender(Voxels::I8(vec![0, -1, -2])), Err((1, LabelFault::Negative)));
        assert_eq!(offender(Voxels::I64(vec![1 << 32])), Err((0, LabelFault::TooLarge)));
        assert_eq!(offender(Voxels::U64(vec![1, 1 << 32])), Err((1, LabelFault::TooLarge)));
        assert_eq!(offender(Voxels::F32(vec![1.0, 2.5])), Err((1, LabelFault::Fraction)));
        assert_eq!(offender(Voxels::F32(vec![f32::NAN])), Err((0, LabelFault::NotFinite)));
        assert_eq!(offender(Voxels::F32(vec![4_294_967_296.0])), Err((0, LabelFault::TooLarge)));
        assert_eq!(offender(Voxels::F64(vec![0.0, 0.0, -0.5])), Err((2, LabelFault::Negative)));
    }

    #[test]
    fn runs_cover_every_voxel_whatever_the_chunks() {
        let mut state = 1u32;
        for length in [0, 1, 63, 64, 65, 1000, 4096] {
            for stretch in [1, 5, 64, 130] {
                let voxels: Vec<u32> = (0..length)
                    .map(|i| {
                        if i % stretch == 0 {
                            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        }
                        state >> 30
                    })
                    .collect();
                let mut back = Vec::new();
                for_runs(&voxels, |voxel, n| back.extend(std::iter::repeat_n(voxel, n as usize)));
                assert_eq!(back, voxels);
            }
        }
    }

    #[test]
    fn positions_are_x_first() {
        assert_eq!(position(0, &[4, 3, 2]), [0, 0, 0]);
        assert_eq!(position(4 * 3 + 4 + 2, &[4, 3, 2]), [2, 1, 1]);
    }
}
/// STUB
pub struct LabelReader;
impl LabelReader {
    /// s
    pub fn open(_: impl AsRef<Path>) -> Result<Self, LabelsError> {
        todo!()
    }
    /// s
    pub fn shape(&self) -> &[u64] {
        &[]
    }
    /// s
    pub fn geometry(&self) -> Option<&Geometry> {
        None
    }
    /// s
    pub fn next_chunk(&mut self, _: usize) -> Result<Option<crate::volume::LabelSlice<'_>>, LabelsError> {
        todo!()
    }
}
/// s
pub fn read_layers(_: impl AsRef<Path>) -> Result<Vec<LabelVolume>, LabelsError> {
    todo!()
}
impl LabelVolume {
    /// s
    pub fn voxels(&self) -> usize {
        0
    }
}
