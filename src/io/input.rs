//! Files to be read: on a disk, or bytes in memory under a name.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
#[cfg(feature = "eval")]
use std::io::Write;
use std::io::{BufRead, Cursor, Seek};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

#[cfg(feature = "eval")]
use super::archived;
use super::colours::Colours;
use super::file;
#[cfg(feature = "eval")]
use super::gzip::{Gunzip, MAGIC};
use crate::error::{FileError, PictureFault};
#[cfg(feature = "eval")]
use flate2::{Compression, write::GzEncoder};

/// A file to be read: a path, or bytes in memory under a name. A copy shares the bytes.
///
/// Every reader takes a path as it is. A page in a browser and a program that has files from elsewhere (an archive, a
/// database, a network) give bytes. Their name helps to find the format, and appears in errors.
///
/// ```
/// use voxdice::io::{self, Geometry, Input, nifti};
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("case_001.nii");
/// nifti::write(&path, &[2, 2, 1], &Geometry::from_spacing([1.0; 3]), &[0u8, 1, 1, 0])?;
/// let bytes = std::fs::read(&path)?;
/// assert_eq!(io::read(Input::bytes("case_001.nii", bytes))?.header, io::read(&path)?.header);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The voxels of some formats are in a separate file (`.hdr` with `.img`, `.mhd`, `.nhdr`). [`Input::with`] adds it.
#[derive(Clone, PartialEq)]
pub struct Input(FileRef<'static>);

impl Input {
    /// The bytes of a whole file, and what it is called.
    pub fn bytes(name: impl Into<PathBuf>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::owned(name, bytes.into())
    }

    /// The same without a copy: of a large vector, a memory map, whatever else has bytes.
    pub fn owned(name: impl Into<PathBuf>, owner: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        let path = name.into();
        let files = BTreeMap::from([(plain(&path), Bytes(Arc::new(owner)))]);
        Self(FileRef { path, store: Store::Memory(Arc::new(files)), colours: None })
    }

    /// The same with another file that belongs to it, under its name relative to the same place.
    ///
    /// ```
    /// use voxdice::io::{Input, metaimage};
    /// let header = "ObjectType = Image\nNDims = 2\nDimSize = 2 1\nElementType = MET_UCHAR\nElementDataFile = a.raw\n";
    /// let alone = Input::bytes("labels/a.mhd", header.as_bytes());
    /// assert!(metaimage::read(&alone).unwrap_err().to_string().starts_with("labels/a.raw: these bytes were not given"));
    /// assert_eq!(metaimage::read(alone.with("labels/a.raw", [0, 1]))?.voxels.len(), 2);
    /// # Ok::<(), voxdice::error::FileError>(())
    /// ```
    ///
    /// A path stays what it is: its other files are on the disk.
    #[must_use]
    pub fn with(mut self, name: impl Into<PathBuf>, bytes: impl Into<Arc<[u8]>>) -> Self {
        if let Store::Memory(files) = &mut self.0.store {
            Arc::make_mut(files).insert(plain(&name.into()), Bytes(Arc::new(bytes.into())));
        }
        self
    }

    /// The slices of a volume, a picture each, in their order; `name` is what errors call the whole.
    ///
    /// ```
    /// use voxdice::io::{self, Input};
    /// # let mut bmp = b"BM".to_vec();
    /// # bmp.extend([0_u32, 0, 62, 40, 2, 1].map(u32::to_le_bytes).as_flattened());
    /// # bmp.extend([1_u16, 1].map(u16::to_le_bytes).as_flattened());
    /// # bmp.resize(62, 0);
    /// # bmp.extend([0x80, 0, 0, 0]);
    /// let slices = ["mask_1.bmp", "mask_2.bmp"].map(|name| Input::bytes(name, bmp.clone()));
    /// let volume = io::read(Input::slices("mask", slices))?;
    /// assert_eq!(volume.header.shape, [2, 1, 2]);
    /// # Ok::<(), voxdice::error::FileError>(())
    /// ```
    pub fn slices(name: impl Into<PathBuf>, slices: impl IntoIterator<Item = Self>) -> Self {
        let slices = slices.into_iter().map(|slice| slice.0).collect();
        Self(FileRef { path: name.into(), store: Store::Slices(slices), colours: None })
    }

    /// A volume of pictures that are no slices of one: whoever reads it is told why.
    #[cfg(feature = "eval")]
    pub(crate) fn no_slices(name: impl Into<PathBuf>, why: String) -> Self {
        Self(FileRef { path: name.into(), store: Store::NoSlices(why.into()), colours: None })
    }

    /// The path, or the name of the bytes.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Whether two inputs are one file.
    #[cfg(feature = "eval")]
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        match (&self.0.store, &other.0.store) {
            (Store::Disk, Store::Disk) => {
                let [own, others] = [self, other].map(|input| archived::on_disk(input.path()).canonicalize());
                let [array, another] = [self, other].map(|input| archived::parts(input.path()).map(|(_, array)| array));
                array == another && matches!((own, others), (Ok(a), Ok(b)) if a == b)
            }
            (Store::Memory(files), Store::Memory(others)) => {
                let bytes = |files: &Files, path: &Path| files.get(&plain(path)).map(|bytes| bytes.as_ref().as_ptr());
                bytes(files, self.path()) == bytes(others, other.path())
            }
            (Store::Slices(slices), Store::Slices(others)) => {
                let same =
                    |(a, b): (&FileRef<'static>, &FileRef<'static>)| Self(a.clone()).is_same_file(&Self(b.clone()));
                slices.len() == others.len() && slices.iter().zip(others.iter()).all(same)
            }
            _ => false,
        }
    }

    /// A compressed file in memory, for several readers: decoded, and framed again without compression, so that the next
    /// readers only copy. None for what is not one file (`.hdr.gz` has its voxels elsewhere), is not compressed (the system
    /// keeps it in memory anyway), holds more than `most` bytes, or cannot be read, which its reader tells.
    #[cfg(feature = "eval")]
    pub(crate) fn held(&self, most: u64) -> Option<Self> {
        let path = self.path();
        let is_one_file =
            file::ends_in(path, "gz") && path.file_stem().is_some_and(|name| file::ends_in(name.as_ref(), "nii"));
        if self.0.store != Store::Disk || !is_one_file {
            return None;
        }
        let (mut reader, _) = file::open(path).ok()?;
        if !reader.fill_buf().ok()?.starts_with(&MAGIC) {
            return None;
        }
        let mut decoded = Gunzip::new(reader);
        let mut framed = GzEncoder::new(Vec::new(), Compression::none());
        let (mut piece, mut length) = (vec![0; 1 << 16], 0);
        loop {
            let got = decoded.read(&mut piece).ok()?;
            length = u64::saturating_add(length, got as u64);
            if got == 0 || length > most {
                break;
            }
            framed.write_all(piece.get(..got)?).ok()?;
        }
        (length <= most).then(|| framed.finish().ok()).flatten().map(|bytes| Self::owned(path, bytes))
    }

    /// Whether there is a file, and no folder of this name.
    #[cfg(feature = "eval")]
    pub(crate) fn is_file(&self) -> bool {
        match &self.0.store {
            Store::Disk => archived::on_disk(self.path()).is_file(),
            _ => true,
        }
    }

    /// The files of the slices of a volume.
    #[cfg(feature = "eval")]
    pub(crate) fn slice_paths(&self) -> Option<Vec<&Path>> {
        self.0.slices().map(|slices| slices.iter().map(FileRef::path).collect())
    }

    /// Whether it is still there.
    #[cfg(feature = "eval")]
    pub(crate) fn exists(&self) -> bool {
        match &self.0.store {
            Store::Disk => archived::on_disk(self.path()).exists(),
            Store::Slices(slices) => slices.iter().all(|slice| Self(slice.clone()).exists()),
            _ => true,
        }
    }

    pub(super) fn file(&self) -> &FileRef<'static> {
        &self.0
    }
}

