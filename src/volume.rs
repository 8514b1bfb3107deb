//! Borrowed voxels and how to read them.

#[cfg(feature = "half")]
mod half;

pub(crate) use crate::dtype::Dtype;
pub(crate) use crate::dtype::TruthKind;
use crate::error::{Error, Operand, Result};
#[cfg(feature = "gpu")]
use crate::gpu::Resident;
use crate::shape::Shape;

/// A prediction and its reference, by name. A swap would exchange false positives and negatives; with names it cannot
/// happen by accident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair<P, T = P> {
    /// The prediction.
    pub pred: P,
    /// The reference.
    pub truth: T,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Data<'a> {
    F64(&'a [f64]),
    F32(&'a [f32]),
    /// Bits of binary16 values.
    F16(&'a [u16]),
    /// Bits of bfloat16 values.
    Bf16(&'a [u16]),
    U8(&'a [u8]),
    U16(&'a [u16]),
    U32(&'a [u32]),
}

impl<'a> Data<'a> {
    pub fn dtype(self) -> Dtype {
        match self {
            Self::F64(_) => Dtype::F64,
            Self::F32(_) => Dtype::F32,
            Self::F16(_) => Dtype::F16,
            Self::Bf16(_) => Dtype::Bf16,
            Self::U8(_) => Dtype::U8,
            Self::U16(_) => Dtype::U16,
            Self::U32(_) => Dtype::U32,
        }
    }

    /// The elements of `range`, which must lie within.
    pub fn slice(self, range: std::ops::Range<usize>) -> Self {
        match self {
            Self::F64(x) => Self::F64(&x[range]),
            Self::F32(x) => Self::F32(&x[range]),
            Self::F16(x) => Self::F16(&x[range]),
            Self::Bf16(x) => Self::Bf16(&x[range]),
            Self::U8(x) => Self::U8(&x[range]),
            Self::U16(x) => Self::U16(&x[range]),
            Self::U32(x) => Self::U32(&x[range]),
        }
    }

    #[cfg_attr(not(feature = "gpu"), allow(dead_code))]
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Self::F64(x) => bytemuck::cast_slice(x),
            Self::F32(x) => bytemuck::cast_slice(x),
            Self::F16(x) | Self::Bf16(x) | Self::U16(x) => bytemuck::cast_slice(x),
            Self::U8(x) => x,
            Self::U32(x) => bytemuck::cast_slice(x),
        }
    }
}

/// Where voxels are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source<'a> {
    /// In host memory.
    Host(Data<'a>),
    /// In a buffer of the application, on the GPU.
    #[cfg(feature = "gpu")]
    Buffer(Resident<'a>),
}

impl<'a> Source<'a> {
    pub fn dtype(self) -> Dtype {
        match self {
            Self::Host(data) => data.dtype(),
            #[cfg(feature = "gpu")]
            Self::Buffer(resident) => resident.dtype,
        }
    }

    /// The elements of `range`, which must lie within.
    pub fn slice(self, range: std::ops::Range<u64>) -> Self {
        match self {
            Self::Host(data) => Self::Host(data.slice(range.start as usize..range.end as usize)),
            #[cfg(feature = "gpu")]
            Self::Buffer(resident) => Self::Buffer(resident.from(range.start)),
        }
    }

    /// The voxels in host memory, or an error that names `operand`.
    #[cfg_attr(not(feature = "gpu"), allow(unused_variables))]
    pub fn host(self, operand: Operand) -> Result<Data<'a>> {
        match self {
            Self::Host(data) => Ok(data),
            #[cfg(feature = "gpu")]
            Self::Buffer(_) => Err(Error::BufferOnCpu { operand }),
        }
    }
}

/// A real-valued volume: probabilities, logits or masks of shape `[N, C, spatial...]`, borrowed from the caller.
///
/// With feature `gpu`, `Volume::buffer` makes one of a buffer on the GPU. An integer voxel stands for its own value: a mask is
/// 0 and 1, not 0 and 255.
#[derive(Debug, Clone)]
pub struct Volume<'a> {
    shape: Shape,
    source: Source<'a>,
}

impl<'a> Volume<'a> {
    /// A volume of `f32` voxels.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when `voxels` does not have `shape.elements()` elements; so for all constructors.
    pub fn f32(shape: Shape, voxels: &'a [f32]) -> Result<Self> {
        Self::new(shape, Data::F32(voxels), voxels.len())
    }

    /// A volume of `f64` voxels. Sums of them as they stand are made of their 53 bits, as are those of the other operand beside
    /// them, and a threshold and an argmax compare all digits. Other activations, powers, pointwise losses and gradients take the
    /// `f32` next to each voxel, and so does a truth beside any activation or in which voxels are masked or ignored. One whose
    /// `f32` is infinite counts as an infinity everywhere.
    ///
    /// ```
    /// use voxdice::{Engine, EngineOptions, Pair, Shape, Volume};
    /// let shape = Shape::new(1, 1, [2])?;
    /// let (p, t) = ([0.5 + 2f64.powi(-40), 1.0], [1, 0]);
    /// let engine = Engine::new(&EngineOptions::default())?;
    /// let sums = engine.sums(Pair { pred: Volume::f64(shape.clone(), &p)?, truth: Volume::u8(shape, &t)? })?;
    /// assert_eq!(sums.values()[0].product(), 0.5 + 2f64.powi(-40));
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    pub fn f64(shape: Shape, voxels: &'a [f64]) -> Result<Self> {
        Self::new(shape, Data::F64(voxels), voxels.len())
    }

    /// A volume of binary16 voxels, given as their bits.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    pub fn f16_bits(shape: Shape, voxels: &'a [u16]) -> Result<Self> {
        Self::new(shape, Data::F16(voxels), voxels.len())
    }

    /// A volume of bfloat16 voxels, given as their bits: the upper halves of `f32`s. The type has 8 bits of precision, so
    /// a probability of 0.999 is a 1 in it; what it holds is summed as the `f32` that it is.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    pub fn bf16_bits(shape: Shape, voxels: &'a [u16]) -> Result<Self> {
        Self::new(shape, Data::Bf16(voxels), voxels.len())
    }

    /// A volume of `u8` voxels, such as a mask of 0 and 1.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    pub fn u8(shape: Shape, voxels: &'a [u8]) -> Result<Self> {
        Self::new(shape, Data::U8(voxels), voxels.len())
    }

    /// A volume of `u16` voxels.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    pub fn u16(shape: Shape, voxels: &'a [u16]) -> Result<Self> {
        Self::new(shape, Data::U16(voxels), voxels.len())
    }

    fn new(shape: Shape, data: Data<'a>, len: usize) -> Result<Self> {
        check_length(&shape, len)?;
        Ok(Self::of(shape, Source::Host(data)))
    }

    /// `source` must have as many elements as `shape`, of a type that a volume may have.
    pub(crate) fn of(shape: Shape, source: Source<'a>) -> Self {
        Self { shape, source }
    }

    /// The shape as given.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The type of a voxel.
    pub fn dtype(&self) -> Dtype {
        self.source.dtype()
    }

    pub(crate) fn source(&self) -> Source<'a> {
        self.source
    }
}

