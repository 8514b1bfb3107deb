//! A file whose header was read: its contents, and the voxels, which are still in the file.

use std::path::{Path, PathBuf};

use super::convert::{Offender, convert, convert_elements, interpret, meant};
use super::merged::Merged;
use super::white::{as_one, is_white};
use super::{LabelOptions, LabelVolume, White, grid, position};
use crate::error::{FileError, LabelFault};
use crate::io::header::Header;
use crate::io::input::Input;
use crate::io::npy::{self, Content, Elements};
use crate::io::unread::{Notation, Order, Unread};
use crate::io::{AffineSource, Geometry, Voxels, image};

/// The most channels that are layers: each becomes a separate volume here, and a few bytes of a file must not become
/// millions.
const MOST_LAYERS: u64 = 1 << 12;

pub(super) struct Opened {
    pub path: PathBuf,
    /// x first.
    pub shape: Vec<u64>,
    /// Numbers per voxel; where there are several, they are the last axis.
    pub channels: u64,
    pub geometry: Option<Geometry>,
    /// Whether 255 is label 1.
    pub white: bool,
    pub voxels: Unloaded,
}

pub(super) enum Unloaded {
    Image(Unread<'static>),
    Array(npy::Unread),
}

impl Opened {
    pub fn of(input: &Input, options: &LabelOptions) -> Result<Self, FileError> {
        let file = input.path().to_path_buf();
        if npy::is_array(&file) {
            let array = npy::Unread::open(input.file())?;
            let shape = array.shape().iter().rev().copied().collect();
            return Ok(Self {
                path: file,
                shape,
                channels: 1,
                geometry: None,
                white: false,
                voxels: Unloaded::Array(array),
            });
        }
        let (header, unread) = match &options.colours {
            Some(colours) => image::unread(&input.file().coloured(colours))?,
            None => image::unread(input.file())?,
        };
        let white = options.white == White::One && options.threshold.is_none() && is_white(input, &header);
        let Header { shape, channels, geometry, .. } = header;
        let geometry = Some(geometry).filter(|geometry| geometry.source != AffineSource::Unsaid);
        Ok(Self { path: file, shape, channels, geometry, white, voxels: Unloaded::Image(unread) })
    }

    /// Refuses several numbers per voxel, and no voxels.
    pub fn single(self) -> Result<Self, FileError> {
        if self.channels > 1 {
            return Err(FileError::Channels { path: self.path, channels: self.channels });
        }
        self.with_voxels()
    }

    /// Refuses more numbers per voxel than there are layers in any segmentation, and no voxels.
    pub fn layered(self) -> Result<Self, FileError> {
        if self.channels > MOST_LAYERS {
            return Err(FileError::Channels { path: self.path, channels: self.channels });
        }
        self.with_voxels()
    }

    /// Refuses no voxels, and more than can be counted.
    pub fn with_voxels(self) -> Result<Self, FileError> {
        match grid(&self.shape) {
            Ok(_) => Ok(self),
            Err(source) => Err(FileError::NotComparable { path: self.path, source: Box::new(source) }),
        }
    }

    pub fn load(self, options: &LabelOptions) -> Result<LabelVolume, FileError> {
        let Self { path, shape, geometry, white, voxels, .. } = self;
        let (mut is_scaled, mut merged) = (false, Merged::default());
        let (labels, stored, surplus) = match voxels {
            Unloaded::Image(unread) => {
                let stored = unread.layout.dtype;
                is_scaled = unread.layout.scale.is_some();
                let (mut voxels, surplus) = unread.load_to_end()?;
                if let (true, Voxels::U8(values)) = (white, &mut voxels) {
                    as_one(values);
                }
                let options = match (is_scaled, &mut voxels) {
                    (true, Voxels::F64(values)) => meant(values, stored, options),
                    _ => options.clone(),
                };
                let labels = match options.are_plain() {
                    true => convert(voxels),
                    false => interpret(Elements::Plain(voxels), &options, &mut merged),
                };
                (labels, Some(stored), surplus)
            }
            Unloaded::Array(array) => {
                let stored = array.stored();
                let elements = array.load()?.elements;
                let plain = options.are_plain();
                (if plain { convert_elements(elements) } else { interpret(elements, options, &mut merged) }, stored, 0)
            }
        };
        let labels =
            labels.map_err(|offender| not_a_label(&path, &shape, offender.index as u64, offender, is_scaled))?;
        Ok(LabelVolume { labels, shape, geometry, stored, surplus, white, merged: merged.labels() })
    }
}

impl Unloaded {
    /// Leaves the channels where they are in the file, and says how many numbers of one follow each other; `None` where
    /// they are the last axis, or are moved there.
    pub fn in_file_order(&mut self) -> Option<u64> {
        match self {
            Self::Image(unread) if unread.notation == Notation::Binary => match unread.order {
                Order::SecondLast([run, ..]) => {
                    unread.order = Order::Same;
                    u64::try_from(run).ok()
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The voxels as a stream, if they are stored in the wanted order; otherwise unchanged.
    pub fn in_pieces(self) -> Result<(Unread<'static>, Content), Box<Self>> {
        match self {
            Self::Image(unread) if unread.comes_in_pieces() => Ok((unread, Content::Plain)),
            Self::Array(array) if array.comes_in_pieces() => {
                let content = array.content();
                Ok((array.in_pieces(), content))
            }
            whole => Err(Box::new(whole)),
        }
    }
}

/// The error for the voxel with this index.
pub(super) fn not_a_label(path: &Path, shape: &[u64], index: u64, offender: Offender, is_scaled: bool) -> FileError {
    let Offender { value, fault, .. } = offender;
    let fault = if is_scaled && fault == LabelFault::Fraction { LabelFault::Scaled } else { fault };
    let position = position(index, shape);
    FileError::NotALabel { path: path.into(), position, value, fault }
}
