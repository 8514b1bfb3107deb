//! The facts inside a [`FileError`](super::FileError): what exactly is wrong with one part of a file.

use thiserror::Error;

/// The operation that the operating system refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FileAction {
    /// Asking for the file's size and sort, or opening it.
    #[error("open")]
    Open,
    /// Reading from it.
    #[error("read")]
    Read,
    /// Making it.
    #[error("create")]
    Create,
    /// Writing to it.
    #[error("write")]
    Write,
    /// Giving the finished file its name.
    #[error("rename")]
    Rename,
}

impl FileAction {
    /// What to do where the system refused it.
    pub(super) const fn remedy(self) -> &'static str {
        match self {
            Self::Open => "check the rights of the file and of its folder",
            Self::Read => "check the drive, or copy the file again",
            Self::Create | Self::Write | Self::Rename => "check the rights in its folder and the free space",
        }
    }
}

/// Where a file ends too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Part {
    /// Inside the header, or before the voxels can start.
    #[error("header")]
    Header,
    /// Inside the voxels, or right before the first one.
    #[error("voxels")]
    Voxels,
}

/// What is wrong with the magic of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MagicFault {
    /// All zeros: an Analyze 7.5 header. Its axes have no rule, so left and right could be swapped.
    #[error("an Analyze header, not a NIfTI one")]
    Analyze,
    /// Not a magic of this version of the format.
    #[error("not that of a NIfTI header of this length")]
    Unknown,
    /// The magic of a pair, in a file that stands alone.
    #[error("the header says that its voxels are in another file")]
    VoxelsElsewhere,
    /// The magic of a single file, in the header of a pair.
    #[error("the header says that its voxels are in the same file, and its name says they are not")]
    VoxelsHere,
}

/// What is wrong with a gzip stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GzipFault {
    /// The file ends inside a member.
    #[error("it ends early, so that the file is cut off")]
    EndsEarly,
    /// A compression method other than deflate.
    #[error("its method is {0}, not deflate")]
    Method(u8),
    /// Header flags which no version of the format defines.
    #[error("its header has the unknown flags {0:#04x}")]
    Flags(u8),
    /// The header's own checksum is wrong.
    #[error("its header's checksum is {stored:04x}, and that of the header is {computed:04x}")]
    HeaderChecksum {
        /// What the file says.
        stored: u16,
        /// What its bytes give.
        computed: u16,
    },
    /// The compressed data are not deflate.
    #[error("its compressed data are damaged")]
    Deflate,
    /// The checksum of the content is wrong.
    #[error("its checksum is {stored:08x}, and that of the content is {computed:08x}")]
    Checksum {
        /// What the file says.
        stored: u32,
        /// What its bytes give.
        computed: u32,
    },
    /// The length of the content is wrong.
    #[error("its length field is {stored}, and the content has {computed} bytes (modulo 2^32)")]
    Length {
        /// What the file says.
        stored: u32,
        /// What its bytes give.
        computed: u32,
    },
    /// Bytes after the last member which are neither gzip nor zeros.
    #[error("bytes which are not gzip follow it")]
    TrailingBytes,
}

/// What is wrong with the dimensions.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DimsFault {
    /// `dim[0]` is not between 1 and 7 in the header's byte order.
    #[error("dim[0], the number of dimensions, is {0} and not between 1 and 7")]
    Count(i64),
    /// A dimension is negative.
    #[error("dim[{axis}] is {length}, and a length cannot be negative")]
    Negative {
        /// Which one, from 1.
        axis: u8,
        /// What it says.
        length: i64,
    },
    /// The voxels, or their bytes, cannot be counted in 64 bits.
    #[error("the dimensions {0:?} have more bytes of voxels than can be counted")]
    Overflow(Vec<u64>),
}

/// What is wrong with `vox_offset`, the byte at which the voxels start.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum OffsetFault {
    /// NaN, infinite, not whole, or beyond what 63 bits count (NIfTI-1 stores a float).
    #[error("vox_offset is {0}, not a position in a file")]
    NotAPosition(f32),
    /// Negative, or inside the header.
    #[error("vox_offset is {offset}, and the voxels cannot start before byte {least}")]
    TooSmall {
        /// What the header says.
        offset: i64,
        /// The first byte after the header; 0 in a pair.
        least: u64,
    },
    /// Beyond the end of the file, or of the stream in it.
    #[error("vox_offset is {offset}, and the file holds at most {length} bytes")]
    BeyondEnd {
        /// What the header says.
        offset: u64,
        /// Bytes there are (for gzip: or can be).
        length: u64,
    },
    /// So far into a gzip stream that only a gzip bomb has it there.
    #[error("vox_offset is {offset}, and no more than {limit} bytes of a gzip stream are skipped")]
    FarIntoStream {
        /// What the header says.
        offset: u64,
        /// The most that is skipped.
        limit: u64,
    },
}

/// What is wrong with spacing or affine. Only axes with more than one voxel count.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum GeometryFault {
    /// A spacing is NaN or infinite.
    #[error("pixdim[{axis}], the spacing, is {spacing}")]
    Spacing {
        /// Which one, from 1.
        axis: u8,
        /// What it says.
        spacing: f64,
    },
    /// The affine holds a NaN or an infinity.
    #[error("the affine is not finite")]
    NotFinite,
    /// Different voxels have the same place: the affine has no inverse.
    #[error("the affine is singular: different voxels lie at the same place")]
    Singular,
    /// The quaternion of the qform is longer than 1, so it is not a rotation.
    #[error("the qform is no rotation: b, c and d have the squared length {0}, above 1")]
    Quaternion(f64),
}

/// What does not fit into a NIfTI-1 file or an array. Each message ends with what to do.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum WriteFault {
    /// The name does not end in `.nii` or `.nii.gz`.
    #[error("the name ends in neither .nii nor .nii.gz; choose one of them")]
    Name,
    /// Not 1 to 7 dimensions.
    #[error("{0} dimensions; give 1 to 7")]
    Rank(usize),
    /// More dimensions than arrays have.
    #[error("{0} dimensions; give 64 at most")]
    Axes(usize),
    /// A length that the 16 bits of the header do not hold, or 0.
    #[error("axis {axis} has {length} voxels; give 1 to 32767")]
    Axis {
        /// Which one, from 0.
        axis: usize,
        /// Its length.
        length: u64,
    },
    /// The shape does not have as many voxels as were given.
    #[error("the shape {shape:?} does not have {voxels} voxels; make them agree")]
    Count {
        /// The shape.
        shape: Vec<u64>,
        /// Voxels given.
        voxels: usize,
    },
    /// The geometry would not be read back.
    #[error("{0}; give a spacing and an affine which are finite and can be inverted")]
    Geometry(GeometryFault),
}

/// Words in a row, with another word before the last one.
pub(crate) fn listed(words: &[&str], before_last: &str) -> String {
    match words {
        [] => String::new(),
        [word] => (*word).to_owned(),
        [first @ .., last] => format!("{} {before_last} {last}", first.join(", ")),
    }
}

/// What may be there instead of an image, by its first bytes.
pub(crate) fn in_its_place(first: &[u8]) -> &'static str {
    match first {
        [b'v', b'e', b'r', b's', ..] => "a Git LFS pointer stands in its place: fetch the file with `git lfs pull`",
        [b'<', ..] => "a web page stands in its place: download the file itself",
        _ => {
            "check that this is an image, and download it again (a text, a web page or a Git LFS pointer may stand in its place)"
        }
    }
}
