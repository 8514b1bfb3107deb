//! Volumes of the crate `half`'s floats.

use super::Volume;
use crate::error::Result;
use crate::shape::Shape;

impl<'a> Volume<'a> {
    /// A volume of binary16 voxels. Nothing is copied.
    ///
    /// ```
    /// use half::f16;
    /// use voxdice::{Engine, EngineOptions, Pair, Shape, Volume};
    /// let shape = Shape::new(1, 1, [2])?;
    /// let (p, t) = ([f16::from_f32(0.5), f16::ONE], [1, 0]);
    /// let engine = Engine::new(&EngineOptions::default())?;
    /// let sums = engine.sums(Pair { pred: Volume::f16(shape.clone(), &p)?, truth: Volume::u8(shape, &t)? })?;
    /// assert_eq!(sums.values()[0].product(), 0.5);
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::LengthMismatch`](crate::Error::LengthMismatch).
    pub fn f16(shape: Shape, voxels: &'a [::half::f16]) -> Result<Self> {
        Self::f16_bits(shape, bytemuck::cast_slice(voxels))
    }

    /// A volume of bfloat16 voxels; see [`bf16_bits`](Self::bf16_bits). Nothing is copied.
    ///
    /// ```
    /// use half::bf16;
    /// use voxdice::{Engine, EngineOptions, Pair, Shape, Volume};
    /// let shape = Shape::new(1, 1, [2])?;
    /// let (p, t) = ([bf16::from_f32(0.5), bf16::ONE], [1, 0]);
    /// let engine = Engine::new(&EngineOptions::default())?;
    /// let sums = engine.sums(Pair { pred: Volume::bf16(shape.clone(), &p)?, truth: Volume::u8(shape, &t)? })?;
    /// assert_eq!(sums.values()[0].product(), 0.5);
    /// # Ok::<(), voxdice::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::LengthMismatch`](crate::Error::LengthMismatch).
    pub fn bf16(shape: Shape, voxels: &'a [::half::bf16]) -> Result<Self> {
        Self::bf16_bits(shape, bytemuck::cast_slice(voxels))
    }
}
