//! Masks and segments that do not match their names.

use crate::eval::ignore::Ignore;
use crate::text::{extent, listed};
use std::path::PathBuf;
use thiserror::Error;

/// Masks and segments are matched by name, and here that does not work.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MaskError {
    /// A file of a class has more than one value besides 0.
    #[error(
        "{} has more than one value besides 0, so that it is no mask of one class; threshold it, or take it out of the \
         folder if it is an image or a label map", .0.display()
    )]
    NotAMask(PathBuf),
    /// Two files in one folder are the mask of one class.
    #[error("{} and {} are both the mask of {name}; leave one of them in the folder", .files[0].display(), .files[1].display())]
    Twice {
        /// Both files.
        files: [PathBuf; 2],
        /// The class.
        name: String,
    },
    /// A mask that was counted is not there any more.
    #[error("the files have no mask of this class any more")]
    Gone,
    /// Masks have no labels, and labels are to be ignored.
    #[error(
        "{}: masks have names and no labels, so that there is no label {ignore} to ignore; call the mask of what is to be \
         left out `{}`", .path.display(), Ignore::NAME
    )]
    NoLabelToIgnore {
        /// The truth.
        path: PathBuf,
        /// The labels to ignore.
        ignore: Ignore,
    },
    /// The voxels of a segmentation say how much of them is inside.
    #[error(
        "{} is a fractional segmentation: its voxels say how much of them is inside, and are no labels; export it from 3D \
         Slicer as a binary labelmap", .0.display()
    )]
    Fractional(PathBuf),
    /// A segment is in a layer that the file does not have.
    #[error(
        "{}: the segment {name} is in layer {layer}, and of {} voxels there are {layers} layers{}", .path.display(),
        extent(.shape), layers_remedy(*.layers, .shape)
    )]
    NoLayer {
        /// The segmentation.
        path: PathBuf,
        /// The segment.
        name: String,
        /// Its layer, from 0.
        layer: u64,
        /// How many layers there are.
        layers: usize,
        /// The lengths of a layer.
        shape: Vec<u64>,
    },
    /// A segment has the value of the background.
    #[error(
        "{}: the segment {name} has the value 0, which is the background; save the segmentation again", .path.display()
    )]
    Background {
        /// The segmentation.
        path: PathBuf,
        /// The segment.
        name: String,
    },
    /// Two segments of different names have one value in one layer.
    #[error(
        "{}: the segments {} and {} both have the value {label} in layer {layer}, so that nothing tells whose voxels they \
         are; save the segmentation again, or correct LabelValue and Layer in its header",
        .path.display(), .names[0], .names[1]
    )]
    SameValue {
        /// The segmentation.
        path: PathBuf,
        /// Both segments.
        names: [String; 2],
        /// Their value.
        label: u64,
        /// Their layer.
        layer: u64,
    },
    /// A label map, which has no names, beside masks or segments that do.
    #[error(
        "{}: this label map has no names, and {} has {}, matched by name ({}); say which label is which class, or name two \
         files or two folders of label maps", .map.display(), .other.display(), has(*.overlap), listed(.names)
    )]
    NamelessMap {
        /// The label map.
        map: PathBuf,
        /// The masks or segments.
        other: PathBuf,
        /// Whether these are segments that overlap, or else files.
        overlap: bool,
        /// What they are called.
        names: Vec<String>,
    },
    /// Two label maps among cases with names.
    #[error(
        "{} and {} are label maps without names, and other cases have named masks or segments; say what the labels are \
         called, or evaluate them by themselves", .0[0].display(), .0[1].display()
    )]
    NamelessPair([PathBuf; 2]),
    /// Two classes have one name.
    #[error("two classes are called {0}, and masks and segments are matched by name; give each a name of its own")]
    OneName(String),
    /// No mask and no segment of a side is a class.
    #[error(
        "{} has no mask of a class to evaluate ({}): masks and segments are matched by name, and here they are {}; call \
         the classes so", .path.display(), listed(.classes), listed(.names)
    )]
    NoneIsAClass {
        /// The first file or folder of the side.
        path: PathBuf,
        /// What the classes are called.
        classes: Vec<String>,
        /// What the masks and segments are called.
        names: Vec<String>,
        /// What lists the classes; None for a dataset, which masks are to be named after.
        from: Option<String>,
    },
}

/// What there is beside a label map.
fn has(overlap: bool) -> &'static str {
    if overlap { "segments that overlap" } else { "one file per class" }
}

fn layers_remedy(layers: usize, shape: &[u64]) -> &'static str {
    if layers == 1 && shape.len() > 3 {
        "; none of its axes is said to hold layers: write `kinds: list domain domain domain`, or the space direction none \
         for the first axis"
    } else {
        "; save the segmentation again"
    }
}
