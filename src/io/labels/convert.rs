//! From numbers of any type to labels.

use super::merged::{HIGHEST, Merged};
use super::{LabelOptions, Labels};
use crate::error::LabelFault;
use crate::io::npy::Elements;
use crate::io::voxels::half;
use crate::io::{StoredType, Voxel, Voxels};
use crate::memory::collected;
use crate::volume::Dtype;

/// The first voxel that is not a label.
#[derive(Debug, PartialEq)]
pub(super) struct Offender {
    pub index: usize,
    /// As its type writes it: f64 would round the large ones.
    pub value: String,
    pub fault: LabelFault,
}

/// A number that may be a label.
pub(super) trait Number: Voxel {
    /// Whether it is one. Without branches, so that the compiler looks at whole vectors.
    fn is_label(self) -> bool;
    /// The label, where it is one.
    fn label(self) -> u32;
    /// Why it is not a label.
    fn fault(self) -> LabelFault;
}

macro_rules! numbers {
    ($($type:ty, $is_label:expr, $label:expr, $fault:expr;)*) => {$(
        impl Number for $type {
            fn is_label(self) -> bool {
                let is_label: fn($type) -> bool = $is_label;
                is_label(self)
            }
            fn label(self) -> u32 {
                let label: fn($type) -> u32 = $label;
                label(self)
            }
            fn fault(self) -> LabelFault {
                let fault: fn($type) -> LabelFault = $fault;
                fault(self)
            }
        }
    )*};
}

numbers! {
    u8, |_| true, |v| v.into(), |_| LabelFault::TooLarge;
    u16, |_| true, |v| v.into(), |_| LabelFault::TooLarge;
    u32, |_| true, |v| v, |_| LabelFault::TooLarge;
    i8, |v| v >= 0, |v| v as u32, |_| LabelFault::Negative;
    i16, |v| v >= 0, |v| v as u32, |_| LabelFault::Negative;
    i32, |v| v >= 0, |v| v as u32, |_| LabelFault::Negative;
    i64, |v| v >> 32 == 0, |v| v as u32, |v| if v < 0 { LabelFault::Negative } else { LabelFault::TooLarge };
    u64, |v| v >> 32 == 0, |v| v as u32, |_| LabelFault::TooLarge;
    // 2^32 itself would come back from the largest label.
    f32, |v| ((v as u32) as f32 == v) & (v < 4_294_967_296.0), |v| v as u32, |v| fault_of_real(v.into());
    f64, |v| (0.0..4_294_967_296.0).contains(&v) & ((v + TWO_52) - TWO_52 == v),
        |v| (v + TWO_52).to_bits() as u32, fault_of_real;
}

/// Floats of this size are whole: a smaller one that is added leaves its whole part in the lowest bits. A conversion
/// must handle values that do not fit. Without a vector instruction it takes several times as long.
const TWO_52: f64 = 4_503_599_627_370_496.0;
const TWO_23: f32 = 8_388_608.0;

fn fault_of_real(value: f64) -> LabelFault {
    if !value.is_finite() {
        LabelFault::NotFinite
    } else if value < 0.0 {
        LabelFault::Negative
    } else if value.fract() != 0.0 {
        LabelFault::Fraction
    } else {
        LabelFault::TooLarge
    }
}

/// Voxels that are looked at together.
const CHUNK: usize = 256;

/// Looks for a voxel that is not a label.
pub(super) fn check<T: Number>(voxels: &[T]) -> Result<(), Offender> {
    for (start, chunk) in (0..).step_by(CHUNK).zip(voxels.chunks(CHUNK)) {
        // Without an early exit, for the same reason.
        if chunk.iter().fold(true, |fine, voxel| fine & voxel.is_label()) {
            continue;
        }
        if let Some((at, voxel)) = (start..).zip(chunk).find(|(_, voxel)| !voxel.is_label()) {
            return Err(Offender { index: at, value: format!("{voxel:?}"), fault: voxel.fault() });
        }
    }
    Ok(())
}

