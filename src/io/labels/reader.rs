//! Label maps piece by piece.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::opened::{Opened, Unloaded, not_a_label};
use super::pieces::{Pieces, Stop};
use super::{LabelOptions, LabelVolume, Labels, LabelsError};
use crate::error::{FileAction, FileError};
use crate::io::Geometry;
use crate::volume::LabelSlice;

/// A label map that is read piece by piece, in memory that does not grow with the file.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("case_001.nii.gz");
/// use voxdice::LabelSlice;
/// use voxdice::io::labels::LabelReader;
/// # use voxdice::io::{Geometry, nifti};
/// # nifti::write(&path, &[3, 2, 1], &Geometry::from_spacing([1.0; 3]), &[0u8, 1, 1, 0, 2, 2])?;
/// let mut reader = LabelReader::open(&path)?;
/// assert_eq!(reader.shape(), [3, 2, 1]);
/// let mut background = 0;
/// while let Some(piece) = reader.next_chunk(4)? {
///     if let LabelSlice::U8(labels) = piece {
///         background += labels.iter().filter(|&&label| label == 0).count();
///     }
/// }
/// assert_eq!(background, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The labels are those of [`read`](super::read), and so are the errors: a voxel that is no label is told only when the
/// rest of the file is known to be sound. Types of 64 bits, and voxels that a header scales, are `u32` here, since how
/// narrow they could be shows only at the end.
///
/// A file whose voxels are text, or lie in another order (`.npy` in Fortran order, NRRD with time on another axis than
/// the last), is read as a whole at the first piece.
pub struct LabelReader {
    path: PathBuf,
    shape: Vec<u64>,
    geometry: Option<Geometry>,
    /// Voxels of the file.
    count: u64,
    /// Voxels that were given.
    given: u64,
    /// Bytes behind the voxels, once they were met.
    surplus: u64,
    source: Source,
}

enum Source {
    Pieces(Box<Pieces>),
    /// To be read as a whole.
    Later(Box<(Unloaded, LabelOptions)>),
    Whole(Labels),
    /// All was given, and verified.
    End,
    Failed,
}

impl LabelReader {
    /// Opens a file of any format, and reads its header.
    ///
    /// # Errors
    /// As [`read`](super::read), for the header.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LabelsError> {
        Self::open_with(path, &LabelOptions::default())
    }

    /// The same where numbers become labels as the options say. The labels are `u32` then, unless there are no options.
    ///
    /// # Errors
    /// As [`read`](super::read), for the header.
    pub fn open_with(path: impl AsRef<Path>, options: &LabelOptions) -> Result<Self, LabelsError> {
        let Opened { path, shape, geometry, voxels, .. } = Opened::of(path.as_ref())?.single()?;
        let count = shape.iter().fold(1, |count: u64, &length| count.saturating_mul(length));
        let source = match voxels.in_pieces() {
            Ok((unread, content)) => Source::Pieces(Box::new(Pieces::new(unread, content, options.clone()))),
            Err(unloaded) => Source::Later(Box::new((*unloaded, options.clone()))),
        };
        Ok(Self { path, shape, geometry, count, given: 0, surplus: 0, source })
    }

    /// The file's shape, x first. No length is 0.
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// Size and place of the voxels. None for `.npy`, which says nothing of space.
    pub fn geometry(&self) -> Option<&Geometry> {
        self.geometry.as_ref()
    }

    /// Bytes behind the voxels, as [`Image::surplus`](crate::io::Image::surplus); known once the last voxel was read
    /// and there is no next chunk.
    pub fn surplus(&self) -> u64 {
        self.surplus
    }

    /// The next `most` voxels (at least one), x fastest, or those that are left. None at the end, and only when all
    /// checksums of the file have been verified.
    ///
    /// # Errors
    /// As [`read`](super::read). After an error there are no more voxels: each further call fails.
    pub fn next_chunk(&mut self, most: usize) -> Result<Option<LabelSlice<'_>>, LabelsError> {
        let left = usize::try_from(self.count - self.given).unwrap_or(usize::MAX);
        let n = most.max(1).min(left);
        if let Err(error) = self.advance(n) {
            self.source = Source::Failed;
            return Err(error);
        }
        let start = self.given;
        self.given += n as u64;
        Ok(match &self.source {
            Source::Pieces(pieces) if n > 0 => Some(pieces.piece(n)),
            Source::Whole(labels) if n > 0 => part(labels, start, n),
            _ => None,
        })
    }

    /// Reads `n` voxels; at the end none, and it verifies the file instead.
    fn advance(&mut self, n: usize) -> Result<(), LabelsError> {
        match &mut self.source {
            Source::Failed => {
                let source = io::Error::other("an earlier error ended the reading of this file");
                Err(FileError::Io { path: self.path.clone(), action: FileAction::Read, source }.into())
            }
            Source::End => Ok(()),
            Source::Pieces(pieces) if n == 0 => {
                self.surplus = pieces.finish()?;
                self.source = Source::End;
                Ok(())
            }
            Source::Pieces(pieces) => match pieces.advance(n) {
                Ok(()) => Ok(()),
                Err(Stop::File(error)) => Err(error.into()),
                Err(Stop::Offender(offender)) => {
                    let is_scaled = pieces.is_scaled();
                    pieces.give_up()?;
                    Err(not_a_label(&self.path, &self.shape, self.given, offender, is_scaled))
                }
            },
            Source::Whole(_) if n == 0 => {
                self.source = Source::End;
                Ok(())
            }
            Source::Whole(_) => Ok(()),
            Source::Later(_) => self.load(),
        }
    }

    fn load(&mut self) -> Result<(), LabelsError> {
        // Failed until it is loaded.
        let Source::Later(later) = std::mem::replace(&mut self.source, Source::Failed) else { return Ok(()) };
        let (voxels, options) = *later;
        let (path, shape) = (self.path.clone(), self.shape.clone());
        let opened = Opened { path, shape, channels: 1, geometry: None, voxels };
        let LabelVolume { labels, surplus, .. } = opened.load(&options)?;
        self.surplus = surplus;
        self.source = Source::Whole(labels);
        Ok(())
    }
}

/// `n` labels from this one on.
fn part(labels: &Labels, start: u64, n: usize) -> Option<LabelSlice<'_>> {
    // It was an index into these labels before.
    let start = start as usize;
    let range = start..start.saturating_add(n);
    Some(match labels {
        Labels::U8(labels) => LabelSlice::U8(labels.get(range)?),
        Labels::U16(labels) => LabelSlice::U16(labels.get(range)?),
        Labels::U32(labels) => LabelSlice::U32(labels.get(range)?),
    })
}

impl fmt::Debug for LabelReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LabelReader")
            .field("path", &self.path)
            .field("shape", &self.shape)
            .field("geometry", &self.geometry)
            .field("given", &self.given)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_may_go_to_another_thread() {
        fn sent<T: Send>() {}
        sent::<LabelReader>();
    }
}
