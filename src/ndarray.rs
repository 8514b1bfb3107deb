//! Volumes and label maps from [`ndarray`](https://docs.rs/ndarray/0.17) views, of any strides. Feature `ndarray`.
//!
//! ```
//! use ndarray::{Array3, Array5, s};
//! use voxdice::ndarray::{Axes, Voxels};
//! use voxdice::{Engine, EngineOptions, Pair, metric::{Loss, LossOptions}};
//!
//! // A batch as Keras has it, [N, H, W, D, C], and a truth that is cropped from something larger.
//! let pred = Array5::from_elem((2, 8, 8, 4, 3), 0.25f32);
//! let truth = Array5::from_elem((2, 8, 8, 6, 3), 1u8);
//! let pred = Voxels::new(pred.view(), Axes::SamplesSpaceChannels)?;
//! let truth = Voxels::like(&pred, truth.slice(s![.., .., .., 1..5, ..]), Axes::SamplesSpaceChannels)?;
//! assert!(pred.is_borrowed() && !truth.is_borrowed());
//!
//! let engine = Engine::new(&EngineOptions::default())?;
//! let loss = Loss::new(LossOptions::default())?;
//! let options = loss.sums_options();
//! let sums = engine.sums_with(Pair { pred: pred.volume()?, truth: truth.volume()? }, &options)?;
//! assert_eq!(sums.values()[0].pred(), 0.25 * 256.0);
//!
//! // Gradients come back with the shape of the prediction's array.
//! let pair = Pair { pred: pred.volume()?, truth: truth.volume()? };
//! let gradient = engine.gradient(pair, &options, &sums, &loss.gradient(&sums)?)?;
//! assert_eq!(pred.array(gradient)?.dim(), (2, 8, 8, 4, 3));
//!
//! // One label per voxel, no axis of channels.
//! let labels = Array3::from_elem((8, 8, 4), 2u16);
//! let labels = Voxels::new(labels.view(), Axes::Space)?;
//! assert_eq!(labels.label_map()?.shape().voxels_per_cell(), 256);
//! # Ok::<(), voxdice::Error>(())
//! ```
//!
//! # What is copied
//! Nothing, where the elements lie in memory as `[N, C, space]` or as `[N, space, C]`, for any order of the view's
//! axes: a channels-last array seen through `permuted_axes` is borrowed as channels-last. Anything else (a crop, a
//! step, a reversed or Fortran order) is copied once, and [`Voxels::is_borrowed`] says so. Sums and counts do not
//! depend on the order of the spatial axes, so two Fortran-ordered arrays of `[space]` are best given as
//! `.reversed_axes()`, which borrows.

use crate::error::{Error, Result};
use crate::shape::{Layout, Shape};
use crate::volume::{LabelMap, Volume};
use ::ndarray::{Array, ArrayView, ArrayViewD, Dimension, IxDyn};
use std::borrow::Cow;

/// What the axes of an array are, in the order in which it is indexed. Space may be any number of axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Axes {
    /// `[N, C, space]`, as in PyTorch.
    SamplesChannelsSpace,
    /// `[N, space, C]`, as in Keras.
    SamplesSpaceChannels,
    /// `[N, space]`: one channel, such as label maps of several samples.
    SamplesSpace,
    /// `[C, space]`: one sample.
    ChannelsSpace,
    /// `[space, C]`: one sample.
    SpaceChannels,
    /// `[space]`: one channel of one sample.
    Space,
}

impl Axes {
    fn has_samples(self) -> bool {
        matches!(self, Self::SamplesChannelsSpace | Self::SamplesSpaceChannels | Self::SamplesSpace)
    }

    /// Where the channels are in an array of so many axes.
    fn channels(self, axes: usize) -> Option<usize> {
        match self {
            Self::SamplesChannelsSpace => Some(1),
            Self::ChannelsSpace => Some(0),
            Self::SamplesSpaceChannels | Self::SpaceChannels => Some(axes - 1),
            Self::SamplesSpace | Self::Space => None,
        }
    }

    fn least(self) -> usize {
        match self {
            Self::SamplesChannelsSpace | Self::SamplesSpaceChannels => 2,
            Self::SamplesSpace | Self::ChannelsSpace | Self::SpaceChannels => 1,
            Self::Space => 0,
        }
    }