/// An integer label map of shape `[N, spatial...]` (one channel), borrowed from the caller. With feature `gpu`,
/// `LabelMap::buffer` makes one of a buffer on the GPU.
#[derive(Debug, Clone)]
pub struct LabelMap<'a> {
    shape: Shape,
    source: Source<'a>,
}

impl<'a> LabelMap<'a> {
    /// A map of `u8` labels.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] when the slice does not fit the shape, [`Error::LabelChannels`] when the shape has
    /// more than one channel; so for all constructors.
    pub fn u8(shape: Shape, labels: &'a [u8]) -> Result<Self> {
        Self::new(shape, Data::U8(labels), labels.len())
    }

    /// A map of `u16` labels.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::LabelChannels`].
    pub fn u16(shape: Shape, labels: &'a [u16]) -> Result<Self> {
        Self::new(shape, Data::U16(labels), labels.len())
    }

    /// A map of `u32` labels.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::LabelChannels`].
    pub fn u32(shape: Shape, labels: &'a [u32]) -> Result<Self> {
        Self::new(shape, Data::U32(labels), labels.len())
    }

    fn new(shape: Shape, data: Data<'a>, len: usize) -> Result<Self> {
        check_channels(&shape)?;
        check_length(&shape, len)?;
        Ok(Self { shape, source: Source::Host(data) })
    }

