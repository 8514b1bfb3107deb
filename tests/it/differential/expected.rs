//! What an evaluation must give, from the definitions in docs/arithmetic.md: the statistics, or why there are none.

use crate::oracle::{self, Array, CellSums, narrow};
use voxdice::metric::Partials;
use voxdice::{Activation, Error, Layout, NonFinite, Operand, Over};
use voxdice::{Shape, stats::Terms};

/// Position in memory of a voxel.
pub fn at(shape: &Shape, sample: usize, channel: usize, voxel: usize) -> usize {
    let (channels, voxels) = (shape.channels() as usize, shape.voxels_per_cell() as usize);
    match shape.layout() {
        Layout::ChannelsFirst => (sample * channels + channel) * voxels + voxel,
        Layout::ChannelsLast => (sample * voxels + voxel) * channels + channel,
    }
}

/// The (sample, channel, voxel) of a shape, in this order.
pub fn places(shape: &Shape) -> impl Iterator<Item = (usize, usize, usize)> {
    let (samples, channels, voxels) = (shape.samples() as usize, shape.channels() as usize, shape.voxels_per_cell());
    let cells = (0..samples).flat_map(move |n| (0..channels).map(move |c| (n, c)));
    cells.flat_map(move |(n, c)| (0..voxels as usize).map(move |v| (n, c, v)))
}

/// The operands that are summed: the prediction after its activation, in f32, and the truth as a volume. A voxel that
/// cannot be activated is NaN, also where only the f32 next to it is infinite.
pub fn summed(shape: &Shape, pred: &Array, truth: &Array, activation: Activation, truth_is_map: bool) -> [Array; 2] {
    let truth = if truth_is_map { one_hot(shape, truth) } else { truth.clone() };
    if activation == Activation::None {
        return [pred.clone(), truth];
    }
    let mut p = vec![0f32; shape.elements() as usize];
    for (n, c, v) in places(shape) {
        let own: Vec<f64> = (0..shape.channels() as usize).map(|c| pred.value(at(shape, n, c, v))).collect();
        let together = matches!(activation, Activation::Softmax | Activation::Argmax);
        let bad = if together { own.iter().any(|&x| !narrow(x).is_finite()) } else { !narrow(own[c]).is_finite() };
        p[at(shape, n, c, v)] = if bad { f32::NAN } else { crate::activations::activated(activation, &own, c) as f32 };
    }
    [Array::F32(p), truth]
}

fn one_hot(shape: &Shape, map: &Array) -> Array {
    let mut volume = vec![0u8; shape.elements() as usize];
    for (n, c, v) in places(shape) {
        let label = map.value(n * shape.voxels_per_cell() as usize + v) as usize;
        volume[at(shape, n, c, v)] = u8::from(label == if shape.channels() == 1 { 1 } else { c });
    }
    Array::U8(volume)
}

/// Why there is no result, as far as the contract says it.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// How many labels have no channel; sample, voxel and label of the first.
    Label(u64, [u64; 3]),
    /// How many voxels of which operand; sample, channel and voxel of the first.
    NonFinite(Vec<(Operand, u64, [u64; 3])>),
    Width,
    /// Voxels too large for a gradient.
    Magnitude,
}

impl Refusal {
    pub fn of(error: &Error) -> Option<Self> {
        Some(match error {
            Error::LabelOutOfRange { count, first, label, .. } => {
                Self::Label(*count, [first.sample, first.voxel, u64::from(*label)])
            }
            Error::NonFinite { facts } => {
                let of = |fact: &voxdice::NonFiniteFact| {
                    (fact.operand, fact.count, [fact.first.sample, fact.first.channel, fact.first.voxel])
                };
                Self::NonFinite(facts.iter().map(of).collect())
            }
            Error::Width { .. } => Self::Width,
            Error::Parameter { name: "a voxel's magnitude", .. } => Self::Magnitude,
            _ => return None,
        })
    }
}

/// Labels of a map that no channel stands for.
pub fn refused_labels(shape: &Shape, map: &Array) -> Option<Refusal> {
    let voxels = shape.voxels_per_cell();
    let wrong = |i: &u64| map.value(*i as usize) as u64 >= shape.channels().max(2);
    let first = (0..shape.samples() * voxels).find(wrong)?;
    let count = (0..shape.samples() * voxels).filter(wrong).count() as u64;
    Some(Refusal::Label(count, [first / voxels, first % voxels, map.value(first as usize) as u64]))
}

/// Voxels that are not finite, where they are an error.
pub fn refused_voxels(shape: &Shape, summed: &[Array; 2], policy: NonFinite) -> Option<Refusal> {
    let fact = |operand, array: &Array| {
        let bad = || places(shape).filter(|&(n, c, v)| !array.value(at(shape, n, c, v)).is_finite());
        let (n, c, v) = bad().next()?;
        Some((operand, bad().count() as u64, [n as u64, c as u64, v as u64]))
    };
    let facts = [fact(Operand::Pred, &summed[0]), fact(Operand::Truth, &summed[1])];
    let facts: Vec<_> = facts.into_iter().flatten().collect();
    (policy == NonFinite::Error && !facts.is_empty()).then_some(Refusal::NonFinite(facts))
}

