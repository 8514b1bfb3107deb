//! The contract by its definition, voxel by voxel in `f64` and `i128`. Shares no code with the crate.

use voxdice::stats::{Counts, Sums};
use voxdice::{Layout, Shape, Table};

/// Voxels of a block, as the contract has it.
const BLOCK: usize = 65_536;

/// Voxels of one operand.
#[derive(Debug, Clone)]
pub enum Array {
    F64(Vec<f64>),
    F32(Vec<f32>),
    F16(Vec<u16>),
    /// Upper halves of f32 bits.
    Bf16(Vec<u16>),
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
}

impl Array {
    /// The value of an element, by the definition of its type.
    pub fn value(&self, i: usize) -> f64 {
        match self {
            Self::F64(x) => x[i],
            Self::F32(x) => f64::from(x[i]),
            Self::F16(x) => f16_value(x[i]),
            Self::Bf16(x) => f64::from(f32::from_bits(u32::from(x[i]) << 16)),
            Self::U8(x) => f64::from(x[i]),
            Self::U16(x) => f64::from(x[i]),
            Self::U32(x) => f64::from(x[i]),
        }
    }
}

impl Array {
    /// The f32 next to each f64, which is what everything takes but comparisons and sums of voxels as they stand.
    pub fn narrowed(&self) -> Self {
        match self {
            Self::F64(x) => Self::F32(x.iter().map(|&x| x as f32).collect()),
            other => other.clone(),
        }
    }
}

/// The f32 next to a voxel, which says whether it is finite and which scale its block has.
pub fn narrow(x: f64) -> f64 {
    f64::from(x as f32)
}

fn f16_value(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    match (exponent, bits & 1023) {
        (0, _) => sign * fraction * 2f64.powi(-24),
        (31, 0) => sign * f64::INFINITY,
        (31, _) => f64::NAN,
        _ => sign * (1024.0 + fraction) * 2f64.powi(exponent - 25),
    }
}

/// What the contract says about one cell.
#[derive(Debug, Clone, PartialEq)]
pub struct CellSums {
    /// Σp, Σt, Σpt, Σp², Σt², Σ|p−t| as (units, exponent of the grid).
    pub terms: [(i128, i32); 6],
    pub voxels: u64,
    /// Non-finite in pred, in truth, in either.
    pub non_finite: [u64; 3],
    pub out_of_range: bool,
}

/// The sums of every cell, in the order sample, channel.
pub fn sums(shape: &Shape, pred: &Array, truth: &Array) -> Vec<CellSums> {
    let (samples, channels) = (shape.samples() as usize, shape.channels() as usize);
    let cells = (0..samples).flat_map(|n| (0..channels).map(move |c| (n, c)));
    cells.map(|(n, c)| cell_sums(&elements(shape, n, c), pred, truth)).collect()
}

/// Positions in memory of the voxels of a cell.
fn elements(shape: &Shape, sample: usize, channel: usize) -> Vec<usize> {
    let (channels, voxels) = (shape.channels() as usize, shape.voxels_per_cell() as usize);
    let position = |v| match shape.layout() {
        Layout::ChannelsFirst => (sample * channels + channel) * voxels + v,
        Layout::ChannelsLast => (sample * voxels + v) * channels + channel,
    };
    (0..voxels).map(position).collect()
}

fn cell_sums(elements: &[usize], pred: &Array, truth: &Array) -> CellSums {
    let blocks: Vec<(i32, [i128; 6], [u64; 3])> =
        elements.chunks(BLOCK).map(|block| block_sums(block, pred, truth)).collect();
    let finest = blocks.iter().map(|block| block.0).min().unwrap();
    let mut terms = [0; 6];
    let mut non_finite = [0; 3];
    for (scale, units, bad) in &blocks {
        for i in 0..6 {
            terms[i] += units[i] << (powers(i) * (scale - finest));
        }
        (0..3).for_each(|i| non_finite[i] += bad[i]);
    }
    CellSums {
        terms: std::array::from_fn(|i| (terms[i], powers(i) * finest - 46)),
        voxels: elements.len() as u64,
        non_finite,
        out_of_range: blocks.iter().any(|block| block.0 > 0),
    }
}

/// How often the scale enters a term: products have it twice.
fn powers(term: usize) -> i32 {
    if (2..5).contains(&term) { 2 } else { 1 }
}

