//! One file per statistic: what a block yields, the scalar twin of its shader, and the shader's text.
//!
//! The twins are written like the shaders, one voxel after another, so that the two can be read side by side. They
//! are also the scalar path of the CPU backend.

pub(crate) mod activated;
pub(crate) mod counts;
pub(crate) mod doubles;
pub(crate) mod exact_gradient;
mod fixed;
pub(crate) mod form;
pub(crate) mod gradient;
pub(crate) mod instances;
pub(crate) mod integers;
mod keys;
pub mod params;
#[cfg(feature = "gpu")]
pub(crate) mod rows;
mod scaled;
pub mod shaders;
mod slopes;
pub mod source;
pub(crate) mod sums;
pub(crate) mod surface;
pub(crate) mod survey;
pub(crate) mod voxel;
pub(crate) mod voxelwise;
pub(crate) mod window;
#[cfg(test)]
mod words;