impl From<PathBuf> for Input {
    fn from(path: PathBuf) -> Self {
        Self(FileRef { path, store: Store::Disk, colours: None })
    }
}

impl From<String> for Input {
    fn from(path: String) -> Self {
        PathBuf::from(path).into()
    }
}

impl From<OsString> for Input {
    fn from(path: OsString) -> Self {
        PathBuf::from(path).into()
    }
}

impl<P: AsRef<Path> + ?Sized> From<&P> for Input {
    fn from(path: &P) -> Self {
        path.as_ref().to_path_buf().into()
    }
}

impl From<&Self> for Input {
    fn from(input: &Self) -> Self {
        input.clone()
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = match self.0.store {
            Store::Disk => "path",
            Store::Slices(_) | Store::NoSlices(_) => "slices",
            _ => "bytes",
        };
        write!(f, "Input::{of}({:?})", self.path())
    }
}

/// What the bytes of a file are read from.
pub(super) trait ReadSeek: BufRead + Seek + Send {}

impl<T: BufRead + Seek + Send> ReadSeek for T {}

pub(super) type Reader<'a> = Box<dyn ReadSeek + 'a>;

/// The bytes of a file, whoever has them.
#[derive(Clone)]
struct Bytes(Arc<dyn AsRef<[u8]> + Send + Sync>);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.as_ref() == other.as_ref()
    }
}

