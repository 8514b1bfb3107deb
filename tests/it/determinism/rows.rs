//! What is computed for the matrix: fixed voxels, one call of the library, and a checksum of every integer it returns. The page
//! in the browser (`page/`) computes the same.

use crate::operands::{label_map, volume};
use crate::oracle::Array;
use crate::random::{LabelType, Pattern, REALS, Real, labels, reals};
use voxdice::metric::{Entropy, Focal, LabelSmoothing, Partials, Pointwise};
use voxdice::stats::{
    Connectivity, Counts, DistanceCount, Elements, InstanceOptions, Instances, InstancesBy, Join, Regions, Sums,
    SurfaceOptions, Terms,
};
use voxdice::{Activation, Classes, Engine, Layout, Pair, Result, Shape, Spacing, SumsOptions, Table, Truth};

/// A row of the matrix.
pub struct Row {
    pub name: String,
    what: What,
}

enum What {
    Sums(Operands, SumsOptions),
    Pieces(Operands, SumsOptions),
    Gradient(Operands, SumsOptions),
    Counts([LabelType; 2], Vec<u32>),
    Surfaces(&'static [usize], SurfaceOptions),
    Lesions(&'static [usize], InstanceOptions),
}

/// Types and patterns, and the order of the axes.
#[derive(Clone, Copy)]
struct Operands {
    pred: (Real, Pattern),
    truth: Of,
    layout: Layout,
}

#[derive(Clone, Copy)]
enum Of {
    Real(Real, Pattern),
    Labels,
}

/// Two samples of three channels, a little more than a block each, and odd: cells begin in the middle of words.
const VOXELS: usize = 65_537 + 2466;

pub fn rows() -> Vec<Row> {
    use Layout::{ChannelsFirst, ChannelsLast};
    use Pattern::{Close, Signed, Unit, Wide};
    let mut rows = Vec::new();
    let mut push = |name: String, what: What| {
        rows.push(Row { name, what });
    };
    let operands = |pred, truth, layout| Operands { pred, truth, layout };
    let options = |activation, terms| SumsOptions { activation, terms, pointwise: None };
    let order = |layout| if layout == ChannelsFirst { "channels first" } else { "channels last" };
    for layout in [ChannelsFirst, ChannelsLast] {
        for (p, t) in REALS.into_iter().flat_map(|p| REALS.map(|t| (p, t))) {
            let of = operands((p, Signed), Of::Real(t, Unit), layout);
            push(format!("sums, {p:?} x {t:?}, {}", order(layout)), What::Sums(of, Terms::Squared.into()));
        }
    }
    for layout in [ChannelsFirst, ChannelsLast] {
        let own = order(layout);
        for (p, t) in [(Real::Bf16, Real::U8), (Real::F32, Real::Bf16), (Real::F64, Real::F64), (Real::F64, Real::U8)] {
            let of = operands((p, Signed), Of::Real(t, Unit), layout);
            push(format!("sums, {p:?} x {t:?}, {own}"), What::Sums(of, Terms::Squared.into()));
        }
        let plain = operands((Real::F32, Signed), Of::Real(Real::F32, Unit), layout);
        let logits = operands((Real::F32, Wide), Of::Real(Real::F32, Unit), layout);
        let doubles = operands((Real::F64, Wide), Of::Labels, layout);
        let integers = operands((Real::U16, Wide), Of::Real(Real::F16, Wide), layout);
        let masks = operands((Real::F32, Wide), Of::Labels, layout);
        push(format!("sums with abs(p-t), {own}"), What::Sums(plain, Terms::All.into()));
        push(format!("sums of logits on a coarse grid, {own}"), What::Sums(logits, Terms::Squared.into()));
        push(format!("sums of U16 x F16 on coarse grids, {own}"), What::Sums(integers, Terms::Squared.into()));
        push(format!("sums against a label map, {own}"), What::Sums(masks, Terms::Squared.into()));
        push(format!("sums of F64 with abs(p-t) against a label map, {own}"), What::Sums(doubles, Terms::All.into()));
        push(format!("threshold, {own}"), What::Sums(masks, options(Activation::Threshold(0.25), Terms::Squared)));
        push(format!("argmax, {own}"), What::Sums(masks, options(Activation::Argmax, Terms::Squared)));
        let close = operands((Real::F64, Close), Of::Labels, layout);
        push(
            format!("threshold of F64, {own}"),
            What::Sums(close, options(Activation::Threshold(0.3), Terms::Squared)),
        );
        push(format!("argmax of F64, {own}"), What::Sums(close, options(Activation::Argmax, Terms::Squared)));
        push(format!("sums in pieces, {own}"), What::Pieces(logits, Terms::Squared.into()));
        push(format!("exact gradient, {own}"), What::Gradient(plain, Terms::All.into()));
        push(format!("exact gradient of logits, label map, {own}"), What::Gradient(masks, Terms::Squared.into()));
    }
    let types = |p, t| [p, t];
    use LabelType::{U8, U16, U32};
    push("counts, 3 classes".into(), What::Counts(types(U8, U8), (1..=3).collect()));
    push("counts, 117 classes".into(), What::Counts(types(U16, U8), (0..117).collect()));
    push("counts, 1500 classes of U16".into(), What::Counts(types(U16, U16), (1..=1500).collect()));
    let far = (0..40).map(|i| u32::MAX - i * 100_000_007).collect();
    push("counts, labels of U32 beyond the table".into(), What::Counts(types(U32, U32), far));
    // Two axes and three, rows longer than words; small, as some devices are slow.
    let (flat, deep): (&[usize], &[usize]) = (&[40, 70], &[7, 19, 70]);
    let surfaces = |elements, mm: &[f64]| {
        let spacing = Spacing::new(mm).unwrap();
        SurfaceOptions { spacing, elements, ..SurfaceOptions::default() }
    };
    push("surfaces of faces, 2-D".into(), What::Surfaces(flat, surfaces(Elements::Face, &[1.0, 1.0])));
    push(
        "surfaces of faces, voxels of 3.0 x 0.8 x 0.7".into(),
        What::Surfaces(deep, surfaces(Elements::Face, &[3.0, 0.8, 0.7])),
    );
    push("surfaces of corners".into(), What::Surfaces(deep, surfaces(Elements::Corner, &[2.0, 1.0, 1.0])));
    let faces = InstanceOptions { connectivity: Connectivity::Faces, ..InstanceOptions::default() };
    let join = Join { truth: 1, pred: 0 };
    let joined = InstanceOptions { join, near: 1, regions: Regions::Nearest, ..InstanceOptions::default() };
    let by_labels = InstanceOptions { by: InstancesBy::Labels, ..InstanceOptions::default() };
    push("lesions by corners, 2-D".into(), What::Lesions(flat, InstanceOptions::default()));
    push("lesions by faces".into(), What::Lesions(deep, faces));
    push("lesions joined and met by dilations, nearest regions".into(), What::Lesions(deep, joined));
    push("lesions by labels".into(), What::Lesions(deep, by_labels));
    let logits = operands((Real::F32, Wide), Of::Labels, ChannelsFirst);
    let values = operands((Real::F32, Unit), Of::Real(Real::F32, Unit), ChannelsLast);
    let losses = [
        (Activation::Sigmoid, Pointwise::BinaryCrossEntropy, logits),
        (Activation::Softmax, Pointwise::CategoricalFocal { gamma: 2.0 }, logits),
        (Activation::Normalise, Pointwise::Focal { gamma: 1.5, alpha: Some(0.25) }, values),
        (Activation::None, Pointwise::Entropy(smoothed()), values),
    ];
    for (activation, loss, of) in losses {
        let with = |pointwise| SumsOptions { pointwise, ..options(activation, Terms::Squared) };
        if activation != Activation::None {
            push(format!("{activation:?}"), What::Sums(of, with(None)));
            push(format!("gradient through {activation:?}"), What::Gradient(of, with(None)));
        }
        let name = format!("{loss:?}").split([' ', '{', '(']).next().unwrap_or_default().to_owned();
        push(format!("{name} of {activation:?}"), What::Sums(of, with(Some(loss))));
        push(format!("gradient of {name} of {activation:?}"), What::Gradient(of, with(Some(loss))));
    }
    let cubes = options(Activation::None, Terms::Power(3.0));
    push("powers".into(), What::Sums(values, cubes));
    push("gradient of powers".into(), What::Gradient(values, cubes));
    rows
}

/// Cross-entropy with several of its choices.
fn smoothed() -> Entropy {
    let labels = LabelSmoothing::classes(0.1, 3);
    Entropy { on: 2.0, alpha: Some(0.75), factor: Focal::Margin(2.0), labels, clip: 1e-6, ..Entropy::default() }
}

impl Row {
    /// What the engine returns, in one number.
    pub fn checksum(&self, engine: &Engine) -> Result<u64> {
        let mut sum = Fnv::default();
        match &self.what {
            What::Sums(of, options) => {
                let given = Given::new(*of);
                sum.sums(&given.sums(engine, options)?);
            }
            What::Pieces(of, options) => {
                let given = Given::new(*of);
                sum.sums(&given.in_pieces(engine, options)?);
            }
            What::Gradient(of, options) => {
                let given = Given::new(*of);
                let sums = given.sums(engine, options)?;
                let mut cell = 0.0;
                let partials = sums.map(|_| {
                    cell += 0.0625;
                    Partials {
                        pred: 0.4 - cell,
                        product: -1.3,
                        pred_power: 0.2 + cell,
                        abs_difference: if options.terms == Terms::All { 0.7 } else { 0.0 },
                        pointwise: if options.pointwise.is_some() { 0.3 } else { 0.0 },
                    }
                });
                let (pred, truth) = given.operands();
                let gradient = engine.gradient(Pair { pred, truth }, options, &sums, &partials)?;
                gradient.iter().for_each(|value| sum.bytes(&value.to_bits().to_le_bytes()));
            }
            What::Counts(types, listed) => {
                let shape = Shape::new(2, 1, [VOXELS]).unwrap();
                let mut present = listed.clone();
                present.extend([0, 0, 251]);
                let of = |kind, seed| labels(kind, &present, 3, 2 * VOXELS, seed);
                let (pred, truth) = (of(types[0], 5), of(types[1], 6));
                let classes = Classes::new(listed.iter().copied()).unwrap();
                let pair = Pair { pred: label_map(&shape, &pred), truth: label_map(&shape, &truth) };
                let found = engine.counts(pair, &classes)?;
                found.values().iter().for_each(|counts| sum.counts(counts));
            }
            What::Surfaces(spatial, options) => {
                let (classes, maps) = (Classes::regions([vec![1], vec![1, 2]]).unwrap(), Maps::new(spatial));
                let found = engine.surfaces(maps.pair(), &classes, options)?;
                for entry in found.values().iter().flat_map(|surface| [surface.truth(), surface.pred()]) {
                    for DistanceCount { squared, kind, count } in entry.entries() {
                        sum.numbers([*squared, (*kind).into(), *count]);
                    }
                }
            }
            What::Lesions(spatial, options) => {
                let (classes, maps) = (Classes::regions([vec![1], vec![1, 2]]).unwrap(), Maps::new(spatial));
                let found = engine.instances(maps.pair(), &classes, options)?;
                found.values().iter().for_each(|found| sum.lesions(found));
            }
        }
        Ok(sum.0)
    }
}

/// Two samples of noise in runs.
struct Maps {
    shape: Shape,
    pred: Array,
    truth: Array,
}

impl Maps {
    fn new(spatial: &[usize]) -> Self {
        let shape = Shape::new(2, 1, spatial).unwrap();
        let of = |seed| labels(LabelType::U8, &[0, 1, 0, 2, 0], 3, shape.elements() as usize, seed);
        let (pred, truth) = (of(7), of(8));
        Self { shape, pred, truth }
    }

    fn pair(&self) -> Pair<voxdice::LabelMap<'_>> {
        Pair { pred: label_map(&self.shape, &self.pred), truth: label_map(&self.shape, &self.truth) }
    }
}

struct Given {
    layout: Layout,
    pred: Array,
    truth: Array,
    is_map: bool,
}

const CHANNELS: usize = 3;

impl Given {
    fn new(of: Operands) -> Self {
        let n = 2 * CHANNELS * VOXELS;
        let (real, pattern) = of.pred;
        let (truth, is_map) = match of.truth {
            Of::Real(real, pattern) => (reals(real, pattern, n, 2), false),
            Of::Labels => (labels(LabelType::U8, &[0, 1, 2], 3, 2 * VOXELS, 3), true),
        };
        Self { layout: of.layout, pred: reals(real, pattern, n, 1), truth, is_map }
    }

