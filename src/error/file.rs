//! Errors of volume files. Every message names the file, the fact and the next step.

use std::collections::TryReserveError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

mod fault;
mod header;

pub use fault::{DimsFault, FileAction, GeometryFault, GzipFault, MagicFault, OffsetFault, Part, WriteFault};
pub(crate) use fault::{in_its_place, listed};
pub use header::{HeaderFault, ZlibFault};

/// Why a volume file could not be read or written.
///
/// Facts are in fields, so that a caller can decide on them; [`FileError::kind`] groups them.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// There is nothing under this name.
    #[error("{}: no such file; check the name and the folder", path.display())]
    Missing {
        /// The name that was looked for.
        path: PathBuf,
    },
    /// There is a link under this name, and nothing where it leads.
    #[error("{}: a link to {}, which is not there; put the file there, or mend the link", path.display(), target.display())]
    DanglingLink {
        /// The name of the link.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// One half of a `.hdr`/`.img` pair is there, the other half is not.
    #[error("{}: no such file, and {} is only one half of a pair; put both into the same folder", path.display(), partner.display())]
    MissingPartner {
        /// The half which is not there.
        path: PathBuf,
        /// The half which was named by the caller.
        partner: PathBuf,
    },
    /// The voxels of bytes in memory are in another file, whose bytes were not given.
    #[error("{}: these bytes were not given, and they belong to {}; give both", path.display(), partner.display())]
    NotGiven {
        /// What the bytes are called that are not there.
        path: PathBuf,
        /// The file that was given.
        partner: PathBuf,
    },
    /// The name belongs to a folder, a pipe or a device. Sizes must be known before anything is
    /// allocated, and only a regular file has one.
    #[error("{}: this is {}, not a regular file; name the image file itself", path.display(), if *folder { "a folder" } else { "a pipe or a device" })]
    NotAFile {
        /// The name.
        path: PathBuf,
        /// Whether it is a folder.
        folder: bool,
    },
    /// The operating system refused an operation (rights, a broken disk, a full disk).
    #[error("{}: cannot {action} the file; {}", path.display(), action.remedy())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done.
        action: FileAction,
        /// What the system said.
        source: io::Error,
    },
    /// The file has no bytes at all.
    #[error("{}: the {} is empty; copy or make the file again", path.display(), if *gzip { "gzip stream" } else { "file" })]
    Empty {
        /// The file.
        path: PathBuf,
        /// Whether it is a sound gzip file of no bytes.
        gzip: bool,
    },
    /// The first four bytes are not the length of a NIfTI header in either byte order.
    #[error("{}: not a NIfTI file: the first bytes are {found:02x?}, and a NIfTI header starts with its length, 348 or 540; {}", path.display(), in_its_place(found))]
    NotNifti {
        /// The file.
        path: PathBuf,
        /// Its first bytes: four, or as many as there are.
        found: Vec<u8>,
    },
    /// The header has the right length, but its magic is not one that fits.
    #[error("{}: the magic is {}: {fault}; convert the file with the program which wrote it", path.display(), found.escape_ascii())]
    BadMagic {
        /// The file.
        path: PathBuf,
        /// The magic as stored.
        found: Vec<u8>,
        /// What is wrong with it.
        fault: MagicFault,
    },
    /// The name ends in `.gz`, and the content is neither gzip nor a plain NIfTI header.
    #[error("{}: not a gzip file: the first bytes are {found:02x?}, not 1f 8b; {}", path.display(), in_its_place(found))]
    NotGzip {
        /// The file.
        path: PathBuf,
        /// Its first bytes: four, or as many as there are.
        found: Vec<u8>,
    },
    /// The gzip stream is broken, so no byte of it can be trusted.
    #[error("{}: the gzip stream is broken: {fault}; copy or download the file again", path.display())]
    Gzip {
        /// The file.
        path: PathBuf,
        /// What is broken.
        fault: GzipFault,
        /// What the decoder said, where it was the decoder that failed.
        source: Option<io::Error>,
    },
    /// The zlib stream is broken, so no byte of it can be trusted.
    #[error("{}: the zlib stream is broken: {fault}; copy or download the file again", path.display())]
    Zlib {
        /// The file.
        path: PathBuf,
        /// What is broken.
        fault: ZlibFault,
        /// What the decoder said, where it was the decoder that failed.
        source: Option<io::Error>,
    },
    /// Neither the name nor the content is that of a format which is read.
    #[error("{}: not a format that is read; name a file in {}, or convert this one", path.display(), listed(readable, "or"))]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// How the names of files end that are read.
        readable: &'static [&'static str],
    },
    /// The format is known, and not read.
    #[error("{}: {format} is not a format that is read; {remedy} ({} are read)", path.display(), listed(readable, "and"))]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What the format is called.
        format: &'static str,
        /// How to convert it to a format that is read.
        remedy: &'static str,
        /// How the names of files end that are read.
        readable: &'static [&'static str],
    },
    /// The text at the start of a MetaImage or NRRD file, or the voxels where they are text, cannot be read.
    #[error("{}: {fault}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: HeaderFault,
    },
    /// The gzip stream goes on far beyond the voxels: a gzip bomb, or the wrong header.
    #[error("{}: the compressed stream is far longer than the header says: {declared} bytes are declared, and more than {allowed} bytes follow them; do not trust this file", path.display())]
    Overlong {
        /// The file.
        path: PathBuf,
        /// Bytes which the header accounts for.
        declared: u64,
        /// Bytes beyond those that would have been tolerated.
        allowed: u64,
    },
    /// The file, or the stream in it, ends too early.
    #[error("{}: the file ends inside the {part}: {needed} bytes are needed, {found} are there; copy or make the file again", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Where it ends.
        part: Part,
        /// Bytes that part needs.
        needed: u64,
        /// Bytes of that part which are there.
        found: u64,
    },
    /// The gzip file is too small to hold the voxels which its header declares, however well they are compressed.
    /// Reported before anything is allocated.
    #[error("{}: the file is cut off: its header declares {needed} bytes of voxels, and {compressed} compressed bytes hold at most {at_most}; copy or make the file again", path.display())]
    TooSmallForClaim {
        /// The file.
        path: PathBuf,
        /// Bytes which the header declares.
        needed: u64,
        /// Length of the compressed file.
        compressed: u64,
        /// The most that this length can expand to.
        at_most: u64,
    },
    /// The dimensions in the header are not possible.
    #[error("{}: {fault}; the header is damaged: copy or make the file again", path.display())]
    BadDims {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        fault: DimsFault,
    },
    /// The voxels are of a type that is neither a label nor a probability.
    #[error("{}: datatype {code} ({}) cannot be read; convert the image to whole numbers of 8 to 64 bits, or to f32 or f64", path.display(), name.unwrap_or("unknown"))]
    UnsupportedDtype {
        /// The file.
        path: PathBuf,
        /// The code in the header.
        code: i16,
        /// What the standard calls it, where it does.
        name: Option<&'static str>,
    },
    /// The voxels cannot start where the header says they do.
    #[error("{}: {fault}; the header is damaged: copy or make the file again", path.display())]
    BadOffset {
        /// The file whose voxels the offset leads to.
        path: PathBuf,
        /// What is wrong with it.
        fault: OffsetFault,
    },
    /// The slope asks for scaling and the intercept is not finite, so no voxel would have a value.
    #[error("{}: scl_slope is {slope} and scl_inter is {inter}; set scl_inter to 0, or scl_slope to 0 where nothing is to be scaled", path.display())]
    BadScale {
        /// The file.
        path: PathBuf,
        /// The slope.
        slope: f64,
        /// The intercept.
        inter: f64,
    },
    /// Position and size of the voxels cannot be determined from the header.
    #[error("{}: {fault}; repair the header with the program which wrote the file", path.display())]
    BadGeometry {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: GeometryFault,
    },
    /// The file is valid, but its voxels do not fit in memory.
    #[error("{}: no room for {bytes} bytes of voxels; use a machine with more memory, or a smaller volume", path.display())]
    OutOfMemory {
        /// The file.
        path: PathBuf,
        /// Bytes that were asked for.
        bytes: u64,
        /// What the allocator said; none where the count exceeds the address space.
        source: Option<TryReserveError>,
    },
    /// What was to be written does not fit into a NIfTI file. Nothing was written.
    #[error("{}: cannot be written: {fault}", path.display())]
    Unwritable {
        /// The file that was to be written.
        path: PathBuf,
        /// What does not fit.
        fault: WriteFault,
    },
}

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
    /// Neither name nor content is that of a known format.
    UnknownFormat,
    /// A header of text that is damaged, or asks for what is not read.
    BadHeader,
    /// An impossible start of the voxels.
    BadOffset,
    /// An impossible intercept.
    BadScale,
    /// An impossible spacing or affine.
    BadGeometry,
    /// The voxels do not fit in memory.
    OutOfMemory,
    /// Not to be written as NIfTI.
    Unwritable,
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
            Self::UnknownFormat => "unknown_format",
            Self::BadHeader => "bad_header",
            Self::BadOffset => "bad_offset",
            Self::BadScale => "bad_scale",
            Self::BadGeometry => "bad_geometry",
            Self::OutOfMemory => "out_of_memory",
            Self::Unwritable => "unwritable",
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
            | Self::UnknownFormat { path, .. }
            | Self::Foreign { path, .. }
            | Self::Header { path, .. }
            | Self::Overlong { path, .. }
            | Self::Truncated { path, .. }
            | Self::TooSmallForClaim { path, .. }
            | Self::BadDims { path, .. }
            | Self::UnsupportedDtype { path, .. }
            | Self::BadOffset { path, .. }
            | Self::BadScale { path, .. }
            | Self::BadGeometry { path, .. }
            | Self::OutOfMemory { path, .. }
            | Self::Unwritable { path, .. } => path,
        }
    }

    /// Nothing is found under a name, or where it leads.
    pub(crate) fn missing(path: &Path) -> Self {
        let path = path.to_path_buf();
        match path.read_link() {
            Ok(target) => Self::DanglingLink { path, target },
            Err(_) => Self::Missing { path },
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
            Self::UnknownFormat { .. } | Self::Foreign { .. } => FileErrorKind::UnknownFormat,
            Self::Header { fault, .. } => fault.kind(),
            Self::BadOffset { .. } => FileErrorKind::BadOffset,
            Self::BadScale { .. } => FileErrorKind::BadScale,
            Self::BadGeometry { .. } => FileErrorKind::BadGeometry,
            Self::OutOfMemory { .. } => FileErrorKind::OutOfMemory,
            Self::Unwritable { .. } => FileErrorKind::Unwritable,
        }
    }
}
