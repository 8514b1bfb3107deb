//! The groups of [`FileError`].

use super::FileError;
use std::fmt;
use std::path::Path;

/// The groups of [`FileError`], for callers that only need the kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileErrorKind {
    /// A file, or one half of a pair, is not there.
    MissingFile,
    /// A folder, a pipe or a device.
    NotAFile,
    /// The operating system refused.
    Io,
    /// Not a NIfTI file at all.
    NotNifti,
    /// A NIfTI header with a wrong magic.
    BadMagic,
    /// No gzip, broken gzip, or a gzip bomb.
    BadGzip,
    /// The file ends too early.
    Truncated,
    /// Impossible dimensions.
    BadDims,
    /// A datatype which is not read.
    UnsupportedDtype,
    /// A broken zlib stream.
    BadZlib,
    /// A broken Zstandard stream.
    BadZstd,
    /// Neither name nor content is that of a known format.
    UnknownFormat,
    /// A header of text that is damaged, or asks for what is not read.
    BadHeader,
    /// A picture that is damaged, or of a sort that is not read.
    BadPicture,
    /// An impossible start of the voxels.
    BadOffset,
    /// An impossible intercept.
    BadScale,
    /// An impossible spacing or affine.
    BadGeometry,
    /// The voxels do not fit in memory.
    OutOfMemory,
    /// Not to be written in this format.
    Unwritable,
    /// Not a `.npy` file.
    NotNpy,
    /// An archive that is damaged, or without the array that is meant.
    BadArchive,
    /// Readable, and not a label map.
    NotALabelMap,
    /// Readable, and not a soft volume: 32-bit floats do not hold its numbers.
    NotASoftVolume,
    /// Readable, but not without a copy.
    NotInPlace,
}

impl FileErrorKind {
    /// A stable name, such as `bad_gzip`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MissingFile => "missing_file",
            Self::NotAFile => "not_a_file",
            Self::Io => "io",
            Self::NotNifti => "not_nifti",
            Self::BadMagic => "bad_magic",
            Self::BadGzip => "bad_gzip",
            Self::Truncated => "truncated",
            Self::BadDims => "bad_dims",
            Self::UnsupportedDtype => "unsupported_dtype",
            Self::BadZlib => "bad_zlib",
            Self::BadZstd => "bad_zstd",
            Self::UnknownFormat => "unknown_format",
            Self::BadHeader => "bad_header",
            Self::BadPicture => "bad_picture",
            Self::BadOffset => "bad_offset",
            Self::BadScale => "bad_scale",
            Self::BadGeometry => "bad_geometry",
            Self::OutOfMemory => "out_of_memory",
            Self::Unwritable => "unwritable",
            Self::NotNpy => "not_npy",
            Self::BadArchive => "bad_archive",
            Self::NotALabelMap => "not_a_label_map",
            Self::NotASoftVolume => "not_a_soft_volume",
            Self::NotInPlace => "not_in_place",
        }
    }
}

impl fmt::Display for FileErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FileError {
    /// The file that is at fault (of a pair, the half that is).
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Missing { path, .. }
            | Self::DanglingLink { path, .. }
            | Self::MissingPartner { path, .. }
            | Self::NotGiven { path, .. }
            | Self::NotAFile { path, .. }
            | Self::Io { path, .. }
            | Self::Empty { path, .. }
            | Self::NotNifti { path, .. }
            | Self::BadMagic { path, .. }
            | Self::NotGzip { path, .. }
            | Self::Gzip { path, .. }
            | Self::Zlib { path, .. }
            | Self::Zstd { path, .. }
            | Self::UnknownFormat { path, .. }
            | Self::Foreign { path, .. }
            | Self::Header { path, .. }
            | Self::Picture { path, .. }
            | Self::Overlong { path, .. }
            | Self::Truncated { path, .. }
            | Self::TooSmallForClaim { path, .. }
            | Self::BadDims { path, .. }
            | Self::UnsupportedDtype { path, .. }
            | Self::BadOffset { path, .. }
            | Self::BadScale { path, .. }
            | Self::BadGeometry { path, .. }
            | Self::OutOfMemory { path, .. }
            | Self::Unwritable { path, .. }
            | Self::NotNpy { path, .. }
            | Self::NpyHeader { path, .. }
            | Self::Npz { path, .. }
            | Self::UnsupportedElements { path, .. }
            | Self::Length { path, .. }
            | Self::NotALabel { path, .. }
            | Self::Channels { path, .. }
            | Self::NotComparable { path, .. }
            | Self::Unrepresentable { path, .. }
            | Self::NotInPlace { path, .. } => path,
        }
    }

    /// The group this error belongs to.
    #[must_use]
    pub const fn kind(&self) -> FileErrorKind {
        match self {
            Self::Missing { .. } | Self::DanglingLink { .. } | Self::MissingPartner { .. } | Self::NotGiven { .. } => {
                FileErrorKind::MissingFile
            }
            Self::NotAFile { .. } => FileErrorKind::NotAFile,
            Self::Io { .. } => FileErrorKind::Io,
            Self::NotNifti { .. } => FileErrorKind::NotNifti,
            Self::BadMagic { .. } => FileErrorKind::BadMagic,
            Self::NotGzip { .. } | Self::Gzip { .. } | Self::Overlong { .. } => FileErrorKind::BadGzip,
            Self::Empty { .. } | Self::Truncated { .. } | Self::TooSmallForClaim { .. } => FileErrorKind::Truncated,
            Self::BadDims { .. } => FileErrorKind::BadDims,
            Self::UnsupportedDtype { .. } => FileErrorKind::UnsupportedDtype,
            Self::Zlib { .. } => FileErrorKind::BadZlib,
            Self::Zstd { .. } => FileErrorKind::BadZstd,
            Self::UnknownFormat { .. } | Self::Foreign { .. } => FileErrorKind::UnknownFormat,
            Self::Header { fault, .. } => fault.kind(),
            Self::Picture { fault, .. } => fault.kind(),
            Self::BadOffset { .. } => FileErrorKind::BadOffset,
            Self::BadScale { .. } => FileErrorKind::BadScale,
            Self::BadGeometry { .. } => FileErrorKind::BadGeometry,
            Self::OutOfMemory { .. } => FileErrorKind::OutOfMemory,
            Self::Unwritable { .. } => FileErrorKind::Unwritable,
            Self::NotNpy { .. } => FileErrorKind::NotNpy,
            Self::NpyHeader { .. } => FileErrorKind::BadHeader,
            Self::Npz { .. } => FileErrorKind::BadArchive,
            Self::UnsupportedElements { .. } => FileErrorKind::UnsupportedDtype,
            Self::Length { expected, found, .. } if *found < *expected => FileErrorKind::Truncated,
            Self::Length { .. } => FileErrorKind::BadHeader,
            Self::NotALabel { .. } | Self::Channels { .. } => FileErrorKind::NotALabelMap,
            Self::NotComparable { .. } => FileErrorKind::BadDims,
            Self::Unrepresentable { .. } => FileErrorKind::NotASoftVolume,
            Self::NotInPlace { .. } => FileErrorKind::NotInPlace,
        }
    }
}