    fn shape(&self, samples: usize) -> Shape {
        Shape::new(samples, CHANNELS, [VOXELS]).unwrap().with_layout(self.layout)
    }

    fn operands(&self) -> (voxdice::Volume<'_>, Truth<'_>) {
        let truth = match self.is_map {
            true => label_map(&Shape::new(2, 1, [VOXELS]).unwrap(), &self.truth).into(),
            false => volume(&self.shape(2), &self.truth).into(),
        };
        (volume(&self.shape(2), &self.pred), truth)
    }

    fn sums(&self, engine: &Engine, options: &SumsOptions) -> Result<Table<Sums>> {
        let (pred, truth) = self.operands();
        engine.sums_with(Pair { pred, truth }, options)
    }

    /// The first sample, its second half before its first.
    fn in_pieces(&self, engine: &Engine, options: &SumsOptions) -> Result<Table<Sums>> {
        let (Array::F32(p), Array::F32(t)) = (&self.pred, &self.truth) else { unreachable!("pieces are cut of f32") };
        let cut = |all: &[f32], first: usize, len: usize| -> Vec<f32> {
            let at = |c: usize, v: usize| match self.layout {
                Layout::ChannelsFirst => c * VOXELS + v,
                Layout::ChannelsLast => v * CHANNELS + c,
            };
            let voxels = first..first + len;
            match self.layout {
                Layout::ChannelsFirst => (0..CHANNELS).flat_map(|c| all[at(c, first)..][..len].to_vec()).collect(),
                Layout::ChannelsLast => all[at(0, voxels.start)..at(0, voxels.end)].to_vec(),
            }
        };
        let mut sums = engine.accumulate_sums(&self.shape(1), options)?;
        let half = VOXELS / 2;
        for (first, len) in [(half, VOXELS - half), (0, 1001), (1001, half - 1001)] {
            let (p, t) = (cut(p, first, len), cut(t, first, len));
            let shape = Shape::new(1, CHANNELS, [len]).unwrap().with_layout(self.layout);
            let volumes = [&p, &t].map(|voxels| voxdice::Volume::f32(shape.clone(), voxels).unwrap());
            let [pred, truth] = volumes;
            sums.add_at(first as u64, Pair { pred, truth })?;
        }
        sums.finish()
    }
}

/// FNV-1a, 64 bits.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    }

