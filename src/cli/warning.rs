//! Everything there is to warn about, each with the next step.

use super::text::grouped;
use serde_json::{Value, json};
use std::fmt;

/// The kind of [`Warning::Absent`].
pub(super) const ABSENT: &str = "absent_labels";

/// The kind of [`Warning::Geometry`].
pub(super) const GEOMETRY: &str = "geometry";

/// A fact that the user should know although the command ran.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Warning {
    /// The voxels of the two files do not lie in the same place.
    Geometry { millimetres: f64, voxels: f64 },
    /// The same, by whole voxels of one lattice.
    Shifted { millimetres: f64, voxels: f64 },
    /// The two files store the same points in another order.
    Reordered,
    /// One file stores a box of the other's lattice, of this extent.
    Padded { side: &'static str, stored: String },
    /// Each file stores a box of one lattice, and neither holds the other.
    Overlapping { truth: String, pred: String },
    /// Each file stores a box of one lattice, and they have no voxel in common.
    NothingShared,
    /// Both names lead to one file.
    SameFile,
    /// An array beside an image, whose shape is the same read either way.
    AxisOrder { array: String },
    /// Voxels of truth and prediction whose labels (the smallest ones) are in no class, and what lists the classes.
    Unlisted { voxels: [u64; 2], labels: [Vec<u32>; 2], from: String },
    /// So many labels that one of the files may be an image.
    ManyLabels { labels: usize },
    /// A label that was asked for is in neither file.
    Absent { labels: Vec<String> },
    /// The files have no label but 0 in common.
    NoCommonLabel { truth: Vec<u32>, pred: Vec<u32> },
    /// Segments whose names could not be matched, so that their labels were compared.
    ByValue { file: String, names: Vec<String> },
    /// Values (with their voxels) that no segment has, and segments (with their values) that have no voxel.
    Undeclared { file: String, values: Vec<(u32, u64)>, absent: Vec<(String, u64)> },
    /// Files among masks that are none.
    NotMasks { files: Vec<String> },
    /// Masks or segments that are in no class.
    UnlistedMasks { side: &'static str, names: Vec<String>, from: String },
    /// One side has no mask of some classes.
    NoMask { side: &'static str, classes: Vec<String> },
    /// Both names lead to one file of soft volumes, whose score with itself need not be perfect.
    SameSoftFile,
    /// A file goes on behind its voxels.
    Surplus { file: String, bytes: u64 },
    /// Voxels of 64 bits that 32 bits do not hold.
    Rounded { file: String, voxels: u64 },
    /// Whole labels that their header scales, and that come back a little off.
    ScaledLabels { file: String, voxels: u64 },
    /// Voxels that are no probabilities.
    OutOfRange { file: String, which: WhichFile, least: f32, most: f32 },
    /// A mask of 0 and another value than 1.
    MaskOutOfRange { file: String, value: f32 },
    /// An array whose axes were taken as samples and channels, although all of them may be of space.
    ArrayAxes { axes: Vec<usize>, samples: usize, channels: usize, voxels: usize },
}

/// One of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WhichFile {
    Truth,
    Prediction,
}

impl Warning {
    /// A stable name for scripts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Geometry { .. } | Self::Shifted { .. } => GEOMETRY,
            Self::Reordered => "reordered",
            Self::Padded { .. } | Self::Overlapping { .. } => "padded",
            Self::NothingShared => "nothing_shared",
            Self::SameFile | Self::SameSoftFile => "same_file",
            Self::AxisOrder { .. } => "axis_order",
            Self::Unlisted { .. } => "unlisted_labels",
            Self::ManyLabels { .. } => "many_labels",
            Self::Absent { .. } => ABSENT,
            Self::NoCommonLabel { .. } => "no_common_label",
            Self::ByValue { .. } => "by_value",
            Self::Undeclared { .. } => "undeclared_values",
            Self::NotMasks { .. } => "not_masks",
            Self::UnlistedMasks { .. } => "unlisted_masks",
            Self::NoMask { .. } => "no_mask",
            Self::Surplus { .. } => "surplus_bytes",
            Self::Rounded { .. } => "rounded",
            Self::OutOfRange { .. } | Self::MaskOutOfRange { .. } => "out_of_range",
            Self::ArrayAxes { .. } => "array_axes",
            Self::ScaledLabels { .. } => "scaled_labels",
        }
    }

    pub fn json(&self) -> Value {
        self.notice().json()
    }

    pub fn notice(&self) -> Notice {
        Notice { kind: self.kind().into(), message: self.to_string() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Geometry { millimetres, voxels } => write!(
                f,
                "{}; resample one onto the grid of the other, or correct the header that is wrong",
                apart(*millimetres, *voxels)
            ),
            Self::Shifted { millimetres, voxels } => write!(
                f,
                "{}, which is a whole number of voxels: points were compared, and where only one file has a voxel the other is \
                 background; correct the header that is wrong, if one is",
                apart(*millimetres, *voxels)
            ),
            Self::Reordered => f.write_str(
                "truth and prediction store the same points along other axes or in other directions; points were compared",
            ),
            Self::Padded { side, stored } => write!(
                f,
                "the {side} stores a box of {stored} voxels of the other's grid; outside of it counts as background"
            ),
            Self::Overlapping { truth, pred } => write!(
                f,
                "the truth stores a box of {truth} voxels and the prediction one of {pred} on the same lattice; where only one \
                 has a voxel the other counts as background"
            ),
            Self::NothingShared => f.write_str(
                "truth and prediction store boxes of one lattice that have no voxel in common, so nothing can agree; \
                 correct the header that is wrong, if one is",
            ),
            Self::SameFile => f.write_str("truth and prediction are the same file, so every score is perfect"),
            Self::AxisOrder { array } => write!(
                f,
                "{array} does not say which axis is x; the last one was taken, as SimpleITK writes arrays, and one of nibabel \
                 has to be transposed first"
            ),
            Self::Unlisted { voxels: [truth, pred], labels, from } => {
                let of = |(side, labels): (&str, &Vec<u32>)| {
                    (!labels.is_empty()).then(|| format!("{} in the {side}", numbers(labels)))
                };
                let labels: Vec<String> = ["truth", "prediction"].into_iter().zip(labels).filter_map(of).collect();
                write!(
                    f,
                    "{} voxels of the truth and {} of the prediction have labels that {from} does not list and that are \
                     not counted ({}); list them if they matter",
                    grouped(*truth),
                    grouped(*pred),
                    labels.join(", ")
                )
            }
            Self::ManyLabels { labels } => write!(
                f,
                "{} different labels were found; check that both files are label maps, or name labels with --labels",
                grouped(*labels as u64)
            ),
            Self::Absent { labels } => {
                let (s, are) = if labels.len() == 1 { ("", "is") } else { ("s", "are") };
                let list = listed(labels);
                write!(f, "label{s} {list} {are} in neither file; --empty says what such a label scores")
            }
            Self::NoCommonLabel { truth, pred } => {
                write!(
                    f,
                    "truth and prediction share no label but 0: the truth has {}, the prediction {}",
                    numbers(truth),
                    numbers(pred)
                )?;
                match (&truth[..], &pred[..]) {
                    ([a], [b]) => write!(f, "; if both mean the same, --region fg={a},{b} compares them"),
                    _ => f.write_str("; check that both files number their classes alike"),
                }
            }
            Self::ByValue { file, names } => write!(
                f,
                "the labels of {file} were compared by their values, since the other file has no names for its \
                 segments ({}); say with --dataset dataset.json which label is which class",
                listed(names)
            ),
            Self::Undeclared { file, values, absent } => {
                let one = |(value, voxels): &(u32, u64)| {
                    format!("{} {} the value {value}", grouped(*voxels), if *voxels == 1 { "voxel has" } else { "voxels have" })
                };
                let values: Vec<String> = values.iter().map(one).collect();
                write!(f, "{file}: {}, which no segment declares; these voxels are in no class", listed(&values))?;
                let absent: Vec<String> = absent.iter().map(|(name, value)| format!("{name} (value {value})")).collect();
                match absent.len() {
                    0 => f.write_str("; save the segmentation again if they matter"),
                    1 => write!(f, ", and the segment {} has no voxel; save the segmentation again", listed(&absent)),
                    _ => write!(f, ", and the segments {} have no voxel; save the segmentation again", listed(&absent)),
                }
            }
            Self::NotMasks { files } => write!(
                f,
                "{} left out: more than one value besides 0 is no mask of one class, but an image or a label map; take it \
                 out of the folder",
                listed(files)
            ),
            Self::UnlistedMasks { side, names, from } => write!(
                f,
                "the {side} has masks that {from} does not list and that are not counted: {}; list them if they matter",
                listed(names)
            ),
            Self::NoMask { side, classes } => write!(
                f,
                "the {side} has no mask of {}, which counts as empty; name the files alike if they are there",
                listed(classes)
            ),
            Self::Surplus { file, bytes } => write!(
                f,
                "{file}: {} bytes behind the voxels were not read; check the sizes and the start of the voxels in its header",
                grouped(*bytes)
            ),
            Self::Rounded { file, voxels } => write!(
                f,
                "{file}: {} voxels are float64 and were rounded to the nearest float32, so the sums are exact for the \
                 rounded voxels; store float32 to have them as they are",
                grouped(*voxels)
            ),
            Self::ScaledLabels { file, voxels } => write!(
                f,
                "{file}: {} voxels were within half a step of the header's slope of a whole number, and are that label: the writer \
                 scaled whole labels",
                grouped(*voxels)
            ),
            Self::SameSoftFile => f.write_str("truth and prediction are the same file"),
            Self::OutOfRange { file, which, least, most } => write!(
                f,
                "{file}: voxels from {least} to {most} are no probabilities, so a score may leave 0 to 1; {}",
                match which {
                    WhichFile::Truth => "a label map has one axis less than the prediction",
                    WhichFile::Prediction =>
                        "logits need --activation sigmoid or softmax, and a label map is the truth, one axis short of the \
                         prediction",
                }
            ),
            Self::MaskOutOfRange { file, value } => write!(
                f,
                "{file} is a mask of 0 and {value}, beyond 0 to 1, so a score may leave 0 to 1; divide it by {value}"
            ),
            Self::ArrayAxes { axes, samples, channels, voxels } => {
                let axes = axes.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ");
                write!(
                    f,
                    "an array of {axes} was taken as {} x {} samples and channels of {} voxels; if all its axes are of space, \
                     as `voxdice eval` reads it, say --layout flat",
                    grouped(*samples as u64),
                    grouped(*channels as u64),
                    grouped(*voxels as u64)
                )
            }
        }
    }
}

