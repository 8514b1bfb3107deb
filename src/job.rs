//! The jobs that the engine gives to a backend, and their results.

use crate::classes::Classes;
use crate::error::{Error, Operand, Result};
use crate::kernel::sums::RawSums;
use crate::kernel::window::Reach;
use crate::options::{Activation, Band, SumsOptions};
use crate::shape::{Grid, Layout, Shape};
use crate::stats::{BlockSums, InstanceOptions, Lattice, Partials, SurfaceOptions, Terms};
use crate::volume::{Data, Dtype, Source, TruthKind};

/// Powers that may be this large are finite as f32.
const MOST_EXPONENT: f32 = 127.0;

/// Sums of a prediction and a truth, in host memory or on the GPU.
pub(crate) struct SumsOf<D> {
    pub shape: Shape,
    pub pred: D,
    pub truth: D,
    pub truth_kind: TruthKind,
    pub options: SumsOptions,
}

/// Sums of volumes in host memory: all that the CPU backend sees.
pub(crate) type SumsJob<'a> = SumsOf<Data<'a>>;

impl SumsJob<'_> {
    /// Whether voxels are summed from their f64 bits.
    pub fn is_of_doubles(&self) -> bool {
        self.is_of_values() && [self.pred, self.truth].iter().any(|data| data.dtype() == Dtype::F64)
    }
}

impl<'a> SumsOf<Source<'a>> {
    /// The same job, where both operands are in host memory.
    pub fn host(&self) -> Result<SumsJob<'a>> {
        let (pred, truth) = (self.pred.host(Operand::Pred)?, self.truth.host(Operand::Truth)?);
        let (truth_kind, options) = (self.truth_kind, self.options);
        Ok(SumsOf { shape: self.shape.clone(), pred, truth, truth_kind, options })
    }
}

impl<D> SumsOf<D> {
    /// Whether the operands are summed as they are, each cell independently.
    pub fn is_plain(&self) -> bool {
        self.truth_kind == TruthKind::Real && self.is_of_values()
    }

    /// Whether voxels are summed as they are, or beside labels.
    fn is_of_values(&self) -> bool {
        self.options.activation == Activation::None
            && !matches!(self.options.terms, Terms::Power(_))
            && self.options.pointwise.is_none()
    }

    /// Refuses what cannot be summed: a pointwise loss beyond its grid, or |x|^γ beyond the grid of products.
    pub fn check(&self, raw: &RawSums, scale: u16, cell: u64) -> Result<()> {
        if raw.pointwise_too_large {
            return Err(Error::PointwiseTooLarge { cell });
        }
        match self.options.terms {
            Terms::Power(gamma) if gamma > 2.0 && scale > 0 => Err(Error::Parameter {
                name: "Terms::Power",
                value: gamma.to_string(),
                range: "at most 2 for values beyond [-1, 1]".into(),
            }),
            // |x|^γ is an f32, whatever x is: 2^128 is beyond it.
            Terms::Power(gamma) if gamma * f32::from(scale) > MOST_EXPONENT => Err(Error::Parameter {
                name: "Terms::Power",
                value: gamma.to_string(),
                range: format!("at most {} for values up to 2^{scale}", MOST_EXPONENT / f32::from(scale)),
            }),
            _ => Ok(()),
        }
    }

    /// The label that channel `channel` of a label-map truth stands for.
    pub fn label_of(&self, channel: u64) -> u32 {
        if self.shape.channels() == 1 { 1 } else { channel as u32 }
    }
}

/// Where the elements of a volume are: `sample · per_sample + channel · per_channel + voxel · per_voxel`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Strides {
    pub per_sample: u64,
    pub per_channel: u64,
    pub per_voxel: u64,
}

impl Strides {
    pub fn of(shape: &Shape) -> Self {
        let (channels, voxels) = (shape.channels(), shape.voxels_per_cell());
        let per_sample = channels * voxels;
        match shape.layout() {
            Layout::ChannelsFirst => Self { per_sample, per_channel: voxels, per_voxel: 1 },
            Layout::ChannelsLast => Self { per_sample, per_channel: 1, per_voxel: channels },
        }
    }

    /// A label map beside volumes of `shape`: all channels read the same label.
    pub fn of_labels(shape: &Shape) -> Self {
        Self { per_sample: shape.voxels_per_cell(), per_channel: 0, per_voxel: 1 }
    }

    pub fn at(&self, sample: u64, channel: u64, voxel: u64) -> usize {
        (sample * self.per_sample + channel * self.per_channel + voxel * self.per_voxel) as usize
    }
}

/// The gradient of a loss of such sums.
pub(crate) struct GradientOf<'a, D> {
    pub sums: SumsOf<D>,
    /// By cell.
    pub partials: &'a [Partials],
    /// Scale of each cell: |p|, |t| ≤ 2^scale.
    pub scales: &'a [u16],
    /// Whether the predictions of a cell are known to be finite.
    pub all_finite: &'a [bool],
}

