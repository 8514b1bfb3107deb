//! Volumes that come in pieces: the bits of the whole, however they are cut.

use crate::engines::ALL;
use crate::equality::{label_map, volume};
use crate::oracle::Array;
use crate::random::{LabelType, Pattern, Random, Real, labels, reals};
use proptest::prelude::*;
use voxdice::metric::Pointwise;
use voxdice::stats::{Exact, Sums, Terms};
use voxdice::{
    Activation, BLOCK_VOXELS, Backend, Classes, Engine, EngineOptions, Error, LabelSlice, Layout, NonFinite, Pair,
    Shape, SumsOptions, Table, Truth, Volume,
};

/// A sample, and what is done with it.
struct Case {
    channels: usize,
    voxels: usize,
    layout: Layout,
    pred: Array,
    truth: Array,
    labels: bool,
    options: SumsOptions,
}

impl Case {
    fn shape(&self, voxels: usize) -> Shape {
        Shape::new(1, self.channels, [voxels]).unwrap().with_layout(self.layout)
    }

    fn whole(&self, engine: &Engine) -> voxdice::Result<Table<Sums>> {
        let shape = self.shape(self.voxels);
        engine.sums_with(
            Pair { pred: volume(&shape, &self.pred), truth: self.truth_of(&self.truth, self.voxels) },
            &self.options,
        )
    }

    fn truth_of<'a>(&self, array: &'a Array, voxels: usize) -> Truth<'a> {
        match self.labels {
            true => label_map(&Shape::new(1, 1, [voxels]).unwrap(), array).into(),
            false => volume(&self.shape(voxels), array).into(),
        }
    }

    /// In pieces, given in this order.
    fn in_pieces(&self, engine: &Engine, pieces: &[(usize, usize)]) -> voxdice::Result<Table<Sums>> {
        let mut sums = engine.accumulate_sums(&self.shape(self.voxels), &self.options)?;
        let mut next = 0;
        for &(first, len) in pieces {
            let pred = cut(&self.pred, self.channels, self.voxels, self.layout, first..first + len);
            let truth_channels = if self.labels { 1 } else { self.channels };
            let truth = cut(&self.truth, truth_channels, self.voxels, self.layout, first..first + len);
            let (pred, truth) = (volume(&self.shape(len), &pred), self.truth_of(&truth, len));
            if first == next {
                sums.add(Pair { pred, truth })?
            } else {
                sums.add_at(first as u64, Pair { pred, truth })?
            }
            next = first + len;
        }
        sums.finish()
    }
}

/// A run of voxels of an array, as an array of its own.
pub fn cut(array: &Array, channels: usize, voxels: usize, layout: Layout, range: std::ops::Range<usize>) -> Array {
    fn of<T: Copy>(all: &[T], channels: usize, voxels: usize, layout: Layout, range: std::ops::Range<usize>) -> Vec<T> {
        match layout {
            Layout::ChannelsLast => all[range.start * channels..range.end * channels].to_vec(),
            Layout::ChannelsFirst => (0..channels)
                .flat_map(|c| all[c * voxels + range.start..c * voxels + range.end].iter().copied())
                .collect(),
        }
    }
    match array {
        Array::F64(x) => Array::F64(of(x, channels, voxels, layout, range)),
        Array::F32(x) => Array::F32(of(x, channels, voxels, layout, range)),
        Array::F16(x) => Array::F16(of(x, channels, voxels, layout, range)),
        Array::Bf16(x) => Array::Bf16(of(x, channels, voxels, layout, range)),
        Array::U8(x) => Array::U8(of(x, channels, voxels, layout, range)),
        Array::U16(x) => Array::U16(of(x, channels, voxels, layout, range)),
        Array::U32(x) => Array::U32(of(x, channels, voxels, layout, range)),
    }
}

/// Cuts `voxels` into pieces of random lengths; some short, some of several blocks.
pub fn pieces(voxels: usize, seed: u64, shuffled: bool) -> Vec<(usize, usize)> {
    let mut random = Random::new(seed);
    let longest = [1000, 20_000, 70_000, 200_000][random.below(4) as usize];
    let (mut found, mut first) = (Vec::new(), 0);
    while first < voxels {
        let len = (1 + random.below(longest) as usize).min(voxels - first);
        found.push((first, len));
        first += len;
    }
    if shuffled {
        for i in (1..found.len()).rev() {
            found.swap(i, random.below(i as u32 + 1) as usize);
        }
    }
    found
}

