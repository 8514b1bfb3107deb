//! Known answers, checked on every adapter before it is used: unusual bit patterns go through the kernels that the
//! engine will use, and the results are compared with the scalar twins.

use super::Backend;
use super::arrival::Waiting;
use crate::classes::Classes;
use crate::error::{Error, Result};
use crate::job::{Block, CountsOf, GradientOf, SumsOf};
use crate::kernel::counts::{Label, RawCounts};
use crate::kernel::exact_gradient::ExactCoefficients;
use crate::kernel::integers::sum_integers;
use crate::kernel::source::{Dot, Int64};
use crate::kernel::sums::{SumPass, sum_run};
use crate::kernel::survey::survey_run;
use crate::kernel::voxel::Voxel;
use crate::options::SumsOptions;
use crate::shape::{Grid, Shape};
use crate::stats::{BlockSums, Partials, Terms, scale_of};
use crate::volume::{Data, Source, TruthKind};

const VOXELS: usize = 4099;

/// Truth and prediction: the label at z, y and x of the first side, which is 0, and then of the other one. Each voxel has
/// another random number of 24 bits.
pub(super) fn drawn([nz, ny, nx]: [usize; 3], label: impl Fn([usize; 3], usize, u32) -> u8) -> [Vec<u8>; 2] {
    let mut state = 0x9e37_79b9_u32;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state >> 8
    };
    [0, 1].map(|side| {
        (0..nz * ny * nx).map(|at| label([at / (ny * nx), at / nx % ny, at % nx], side, random())).collect()
    })
}

/// Checks the backend. Wrong answers with native 64-bit integers or packed dot products, or shaders with them that are
/// refused, switch those off; wrong answers without these features are final.
pub(super) fn run(backend: &mut Backend) -> Result<()> {
    let failed = |backend: &Backend, check: &str| {
        Err(Error::SelfTest { adapter: backend.device.fact.name.clone(), check: check.into() })
    };
    if backend.int64 != Int64::Native || !matches!(check(backend), Ok(None)) {
        backend.int64 = Int64::Pairs;
        if let Some(wrong) = check(backend)? {
            return failed(backend, wrong);
        }
    }
    if backend.dot != Dot::Packed || !matches!(integers_agree(backend), Ok(true)) {
        backend.dot = Dot::Plain;
        if !integers_agree(backend)? {
            return failed(backend, "sums of u8");
        }
    }
    Ok(())
}

/// The first check that the backend fails.
fn check(backend: &Backend) -> Result<Option<&'static str>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u32
    };
    // Within [-1, 1], with every exponent below, zeros and subnormals; the first half has no signs, which takes a
    // different code path.
    let sign = |i: usize, bits: u32| if i < VOXELS / 2 { 0 } else { bits << 31 };
    let unit: Vec<f32> = (0..VOXELS).map(|i| f32::from_bits((random() % 0x3f80_0001) | sign(i, random()))).collect();
    // Any bits at all: NaN, infinities, huge values.
    let wild: Vec<f32> = (0..VOXELS).map(|_| f32::from_bits(random())).collect();
    let mask: Vec<u8> = (0..VOXELS).map(|_| (random() & 1) as u8).collect();
    if !sums_agree(backend, &unit, &unit, Data::F32(&unit))? {
        return Ok(Some("sums of f32"));
    }
    if !sums_agree(backend, &unit, &wild, Data::F32(&wild))? {
        return Ok(Some("sums of values out of range, NaN and infinities"));
    }
    if !sums_agree(backend, &unit, &mask, Data::U8(&mask))? {
        return Ok(Some("sums of f32 and a mask"));
    }
    if !gradients_agree(backend, &unit)? {
        return Ok(Some("gradients"));
    }
    let mut labels = || -> Vec<u8> { (0..VOXELS).map(|_| (random() % 20) as u8).collect() };
    let (pred, truth) = (labels(), labels());
    for classes in [3, 18] {
        if !counts_agree(backend, &pred, &truth, &Classes::new(1..=classes)?)? {
            return Ok(Some("counts of labels"));
        }
    }
    Ok(None)
}

