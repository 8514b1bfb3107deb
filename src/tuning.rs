//! How the work is done, which changes no result: windows, instruction sets, arithmetic of shaders.

pub use crate::options::{Poison, ShaderInt64, Simd, Tuning};
