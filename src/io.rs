//! Volume files in and out. This room knows files and voxels, and no metric.

pub mod labels;
pub mod nifti;
pub mod npy;
pub mod soft;
