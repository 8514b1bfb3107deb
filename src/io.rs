//! Reads and writes volume files. This module knows files and voxels, but no metrics.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Bytes of others are read here. What a unit test indexes is its own.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod archived;
pub mod axes;
pub mod bmp;
mod colours;
mod decode;
mod fields;
mod file;
mod foreign;
mod format;
mod geometry;
pub mod gipl;
mod gzip;
mod header;
mod image;
mod input;
pub mod labels;
// Three axes of grids whose voxels were counted: indices are 0 to 2.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod lattice;
pub mod metaimage;
pub mod mgh;
mod name;
pub mod nifti;
pub mod npy;
mod npz;
pub mod nrrd;
mod picture;
#[cfg(feature = "images")]
pub mod png;
mod recipe;
pub mod soft;
mod stream;
mod text;
#[cfg(feature = "images")]
pub mod tiff;
mod unfinished;
mod unread;
mod view;
mod voxels;
mod zlib;
#[cfg(feature = "images")]
mod zstd;

#[cfg(feature = "cli")]
pub(crate) use archived::on_disk;
pub use colours::Colours;
pub use geometry::{AffineSource, Geometry, Units};
pub use header::{Format, Header, Image, Meaning};
#[cfg(feature = "cli")]
pub(crate) use image::NAMED;
#[cfg(feature = "eval")]
pub(crate) use image::{PICTURES, foreign_by_name, is_picture};
pub use image::{READABLE, read, read_header};
pub use input::Input;
pub use lattice::{Gap, Grid, Placement};
#[cfg(feature = "eval")]
pub(crate) use name::foreign_stem;
pub use name::stem;
#[cfg(feature = "eval")]
pub(crate) use npy::is_array;
pub use view::View;
pub use voxels::{Scale, StoredType, Voxel, Voxels};

/// Reads two files at once: most of the time of a run may be their decompression.
#[cfg(feature = "eval")]
pub(crate) fn at_once<A, B: Send, E: Send>(
    first: impl FnOnce() -> Result<A, E>,
    second: impl Fn() -> Result<B, E> + Sync,
) -> Result<(A, B), E> {
    use std::thread;
    if !cfg!(feature = "parallel") {
        return Ok((first()?, second()?));
    }
    thread::scope(|scope| {
        let thread = thread::Builder::new().spawn_scoped(scope, &second);
        let first = first()?;
        let second = match thread.map(|thread| thread.join()) {
            Ok(Ok(second)) => second?,
            // If no thread can be started, or it died, the files are read one after the other.
            _ => second()?,
        };
        Ok((first, second))
    })
}