/// The smallest and the largest scale of the blocks of each cell: 2^k covers every value of a block.
pub fn scales(shape: &Shape, summed: &[Array; 2]) -> Vec<[i32; 2]> {
    let voxels = shape.voxels_per_cell() as usize;
    let cells = (0..shape.samples() as usize).flat_map(|n| (0..shape.channels() as usize).map(move |c| (n, c)));
    let of_block = |n: usize, c: usize, first: usize| {
        let pairs = (first..voxels.min(first + 65_536)).map(|v| {
            let i = at(shape, n, c, v);
            (summed[0].value(i).abs(), summed[1].value(i).abs())
        });
        let finite = pairs.filter(|(p, t)| p.is_finite() && t.is_finite());
        let largest = finite.fold(0f64, |most, (p, t)| most.max(p).max(t));
        (0..).find(|&k| largest <= 2f64.powi(k)).unwrap()
    };
    let of_cell = |(n, c)| {
        let blocks: Vec<i32> = (0..voxels).step_by(65_536).map(|first| of_block(n, c, first)).collect();
        [*blocks.iter().min().unwrap(), *blocks.iter().max().unwrap()]
    };
    cells.map(of_cell).collect()
}

/// Scales of one sum that lie too far apart for 128 bits. Those that are drawn lie at most 20 apart, or 40 and more.
pub fn refused_scales(groups: &[Vec<[i32; 2]>]) -> Option<Refusal> {
    let apart = |group: &Vec<[i32; 2]>| {
        let (low, high) = (group.iter().map(|s| s[0]).min().unwrap(), group.iter().map(|s| s[1]).max().unwrap());
        assert!(
            !(21..40).contains(&(high - low)),
            "scales {low} to {high}: the contract does not say what comes of them"
        );
        high - low >= 40
    };
    groups.iter().any(apart).then_some(Refusal::Width)
}

/// Values of cells in groups, as pooling has them.
pub fn grouped<T: Clone>(shape: [usize; 2], cells: &[T], over: Option<Over>) -> Vec<Vec<T>> {
    let [samples, channels] = shape;
    let group = |i: usize| match over {
        None => i,
        Some(Over::Channels) => i / channels,
        Some(Over::Samples) => i % channels,
        Some(Over::All) => 0,
    };
    let groups = (0..samples * channels).map(group).max().unwrap() + 1;
    let of = |g| cells.iter().enumerate().filter(|&(i, _)| group(i) == g).map(|(_, cell)| cell.clone()).collect();
    (0..groups).map(of).collect()
}

/// One cell of several: units on the finest grid.
pub fn pooled(cells: &[CellSums]) -> CellSums {
    let finest = |i: usize| cells.iter().map(|cell| cell.terms[i].1).min().unwrap();
    let term = |i: usize| {
        let units = cells.iter().map(|cell| cell.terms[i].0 << (cell.terms[i].1 - finest(i))).sum();
        (units, finest(i))
    };
    CellSums {
        terms: std::array::from_fn(term),
        voxels: cells.iter().map(|cell| cell.voxels).sum(),
        non_finite: std::array::from_fn(|i| cells.iter().map(|cell| cell.non_finite[i]).sum()),
        out_of_range: cells.iter().any(|cell| cell.out_of_range),
    }
}

/// Exact sums of every cell, pooled.
pub fn exact(shape: &Shape, summed: &[Array; 2], over: Option<Over>) -> Vec<CellSums> {
    let cells = oracle::sums(shape, &summed[0], &summed[1]);
    let groups = grouped([shape.samples() as usize, shape.channels() as usize], &cells, over);
    groups.iter().map(|group| pooled(group)).collect()
}

/// The exact gradient of every element, in bits of f32: coefficients truncated to 30 bits below the power of two that
/// covers the largest, voxels to 30 bits below the scale of the cell, an exact sum, and one rounding.
pub fn gradient(shape: &Shape, summed: &[Array; 2], terms: Terms, partials: &[Partials]) -> Vec<u32> {
    let scales = scales(shape, summed);
    let cells: Vec<Slope> = partials.iter().zip(&scales).map(|(p, scale)| Slope::new(p, terms, scale[1])).collect();
    let mut bits = vec![0; shape.elements() as usize];
    for (n, c, v) in places(shape) {
        let i = at(shape, n, c, v);
        bits[i] = cells[n * shape.channels() as usize + c].of(summed[0].value(i), summed[1].value(i));
    }
    bits
}

/// The gradient in one cell.
struct Slope {
    /// Of t, of p, constant, of the sign of p − t, in units of 2^(cover − 30).
    coefficients: [i128; 4],
    cover: i32,
    scale: i32,
}

impl Slope {
    fn new(partials: &Partials, terms: Terms, scale: i32) -> Self {
        let power = if terms == Terms::Plain { 0.0 } else { 2.0 * partials.pred_power };
        let sign = if terms == Terms::All { partials.abs_difference } else { 0.0 };
        let values = [partials.product, power, partials.pred, sign];
        let largest = values.iter().fold(0f64, |most, value| most.max(value.abs()));
        let cover = (-300..).find(|&e| largest <= 2f64.powi(e)).unwrap();
        Self { coefficients: values.map(|value| (value * 2f64.powi(30 - cover)).trunc() as i128), cover, scale }
    }

    fn of(&self, p: f64, t: f64) -> u32 {
        if !p.is_finite() || !t.is_finite() {
            return 0;
        }
        let [a, b, constant, d] = self.coefficients;
        let [p_fix, t_fix] = [p, t].map(|x| (x * 2f64.powi(30 - self.scale)).trunc() as i128);
        let order = i128::from(p > t) - i128::from(p < t);
        let sum = a * t_fix + b * p_fix + ((constant + d * order) << (30 - self.scale));
        // One rounding, ties to even, where there are bits to spare; a power of two moves no bit of a normal number.
        let rounded = f64::from(sum as f32) * 2f64.powi(self.cover + self.scale - 60);
        if rounded.abs() < f64::from(f32::MIN_POSITIVE) { 0 } else { (rounded as f32).to_bits() }
    }
}