/// The gradient for volumes in host memory.
pub(crate) type GradientJob<'a> = GradientOf<'a, Data<'a>>;

impl<'a> GradientOf<'a, Source<'a>> {
    /// The same job, where both operands are in host memory.
    pub fn host(&self) -> Result<GradientJob<'a>> {
        let Self { partials, scales, all_finite, .. } = *self;
        Ok(GradientOf { sums: self.sums.host()?, partials, scales, all_finite })
    }
}

/// Counts of two label maps, in host memory or on the GPU.
pub(crate) struct CountsOf<'a, D> {
    pub grid: Grid,
    pub pred: D,
    pub truth: D,
    pub classes: &'a Classes,
}

/// Counts of label maps in host memory.
pub(crate) type CountsJob<'a> = CountsOf<'a, Data<'a>>;

impl<'a> CountsOf<'a, Source<'a>> {
    /// The same job, where both operands are in host memory.
    pub fn host(&self) -> Result<CountsJob<'a>> {
        let (pred, truth) = (self.pred.host(Operand::Pred)?, self.truth.host(Operand::Truth)?);
        Ok(CountsOf { grid: self.grid, pred, truth, classes: self.classes })
    }
}

/// Two label maps whose classes are used as masks in space, in host memory or on the GPU.
pub(crate) struct LabelPairOf<'a, D> {
    /// Slices, rows and columns of a sample; one slice where there are two axes.
    pub extent: [usize; 3],
    #[cfg_attr(not(feature = "gpu"), allow(dead_code))]
    pub samples: usize,
    pub pred: D,
    pub truth: D,
    pub classes: &'a Classes,
}

/// Label maps in host memory.
pub(crate) type LabelPair<'a> = LabelPairOf<'a, Data<'a>>;

impl<'a> LabelPairOf<'a, Source<'a>> {
    /// The same pair, where both operands are in host memory.
    pub fn host(&self) -> Result<LabelPair<'a>> {
        let (pred, truth) = (self.pred.host(Operand::Pred)?, self.truth.host(Operand::Truth)?);
        Ok(LabelPairOf { extent: self.extent, samples: self.samples, pred, truth, classes: self.classes })
    }
}

/// Surface distances of label maps.
pub(crate) struct SurfacesOf<'a, D> {
    pub pair: LabelPairOf<'a, D>,
    pub options: &'a SurfaceOptions,
    pub lattice: Lattice,
}

/// Surface distances of label maps in host memory.
pub(crate) type SurfacesJob<'a> = SurfacesOf<'a, Data<'a>>;

impl<'a> SurfacesOf<'a, Source<'a>> {
    /// The same job, where both operands are in host memory.
    pub fn host(&self) -> Result<SurfacesJob<'a>> {
        Ok(SurfacesOf { pair: self.pair.host()?, options: self.options, lattice: self.lattice.clone() })
    }
}

/// Both masks of a class in their common box, made by one backend and measured by another.
#[cfg_attr(not(feature = "gpu"), allow(dead_code))]
pub(crate) struct BoxMasks {
    /// Where the box begins, and its slices, rows and columns.
    pub low: [usize; 3],
    pub size: [usize; 3],
    /// Rows of bits, 32 voxels a word. Bits behind the end of a row are 0.
    pub truth: Vec<u32>,
    pub pred: Vec<u32>,
}

/// Counts of the boundary bands of label maps.
pub(crate) struct BandsJob<'a> {
    pub pair: LabelPair<'a>,
    pub band: Band,
    pub lattice: Lattice,
}

/// Lesions of label maps.
pub(crate) struct InstancesJob<'a> {
    pub pair: LabelPair<'a>,
    /// The spatial axes, slowest first.
    pub spatial: &'a [u64],
    pub options: &'a InstanceOptions,
}

/// Components of the masks of label maps.
#[cfg_attr(not(feature = "gpu"), allow(dead_code))]
pub(crate) struct ComponentsOf<'a, D> {
    pub pair: LabelPairOf<'a, D>,
    /// Of each class, for truth and prediction: the rows before a row by which runs become one component. Without any,
    /// each run is one.
    pub windows: &'a [[Vec<Reach>; 2]],
}

/// Voxels of a row that follow each other, found by one backend and added up by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "gpu"), allow(dead_code))]
pub(crate) struct FoundRun {
    /// Rows are counted through all slices.
    pub row: u32,
    pub start: u32,
    /// Behind the last voxel.
    pub end: u32,
    /// The place of the first run of its component, among the runs that it was found with.
    pub root: u32,
}

/// The runs of truth and prediction in some rows of a plane, in their order.
#[cfg_attr(not(feature = "gpu"), allow(dead_code))]
pub(crate) type FoundRuns = [Vec<FoundRun>; 2];

/// What a backend returns for each block.
pub(crate) struct Block {
    pub cell: u64,
    pub block: u64,
    pub sums: BlockSums,
    /// First non-finite voxel of the prediction and of the truth, within the block.
    pub first_non_finite: [Option<u32>; 2],
}