    /// The order of the axes in memory, slowest first, of an array in this layout.
    fn order(self, axes: usize, layout: Layout) -> Vec<usize> {
        let channels = self.channels(axes);
        let mut order: Vec<usize> = (0..axes).filter(|&axis| Some(axis) != channels).collect();
        if let Some(channels) = channels {
            let place = match layout {
                Layout::ChannelsFirst => usize::from(self.has_samples()),
                Layout::ChannelsLast => order.len(),
            };
            order.insert(place, channels);
        }
        order
    }
}

/// The elements of an array, in an order that volumes have: borrowed where that is the array's own, copied otherwise.
#[derive(Debug, Clone)]
pub struct Voxels<'a, T: Clone, D> {
    elements: Cow<'a, [T]>,
    shape: Shape,
    axes: Axes,
    dimension: D,
}

impl<'a, T: Clone, D: Dimension> Voxels<'a, T, D> {
    /// The elements of a view. Channels-first and channels-last memory is borrowed; anything else is copied to
    /// [`Layout::ChannelsFirst`].
    ///
    /// # Errors
    /// [`Error::Parameter`] when the view has fewer axes than `axes` names; [`Error::EmptyAxis`];
    /// [`Error::ShapeTooLarge`].
    pub fn new(view: ArrayView<'a, T, D>, axes: Axes) -> Result<Self> {
        let last = || Self::borrowed(&view, axes, Layout::ChannelsLast);
        match Self::borrowed(&view, axes, Layout::ChannelsFirst)?.map_or_else(last, |found| Ok(Some(found)))? {
            Some(borrowed) => Ok(borrowed),
            None => Self::copied(&view, axes, Layout::ChannelsFirst),
        }
    }

    /// The elements of a view in this layout, copied where they are in another one: operands of one call must agree.
    ///
    /// # Errors
    /// Those of [`Voxels::new`].
    pub fn in_layout(view: ArrayView<'a, T, D>, axes: Axes, layout: Layout) -> Result<Self> {
        match Self::borrowed(&view, axes, layout)? {
            Some(borrowed) => Ok(borrowed),
            None => Self::copied(&view, axes, layout),
        }
    }

    /// The elements of a view in the layout of the other operand.
    ///
    /// # Errors
    /// Those of [`Voxels::new`].
    pub fn like<U: Clone, E>(other: &Voxels<'_, U, E>, view: ArrayView<'a, T, D>, axes: Axes) -> Result<Self> {
        Self::in_layout(view, axes, other.shape.layout())
    }

    fn borrowed(view: &ArrayView<'a, T, D>, axes: Axes, layout: Layout) -> Result<Option<Self>> {
        let shape = shape(view.shape(), axes, layout)?;
        let ordered = ordered(view, axes, layout);
        let Some(elements) = ordered.to_slice() else { return Ok(None) };
        Ok(Some(Self { elements: Cow::Borrowed(elements), shape, axes, dimension: view.raw_dim() }))
    }

    fn copied(view: &ArrayView<'a, T, D>, axes: Axes, layout: Layout) -> Result<Self> {
        let shape = shape(view.shape(), axes, layout)?;
        let elements = Cow::Owned(ordered(view, axes, layout).iter().cloned().collect());
        Ok(Self { elements, shape, axes, dimension: view.raw_dim() })
    }

    /// Whether the elements are borrowed, not copied.
    pub fn is_borrowed(&self) -> bool {
        matches!(self.elements, Cow::Borrowed(_))
    }

    /// The shape that volumes of it have, with the layout of the memory.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// An array of the view's shape from elements in the volume's order, such as a gradient.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`].
    pub fn array<U>(&self, elements: Vec<U>) -> Result<Array<U, D>> {
        let order = self.axes.order(self.dimension.ndim(), self.shape.layout());
        let sizes: Vec<usize> = order.iter().map(|&axis| self.dimension[axis]).collect();
        let found = elements.len() as u64;
        let mismatch =
            || Error::LengthMismatch { shape: self.shape.to_string(), expected: self.shape.elements(), found };
        let memory = Array::from_shape_vec(IxDyn(&sizes), elements).map_err(|_| mismatch())?;
        // Back to the axes of the view: axis `order[i]` of it is axis `i` in memory.
        let mut back = vec![0; order.len()];
        for (i, &axis) in order.iter().enumerate() {
            back[axis] = i;
        }
        memory.permuted_axes(IxDyn(&back)).into_dimensionality().map_err(|_| mismatch())
    }
}