type Files = BTreeMap<PathBuf, Bytes>;

/// Where the bytes of files are.
#[derive(Clone, PartialEq)]
enum Store<'a> {
    Disk,
    Memory(Arc<Files>),
    /// Those of the file itself; what lies beside it is on a disk.
    Slice(&'a [u8]),
    /// A volume of pictures.
    Slices(Arc<[FileRef<'static>]>),
    /// Pictures that are none, and why.
    #[cfg_attr(not(feature = "eval"), allow(dead_code))]
    NoSlices(Arc<str>),
}

/// A file by its name, and where its bytes are.
#[derive(Clone, PartialEq)]
pub(super) struct FileRef<'a> {
    path: PathBuf,
    store: Store<'a>,
    /// The labels of the colours of a picture.
    colours: Option<Arc<Colours>>,
}

impl<'a> FileRef<'a> {
    /// Bytes that are not copied.
    pub fn borrowed(path: &Path, bytes: &'a [u8]) -> Self {
        Self { path: path.to_path_buf(), store: Store::Slice(bytes), colours: None }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same with labels for its colours, and for those of its slices.
    pub fn coloured(&self, colours: &Arc<Colours>) -> Self {
        let store = match &self.store {
            Store::Slices(slices) => Store::Slices(slices.iter().map(|slice| slice.coloured(colours)).collect()),
            store => store.clone(),
        };
        Self { path: self.path.clone(), store, colours: Some(Arc::clone(colours)) }
    }

    /// The labels of its colours.
    pub fn colours(&self) -> Option<Arc<Colours>> {
        self.colours.clone()
    }

    /// Another file in the same place.
    pub fn beside(&self, path: PathBuf) -> Self {
        let store = if let Store::Memory(_) = self.store { self.store.clone() } else { Store::Disk };
        Self { path, store, colours: None }
    }

    /// The slices of a volume of pictures.
    pub fn slices(&self) -> Option<&[FileRef<'static>]> {
        if let Store::Slices(slices) = &self.store { Some(slices) } else { None }
    }

    /// Whether the file is there, or an error if that cannot be checked.
    pub fn may_exist(&self) -> bool {
        match &self.store {
            Store::Disk => self.path.try_exists().unwrap_or(true),
            Store::Memory(files) => files.contains_key(&plain(&self.path)),
            Store::Slice(_) | Store::Slices(_) | Store::NoSlices(_) => true,
        }
    }

    /// The file from its start, and how long it is.
    pub fn open(&self) -> Result<(Reader<'a>, u64), FileError> {
        let (reader, length): (Reader<'a>, usize) = match &self.store {
            Store::Disk => {
                let (reader, length) = file::open(&self.path)?;
                return Ok((Box::new(reader), length));
            }
            Store::Memory(files) => {
                let missing = || FileError::Missing { path: self.path.clone() };
                let bytes = files.get(&plain(&self.path)).ok_or_else(missing)?.clone();
                let length = bytes.as_ref().len();
                (Box::new(Cursor::new(bytes)), length)
            }
            Store::Slice(bytes) => (Box::new(Cursor::new(*bytes)), bytes.len()),
            Store::Slices(_) => return Err(FileError::NotAFile { path: self.path.clone(), folder: true }),
            Store::NoSlices(why) => {
                let fault = PictureFault::Slices(why.to_string());
                return Err(FileError::Picture { path: self.path.clone(), fault });
            }
        };
        Ok((reader, u64::try_from(length).unwrap_or(u64::MAX)))
    }

    /// The error for a missing file with the voxels of `self`.
    pub fn no_partner(&self, path: PathBuf) -> FileError {
        let partner = self.path.clone();
        match self.store {
            Store::Memory(_) => FileError::NotGiven { path, partner },
            _ => FileError::MissingPartner { path, partner },
        }
    }
}

/// A name without the steps that lead nowhere.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}