fn case(channels: usize, voxels: usize, layout: Layout, pattern: Pattern, real: Real, seed: u64) -> Case {
    let n = channels * voxels;
    let (pred, truth) = (reals(real, pattern, n, seed), reals(Real::F32, pattern, n, seed + 1));
    Case { channels, voxels, layout, pred, truth, labels: false, options: Terms::All.into() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn any_cut_gives_the_bits_of_the_whole(
        (channels, blocks, rest) in (1usize..4, 0usize..4, 1usize..70_000),
        layout in prop_oneof![Just(Layout::ChannelsFirst), Just(Layout::ChannelsLast)],
        pattern in prop_oneof![Just(Pattern::Unit), Just(Pattern::Wide), Just(Pattern::Wild)],
        real in prop_oneof![Just(Real::F64), Just(Real::F32), Just(Real::F16), Just(Real::Bf16), Just(Real::U8), Just(Real::U16)],
        (seed, shuffled) in (0u64..1000, any::<bool>()),
    ) {
        let voxels = blocks * BLOCK_VOXELS as usize + rest;
        let case = case(channels, voxels, layout, pattern, real, seed);
        let pieces = pieces(voxels, seed, shuffled);
        for non_finite in [NonFinite::Ignore, NonFinite::Propagate, NonFinite::Error] {
            let engine = cpu(non_finite);
            match (case.whole(&engine), case.in_pieces(&engine, &pieces)) {
                (Ok(whole), Ok(found)) => prop_assert_eq!(exact(&whole), exact(&found)),
                // Count and position of what is not finite.
                (Err(whole), Err(found)) => prop_assert_eq!(whole.to_string(), found.to_string()),
                (whole, found) => prop_assert!(false, "{whole:?} {found:?}"),
            }
        }
    }
}

fn cpu(non_finite: NonFinite) -> Engine {
    Engine::new(&EngineOptions { backend: Backend::Cpu, non_finite, ..EngineOptions::default() }).unwrap()
}

/// Everything there is to compare, NaN included.
fn exact(table: &Table<Sums>) -> Vec<(Vec<Exact>, u64, bool, u64)> {
    let of = |s: &Sums| (s.exact(), s.voxels(), s.pred().is_nan(), s.non_finite().voxels);
    table.values().iter().map(of).collect()
}

#[test]
fn every_implementation_takes_pieces() {
    for implementation in ALL.iter() {
        for (layout, real, shuffled) in [
            (Layout::ChannelsFirst, Real::F32, false),
            (Layout::ChannelsLast, Real::F32, true),
            (Layout::ChannelsFirst, Real::U8, true),
        ] {
            let case = case(2, 250_001, layout, Pattern::Wild, real, 3);
            let found = case.in_pieces(&implementation.engine, &pieces(250_001, 7, shuffled)).unwrap();
            assert_eq!(found, case.whole(&implementation.engine).unwrap(), "{}", implementation.name);
        }
    }
}

#[test]
fn activations_and_label_maps_in_pieces() {
    for implementation in ALL.iter() {
        for layout in [Layout::ChannelsFirst, Layout::ChannelsLast] {
            let (channels, voxels) = (3, 140_003);
            let (activation, pointwise) = (Activation::Softmax, Some(Pointwise::CrossEntropy));
            let options = SumsOptions { activation, pointwise, terms: Terms::Squared };
            let pred = reals(Real::F32, Pattern::Wide, channels * voxels, 5);
            let truth = labels(LabelType::U8, &[0, 1, 2], 9, voxels, 6);
            let case = Case { channels, voxels, layout, pred, truth, labels: true, options };
            let found = case.in_pieces(&implementation.engine, &pieces(voxels, 8, true)).unwrap();
            assert_eq!(found, case.whole(&implementation.engine).unwrap(), "{}", implementation.name);
        }
    }
}

#[test]
fn pieces_that_do_not_make_up_a_volume_are_refused() {
    let engine = cpu(NonFinite::Ignore);
    let shape = |n| Shape::new(1, 1, [n]).unwrap();
    let voxels = [0.5f32; 100];
    let piece = |n: usize| Volume::f32(shape(n), &voxels[..n]).unwrap();
    let options = SumsOptions::default();
    let said = |error: Error| {
        let Error::Stream { what } = error else { panic!("{error}") };
        what
    };
    let mut sums = engine.accumulate_sums(&shape(100), &options).unwrap();
    sums.add_at(10, Pair { pred: piece(20), truth: piece(20) }).unwrap();
    assert!(
        said(sums.add_at(29, Pair { pred: piece(5), truth: piece(5) }).unwrap_err())
            .contains("voxel 29 was added before")
    );
    assert!(
        said(sums.add_at(0, Pair { pred: piece(11), truth: piece(11) }).unwrap_err())
            .contains("voxel 10 was added before")
    );
    assert!(said(sums.add_at(95, Pair { pred: piece(6), truth: piece(6) }).unwrap_err()).contains("more than its 100"));
    assert!(
        said(sums.add_at(u64::MAX, Pair { pred: piece(6), truth: piece(6) }).unwrap_err())
            .contains("more than its 100")
    );
    let other = Volume::u8(shape(5), &[1; 5]).unwrap();
    assert!(matches!(
        sums.add(Pair { pred: other, truth: piece(5) }),
        Err(Error::Parameter { name: "the type of a piece", .. })
    ));
    let two = Volume::f32(Shape::new(1, 2, [50]).unwrap(), &voxels).unwrap();
    assert!(matches!(sums.add(Pair { pred: two.clone(), truth: two }), Err(Error::Parameter { name: "a piece", .. })));
    assert!(matches!(sums.add(Pair { pred: piece(5), truth: piece(6) }), Err(Error::ShapeMismatch { .. })));
    // None of that did any harm.
    sums.add(Pair { pred: piece(70), truth: piece(70) }).unwrap();
    sums.add_at(0, Pair { pred: piece(9), truth: piece(9) }).unwrap();
    assert!(said(sums.finish().unwrap_err()).contains("voxel 9 of 100"));
    assert!(matches!(engine.accumulate_sums(&Shape::new(2, 1, [4]).unwrap(), &options), Err(Error::Parameter { .. })));

    // A piece that fails half way cannot be taken back.
    let mut sums = engine.accumulate_sums(&shape(10), &options).unwrap();
    let bad = Array::U8(vec![0, 0, 7, 0, 0, 0, 0, 0, 0, 0]);
    let bad = label_map(&shape(10), &bad);
    assert!(matches!(
        sums.add(Pair { pred: piece(10), truth: bad }),
        Err(Error::LabelOutOfRange { count: 1, label: 7, .. })
    ));
    assert!(said(sums.add(Pair { pred: piece(10), truth: piece(10) }).unwrap_err()).contains("begin anew"));
    assert!(sums.finish().is_err());
}

/// More voxels in a cell than 32 bits count, from one piece that comes again and again.
const MANY: u64 = (1 << 32) + 12_345;

#[test]
fn counts_of_more_than_2_to_the_32_voxels() {
    let piece = vec![1u8; 64 << 20];
    let mut counts = Engine::new(&EngineOptions::default()).unwrap().accumulate_counts(&Classes::new([1, 2]).unwrap());
    let mut left = MANY;
    while left > 0 {
        let n = (piece.len() as u64).min(left) as usize;
        counts.add(Pair { pred: LabelSlice::U8(&piece[..n]), truth: LabelSlice::U8(&piece[..n]) }).unwrap();
        left -= n as u64;
    }
    let counts = counts.finish().unwrap();
    assert_eq!((counts[0].tp(), counts[0].n_pred(), counts[0].n(), counts[1].n_truth()), (MANY, MANY, MANY, 0));
}

/// Masks of 1, so that the sums are the number of voxels. On the best CPU implementation alone: this is much work. A shape of so
/// many voxels can be said where lengths have 64 bits.
#[test]
#[cfg(target_pointer_width = "64")]
fn sums_of_more_than_2_to_the_32_voxels() {
    let engine = cpu(NonFinite::Error);
    let piece = vec![1u8; 64 << 20];
    let options: SumsOptions = Terms::Plain.into();
    let mut sums = engine.accumulate_sums(&Shape::new(1, 1, [MANY as usize]).unwrap(), &options).unwrap();
    let mut left = MANY;
    while left > 0 {
        let n = (piece.len() as u64).min(left) as usize;
        let volume = || Volume::u8(Shape::new(1, 1, [n]).unwrap(), &piece[..n]).unwrap();
        sums.add(Pair { pred: volume(), truth: volume() }).unwrap();
        left -= n as u64;
    }
    let sums = sums.finish().unwrap();
    let expected = Exact::new(i128::from(MANY) << 46, -46);
    assert_eq!((sums.values()[0].exact(), sums.values()[0].voxels()), (vec![expected; 3], MANY));
}
