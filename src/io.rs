//! Volume files in and out. This room knows files and voxels, and no metric.

pub mod axes;
mod fields;
mod file;
mod foreign;
mod geometry;
mod gzip;
mod image;
pub mod labels;
mod lattice;
pub mod metaimage;
mod name;
pub mod nifti;
pub mod npy;
pub mod nrrd;
mod recipe;
pub mod soft;
mod stream;
mod text;
mod unread;
mod view;
mod voxels;
mod zlib;

pub use geometry::{AffineSource, Geometry, Units};
pub use image::{Format, Header, Image, read, read_header};
pub use lattice::{Gap, Grid, Placement};
pub use name::stem;
pub use view::{View, ViewError};
pub use voxels::{Scale, StoredType, Voxel, Voxels};

/// Whether two names lead to one file.
#[cfg(feature = "eval")]
pub(crate) fn same_file(a: &std::path::Path, b: &std::path::Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Reads two files at once: most of the time of a run may be their decompression.
#[cfg(feature = "eval")]
pub(crate) fn at_once<A, B: Send, E: Send>(
    first: impl FnOnce() -> Result<A, E>,
    second: impl Fn() -> Result<B, E> + Sync,
) -> Result<(A, B), E> {
    use std::thread;
    thread::scope(|scope| {
        let thread = thread::Builder::new().spawn_scoped(scope, &second);
        let first = first()?;
        let second = match thread.map(|thread| thread.join()) {
            Ok(Ok(second)) => second?,
            // No thread could be had, or it died: then one after the other.
            _ => second()?,
        };
        Ok((first, second))
    })
}
