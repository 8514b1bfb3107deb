//! Voxels counted: labels, range, sum.

use super::exact_sum::ExactSum;
use crate::io::Voxels;
use crate::io::labels::{for_runs, settle_all};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// Voxels by value.
pub(super) type Labels = BTreeMap<i128, u64>;

/// What is in the voxels of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Content {
    /// Voxels by value in each channel, where all values are whole.
    pub labels: Option<Vec<Labels>>,
    pub min: Option<Number>,
    pub max: Option<Number>,
    /// Of the finite voxels.
    pub sum: Number,
    pub finite: u64,
    pub non_finite: u64,
}

/// A number that keeps to its kind: 64-bit integers do not pass through floats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Whole(i128),
    Real(f64),
}

impl Number {
    pub fn json(self) -> Value {
        match self {
            // Beyond 64 bits JSON has no integers that are read back as such.
            Self::Whole(value) => i64::try_from(value)
                .map(Value::from)
                .or_else(|_| u64::try_from(value).map(Value::from))
                .unwrap_or_else(|_| (value as f64).into()),
            Self::Real(value) => value.into(),
        }
    }

    fn as_f64(self) -> f64 {
        match self {
            Self::Whole(value) => value as f64,
            Self::Real(value) => value,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(value) => write!(f, "{value}"),
            Self::Real(value) => write!(f, "{value}"),
        }
    }
}

impl Content {
    /// Of the voxels of so many channels, one behind the other. Where a header scaled them, they are a label map if all
    /// of them settle, and else the values that the header gives.
    pub fn of(voxels: Voxels, channels: usize, scaled: bool) -> Self {
        match voxels {
            Voxels::U8(v) => of_integers(v, channels),
            Voxels::I8(v) => of_integers(v, channels),
            Voxels::U16(v) => of_integers(v, channels),
            Voxels::I16(v) => of_integers(v, channels),
            Voxels::U32(v) => of_integers(v, channels),
            Voxels::I32(v) => of_integers(v, channels),
            Voxels::U64(v) => of_integers(v, channels),
            Voxels::I64(v) => of_integers(v, channels),
            Voxels::F32(v) => of_floats(v, channels, f32::total_cmp),
            Voxels::F64(mut v) => {
                if scaled {
                    settle_all(&mut v);
                }
                of_floats(v, channels, f64::total_cmp)
            }
        }
    }

    /// The mean of the finite voxels, where there is one.
    pub fn mean(&self) -> Option<f64> {
        (self.finite > 0).then(|| self.sum.as_f64() / self.finite as f64)
    }

    /// Voxels by value in all channels, where all values are whole.
    pub fn all_labels(&self) -> Option<Labels> {
        let mut all = Labels::new();
        for (&label, voxels) in self.labels.as_ref()?.iter().flatten() {
            *all.entry(label).or_default() += voxels;
        }
        Some(all)
    }

    fn of_labels(labels: Vec<Labels>) -> Self {
        let all = || labels.iter().flatten();
        let ends = |pick: fn(&Labels) -> Option<(&i128, &u64)>| labels.iter().filter_map(pick).map(|(&label, _)| label);
        Self {
            min: ends(BTreeMap::first_key_value).min().map(Number::Whole),
            max: ends(BTreeMap::last_key_value).max().map(Number::Whole),
            sum: Number::Whole(all().map(|(&label, &voxels)| label * i128::from(voxels)).sum()),
            finite: all().map(|(_, voxels)| voxels).sum(),
            non_finite: 0,
            labels: Some(labels),
        }
    }
}

fn of_integers<T: Copy + Ord + Into<i128>>(mut voxels: Vec<T>, channels: usize) -> Content {
    let each = parts(&mut voxels, channels);
    Content::of_labels(each.map(|part| count(part, Into::into, <[T]>::sort_unstable)).collect())
}

/// Floats are labels where all of them are whole.
fn of_floats<T: Copy + PartialOrd + Into<f64>>(
    mut voxels: Vec<T>,
    channels: usize,
    order: fn(&T, &T) -> std::cmp::Ordering,
) -> Content {
    if voxels.chunks(CHUNK).all(|chunk| chunk.iter().fold(true, |whole, &voxel| whole & is_whole(voxel.into()))) {
        let key = |voxel: T| voxel.into() as i128;
        let each = parts(&mut voxels, channels);
        return Content::of_labels(each.map(|part| count(part, key, |all| all.sort_unstable_by(order))).collect());
    }
    let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
    let (mut finite, mut sum) = (0, ExactSum::default());
    for &voxel in &voxels {
        let value: f64 = voxel.into();
        if value.is_finite() {
            finite += 1;
            min = min.min(value);
            max = max.max(value);
            sum.add(value);
        }
    }
    let any = finite > 0;
    Content {
        labels: None,
        min: any.then_some(Number::Real(min)),
        max: any.then_some(Number::Real(max)),
        sum: Number::Real(sum.rounded()),
        finite,
        non_finite: voxels.len() as u64 - finite,
    }
}

/// Voxels that are looked at together.
const CHUNK: usize = 1 << 12;

/// Whether a value is a whole number of at most 53 bits. Without a conversion, and without branches.
fn is_whole(value: f64) -> bool {
    const TWO_52: f64 = 4_503_599_627_370_496.0;
    let size = value.abs();
    (size <= TWO_52) & ((size + TWO_52) - TWO_52 == size)
}

