//! The fixed part of a file: 348 bytes in NIfTI-1, 540 in NIfTI-2.

use std::path::Path;

use super::name::Place;
use super::source::seek_voxels;
use super::version::{Version, recognise};
use crate::error::{DimsFault, FileError, MagicFault, OffsetFault, Part};
use crate::io::geometry::{Fields, Geometry};
use crate::io::stream::Stream;
use crate::io::unread::{Layout, Unread};
use crate::io::voxels::{ByteOrder, Scale, StoredType, count};

/// What a header says about its image.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Header {
    /// `dim[1..=dim[0]]`, x first: as many lengths as the header has dimensions, trailing ones and
    /// all. A length may be 0, and then the image has no voxels.
    pub shape: Vec<u64>,
    /// The type on disk. The voxels come back in it unless they are scaled.
    pub dtype: StoredType,
    /// How stored numbers become values; `None` where they are the values.
    pub scale: Option<Scale>,
    /// Size and place of the voxels.
    pub geometry: Geometry,
    /// Which version of the format.
    pub version: Version,
    /// The byte order on disk. What is returned is always in that of this machine.
    pub byte_order: ByteOrder,
    /// Byte of the first voxel, in the file (or stream) which has the voxels.
    offset: u64,
    /// The smallest offset that writers use there: a file which ends before it is cut off, while a
    /// larger offset beyond the end is itself wrong.
    usual_offset: u64,
    voxels: u64,
}

/// The first float above what a position can be.
const TWO_TO_THE_63: f32 = 9_223_372_036_854_775_808.0;

impl Header {
    /// Number of voxels: the product of the shape.
    #[must_use]
    pub fn voxel_count(&self) -> u64 {
        self.voxels
    }

    /// Bytes of voxels on disk. Cannot wrap: [`Header::load`] has taken this product, checked.
    fn voxel_bytes(&self) -> u64 {
        self.voxels.saturating_mul(self.dtype.size())
    }

    /// Goes to the voxels, in the file which has them.
    pub(super) fn unread<'a>(&self, mut source: Stream<'a>) -> Result<Unread<'a>, FileError> {
        seek_voxels(&mut source, self.offset, self.usual_offset, self.voxel_bytes())?;
        let layout = Layout { dtype: self.dtype, count: self.voxels, byte_order: self.byte_order, scale: self.scale };
        // Bytes that the file which has the voxels should have.
        let declared = self.offset.saturating_add(self.voxel_bytes());
        Ok(Unread::new(source, layout, declared))
    }

    /// Reads the header at the start of a source, and nothing after it.
    pub(super) fn load(source: &mut Stream<'_>, place: Place) -> Result<Self, FileError> {
        let mut bytes = [0; 540];
        let (start, rest) = bytes.split_at_mut(4);
        let got = source.read_full(start)?;
        let path = source.path();
        if got == 0 {
            return Err(FileError::Empty { path: path.to_path_buf(), gzip: source.is_packed() });
        }
        let found = start.get(..got).unwrap_or_default();
        let recognised = start.first_chunk().copied().and_then(recognise);
        let Some((version, byte_order)) = recognised.filter(|_| got == 4) else {
            return Err(FileError::NotNifti { path: path.to_path_buf(), found: found.to_vec() });
        };
        let length = version.header_len();
        let rest = rest.get_mut(..length.saturating_sub(4)).unwrap_or_default();
        let got = source.read_full(rest)?.saturating_add(4);
        if got < length {
            return Err(FileError::Truncated {
                path: source.path().to_path_buf(),
                part: Part::Header,
                needed: length as u64,
                found: got as u64,
            });
        }
        let raw = Raw { bytes: &bytes, byte_order };
        raw.parse(version, place, source.path())
    }
}

/// The bytes of a header, read by position. Every position is a constant of the standard, so the
/// zeros for one outside are never seen.
struct Raw<'a> {
    bytes: &'a [u8; 540],
    byte_order: ByteOrder,
}

macro_rules! number {
    ($name:ident, $type:ty) => {
        fn $name(&self, at: usize) -> $type {
            let bytes = self.take(at);
            match self.byte_order {
                ByteOrder::Little => <$type>::from_le_bytes(bytes),
                ByteOrder::Big => <$type>::from_be_bytes(bytes),
            }
        }
    };
}

