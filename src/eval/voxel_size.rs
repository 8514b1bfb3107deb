//! The size of a voxel as it was said.

use super::error::EvalError;
use super::named::ParseError;
use crate::Spacing;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::str::FromStr;

/// The size of a voxel in mm, x first, whatever the files say: two lengths for pictures and other files of two axes, or three.
///
/// ```
/// use voxdice::eval::VoxelSize;
/// assert_eq!("0.5,0.5".parse(), Ok(VoxelSize::Plane([0.5; 2])));
/// assert_eq!("0.8,0.8,3".parse(), Ok(VoxelSize::Space([0.8, 0.8, 3.0])));
/// assert!("0.8".parse::<VoxelSize>().is_err() && "0.8,0,3".parse::<VoxelSize>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged, try_from = "Vec<f64>")]
pub enum VoxelSize {
    /// Of a picture.
    Plane([f64; 2]),
    /// Of a volume, and of a picture, which has no third axis.
    Space([f64; 3]),
}

impl VoxelSize {
    /// The size of a voxel of a file of this shape.
    ///
    /// # Errors
    /// [`EvalError::SizeOfPlane`] where only two lengths are known and the file has more axes.
    pub(super) fn of(self, path: &Path, shape: &[u64]) -> Result<[f64; 3], EvalError> {
        match self {
            Self::Plane(_) if shape.len() > 2 => {
                Err(EvalError::SizeOfPlane { path: path.into(), shape: shape.to_vec() })
            }
            Self::Plane([x, y]) => Ok([x, y, 1.0]),
            Self::Space(lengths) => Ok(lengths),
        }
    }
}

impl TryFrom<&[f64]> for VoxelSize {
    type Error = ParseError;

    fn try_from(lengths: &[f64]) -> Result<Self, ParseError> {
        let size = match *lengths {
            [x, y] => Some(Self::Plane([x, y])),
            [x, y, z] => Some(Self::Space([x, y, z])),
            _ => None,
        };
        size.filter(|_| Spacing::new(lengths).is_ok()).ok_or_else(|| {
            let given: Vec<String> = lengths.iter().map(f64::to_string).collect();
            wrong(&given.join(","))
        })
    }
}

impl TryFrom<Vec<f64>> for VoxelSize {
    type Error = ParseError;

    fn try_from(lengths: Vec<f64>) -> Result<Self, ParseError> {
        Self::try_from(&lengths[..])
    }
}

impl FromStr for VoxelSize {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let lengths: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse()).collect();
        Self::try_from(&lengths.map_err(|_| wrong(text))?[..]).map_err(|_| wrong(text))
    }
}

fn wrong(text: &str) -> ParseError {
    let lengths = "two or three lengths above 0, from 1e-30 to 1e30";
    format!("`{text}` is not {lengths}; write X,Y,Z in mm, such as 0.8,0.8,3, or X,Y of pictures").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_lengths_are_for_two_axes() {
        let [plane, space] = ["0.5, 2", "0.5,2,3"].map(|text| text.parse::<VoxelSize>().unwrap());
        let of = |size: VoxelSize, shape: &[u64]| size.of(Path::new("a.png"), shape).map_err(|error| error.to_string());
        assert_eq!(of(plane, &[7, 9]), Ok([0.5, 2.0, 1.0]));
        assert_eq!(of(plane, &[7]), Ok([0.5, 2.0, 1.0]));
        assert_eq!([of(space, &[7, 9]), of(space, &[7, 9, 2])], [Ok([0.5, 2.0, 3.0]), Ok([0.5, 2.0, 3.0])]);
        let message = of(plane, &[7, 9, 1]).unwrap_err();
        assert!(message.starts_with("a.png: ") && message.contains("7 x 9 x 1"), "{message}");
    }

    #[test]
    fn sizes_come_back_from_json() {
        for text in ["[0.5,2.0]", "[0.5,2.0,3.0]"] {
            let size: VoxelSize = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&size).unwrap(), text);
        }
        for text in ["[0.5]", "[0.5,0.0]", "[0.5,-2.0,3.0]", "[1,2,3,4]"] {
            let message = serde_json::from_str::<VoxelSize>(text).unwrap_err().to_string();
            assert!(message.contains("two or three lengths above 0"), "{message}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "1", "1,2,3,4", "1,0", "1,-2,3", "1,nan", "1,inf,1", "a,b", "1e160,1e160,1e160"] {
            let message = text.parse::<VoxelSize>().unwrap_err().to_string();
            assert!(message.contains("two or three lengths above 0, from 1e-30 to 1e30"), "{message}");
        }
    }
}