/// The voxels of each channel.
fn parts<T>(voxels: &mut [T], channels: usize) -> impl Iterator<Item = &mut [T]> {
    let length = (voxels.len() / channels.max(1)).max(1);
    voxels.chunks_mut(length)
}

/// The widest range of values that is counted in a table: 32 MiB, and more than intensities of 16 bits or of a
/// microscope have.
const WIDEST: i128 = 1 << 22;

/// How many voxels have each value. `sort` brings them into order where they lie, if their range is too wide for a
/// table.
fn count<T: Copy + PartialOrd>(voxels: &mut [T], key: impl Fn(T) -> i128, sort: impl FnOnce(&mut [T])) -> Labels {
    let Some(&first) = voxels.first() else { return Labels::new() };
    let ends = |(least, most): (T, T), &voxel: &T| {
        (if voxel < least { voxel } else { least }, if voxel > most { voxel } else { most })
    };
    let (least, most) = voxels.iter().fold((first, first), ends);
    let (least, width) = (key(least), key(most) - key(least));
    let mut found: Vec<(i128, u64)> = Vec::new();
    if width < WIDEST {
        let mut table = vec![0; width as usize + 1];
        for_runs(voxels, |voxel, run| table[(key(voxel) - least) as usize] += run);
        found.extend((least..).zip(table).filter(|(_, voxels)| *voxels > 0));
    } else {
        sort(voxels);
        for_runs(voxels, |voxel, run| found.push((key(voxel), run)));
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(voxels: Voxels) -> Content {
        Content::of(voxels, 1, false)
    }

    fn labels<const N: usize>(labels: [(i128, u64); N]) -> Option<Vec<Labels>> {
        Some(vec![Labels::from(labels)])
    }

    #[test]
    fn integers_have_labels_and_exact_sums() {
        let content = of(Voxels::I16(vec![-3, 7, 7, 0]));
        assert_eq!(content.labels, labels([(-3, 1), (0, 1), (7, 2)]));
        assert_eq!((content.sum, content.mean()), (Number::Whole(11), Some(2.75)));
        let content = of(Voxels::U64(vec![u64::MAX, u64::MAX]));
        let twice = 2 * i128::from(u64::MAX);
        assert_eq!((content.max, content.sum), (Some(Number::Whole(u64::MAX.into())), Number::Whole(twice)));
        let empty = of(Voxels::U8(Vec::new()));
        assert_eq!((empty.min, empty.sum, empty.mean()), (None, Number::Whole(0), None));
    }

    /// In a table, and sorted where the range is too wide for one.
    #[test]
    fn every_voxel_is_counted_whatever_the_range() {
        let mut state = 1u64;
        for range in [1, 2, 300, 1 << 22, (1 << 22) + 1, 1 << 40] {
            let voxels: Vec<i64> = (0..3000)
                .map(|i| {
                    if i % 3 > 0 {
                        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    }
                    (state >> 20) as i64 % range - range / 2
                })
                .collect();
            let mut expected = Labels::new();
            voxels.iter().for_each(|&voxel| *expected.entry(voxel.into()).or_default() += 1);
            let sum = Number::Whole(voxels.iter().map(|&voxel| i128::from(voxel)).sum());
            let floats = of(Voxels::F64(voxels.iter().map(|&voxel| voxel as f64).collect()));
            for found in [of(Voxels::I64(voxels)), floats] {
                assert_eq!((found.labels, found.sum), (Some(vec![expected.clone()]), sum), "{range}");
            }
        }
    }

    #[test]
    fn floats_are_labels_where_all_of_them_are_whole() {
        assert_eq!(of(Voxels::F32(vec![-0.0, 3.0, 0.0, -1.0])).labels, labels([(-1, 1), (0, 2), (3, 1)]));
        assert_eq!(of(Voxels::F32(vec![1e20, -0.0, 0.0])).labels, None);
        for wrong in [0.5, f32::NAN, f32::INFINITY] {
            assert_eq!(of(Voxels::F32(vec![1.0, wrong])).labels, None, "{wrong}");
        }
        let content = of(Voxels::F32(vec![0.5, f32::NAN, -2.0, f32::INFINITY]));
        assert_eq!((content.min, content.max), (Some(Number::Real(-2.0)), Some(Number::Real(0.5))));
        assert_eq!((content.sum, content.non_finite, content.mean()), (Number::Real(-1.5), 2, Some(-0.75)));
        assert_eq!(of(Voxels::F64(vec![f64::NAN])).mean(), None);
    }

    #[test]
    fn scaled_voxels_settle_all_or_none() {
        let slope = f64::from(1.0f32 / 255.0);
        let content = Content::of(Voxels::F64(vec![0.0, 255.0 * slope]), 1, true);
        assert_eq!(content.labels, labels([(0, 1), (1, 1)]));
        let content = Content::of(Voxels::F64(vec![0.0, 255.0 * slope, 127.0 * slope]), 1, true);
        assert_eq!((content.labels, content.max), (None, Some(Number::Real(255.0 * slope))));
    }

    #[test]
    fn channels_are_counted_apart() {
        let content = Content::of(Voxels::U8(vec![0, 1, 1, 1]), 2, false);
        assert_eq!(content.labels, Some(vec![Labels::from([(0, 1), (1, 1)]), Labels::from([(1, 2)])]));
        assert_eq!(content.all_labels(), Some(Labels::from([(0, 1), (1, 3)])));
    }
}
