//! Warnings in words, as facts.

use super::Warning;
use crate::io::Gap;
use crate::text::{extent, grouped, listed};
use std::fmt;

/// The two files of a case.
const BOTH: &str = "truth and prediction";

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Geometry { millimetres, voxels } => write!(
                f,
                "{}; resample one onto the grid of the other, or correct the header that is wrong",
                apart(BOTH, Gap { millimetres: *millimetres, voxels: *voxels })
            ),
            Self::MasksApart { files: [one, other], millimetres, voxels } => write!(
                f,
                "{}, and were taken in the order of the files; resample one onto the grid of the other, or correct the header \
                 that is wrong",
                apart(&format!("{one} and {other}"), Gap { millimetres: *millimetres, voxels: *voxels })
            ),
            Self::Shifted { millimetres, voxels } => write!(
                f,
                "{}, which is a whole number of voxels: points were compared, and where only one file has a voxel the other is \
                 background; correct the header that is wrong, if one is",
                apart(BOTH, Gap { millimetres: *millimetres, voxels: *voxels })
            ),
            Self::Reordered => f.write_str(
                "truth and prediction store the same points along other axes or in other directions; points were compared",
            ),
            Self::Padded { side, stored } => write!(
                f,
                "the {side} stores a box of {} voxels of the other's grid; outside of it counts as background",
                extent(stored)
            ),
            Self::Overlapping { truth, pred } => write!(
                f,
                "the truth stores a box of {} voxels and the prediction one of {} on the same lattice; where only one \
                 has a voxel the other counts as background",
                extent(truth),
                extent(pred)
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
                "{} different labels were found; check that both files are label maps",
                grouped(*labels as u64)
            ),
            Self::Absent { labels } => {
                let (s, are) = if labels.len() == 1 { ("", "is") } else { ("s", "are") };
                let list = listed(labels);
                write!(f, "label{s} {list} {are} in neither file")
            }
            Self::NoCommonLabel { truth, pred } => {
                write!(
                    f,
                    "truth and prediction share no label but 0: the truth has {}, the prediction {}",
                    numbers(truth),
                    numbers(pred)
                )?;
                match (&truth[..], &pred[..]) {
                    ([_], [_]) => Ok(()),
                    _ => f.write_str("; check that both files number their classes alike"),
                }
            }
            Self::ByValue { file, names } => write!(
                f,
                "the labels of {file} were compared by their values, since the other file has no names for its \
                 segments ({})",
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
            Self::LikeSlices { folder, pictures } => write!(
                f,
                "{folder}: {pictures} pictures whose names differ in a number alone were taken as the masks of as many classes; \
                 read them as the slices of a volume if they are"
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
            Self::White { files } => {
                let hold = if files.len() == 1 { "holds" } else { "hold" };
                write!(f, "{} {hold} nothing but 0 and 255, as masks do that are to be looked at: 255 is label 1", listed(files))
            }
            Self::Merged { file, labels } => write!(
                f,
                "{file} holds whole numbers alone, as label maps do, and the threshold made label 1 of {} of them ({}); leave it \
                 out if they are labels",
                labels.len(),
                listed(&labels.iter().map(i64::to_string).collect::<Vec<_>>())
            ),
            Self::Stored { message, .. } => f.write_str(message),
        }
    }
}

/// The first ten labels.
fn numbers(labels: &[u32]) -> String {
    listed(&labels.iter().map(u32::to_string).collect::<Vec<_>>())
}

/// How far two grids are apart, for the warning and for the error.
pub(crate) fn apart(files: &str, gap: Gap) -> String {
    format!(
        "the affines put the same voxel of {files} up to {} mm ({} of a voxel) apart",
        short(gap.millimetres),
        short(gap.voxels)
    )
}

fn short(value: f64) -> String {
    if value >= 0.1 { format!("{value:.2}") } else { format!("{value:.1e}") }
}