/// Makes labels of floats where they lie.
pub(super) fn whole(voxels: &mut [f32]) -> Result<(), Offender> {
    for (start, chunk) in (0..).step_by(CHUNK).zip(voxels.chunks_mut(CHUNK)) {
        let is_small = |v: f32| (0.0..TWO_23).contains(&v) & ((v + TWO_23) - TWO_23 == v);
        // In two loops, as one would do the slow conversion for small labels too. As words, since a label may have the
        // bits of a NaN.
        if chunk.iter().fold(true, |small, &voxel| small & is_small(voxel)) {
            for word in bytemuck::cast_slice_mut::<f32, u32>(chunk) {
                *word = (f32::from_bits(*word) + TWO_23).to_bits() ^ TWO_23.to_bits();
            }
        } else {
            check(chunk).map_err(|offender| Offender { index: offender.index.saturating_add(start), ..offender })?;
            for word in bytemuck::cast_slice_mut::<f32, u32>(chunk) {
                *word = f32::from_bits(*word).label();
            }
        }
    }
    Ok(())
}

/// Below this an f32 can hold fractions.
const TWO_22: f64 = 4_194_304.0;

/// Snaps scaled values back to the whole numbers they were stored from. [`read`](super::read) and
/// [`LabelReader`](super::LabelReader) do this themselves; it is for the [`Voxels::F64`] of an image whose header has a
/// [`Scale`](crate::io::Scale).
///
/// NIfTI keeps slope and intercept in `f32`, and a label that nibabel stored as 255 times 1/255 comes back as
/// 1.0000000591; as an `f32`, as ITK scales, it is 1. Values that are whole in `f32`, up to 2^22, become that; others
/// stay as they are.
///
/// ```
/// let slope = f64::from(1.0f32 / 255.0);
/// let mut values = [0.0, 255.0 * slope, 127.0 * slope];
/// voxdice::io::labels::settle(&mut values);
/// assert_eq!(values, [0.0, 1.0, 127.0 * slope]);
/// ```
pub fn settle(values: &mut [f64]) {
    for value in values {
        *value = settled(*value).unwrap_or(*value);
    }
}

/// Makes of scaled numbers what was meant, and returns the options that make labels of them. Without a threshold they are
/// [`settle`]d; with one whole numbers count as `f32`, as a slope has no more digits, and floats stay as they are.
pub(super) fn meant(values: &mut [f64], stored: StoredType, options: &LabelOptions) -> LabelOptions {
    match (options.threshold, stored) {
        (None, _) => settle(values),
        (Some(_), StoredType::F32 | StoredType::F64) => {}
        (Some(_), _) => {
            values.iter_mut().for_each(|value| *value = f64::from(*value as f32));
            return options.of(Dtype::F32);
        }
    }
    options.clone()
}

/// The whole number that a value is in `f32`.
fn settled(value: f64) -> Option<f64> {
    let near = f64::from(value as f32);
    (near.fract() == 0.0 && near.abs() < TWO_22).then_some(near)
}

/// [`settle`] of all values or of none: where one of them is not a whole number in `f32`, this is not a label map, and
/// all of them keep the values of slope and intercept. Returns whether they were snapped.
///
/// ```
/// let slope = f64::from(1.0f32 / 255.0);
/// let mut values = [255.0 * slope, 127.0 * slope];
/// assert!(!voxdice::io::labels::settle_all(&mut values));
/// assert_eq!(values, [255.0 * slope, 127.0 * slope]);
/// ```
pub fn settle_all(values: &mut [f64]) -> bool {
    let settles = |chunk: &[f64]| chunk.iter().fold(true, |all, &value| all & settled(value).is_some());
    let all = values.chunks(CHUNK).all(settles);
    if all {
        settle(values);
    }
    all
}

/// Makes labels of the bits of half floats where they lie.
pub(super) fn whole_halves(voxels: &mut [u16]) -> Result<(), Offender> {
    for (index, bits) in voxels.iter_mut().enumerate() {
        let value = half(*bits);
        if !value.is_label() {
            return Err(Offender { index, value: format!("{value:?}"), fault: value.fault() });
        }
        // The largest is 65,504.
        *bits = value as u16;
    }
    Ok(())
}

/// The labels of numbers that need not be labels as they stand.
pub(super) fn interpreted<T: Number>(
    voxels: &[T],
    options: &LabelOptions,
    merged: &mut Merged,
    mut label: impl FnMut(u32),
) -> Result<(), Offender> {
    let is_cut = options.threshold.is_some_and(|threshold| threshold <= HIGHEST);
    for (index, &voxel) in voxels.iter().enumerate() {
        match options.label(voxel) {
            Ok(found) => {
                if is_cut {
                    merged.see(voxel.as_f64(), found == 1);
                }
                label(found);
            }
            Err(fault) => return Err(Offender { index, value: format!("{voxel:?}"), fault }),
        }
    }
    Ok(())
}

