//! Voxels counted: labels, range, sum.

use super::exact_sum::ExactSum;
use crate::io::Voxels;
use crate::io::labels::{for_runs, settle_all};
use bytemuck::NoUninit;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Voxels by value.
pub(super) type Labels = BTreeMap<i128, u64>;

/// How the voxels of a file are divided: the number of channels, and which of them are separate layers.
#[derive(Debug, Clone)]
pub(super) struct Channels {
    pub count: usize,
    pub layers: BTreeSet<u64>,
}

impl Channels {
    /// One channel, not divided into layers.
    pub fn one() -> Self {
        Self { count: 1, layers: BTreeSet::new() }
    }
}

/// What is in the voxels of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Content {
    /// Voxels by value, where all values are whole.
    pub labels: Option<Labels>,
    /// The same of the layers that were asked for, by their numbers.
    pub layers: BTreeMap<u64, Labels>,
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
    /// Of the voxels of some channels, one behind the other. Where a header scaled them, they are a label map if all of
    /// them snap to whole numbers, and otherwise the values that the header gives.
    pub fn of(voxels: Voxels, channels: &Channels, scaled: bool) -> Self {
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

    fn of_labels(each: impl Iterator<Item = Vec<(i128, u64)>>, channels: &Channels) -> Self {
        let (mut labels, mut layers) = (Labels::new(), BTreeMap::new());
        for (layer, found) in (0..).zip(each) {
            for &(label, voxels) in &found {
                *labels.entry(label).or_default() += voxels;
            }
            if channels.layers.contains(&layer) {
                layers.insert(layer, found.into_iter().collect());
            }
        }
        Self {
            min: labels.first_key_value().map(|(&label, _)| Number::Whole(label)),
            max: labels.last_key_value().map(|(&label, _)| Number::Whole(label)),
            sum: Number::Whole(labels.iter().map(|(&label, &voxels)| label * i128::from(voxels)).sum()),
            finite: labels.values().sum(),
            non_finite: 0,
            labels: Some(labels),
            layers,
        }
    }
}

fn of_integers<T: NoUninit + Ord + Into<i128>>(mut voxels: Vec<T>, channels: &Channels) -> Content {
    let each = parts(&mut voxels, channels.count).map(|part| count(part, Into::into, <[T]>::sort_unstable));
    Content::of_labels(each, channels)
}

/// Floats are labels where all of them are whole.
fn of_floats<T: NoUninit + PartialOrd + Into<f64>>(
    mut voxels: Vec<T>,
    channels: &Channels,
    order: fn(&T, &T) -> std::cmp::Ordering,
) -> Content {
    if voxels.chunks(CHUNK).all(|chunk| chunk.iter().fold(true, |whole, &voxel| whole & is_whole(voxel.into()))) {
        let key = |voxel: T| voxel.into() as i128;
        let each = parts(&mut voxels, channels.count);
        return Content::of_labels(each.map(|part| count(part, key, |all| all.sort_unstable_by(order))), channels);
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
        layers: BTreeMap::new(),
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
/// table, or they are few.
fn count<T: NoUninit + PartialOrd>(
    voxels: &mut [T],
    key: impl Fn(T) -> i128,
    sort: impl FnOnce(&mut [T]),
) -> Vec<(i128, u64)> {
    let Some(&first) = voxels.first() else { return Vec::new() };
    let ends = |(least, most): (T, T), &voxel: &T| {
        (if voxel < least { voxel } else { least }, if voxel > most { voxel } else { most })
    };
    let (least, most) = voxels.iter().fold((first, first), ends);
    let (least, width) = (key(least), key(most) - key(least));
    let mut found: Vec<(i128, u64)> = Vec::new();
    if width < WIDEST.min(8 * voxels.len() as i128) {
        let mut table = vec![0; width as usize + 1];
        for_runs(voxels, |voxel, run| table[(key(voxel) - least) as usize] += run);
        found.extend((least..).zip(table).filter(|(_, voxels)| *voxels > 0));
    } else {
        sort(voxels);
        for_runs(voxels, |voxel, run| found.push((key(voxel), run)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(voxels: Voxels) -> Content {
        Content::of(voxels, &Channels::one(), false)
    }

    fn labels<const N: usize>(labels: [(i128, u64); N]) -> Option<Labels> {
        Some(Labels::from(labels))
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
                assert_eq!((found.labels, found.sum), (Some(expected.clone()), sum), "{range}");
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
        let content = Content::of(Voxels::F64(vec![0.0, 255.0 * slope]), &Channels::one(), true);
        assert_eq!(content.labels, labels([(0, 1), (1, 1)]));
        let content = Content::of(Voxels::F64(vec![0.0, 255.0 * slope, 127.0 * slope]), &Channels::one(), true);
        assert_eq!((content.labels, content.max), (None, Some(Number::Real(255.0 * slope))));
    }

    #[test]
    fn layers_are_counted_apart() {
        let channels = Channels { count: 2, layers: [1, 7].into() };
        let content = Content::of(Voxels::U8(vec![0, 1, 1, 1]), &channels, false);
        assert_eq!(content.layers, BTreeMap::from([(1, Labels::from([(1, 2)]))]));
        assert_eq!(content.labels, labels([(0, 1), (1, 3)]));
    }

    /// Neither a wide table nor a map for each of many channels.
    #[test]
    fn many_channels_of_few_voxels_take_little() {
        let voxels: Vec<i32> = (0..200_000).map(|i| i % 2 * 4_194_300).collect();
        let channels = Channels { count: 100_000, layers: [5].into() };
        let content = Content::of(Voxels::I32(voxels), &channels, false);
        assert_eq!(content.layers[&5], Labels::from([(0, 1), (4_194_300, 1)]));
        assert_eq!(content.labels, labels([(0, 100_000), (4_194_300, 100_000)]));
    }
}