impl<T: Real, D> Voxels<'_, T, D> {
    /// The elements as a volume.
    ///
    /// # Errors
    /// None for elements of a view; the length was checked there.
    pub fn volume(&self) -> Result<Volume<'_>> {
        T::volume(self.shape.clone(), &self.elements)
    }
}

impl<T: Label, D> Voxels<'_, T, D> {
    /// The elements as a label map.
    ///
    /// # Errors
    /// [`Error::LabelChannels`] when there is more than one channel.
    pub fn label_map(&self) -> Result<LabelMap<'_>> {
        // With one channel, both layouts are the same memory, and label maps are to be equal.
        T::label_map(self.shape.clone().with_layout(Layout::ChannelsFirst), &self.elements)
    }
}

/// The axes of a view in the order of memory in this layout.
fn ordered<'a, T, D: Dimension>(view: &ArrayView<'a, T, D>, axes: Axes, layout: Layout) -> ArrayViewD<'a, T> {
    let order = axes.order(view.ndim(), layout);
    view.clone().into_dyn().permuted_axes(IxDyn(&order))
}

fn shape(sizes: &[usize], axes: Axes, layout: Layout) -> Result<Shape> {
    if sizes.len() < axes.least() {
        let (name, value) = ("the number of an array's axes", sizes.len().to_string());
        return Err(Error::Parameter { name, value, range: format!("at least {} for {axes:?}", axes.least()) });
    }
    let channels = axes.channels(sizes.len());
    let samples = axes.has_samples().then_some(0);
    let size = |axis: Option<usize>| axis.map_or(1, |axis| sizes[axis]);
    let space = (0..sizes.len()).filter(|&axis| Some(axis) != channels && Some(axis) != samples);
    let space: Vec<usize> = space.map(|axis| sizes[axis]).collect();
    Ok(Shape::new(size(samples), size(channels), space)?.with_layout(layout))
}

/// Elements of a volume: `f64`, `f32`, `u8`, `u16`, and `half::f16` with feature `half`.
pub trait Real: Clone + sealed::Sealed {
    #[doc(hidden)]
    fn volume(shape: Shape, elements: &[Self]) -> Result<Volume<'_>>
    where
        Self: Sized;
}

/// Elements of a label map: `u8`, `u16` and `u32`.
pub trait Label: Clone + sealed::Sealed {
    #[doc(hidden)]
    fn label_map(shape: Shape, elements: &[Self]) -> Result<LabelMap<'_>>
    where
        Self: Sized;
}

mod sealed {
    /// Only this crate implements the traits for element types.
    pub trait Sealed {}
}

macro_rules! elements {
    ($($element:ty: $kind:ident::$make:ident as $function:ident -> $made:ident;)*) => {$(
        impl $kind for $element {
            fn $function(shape: Shape, elements: &[Self]) -> Result<$made<'_>> {
                $made::$make(shape, elements)
            }
        }
    )*};
}

elements! {
    f64: Real::f64 as volume -> Volume;
    f32: Real::f32 as volume -> Volume;
    u8: Real::u8 as volume -> Volume;
    u16: Real::u16 as volume -> Volume;
    u8: Label::u8 as label_map -> LabelMap;
    u16: Label::u16 as label_map -> LabelMap;
    u32: Label::u32 as label_map -> LabelMap;
}

impl sealed::Sealed for f64 {}
impl sealed::Sealed for f32 {}
impl sealed::Sealed for u8 {}
impl sealed::Sealed for u16 {}
impl sealed::Sealed for u32 {}

#[cfg(feature = "half")]
elements! {
    half::f16: Real::f16 as volume -> Volume;
}

#[cfg(feature = "half")]
impl sealed::Sealed for half::f16 {}
