//! Label maps read in chunks.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::opened::{Opened, Unloaded, not_a_label};
use super::pieces::{Pieces, Stop};
use super::{LabelOptions, LabelVolume, Labels};
use crate::error::{FileAction, FileError};
use crate::io::{Geometry, Input};
use crate::volume::LabelSlice;

/// A label map that is read in chunks, in memory that does not grow with the file.
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
/// The labels are those of [`read`](super::read), and so are the errors: a voxel that is not a label is reported only
/// after the rest of the file has been verified. Types of 64 bits, and voxels that a header scales, are `u32` here,
/// since how narrow they could be shows only at the end.
///
/// A file whose voxels are text, or lie in another order (`.npy` in Fortran order, NRRD with time on another axis than
/// the last), is read as a whole at the first chunk.
pub struct LabelReader {
    path: PathBuf,
    shape: Vec<u64>,
    geometry: Option<Geometry>,
    /// Voxels of the file.
    count: u64,
    /// Where the channels are, if there are several.
    channels: Channels,
    /// Voxels that were given.
    given: u64,
    /// Bytes behind the voxels, once they were met.
    surplus: u64,
    /// Whether 255 is label 1.
    white: bool,
    /// Labels of which a threshold made one, once the last voxel was read.
    merged: Vec<i64>,
    source: Source,
}

/// How several numbers per voxel are interleaved: `run` numbers of the first channel, as many of each other one, and so
/// on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Channels {
    pub count: u64,
    pub run: u64,
}

enum Source {
    Pieces(Box<Pieces>),
    /// To be read as a whole.
    Later(Box<(Unloaded, LabelOptions)>),
    Whole(Labels),
    /// All voxels were returned, and the file was verified.
    End,
    Failed,
}

impl LabelReader {
    /// Opens a file of any format, and reads its header.
    ///
    /// # Errors
    /// As [`read`](super::read), for the header.
    pub fn open(input: impl Into<Input>) -> Result<Self, FileError> {
        Self::open_with(input, &LabelOptions::default())
    }

    /// The same where numbers become labels as the options say. The labels are `u32` then, unless there are no options.
    ///
    /// # Errors
    /// As [`read`](super::read), for the header.
    pub fn open_with(input: impl Into<Input>, options: &LabelOptions) -> Result<Self, FileError> {
        Ok(Self::of(Opened::of(&input.into(), options)?.single()?, options))
    }

    /// Opens a file that may have several numbers per voxel, which come in the order of the file: see [`Channels`].
    ///
    /// # Errors
    /// As [`read_layers`](super::read_layers), for the header.
    #[cfg(feature = "eval")]
    pub(crate) fn open_channels(input: &Input, options: &LabelOptions) -> Result<Self, FileError> {
        Ok(Self::of(Opened::of(input, options)?.layered()?, options))
    }

    fn of(opened: Opened, options: &LabelOptions) -> Self {
        let Opened { path, shape, channels, geometry, white, mut voxels } = opened;
        let count = shape.iter().fold(1, |count: u64, &length| count.saturating_mul(length));
        let in_file = if channels > 1 { voxels.in_file_order() } else { None };
        let run = in_file.unwrap_or_else(|| count.checked_div(channels).unwrap_or(count));
        let channels = Channels { count: channels, run };
        let source = match voxels.in_pieces() {
            Ok((unread, content)) => Source::Pieces(Box::new(Pieces::new(unread, content, options.clone(), white))),
            Err(unloaded) => Source::Later(Box::new((*unloaded, options.clone()))),
        };
        Self { path, shape, geometry, count, channels, given: 0, surplus: 0, white, merged: Vec::new(), source }
    }

    /// Where the channels are.
    #[cfg(feature = "eval")]
    pub(crate) fn channels(&self) -> Channels {
        self.channels
    }

