//! From one number to one evaluation: what is summed or counted, of which voxels, where and how.

use super::voxels::{Looks, Spoiled, array, labels_of};
use crate::oracle::Array;
use crate::random::{LABEL_TYPES, Pattern, REALS, Random, Real};
use voxdice::metric::{Partials, Pointwise};
use voxdice::stats::Terms;
use voxdice::{Activation, Layout, NonFinite, Over, Shape, SumsOptions};

/// One evaluation, voxels and all. It depends on its seed alone, not on the machine.
pub struct Drawn {
    pub seed: u64,
    pub place: Place,
    pub way: Way,
    pub shape: Shape,
    pub pred: Array,
    pub truth: Array,
    pub what: What,
    /// Of what the voxels were drawn, for people and for the summary.
    pub looks: [String; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    CpuBaseline,
    CpuBest,
    GpuNative,
    GpuPairs,
}

/// Which engine. The threads are those of the CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    pub kind: Kind,
    pub window_bytes: u64,
    pub threads: usize,
    pub policy: NonFinite,
}

/// How the engine is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Way {
    Whole,
    ByBlock,
    /// Cut into pieces by this seed, and given in order or not.
    Pieces(u64, bool),
    Pooled(Over),
}

#[derive(Debug, Clone)]
pub enum What {
    Sums { options: SumsOptions, truth_is_map: bool },
    Gradient { options: SumsOptions, truth_is_map: bool, partials: Vec<Partials> },
    Counts { sets: Vec<Vec<u32>>, ignored: Option<u32>, family: &'static str },
}

/// Voxels of a cell: around lanes, quads, workgroups, windows of 64 KiB and blocks.
const EDGES: [usize; 37] = [
    1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 129, 255, 256, 257, 511, 513, 1023, 1025, 2047,
    2049, 4095, 4097, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 131_073,
];

/// Elements of an operand at most: the oracle is slow.
const MOST: usize = 400_000;

pub(super) fn pick<T: Clone>(random: &mut Random, of: &[T]) -> T {
    of[random.below(of.len() as u32) as usize].clone()
}

/// True once in `n`.
fn one_in(random: &mut Random, n: u32) -> bool {
    random.below(n) == 0
}

pub fn draw(seed: u64) -> Drawn {
    let mut random = Random::new(seed);
    match random.below(10) {
        0..5 => sums(seed, &mut random),
        5..7 => gradient(seed, &mut random),
        _ => counts(seed, &mut random),
    }
}

/// A fifth on the GPU: a software adapter takes a quarter of a second for each pipeline. For the same reason only the
/// usual policy comes with both windows.
fn place(random: &mut Random) -> Place {
    use Kind::{CpuBaseline, CpuBest, GpuNative, GpuPairs};
    let policy = pick(random, &[NonFinite::Ignore, NonFinite::Ignore, NonFinite::Error, NonFinite::Propagate]);
    let window_bytes = if policy == NonFinite::Ignore { pick(random, &[64 << 10, 4 << 20]) } else { 64 << 10 };
    let kind = match random.below(10) {
        0..3 => CpuBaseline,
        3..8 => CpuBest,
        8 => GpuNative,
        _ => GpuPairs,
    };
    Place { kind, window_bytes, threads: pick(random, &[1, 2, 3, 8]), policy }
}

fn way(random: &mut Random) -> Way {
    match random.below(8) {
        0 => Way::ByBlock,
        1 | 2 => Way::Pieces(random.bits().into(), one_in(random, 2)),
        3 => Way::Pooled(pick(random, &[Over::Channels, Over::Samples, Over::All])),
        _ => Way::Whole,
    }
}

/// Most cells are small, some are around the edges, a few have more than one block. Pieces are of one sample.
fn shape(random: &mut Random, channels: usize, way: Way) -> Shape {
    let mut voxels = match random.below(8) {
        0..4 => pick(random, &EDGES),
        4..7 => 1 + random.below(3000) as usize,
        _ => 1 + random.below(200_000) as usize,
    };
    let mut samples = if voxels <= 64 && one_in(random, 2) { random.below(200) } else { random.below(3) } as usize + 1;
    if matches!(way, Way::Pieces(..)) {
        samples = 1;
    }
    while samples * channels * voxels > MOST {
        if samples > 1 { samples -= 1 } else { voxels /= 2 }
    }
    let axes = random.below(4) as usize + 1;
    let layout = if one_in(random, 2) { Layout::ChannelsFirst } else { Layout::ChannelsLast };
    Shape::new(samples, channels, axes_of(random, voxels, axes)).unwrap().with_layout(layout)
}

/// This many factors of `voxels`; no axis at all for a single voxel now and then.
fn axes_of(random: &mut Random, voxels: usize, axes: usize) -> Vec<usize> {
    if voxels == 1 && one_in(random, 2) {
        return Vec::new();
    }
    let (mut rest, mut found) = (voxels, Vec::new());
    for _ in 1..axes {
        let divisors: Vec<usize> = (1..=rest.min(300)).filter(|d| rest.is_multiple_of(*d)).collect();
        let axis = pick(random, &divisors);
        found.push(axis);
        rest /= axis;
    }
    found.push(rest);
    found
}

fn sums(seed: u64, random: &mut Random) -> Drawn {
    let way = way(random);
    let activation = match random.below(8) {
        0 => Activation::Sigmoid,
        1 => Activation::Softmax,
        2 => Activation::Threshold(pick(random, &[0.0, -0.0, 0.5, 0.3, -7.5, 1.0, 1e-40, 300.0, -1e30])),
        3 => Activation::Argmax,
        _ => Activation::None,
    };
    let mut pointwise = match random.below(20) {
        0 => Some(Pointwise::CrossEntropy),
        1 => Some(Pointwise::BinaryCrossEntropy),
        2 => Some(Pointwise::Balanced { beta: 0.7 }),
        3 => Some(Pointwise::Focal { gamma: 2.0, alpha: pick(random, &[None, Some(0.25)]) }),
        4 => Some(Pointwise::CategoricalFocal { gamma: 1.5 }),
        _ => None,
    };
    // Nothing says how a logarithm of 0 or 1 is off, and a softmax of one channel is 1.
    if matches!(activation, Activation::Threshold(_) | Activation::Argmax) {
        pointwise = None;
    }
    let terms = match random.below(8) {
        0 | 1 => Terms::Plain,
        2..4 => Terms::Squared,
        4 => Terms::Power(pick(random, &[0.5, 1.0, 1.5, 2.0, 3.0])),
        _ => Terms::All,
    };
    let channels = if activation == Activation::Softmax { 2 } else { 1 } + random.below(5) as usize;
    let shape = shape(random, channels, way);
    let options = SumsOptions { terms, activation, pointwise };
    let is_soft = matches!(activation, Activation::Sigmoid | Activation::Softmax);
    // Bounds of powers and pointwise losses are those of probabilities, or of logits within ±40.
    let within_one = matches!(terms, Terms::Power(_)) || pointwise.is_some();
    let pred = match (is_soft, within_one, pointwise.is_some()) {
        (true, _, true) => Bounds::Logits,
        (false, _, true) => Bounds::Probabilities,
        (false, true, _) => Bounds::Signed,
        _ => Bounds::Any,
    };
    let truth = if pointwise.is_some() {
        Bounds::Probabilities
    } else if within_one {
        Bounds::Signed
    } else {
        Bounds::Any
    };
    let place = place(random);
    let (truth_is_map, pred, truth, looks) = operands(random, seed, &shape, way, [pred, truth], place.policy);
    Drawn { seed, place, way, shape, pred, truth, what: What::Sums { options, truth_is_map }, looks }
}

/// What an operand may hold.
#[derive(Clone, Copy, PartialEq)]
enum Bounds {
    Any,
    /// Within ±40.
    Logits,
    /// Within ±1.
    Signed,
    /// 0 to 1, and nothing subnormal.
    Probabilities,
}

fn looks(random: &mut Random, bounds: Bounds, policy: NonFinite) -> (Real, Looks) {
    let mut real = if one_in(random, 6) { Real::F64 } else { pick(random, &REALS) };
    use Pattern::{Grid, Ones, Signed, Single, Unit, Wide, Wild, Zeros};
    let pattern = match bounds {
        Bounds::Any => pick(random, &[Zeros, Ones, Single, Unit, Unit, Signed, Grid, Wide, Wide, Wild]),
        Bounds::Logits => {
            real = pick(random, &[Real::F32, Real::F64, Real::F16]);
            pick(random, &[Zeros, Ones, Single, Unit, Signed, Wide, Wide])
        }
        Bounds::Signed => pick(random, &[Zeros, Ones, Single, Unit, Signed, Grid]),
        Bounds::Probabilities => pick(random, &[Zeros, Ones, Single, Unit, Unit]),
    };
    let spoiled = match random.below(16) {
        0 => Spoiled::NotFinite,
        1 if bounds == Bounds::Any => Spoiled::Subnormal,
        2 if bounds == Bounds::Any => Spoiled::LargeLogits,
        // Two errors at once would need an order.
        3 if bounds == Bounds::Any && policy == NonFinite::Ignore => Spoiled::Huge(pick(random, &[20, 60, 110])),
        _ => Spoiled::No,
    };
    (real, Looks { pattern, spoiled })
}

/// Whether the truth is a label map, both operands, and of what they were drawn.
fn operands(
    random: &mut Random,
    seed: u64,
    shape: &Shape,
    way: Way,
    [pred, truth]: [Bounds; 2],
    policy: NonFinite,
) -> (bool, Array, Array, [String; 2]) {
    let n = shape.elements() as usize;
    let (p_real, p_looks) = looks(random, pred, policy);
    let p = array(p_real, p_looks, n, seed);
    let p_name = format!("{p_real:?} {p_looks:?}");
    if one_in(random, 3) {
        let kind = pick(random, &LABEL_TYPES);
        // Labels of pieces are counted piece by piece where they are wrong.
        let wrong = one_in(random, 12) && !matches!(way, Way::Pieces(..));
        let run = pick(random, &[1, 3, 40]);
        let map = labels_of(kind, shape, run, wrong, seed);
        let name = format!("{kind:?} labels{}", if wrong { ", some without a channel" } else { "" });
        return (true, p, map, [p_name, name]);
    }
    let (t_real, t_looks) = looks(random, truth, policy);
    let t = array(t_real, t_looks, n, !seed);
    (false, p, t, [p_name, format!("{t_real:?} {t_looks:?}")])
}

fn gradient(seed: u64, random: &mut Random) -> Drawn {
    let channels = 1 + random.below(4) as usize;
    let shape = shape(random, channels, Way::Whole);
    let terms = pick(random, &Terms::EXACT);
    let place = place(random);
    let bounds = [Bounds::Any; 2];
    let (truth_is_map, pred, truth, looks) = operands(random, seed, &shape, Way::Whole, bounds, place.policy);
    // Of every magnitude, so that gradients also leave the range of f32; some of them 0, some equal.
    let scale = pick(random, &[0, 0, 0, 0, -40, 30, -126, -135, 120]);
    let mut value = |on: bool| {
        let value = (f64::from(random.unit()) * 4.0 - 2.0) * 2f64.powi(scale);
        match random.below(8) {
            0 => 0.0,
            1 => 2f64.powi(scale),
            _ if on => value,
            _ => 0.0,
        }
    };
    let partials = (0..shape.cells()).map(|_| Partials {
        pred: value(true),
        product: value(true),
        pred_power: value(terms != Terms::Plain),
        abs_difference: value(terms == Terms::All),
        pointwise: 0.0,
    });
    let partials = partials.collect();
    let what = What::Gradient { options: terms.into(), truth_is_map, partials };
    Drawn { seed, place, way: Way::Whole, shape, pred, truth, what, looks }
}

fn counts(seed: u64, random: &mut Random) -> Drawn {
    let way = way(random);
    let mut shape = shape(random, 1, way);
    let (family, sets): (_, Vec<Vec<u32>>) = match random.below(7) {
        0 | 1 => ("up to 8 classes", (1..=1 + random.below(8)).map(|label| vec![label]).collect()),
        2 => ("9 to 117 classes", (0..9 + random.below(109)).map(|label| vec![label]).collect()),
        3 => ("over 1000 classes", (1..=1001 + random.below(300)).map(|label| vec![label]).collect()),
        4 => ("labels beyond the table", (0..12).map(|i| vec![u32::MAX - i * 350_000_001]).collect()),
        5 => ("regions apart", vec![vec![5, 1], vec![2], vec![300, 70_000]]),
        _ => ("regions that overlap", vec![vec![1, 2, 3], vec![1, 3], vec![3, 300], vec![70_000_000, 2]]),
    };
    if sets.len() > 100 && shape.voxels_per_cell() > 9000 {
        // The oracle asks for every class of every voxel.
        let layout = shape.layout();
        shape = Shape::new(shape.samples().min(3) as usize, 1, [3001]).unwrap().with_layout(layout);
    }
    let ignored = match random.below(4) {
        0 => [255, 4, 0].into_iter().find(|label| sets.iter().all(|set| !set.contains(label))),
        _ => None,
    };
    let mut present: Vec<u32> = sets.iter().flatten().copied().collect();
    present.extend([0, 0, 4, 255, 60_001]);
    let n = shape.elements() as usize;
    let kinds = [pick(random, &LABEL_TYPES), pick(random, &LABEL_TYPES)];
    let run = pick(random, &[1, 3, 60, 2000]);
    let [pred, truth] =
        [(kinds[0], seed), (kinds[1], !seed)].map(|(kind, seed)| crate::random::labels(kind, &present, run, n, seed));
    let looks = kinds.map(|kind| format!("{kind:?} labels"));
    let what = What::Counts { sets, ignored, family };
    Drawn { seed, place: place(random), way, shape, pred, truth, what, looks }
}

/// What is asked, in a line.
impl std::fmt::Display for Drawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { shape, way, looks: [pred, truth], place, .. } = self;
        match &self.what {
            What::Sums { options, .. } => write!(f, "sums {options:?}")?,
            What::Gradient { options, .. } => write!(f, "exact gradient {:?}", options.terms)?,
            What::Counts { family, ignored, sets } => {
                write!(f, "counts of {} classes ({family}), ignoring {ignored:?}", sets.len())?;
            }
        }
        write!(f, ", {way:?}, of {pred} x {truth}, shape {shape}, {place:?}")
    }
}
