//! NIfTI files: the conformance corpus, real volumes, memory, hostile bytes, and what we write.

mod corpus;
mod files;
pub mod hostile;
#[cfg(target_os = "linux")]
mod memory;
pub mod npy;
mod round_trip;

use crate::shared::{expectations, shared};
