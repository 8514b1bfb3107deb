//! NIfTI files: the conformance corpus, real volumes, memory, hostile bytes, and what we write.

pub mod compare;
mod corpus;
mod files;
pub mod hostile;
#[cfg(target_os = "linux")]
mod memory;
pub mod npy;
mod real;
mod round_trip;

use crate::shared::{expectations, shared};