/// The same of a whole array, in the narrowest type.
pub(super) fn interpret(elements: Elements, options: &LabelOptions, merged: &mut Merged) -> Result<Labels, Offender> {
    let mut labels = Vec::new();
    let all = |label| labels.push(label);
    match elements {
        Elements::Bool(voxels) | Elements::Plain(Voxels::U8(voxels)) => interpreted(&voxels, options, merged, all),
        Elements::F16(bits) => {
            let values: Vec<f32> = bits.into_iter().map(half).collect();
            interpreted(&values, &options.of(Dtype::F16), merged, all)
        }
        Elements::Plain(Voxels::U16(voxels)) => interpreted(&voxels, options, merged, all),
        Elements::Plain(Voxels::U32(voxels)) => interpreted(&voxels, options, merged, all),
        Elements::Plain(Voxels::U64(voxels)) => interpreted(&voxels, options, merged, all),
        Elements::Plain(Voxels::I8(voxels)) => interpreted(&voxels, options, merged, all),
        Elements::Plain(Voxels::I16(voxels)) => interpreted(&voxels, options, merged, all),
        Elements::Plain(Voxels::I32(voxels)) => interpreted(&voxels, options, merged, all),
        Elements::Plain(Voxels::I64(voxels)) => interpreted(&voxels, options, merged, all),
        Elements::Plain(Voxels::F32(voxels)) => interpreted(&voxels, options, merged, all),
        Elements::Plain(Voxels::F64(voxels)) => interpreted(&voxels, options, merged, all),
    }?;
    Ok(narrowed(&labels))
}

/// Labels from voxels of any type, where they lie if they fit.
pub(super) fn convert(voxels: Voxels) -> Result<Labels, Offender> {
    Ok(match voxels {
        Voxels::U8(voxels) => Labels::U8(voxels),
        Voxels::U16(voxels) => Labels::U16(voxels),
        Voxels::U32(voxels) => Labels::U32(voxels),
        Voxels::I8(voxels) => check(&voxels).map(|()| Labels::U8(bytemuck::cast_vec(voxels)))?,
        Voxels::I16(voxels) => check(&voxels).map(|()| Labels::U16(bytemuck::cast_vec(voxels)))?,
        Voxels::I32(voxels) => check(&voxels).map(|()| Labels::U32(bytemuck::cast_vec(voxels)))?,
        Voxels::F32(mut voxels) => whole(&mut voxels).map(|()| Labels::U32(bytemuck::cast_vec(voxels)))?,
        Voxels::F64(voxels) => check(&voxels).map(|()| narrowed(&voxels))?,
        Voxels::U64(voxels) => check(&voxels).map(|()| narrowed(&voxels))?,
        Voxels::I64(voxels) => check(&voxels).map(|()| narrowed(&voxels))?,
    })
}

/// Labels from an array.
pub(super) fn convert_elements(elements: Elements) -> Result<Labels, Offender> {
    match elements {
        Elements::Plain(voxels) => convert(voxels),
        Elements::Bool(voxels) => Ok(Labels::U8(voxels)),
        Elements::F16(mut voxels) => whole_halves(&mut voxels).map(|()| Labels::U16(voxels)),
    }
}

