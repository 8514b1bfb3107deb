//! MetaImage and NRRD files: the conformance corpus, real volumes, hostile bytes, and fields one by one; label maps of
//! every format, whole and piece by piece.

mod archives;
mod arrays;
pub mod compare;
pub mod corpus;
mod endings;
mod golden;
pub mod hostile;
mod labels;
mod metaimage;
mod nrrd;
mod pictures;
mod pieces;
mod real;
mod segments;
mod view;
mod volumes;

use crate::nifti::npy;
use crate::shared::{expectations, shared};

/// Formats which are read.
const NAMES: [&str; 4] = [".mha", ".mhd", ".nrrd", ".nhdr"];

fn is_ours(name: &str) -> bool {
    NAMES.iter().any(|ending| name.ends_with(ending))
}
