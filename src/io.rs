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