/// Whether a kind of warning is nothing to worry about: what was done is what the files say.
pub(super) fn is_note(kind: &str) -> bool {
    matches!(kind, "reordered" | "padded" | "scaled_labels")
}

/// Whether a warning of this kind may come from a header that is wrong.
pub(super) fn is_of_headers(kind: &str) -> bool {
    matches!(kind, GEOMETRY | "nothing_shared")
}

/// What the commands that have the flag say to such a warning; `merge`, which retells it, has not.
pub(super) const HEADERS_WRONG: &str = "--geometry off leaves the places that headers tell out of it";

/// A warning as it is passed on: in results, and from shard to merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub kind: String,
    pub message: String,
}

impl Notice {
    pub fn json(&self) -> Value {
        json!({ "kind": self.kind, "message": self.message })
    }
}

/// The first ten labels.
fn numbers(labels: &[u32]) -> String {
    listed(&labels.iter().map(u32::to_string).collect::<Vec<_>>())
}

/// The first ten.
pub(super) fn listed(names: &[String]) -> String {
    let more = if names.len() > 10 { ", ..." } else { "" };
    format!("{}{more}", names[..names.len().min(10)].join(", "))
}

/// How far the two grids are apart, for the warning and for the error.
pub(super) fn apart(millimetres: f64, voxels: f64) -> String {
    format!(
        "the affines put the same voxel of truth and prediction up to {} mm ({} of a voxel) apart",
        short(millimetres),
        short(voxels)
    )
}

fn short(value: f64) -> String {
    if value >= 0.1 { format!("{value:.2}") } else { format!("{value:.1e}") }
}
