//! What the tests and benchmarks look at. It changes without notice.

pub use crate::cpu::floor;
pub use crate::kernel::params::Params;
pub use crate::kernel::shaders;
