//! NIfTI files: the conformance corpus, real volumes, memory, hostile bytes, and what we write.

mod compare;
mod corpus;
mod files;
mod hostile;
#[cfg(target_os = "linux")]
mod memory;
mod npy;
mod real;
mod round_trip;

use crate::shared::{expectations, shared};