/// A copy in the narrowest type. All `voxels` are labels.
fn narrowed<T: Number>(voxels: &[T]) -> Labels {
    match voxels.iter().map(|voxel| voxel.label()).max().unwrap_or(0) {
        0..=0xff => Labels::U8(collected(voxels.iter().map(|voxel| voxel.label() as u8))),
        0x100..=0xffff => Labels::U16(collected(voxels.iter().map(|voxel| voxel.label() as u16))),
        _ => Labels::U32(collected(voxels.iter().map(|voxel| voxel.label()))),
    }
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
    fn values_are_told_to_the_last_digit() {
        let value = |voxels| convert(voxels).map_err(|offender| offender.value).unwrap_err();
        assert_eq!(value(Voxels::I64(vec![9_007_199_254_740_993])), "9007199254740993");
        assert_eq!(value(Voxels::U64(vec![u64::MAX])), "18446744073709551615");
        assert_eq!(value(Voxels::F32(vec![0.1])), "0.1");
        assert_eq!(value(Voxels::F64(vec![5e-324])), "5e-324");
    }

    #[test]
    fn the_place_of_a_voxel_does_not_depend_on_chunks() {
        for index in [0, 255, 256, 300, 511, 599] {
            let mut voxels = vec![3.0f64; 600];
            voxels[index..].fill(0.5);
            assert_eq!(check(&voxels).map_err(|offender| offender.index), Err(index));
        }
        for value in [4_294_967_296.0, 1e300, -1.0, f64::NAN, f64::NEG_INFINITY, 1e-300, 4_294_967_295.5] {
            assert!(check(&[value]).is_err(), "{value}");
            assert!(check(&[value as f32]).is_err() || value == 1e-300, "{value}");
        }
        assert_eq!(check(&[4_294_967_295.0, -0.0]), Ok(()));
    }

    #[test]
    fn floats_keep_their_labels_whatever_their_neighbours() {
        let values = [0, 1, 254, 8_388_607, 8_388_608, 16_777_215, 16_777_216, 4_294_967_040];
        for value in values {
            let mut voxels = vec![5.0f32; 600];
            voxels[300] = value as f32;
            whole(&mut voxels).unwrap();
            let labels: Vec<u32> = voxels.iter().map(|voxel| voxel.to_bits()).collect();
            assert_eq!((labels[299], labels[300], labels[301], labels[599]), (5, value, 5, 5));
            assert_eq!((f64::from(value).is_label(), f64::from(value).label()), (true, value));
        }
        for wrong in [0.5, 8_388_607.5, -1.0, f32::NAN, f32::INFINITY, 4_294_967_296.0] {
            let mut voxels = vec![5.0; 600];
            voxels[300] = wrong;
            assert_eq!(whole(&mut voxels).map_err(|offender| offender.index), Err(300), "{wrong}");
        }
    }

    #[test]
    fn scaled_labels_are_those_that_were_meant() {
        // Every label of a mask that nibabel stores in the whole range of its type.
        for (most, labels) in [(255.0, 1..=117), (65_535.0, 1..=117), (32_767.0, 1..=3)] {
            for label in labels {
                let slope = f64::from((f64::from(label) / most) as f32);
                let mut values = [slope * most, 0.0];
                settle(&mut values);
                assert_eq!(values, [f64::from(label), 0.0], "{most}");
            }
        }
        // A value that is a fraction in f32 stays one, and large labels are not changed.
        let fractions = [1.0 + libm::scalbn(1.0, -22), 0.5, -0.25, 16_777_217.0, f64::NAN, 4_194_304.25];
        let mut values = fractions;
        settle(&mut values);
        assert_eq!(values.map(f64::to_bits), fractions.map(f64::to_bits));
    }

    #[test]
    fn every_half_float_has_its_value() {
        let whole = |bits: u16| {
            let mut bits = [bits];
            whole_halves(&mut bits).map(|()| bits[0]).map_err(|offender| (offender.value, offender.fault))
        };
        assert_eq!([whole(0), whole(0x8000), whole(0x3c00), whole(0x7bff)], [Ok(0), Ok(0), Ok(1), Ok(65_504)]);
        // Every whole number up to 2,048 is one, and its bits follow from those of f32.
        for value in 1..=2048u16 {
            let wide = f32::from(value).to_bits();
            let bits = ((wide >> 23) - 127 + 15) << 10 | (wide >> 13 & 0x3ff);
            assert_eq!(whole(bits as u16), Ok(value));
        }
        assert_eq!(whole(0x3800), Err(("0.5".into(), LabelFault::Fraction)));
        assert_eq!(
            whole(0x0001),
            Err((format!("{:?}", 1.0 / f32::from(1u16 << 12) / f32::from(1u16 << 12)), LabelFault::Fraction))
        );
        assert_eq!(whole(0xbc00), Err(("-1.0".into(), LabelFault::Negative)));
        assert_eq!(whole(0x7c00).map_err(|e| e.1), Err(LabelFault::NotFinite));
        assert_eq!(whole(0x7e00).map_err(|e| e.1), Err(LabelFault::NotFinite));
    }
}
