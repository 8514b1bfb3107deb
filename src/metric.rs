//! Scores: pure functions of statistics. Nothing here sees a voxel.

mod overlap;

pub use overlap::{Empty, dice, iou};