impl Raw<'_> {
    fn take<const N: usize>(&self, at: usize) -> [u8; N] {
        let here = self.bytes.get(at..).and_then(|rest| rest.first_chunk());
        here.copied().unwrap_or([0; N])
    }

    number!(i16, i16);
    number!(i32, i32);
    number!(i64, i64);
    number!(f32, f32);
    number!(f64, f64);

    /// `N` numbers in a row.
    fn row<T, const N: usize>(&self, at: usize, size: usize, one: fn(&Self, usize) -> T) -> [T; N] {
        std::array::from_fn(|i| one(self, i.saturating_mul(size).saturating_add(at)))
    }

    fn f32_row<const N: usize>(&self, at: usize) -> [f64; N] {
        self.row(at, 4, Self::f32).map(f64::from)
    }

    fn f64_row<const N: usize>(&self, at: usize) -> [f64; N] {
        self.row(at, 8, Self::f64)
    }

    fn parse(&self, version: Version, place: Place, path: &Path) -> Result<Header, FileError> {
        self.check_magic(version, place, path)?;
        let dims: [i64; 8] = match version {
            Version::One => self.row(40, 2, Self::i16).map(i64::from),
            Version::Two => self.row(16, 8, Self::i64),
        };
        let code = match version {
            Version::One => self.i16(70),
            Version::Two => self.i16(12),
        };
        let bad_dims = |fault| FileError::BadDims { path: path.to_path_buf(), fault };
        let shape = shape(&dims).map_err(bad_dims)?;
        let dtype = StoredType::from_code(code).ok_or_else(|| FileError::UnsupportedDtype {
            path: path.to_path_buf(),
            code,
            name: name_of(code),
        })?;
        let voxels = count(path, &shape, dtype)?;
        let least_offset = match place {
            Place::SameFile => version.header_len() as u64,
            Place::OtherFile => 0,
        };
        let offset = self.offset(version, least_offset);
        let geometry = Geometry::from_fields(&self.geometry(version), &shape);
        Ok(Header {
            dtype,
            scale: self.scale(version, path)?,
            geometry: geometry.map_err(|fault| FileError::BadGeometry { path: path.to_path_buf(), fault })?,
            version,
            byte_order: self.byte_order,
            offset: offset.map_err(|fault| FileError::BadOffset { path: path.to_path_buf(), fault })?,
            usual_offset: match place {
                Place::SameFile => version.usual_offset(),
                Place::OtherFile => 0,
            },
            voxels,
            shape,
        })
    }

    fn check_magic(&self, version: Version, place: Place, path: &Path) -> Result<(), FileError> {
        let (found, single, pair): (&[u8], &[u8], &[u8]) = match version {
            Version::One => (&self.take::<4>(344), b"n+1\0", b"ni1\0"),
            Version::Two => (&self.take::<8>(4), b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n"),
        };
        let fault = match place {
            Place::SameFile if found == single => return Ok(()),
            Place::OtherFile if found == pair => return Ok(()),
            Place::SameFile if found == pair => MagicFault::VoxelsElsewhere,
            Place::OtherFile if found == single => MagicFault::VoxelsHere,
            _ if found.iter().all(|&byte| byte == 0) => MagicFault::Analyze,
            _ => MagicFault::Unknown,
        };
        Err(FileError::BadMagic { path: path.to_path_buf(), found: found.to_vec(), fault })
    }

    fn offset(&self, version: Version, least: u64) -> Result<u64, OffsetFault> {
        let offset = match version {
            Version::One => {
                let stored = self.f32(108);
                if !stored.is_finite() || stored.fract() != 0.0 || stored.abs() >= TWO_TO_THE_63 {
                    return Err(OffsetFault::NotAPosition(stored));
                }
                stored as i64
            }
            Version::Two => self.i64(168),
        };
        match u64::try_from(offset) {
            Ok(position) if position >= least => Ok(position),
            _ => Err(OffsetFault::TooSmall { offset, least }),
        }
    }

    fn scale(&self, version: Version, path: &Path) -> Result<Option<Scale>, FileError> {
        let [slope, inter] = match version {
            Version::One => self.f32_row(112),
            Version::Two => self.f64_row(176),
        };
        if slope == 0.0 || !slope.is_finite() || (slope == 1.0 && inter == 0.0) {
            return Ok(None);
        }
        if !inter.is_finite() {
            return Err(FileError::BadScale { path: path.to_path_buf(), slope, inter });
        }
        Ok(Some(Scale { slope, inter }))
    }

    fn geometry(&self, version: Version) -> Fields {
        match version {
            Version::One => Fields {
                pixdim: self.f32_row(76),
                xyzt_units: self.take::<1>(123).map(i64::from)[0],
                qform_code: self.i16(252).into(),
                sform_code: self.i16(254).into(),
                quaternion: self.f32_row(256),
                shift: self.f32_row(268),
                srow: [self.f32_row(280), self.f32_row(296), self.f32_row(312)],
            },
            Version::Two => Fields {
                pixdim: self.f64_row(104),
                xyzt_units: self.i32(500).into(),
                qform_code: self.i32(344).into(),
                sform_code: self.i32(348).into(),
                quaternion: self.f64_row(352),
                shift: self.f64_row(376),
                srow: [self.f64_row(400), self.f64_row(432), self.f64_row(464)],
            },
        }
    }
}

/// `dim[1..=dim[0]]`; bytes after it are ignored, because writers leave anything there.
fn shape(dims: &[i64; 8]) -> Result<Vec<u64>, DimsFault> {
    let [rank, lengths @ ..] = dims;
    let used = usize::try_from(*rank)
        .ok()
        .filter(|rank| *rank >= 1)
        .and_then(|rank| lengths.get(..rank))
        .ok_or(DimsFault::Count(*rank))?;
    let length = |(axis, &length): (u8, &i64)| u64::try_from(length).map_err(|_| DimsFault::Negative { axis, length });
    (1..).zip(used).map(length).collect()
}

/// What the standard calls the datatypes which are not read.
fn name_of(code: i16) -> Option<&'static str> {
    Some(match code {
        0 => "none",
        1 => "one bit per voxel",
        32 => "complex64",
        128 => "RGB24",
        1536 => "float128",
        1792 => "complex128",
        2048 => "complex256",
        2304 => "RGBA32",
        _ => return None,
    })
}