    /// The file's shape, x first. No length is 0.
    pub fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// Size and place of the voxels. `None` for `.npy` and for pictures, which do not say.
    pub fn geometry(&self) -> Option<&Geometry> {
        self.geometry.as_ref()
    }

    /// Bytes behind the voxels, as [`Image::surplus`](crate::io::Image::surplus); known once the last voxel was read
    /// and there is no next chunk.
    pub fn surplus(&self) -> u64 {
        self.surplus
    }

    /// Whether the file is a picture of 0 and 255 alone, in which 255 is label 1.
    pub fn white(&self) -> bool {
        self.white
    }

    /// The labels of which a threshold made one, as [`LabelVolume::merged`]; known once the last voxel was read and there is
    /// no next chunk.
    pub fn merged(&self) -> &[i64] {
        &self.merged
    }

    /// The next `most` voxels (at least one), x fastest, or those that are left. `None` at the end, and only when all
    /// checksums of the file have been verified.
    ///
    /// # Errors
    /// As [`read`](super::read). After an error there are no more voxels: each further call fails.
    pub fn next_chunk(&mut self, most: usize) -> Result<Option<LabelSlice<'_>>, FileError> {
        let left = usize::try_from(self.count.saturating_sub(self.given)).unwrap_or(usize::MAX);
        let n = most.max(1).min(left);
        if let Err(error) = self.advance(n) {
            self.source = Source::Failed;
            return Err(error);
        }
        let start = self.given;
        self.given = self.given.saturating_add(n as u64);
        Ok(match &self.source {
            Source::Pieces(pieces) if n > 0 => Some(pieces.piece(n)),
            Source::Whole(labels) if n > 0 => part(labels, start, n),
            _ => None,
        })
    }

    /// Reads `n` voxels; at the end none, and it verifies the file instead.
    fn advance(&mut self, n: usize) -> Result<(), FileError> {
        match &mut self.source {
            Source::Failed => {
                let source = io::Error::other("an earlier error ended the reading of this file");
                Err(FileError::Io { path: self.path.clone(), action: FileAction::Read, source })
            }
            Source::End => Ok(()),
            Source::Pieces(pieces) if n == 0 => {
                self.surplus = pieces.finish()?;
                self.merged = pieces.merged();
                self.source = Source::End;
                Ok(())
            }
            Source::Pieces(pieces) => match pieces.advance(n) {
                Ok(()) => Ok(()),
                Err(Stop::File(error)) => Err(error),
                Err(Stop::Offender(offender)) => {
                    let is_scaled = pieces.is_scaled();
                    pieces.give_up()?;
                    let index = self.given.saturating_add(offender.index as u64);
                    let index = self.channels.last_axis(index, self.count);
                    Err(not_a_label(&self.path, &self.shape, index, offender, is_scaled))
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

    fn load(&mut self) -> Result<(), FileError> {
        // Failed until it is loaded.
        let Source::Later(later) = std::mem::replace(&mut self.source, Source::Failed) else { return Ok(()) };
        let (voxels, options) = *later;
        let (path, shape) = (self.path.clone(), self.shape.clone());
        let opened = Opened { path, shape, channels: 1, geometry: None, white: self.white, voxels };
        let LabelVolume { labels, surplus, merged, .. } = opened.load(&options)?;
        (self.surplus, self.merged) = (surplus, merged);
        self.source = Source::Whole(labels);
        Ok(())
    }
}

impl Channels {
    /// The index of a number if all numbers of a channel came first.
    fn last_axis(self, index: u64, count: u64) -> u64 {
        let divided = || {
            let (runs, within) = (index.checked_div(self.run)?, index.checked_rem(self.run)?);
            let (rows, channel) = (runs.checked_div(self.count)?, runs.checked_rem(self.count)?);
            let voxel = rows.checked_mul(self.run)?.checked_add(within)?;
            count.checked_div(self.count)?.checked_mul(channel)?.checked_add(voxel)
        };
        divided().unwrap_or(index)
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