/// Scale, units and non-finite counts of one block.
fn block_sums(elements: &[usize], pred: &Array, truth: &Array) -> (i32, [i128; 6], [u64; 3]) {
    let pairs: Vec<(f64, f64)> = elements.iter().map(|&i| (pred.value(i), truth.value(i))).collect();
    let finite = || pairs.iter().filter(|(p, t)| narrow(*p).is_finite() && narrow(*t).is_finite());
    let largest = finite().fold(0f64, |most, (p, t)| most.max(narrow(*p).abs()).max(narrow(*t).abs()));
    let scale = (0..).find(|&k| largest <= 2f64.powi(k)).unwrap();
    // Exact: a power of two moves the exponent, which stays inside the range of f64, but for what is far below a unit.
    let grid = |value: f64| (value * 2f64.powi(46 - scale)).trunc() as i128;
    let area = |x, y| product(x, y, 2 * scale - 46);
    let mut units = [0; 6];
    for &(p, t) in finite() {
        let (p_fix, t_fix) = (grid(p), grid(t));
        let voxel = [p_fix, t_fix, area(p, t), area(p, p), area(t, t), (p_fix - t_fix).abs()];
        (0..6).for_each(|i| units[i] += voxel[i]);
    }
    let bad = |x: f64| !narrow(x).is_finite();
    let count = |is: &dyn Fn(f64, f64) -> bool| pairs.iter().filter(|&&(p, t)| is(p, t)).count() as u64;
    let non_finite = [count(&|p, _| bad(p)), count(&|_, t| bad(t)), count(&|p, t| bad(p) || bad(t))];
    (scale, units, non_finite)
}

/// x·y in units of 2^unit, truncated: the product of two f64 has 106 bits, which none of them holds.
fn product(x: f64, y: f64, unit: i32) -> i128 {
    // A whole number below 2^53, and a power of two.
    let parts = |x: f64| {
        let bits = x.abs().to_bits();
        let (exponent, fraction) = ((bits >> 52) as i32, (bits & ((1 << 52) - 1)) as i128);
        if exponent == 0 { (fraction, -1074) } else { (fraction + (1 << 52), exponent - 1075) }
    };
    let ((a, a_power), (b, b_power)) = (parts(x), parts(y));
    let down = unit - a_power - b_power;
    // Units are far larger than the last bit of a product.
    let magnitude = if down < 127 { (a * b) >> down } else { 0 };
    if (x < 0.0) != (y < 0.0) { -magnitude } else { magnitude }
}

/// The first cell whose sums are not what the contract says; `terms` of them are compared.
pub fn compare_sums(expected: &[CellSums], found: &Table<Sums>) -> Result<(), String> {
    if expected.len() != found.values().len() {
        return Err(format!("{} cells instead of {}", found.values().len(), expected.len()));
    }
    for (cell, (expected, found)) in expected.iter().zip(found.values()).enumerate() {
        let terms: Vec<(i128, i32)> = found.exact().iter().map(|x| (x.units(), x.exponent())).collect();
        let bad = found.non_finite();
        let equal = terms == expected.terms[..found.terms().len()]
            && found.voxels() == expected.voxels
            && [bad.pred, bad.truth, bad.voxels] == expected.non_finite
            && found.out_of_range() == expected.out_of_range;
        if !equal {
            return Err(format!("cell {cell}: {found:?} instead of {expected:?}"));
        }
    }
    Ok(())
}

/// Counts per sample and class: tp, n_pred, n_truth, n, out of range in pred, in truth.
pub fn counts(shape: &Shape, pred: &Array, truth: &Array, labels: &[u32]) -> Vec<[u64; 6]> {
    let sets: Vec<Vec<u32>> = labels.iter().map(|&label| vec![label]).collect();
    counts_of_regions(shape, pred, truth, &sets, None)
}

/// The same for unions of labels, without the voxels whose truth is `ignored`.
pub fn counts_of_regions(
    shape: &Shape,
    pred: &Array,
    truth: &Array,
    sets: &[Vec<u32>],
    ignored: Option<u32>,
) -> Vec<[u64; 6]> {
    let voxels = shape.voxels_per_cell() as usize;
    let of = |array: &Array, i: usize| array.value(i) as u32;
    let mut all = Vec::new();
    for sample in 0..shape.samples() as usize {
        let kept = (sample * voxels..(sample + 1) * voxels).filter(|&i| Some(of(truth, i)) != ignored);
        let kept: Vec<usize> = kept.collect();
        let listed = |label| label == 0 || Some(label) == ignored || sets.iter().any(|set| set.contains(&label));
        let outside = |array: &Array| kept.iter().filter(|&&i| !listed(of(array, i))).count() as u64;
        let outside = [outside(pred), outside(truth)];
        for set in sets {
            let is = |array: &Array, i: usize| set.contains(&of(array, i));
            all.push([
                kept.iter().filter(|&&i| is(pred, i) && is(truth, i)).count() as u64,
                kept.iter().filter(|&&i| is(pred, i)).count() as u64,
                kept.iter().filter(|&&i| is(truth, i)).count() as u64,
                kept.len() as u64,
                outside[0],
                outside[1],
            ]);
        }
    }
    all
}

/// The first class whose counts differ.
pub fn compare_counts(expected: &[[u64; 6]], found: &Table<Counts>) -> Result<(), String> {
    let found: Vec<[u64; 6]> = found
        .values()
        .iter()
        .map(|c| [c.tp(), c.n_pred(), c.n_truth(), c.n(), c.out_of_range_pred(), c.out_of_range_truth()])
        .collect();
    if found.len() != expected.len() {
        return Err(format!("{} classes instead of {}", found.len(), expected.len()));
    }
    match (0..found.len()).find(|&i| found[i] != expected[i]) {
        None => Ok(()),
        Some(i) => Err(format!("class {i}: {:?} instead of {:?}", found[i], expected[i])),
    }
}