fn host(data: Data<'_>) -> Source<'_> {
    Source::Host(data)
}

/// `data` is `t`.
fn sums_agree<T: Voxel>(backend: &Backend, p: &[f32], t: &[T], data: Data<'_>) -> Result<bool> {
    // The terms of `Engine::sums`, so that its pipelines are made here and not again.
    let terms = Terms::default();
    let found = block_of(backend, VOXELS, [Data::F32(p), data], terms)?;
    let survey = survey_run(p, t, 1);
    let pass = SumPass { terms, scale: scale_of(survey.max_finite), careful: true };
    let expected = sum_run(p, t, 1, pass).block(pass.scale, VOXELS as u64, survey.non_finite);
    Ok(found == Some((expected, survey.first)))
}

/// The sums of a block, and its first non-finite voxels.
fn block_of(
    backend: &Backend,
    voxels: usize,
    operands: [Data<'_>; 2],
    terms: Terms,
) -> Result<Option<(BlockSums, [Option<u32>; 2])>> {
    let job = job_of(voxels, operands, terms)?;
    let mut found = None;
    pollster::block_on(backend.sums(&job, Waiting::Here, &mut |block: Block| {
        found = Some((block.sums, block.first_non_finite));
        Ok(())
    }))?;
    Ok(found)
}

fn job_of<'a>(voxels: usize, [p, t]: [Data<'a>; 2], terms: Terms) -> Result<SumsOf<Source<'a>>> {
    let shape = Shape::new(1, 1, [voxels])?;
    let options = SumsOptions { terms, ..SumsOptions::default() };
    Ok(SumsOf { shape, pred: host(p), truth: host(t), truth_kind: TruthKind::Real, options })
}

/// Exact gradients, whose products are 64-bit integers as well.
fn gradients_agree(backend: &Backend, p: &[f32]) -> Result<bool> {
    let t: Vec<f32> = p.iter().rev().copied().collect();
    let partials = [Partials { pred: 0.3, product: -0.7, pred_power: 0.2, abs_difference: -0.1, pointwise: 0.0 }];
    let sums = job_of(VOXELS, [Data::F32(p), Data::F32(&t)], Terms::default())?;
    let job = GradientOf { sums, partials: &partials, scales: &[0], all_finite: &[true] };
    let [mut found, mut expected] = [vec![0.0; VOXELS], vec![0.0; VOXELS]];
    pollster::block_on(backend.gradient(&job, Waiting::Here, &mut found))?;
    ExactCoefficients::new(&partials[0], 0)?.gradient_run(p, &t, &mut expected);
    Ok(found.iter().zip(&expected).all(|(found, expected)| found.to_bits() == expected.to_bits()))
}

/// Two u8 operands, which are summed as integers. They are so many that lanes have several words each.
fn integers_agree(backend: &Backend) -> Result<bool> {
    const BYTES: usize = 17_003;
    let bytes = |factor: usize| -> Vec<u8> { (0..BYTES).map(|i| (i * i / 7 * factor) as u8).collect() };
    let (p, t) = (bytes(1), bytes(3));
    let expected = sum_integers(&p, &t, 1).integer_block(BYTES as u64);
    // The terms of `Engine::sums`.
    let terms = Terms::default();
    let found = block_of(backend, BYTES, [Data::U8(&p), Data::U8(&t)], terms)?;
    Ok(found.is_some_and(|(sums, _)| {
        sums.units[..terms.len()] == expected.units[..terms.len()] && sums.scale == expected.scale
    }))
}

fn counts_agree(backend: &Backend, p: &[u8], t: &[u8], classes: &Classes) -> Result<bool> {
    let grid = Grid { planes: 1, voxels: VOXELS as u64, channels: 1 };
    let job = CountsOf { grid, pred: host(Data::U8(p)), truth: host(Data::U8(t)), classes };
    let found = pollster::block_on(backend.counts(&job, Waiting::Here))?;
    let mut expected = RawCounts::zero(classes.len());
    count_run(p, t, classes, &mut expected);
    Ok(found == [expected])
}

/// Counts a run, one voxel after another.
fn count_run<P: Label, T: Label>(p: &[P], t: &[T], classes: &Classes, into: &mut RawCounts) {
    let index = classes.index();
    for (p, t) in p.iter().zip(t) {
        into.add(index.class_of(p.label()), index.class_of(t.label()), 1, classes.overlaps());
    }
}
