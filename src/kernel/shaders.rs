//! The WGSL of every kernel, as data.

pub use super::keys::all;
pub use super::source::Shader;