    /// `source` must have as many elements as `shape`, of a type that a label map may have.
    ///
    /// # Errors
    /// [`Error::LabelChannels`].
    #[cfg(feature = "gpu")]
    pub(crate) fn of(shape: Shape, source: Source<'a>) -> Result<Self> {
        check_channels(&shape)?;
        Ok(Self { shape, source })
    }

    /// The shape as given.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The type of a label.
    pub fn dtype(&self) -> Dtype {
        self.source.dtype()
    }

    pub(crate) fn source(&self) -> Source<'a> {
        self.source
    }
}

/// Labels without a shape: a chunk of a label map, borrowed from the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelSlice<'a> {
    /// `u8` labels.
    U8(&'a [u8]),
    /// `u16` labels.
    U16(&'a [u16]),
    /// `u32` labels.
    U32(&'a [u32]),
}

impl LabelSlice<'_> {
    /// Number of voxels.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(labels) => labels.len(),
            Self::U16(labels) => labels.len(),
            Self::U32(labels) => labels.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Some of them, as many of these places as there are.
    #[cfg(feature = "eval")]
    pub(crate) fn part(self, places: std::ops::Range<usize>) -> Self {
        let places = places.start.min(self.len())..places.end.min(self.len());
        match self {
            Self::U8(labels) => Self::U8(&labels[places]),
            Self::U16(labels) => Self::U16(&labels[places]),
            Self::U32(labels) => Self::U32(&labels[places]),
        }
    }

    /// Whether all of them are 0.
    #[cfg(feature = "eval")]
    pub(crate) fn is_background(self) -> bool {
        match self {
            Self::U8(labels) => is_zero(labels),
            Self::U16(labels) => is_zero(labels),
            Self::U32(labels) => is_zero(labels),
        }
    }
}

/// Whether all labels are 0.
#[cfg(feature = "eval")]
#[inline]
pub(crate) fn is_zero<L: bytemuck::Pod>(labels: &[L]) -> bool {
    let any = |bytes: &[u8]| bytes.iter().fold(0, |any, byte| any | byte) != 0;
    let (parts, rest) = bytemuck::cast_slice::<L, u8>(labels).as_chunks::<256>();
    !parts.iter().any(|part| any(part)) && !any(rest)
}

/// The reference beside a real-valued prediction.
#[derive(Debug, Clone)]
pub enum Truth<'a> {
    /// A volume of the same shape.
    Volume(Volume<'a>),
    /// A label map of shape `[N, spatial...]`: channel `c` of the truth is 1 where the label is `c`, without ever
    /// being written out. With a single channel, that channel is label 1.
    Labels(LabelMap<'a>),
}

impl<'a> From<Volume<'a>> for Truth<'a> {
    fn from(volume: Volume<'a>) -> Self {
        Self::Volume(volume)
    }
}

impl<'a> From<LabelMap<'a>> for Truth<'a> {
    fn from(labels: LabelMap<'a>) -> Self {
        Self::Labels(labels)
    }
}

impl<'a> Truth<'a> {
    pub(crate) fn source(&self) -> Source<'a> {
        match self {
            Self::Volume(volume) => volume.source(),
            Self::Labels(labels) => labels.source(),
        }
    }
}

fn check_channels(shape: &Shape) -> Result<()> {
    if shape.channels() == 1 {
        return Ok(());
    }
    Err(Error::LabelChannels { shape: shape.to_string(), channels: shape.channels() })
}

fn check_length(shape: &Shape, found: usize) -> Result<()> {
    if shape.elements() == found as u64 {
        return Ok(());
    }
    Err(Error::LengthMismatch { shape: shape.to_string(), expected: shape.elements(), found: found as u64 })
}

#[cfg(all(test, feature = "eval"))]
mod tests {
    use super::*;

    #[test]
    fn a_label_of_one_byte_is_seen_anywhere() {
        for n in (0..20).chain(250..390) {
            let mut labels = vec![0u16; n];
            assert!(is_zero(&labels));
            for at in 0..n {
                labels[at] = 256;
                assert!(!is_zero(&labels));
                labels[at] = 0;
            }
        }
    }
}
