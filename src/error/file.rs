//! Errors of volume files. Every message names the file, the fact and the next step.

use std::collections::TryReserveError;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

mod archive;
mod fault;
mod header;
mod kind;
mod label;
mod picture;

pub use archive::NpzFault;
pub use fault::{DimsFault, FileAction, GeometryFault, GzipFault, MagicFault, OffsetFault, Part, WriteFault};
pub(crate) use fault::{in_its_place, listed};
pub use header::{HeaderFault, NpyFault, ZlibFault, ZstdFault};
pub use kind::FileErrorKind;
pub use label::LabelFault;
use label::Place;
pub use picture::PictureFault;

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
    /// The Zstandard stream is broken, so no byte of it can be trusted, or needs much memory.
    #[error("{}: the Zstandard stream {}", path.display(), fault.with_remedy())]
    Zstd {
        /// The file.
        path: PathBuf,
        /// What is broken.
        fault: ZstdFault,
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
    /// A picture is damaged, or its pixels are no labels.
    #[error("{}: {fault}", path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: PictureFault,
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
    /// What was to be written does not fit into a file of its format. Nothing was written.
    #[error("{}: cannot be written: {fault}", path.display())]
    Unwritable {
        /// The file that was to be written.
        path: PathBuf,
        /// What does not fit.
        fault: WriteFault,
    },
    /// The first bytes are not those of a `.npy` file.
    #[error("{}: not a .npy file: the first bytes are {found:02x?}; save the array with numpy.save, or {}", path.display(), in_its_place(found))]
    NotNpy {
        /// The file.
        path: PathBuf,
        /// Its first bytes: six, or as many as there are.
        found: Vec<u8>,
    },
    /// The header of a `.npy` file cannot be understood.
    #[error("{}: the header of the array is damaged: {fault}; save it again with numpy.save", path.display())]
    NpyHeader {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: NpyFault,
    },
    /// An array of a `.npz` archive cannot be had.
    #[error("{}: {fault}", path.display())]
    Npz {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        fault: NpzFault,
    },
    /// The elements of a `.npy` file are not numbers of a voxel type.
    #[error("{}: elements of type {found} cannot be read; save the array as bool, as whole numbers of 8 to 64 bits, or as float16, float32 or float64", path.display())]
    UnsupportedElements {
        /// The file.
        path: PathBuf,
        /// The type as the header has it.
        found: String,
    },
    /// A `.npy` file is shorter or longer than its header says.
    #[error("{}: the header announces {expected} bytes of elements, but {found} follow it; copy or save the file again", path.display())]
    Length {
        /// The file.
        path: PathBuf,
        /// Bytes that the shape and the type stand for.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// A voxel of a label map is not a label.
    #[error("{}: voxel {} is {value}, which is {fault}; {}", path.display(), Place(position), fault.remedy())]
    NotALabel {
        /// The file.
        path: PathBuf,
        /// The first such voxel, x first.
        position: Vec<u64>,
        /// Its value, as its type writes it.
        value: String,
        /// What is wrong with it.
        fault: LabelFault,
    },
    /// Several numbers per voxel of a label map: layers of labels that overlap, a colour, or one probability per class.
    #[error("{}: the file has {channels} numbers per voxel, and a label map has one; write one file per channel, or merge them into one label map", path.display())]
    Channels {
        /// The file.
        path: PathBuf,
        /// Numbers per voxel.
        channels: u64,
    },
    /// The shape of a label map has no voxels or too many.
    #[error("{}: not a volume that can be compared", path.display())]
    NotComparable {
        /// The file.
        path: PathBuf,
        /// What is wrong with its shape.
        source: Box<super::Error>,
    },
    /// Numbers of a soft volume that no `f32` can represent.
    #[error("{}: {count} voxels are beyond what 32-bit floats hold {}, the first is {value}; {}", path.display(), if *whole { "exactly" } else { "at all" }, if *whole { "store them as float32" } else { "scale them below 3.4e38" })]
    Unrepresentable {
        /// The file.
        path: PathBuf,
        /// How many.
        count: u64,
        /// The first of them.
        value: String,
        /// Whether it is a whole number, which must not be rounded.
        whole: bool,
    },
    /// In memory the voxels would look different, so there is no [`View`](crate::io::View) of them.
    #[error("{}: {why}, so the voxels cannot be used where they are; read the file with voxdice::io::read", path.display())]
    NotInPlace {
        /// The file.
        path: PathBuf,
        /// What is different.
        why: &'static str,
    },
}

impl FileError {
    /// Nothing is found under a name, or where it leads.
    pub(crate) fn missing(path: &Path) -> Self {
        let path = path.to_path_buf();
        match path.read_link() {
            Ok(target) => Self::DanglingLink { path, target },
            Err(_) => Self::Missing { path },
        }
    }
}