    fn sums(&mut self, table: &Table<Sums>) {
        for sums in table.values() {
            for exact in sums.exact() {
                self.bytes(&exact.units().to_le_bytes());
                self.bytes(&exact.exponent().to_le_bytes());
            }
            // A sum of integers too, which is told as a float.
            self.numbers(sums.pointwise_sum().map(f64::to_bits));
            let bad = sums.non_finite();
            [sums.voxels(), bad.pred, bad.truth, bad.voxels].iter().for_each(|n| self.bytes(&n.to_le_bytes()));
            self.bytes(&[u8::from(sums.out_of_range())]);
        }
    }

    fn numbers(&mut self, numbers: impl IntoIterator<Item = u64>) {
        numbers.into_iter().for_each(|n| self.bytes(&n.to_le_bytes()));
    }

    fn lesions(&mut self, found: &Instances) {
        for lesions in [found.truth(), found.pred()] {
            self.numbers([lesions.len() as u64]);
            for lesion in lesions {
                self.numbers([lesion.voxels(), lesion.first()]);
                self.numbers([lesion.low(), lesion.high()].concat().into_iter().map(u64::from));
                lesion.sums().iter().for_each(|sum| self.bytes(&sum.to_le_bytes()));
            }
        }
        for pairs in [found.overlaps(), found.regions().unwrap_or_default()] {
            self.numbers([pairs.len() as u64]);
            pairs.iter().for_each(|pair| self.numbers([pair.truth.into(), pair.pred.into(), pair.voxels]));
        }
        found.near().for_each(|pair| self.numbers(pair.map(u64::from)));
    }

    fn counts(&mut self, c: &Counts) {
        let all = [c.tp(), c.n_pred(), c.n_truth(), c.n(), c.out_of_range_pred(), c.out_of_range_truth()];
        all.iter().for_each(|n| self.bytes(&n.to_le_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published values of FNV-1a.
    #[test]
    fn the_checksum_is_fnv_1a() {
        let of = |text: &str| {
            let mut sum = Fnv::default();
            sum.bytes(text.as_bytes());
            sum.0
        };
        assert_eq!(
            [of(""), of("a"), of("foobar")],
            [0xcbf2_9ce4_8422_2325, 0xaf63_dc4c_8601_ec8c, 0x8594_4171_f739_67e8]
        );
    }
}
