//! One pass over voxels: labels, range, sum.

use super::exact_sum::ExactSum;
use crate::io::Voxels;
use crate::io::labels::for_runs;
use serde_json::Value;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

/// What is in the voxels of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Content {
    /// Voxels by value, of integer data.
    pub labels: Option<BTreeMap<i128, u64>>,
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
    pub fn of(voxels: &Voxels) -> Self {
        match voxels {
            Voxels::U8(v) => of_integers(v),
            Voxels::I8(v) => of_integers(v),
            Voxels::U16(v) => of_integers(v),
            Voxels::I16(v) => of_integers(v),
            Voxels::U32(v) => of_integers(v),
            Voxels::I32(v) => of_integers(v),
            Voxels::U64(v) => of_integers(v),
            Voxels::I64(v) => of_integers(v),
            Voxels::F32(v) => of_floats(v),
            Voxels::F64(v) => of_floats(v),
        }
    }

    /// The mean of the finite voxels, where there is one.
    pub fn mean(&self) -> Option<f64> {
        (self.finite > 0).then(|| self.sum.as_f64() / self.finite as f64)
    }
}

fn of_integers<T: Copy + PartialEq + Into<i128>>(voxels: &[T]) -> Content {
    let mut labels = BTreeMap::new();
    for_runs(voxels, |value, count| match labels.entry(value.into()) {
        Entry::Vacant(entry) => _ = entry.insert(count),
        Entry::Occupied(mut entry) => *entry.get_mut() += count,
    });
    let sum = labels.iter().map(|(&value, &count)| value * i128::from(count)).sum();
    let end = |found: Option<(&i128, _)>| found.map(|(&value, _)| Number::Whole(value));
    Content {
        min: end(labels.first_key_value()),
        max: end(labels.last_key_value()),
        sum: Number::Whole(sum),
        finite: voxels.len() as u64,
        non_finite: 0,
        labels: Some(labels),
    }
}

fn of_floats<T: Copy + PartialEq + Into<f64>>(voxels: &[T]) -> Content {
    let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
    let (mut finite, mut sum) = (0, ExactSum::default());
    for &voxel in voxels {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_labels_and_exact_sums() {
        let content = Content::of(&Voxels::I16(vec![-3, 7, 7, 0]));
        assert_eq!(content.labels, Some(BTreeMap::from([(-3, 1), (0, 1), (7, 2)])));
        assert_eq!((content.sum, content.mean()), (Number::Whole(11), Some(2.75)));
        let content = Content::of(&Voxels::U64(vec![u64::MAX, u64::MAX]));
        assert_eq!(
            (content.max, content.sum),
            (Some(Number::Whole(u64::MAX.into())), Number::Whole(2 * (u64::MAX as i128)))
        );
    }

    #[test]
    fn floats_count_what_is_not_finite_and_leave_it_out() {
        let content = Content::of(&Voxels::F32(vec![0.5, f32::NAN, -2.0, f32::INFINITY]));
        assert_eq!((content.min, content.max), (Some(Number::Real(-2.0)), Some(Number::Real(0.5))));
        assert_eq!((content.sum, content.non_finite, content.mean()), (Number::Real(-1.5), 2, Some(-0.75)));
        assert_eq!(Content::of(&Voxels::F64(vec![f64::NAN])).mean(), None);
    }
}
