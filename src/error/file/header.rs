//! Errors of text headers, as in MetaImage and NRRD.

use thiserror::Error;

use super::FileErrorKind;

/// What is wrong with a text header. Each message ends with what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HeaderFault {
    /// The file starts as no file of this format does.
    #[error("not a {format} file: it starts with {found}; {}", super::in_its_place(found.trim_matches('"').as_bytes()))]
    Magic {
        /// `MetaImage` or `NRRD`.
        format: &'static str,
        /// Its first line.
        found: String,
    },
    /// A field that every reader needs is not there.
    #[error("the header has no field {field}; copy the file again, or add the field")]
    Missing {
        /// Its name.
        field: &'static str,
    },
    /// A field is there twice, and readers differ in which one they take.
    #[error("the header has the field {field} twice; keep one of them")]
    Twice {
        /// Its name.
        field: &'static str,
    },
    /// A key of a `key:=value` pair is there with two values, and readers differ in which one they take.
    #[error("the header has the key {key} twice, with different values; keep one of them")]
    KeyTwice {
        /// Its name.
        key: String,
    },
    /// A field has a value which it cannot have.
    #[error("the field {field} is {value}, not {expected}; repair the header with the program which wrote the file")]
    Value {
        /// Its name.
        field: &'static str,
        /// Its value.
        value: String,
        /// What it could be.
        expected: &'static str,
    },
    /// A key of a `key:=value` pair has a value which it cannot have.
    #[error("the key {key} is {value}, not {expected}; repair the header with the program which wrote the file")]
    Key {
        /// Its name.
        key: String,
        /// Its value.
        value: String,
        /// What it could be.
        expected: &'static str,
    },
    /// The number of dimensions, or a length.
    #[error("the field {field} is {value}, not {expected}; the header is damaged: copy or make the file again")]
    Dims {
        /// Its name.
        field: &'static str,
        /// Its value.
        value: String,
        /// What it could be.
        expected: &'static str,
    },
    /// The voxels are of a type that is neither a label nor a probability.
    #[error("the type {0} cannot be read; convert the image to whole numbers of 8 to 64 bits, or to f32 or f64")]
    Type(String),
    /// A line that is not a field.
    #[error("the line {0} of the header is no field; the file may be damaged: copy or make it again")]
    Line(String),
    /// The header does not end.
    #[error("the header does not end within {limit} bytes; check that this is an image")]
    TooLong {
        /// The most that is read.
        limit: u64,
    },
    /// Allowed by the format, and not read here.
    #[error("{0} cannot be read; write the image again as one file with raw or gzip data")]
    Unsupported(&'static str),
    /// Data files are read only from the folder of the header: a header must not make a program open arbitrary files.
    #[error("the data file {0} is not in the folder of the header; put it there and change the name in the header")]
    Outside(String),
    /// The voxels are written as text, and one of them is not a number of their type.
    #[error("voxel {index} is written {text}, which is not of type {dtype}; make the file again")]
    Voxel {
        /// Which one, from 0, in the file's order.
        index: u64,
        /// What is there.
        text: String,
        /// The type in the header.
        dtype: &'static str,
    },
}

impl HeaderFault {
    /// The group of the error that has this fault.
    pub(super) const fn kind(&self) -> FileErrorKind {
        match self {
            Self::Magic { .. } => FileErrorKind::UnknownFormat,
            Self::Dims { .. } => FileErrorKind::BadDims,
            Self::Type(_) => FileErrorKind::UnsupportedDtype,
            _ => FileErrorKind::BadHeader,
        }
    }
}

/// What is wrong with a zlib stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ZlibFault {
    /// The file ends inside it.
    #[error("it ends early")]
    EndsEarly,
    /// The compressed data, or the checksum of the content behind them.
    #[error("its data or its checksum are damaged")]
    Damaged,
}

/// What is wrong with a Zstandard stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ZstdFault {
    /// The file ends inside it.
    #[error("it ends early")]
    EndsEarly,
    /// The compressed data are damaged, or end early.
    #[error("its data are damaged")]
    Damaged,
    /// The checksum behind a frame is wrong.
    #[error("its checksum is not that of its content")]
    Checksum,
    /// It asks for more memory than streams of its length need.
    #[error("its window is larger than is read of a stream so short")]
    Window,
}

impl ZstdFault {
    pub(super) fn with_remedy(self) -> String {
        match self {
            Self::Window => {
                format!("cannot be read: {self}; compress the file again, at most with level 19 and without --long")
            }
            _ => format!("is broken: {self}; copy or download the file again"),
        }
    }
}

/// What is wrong with the header of a `.npy` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NpyFault {
    /// A version of the format that does not exist.
    Version(u8),
    /// It announces more bytes than any header has.
    TooLong(u64),
    /// The file ends inside it.
    Cut,
    /// Something else was expected at this byte.
    Expected {
        /// What should be there.
        what: &'static str,
        /// Where, in bytes from the start of the dictionary.
        at: usize,
    },
    /// An entry is missing.
    Lacks(&'static str),
}

impl std::fmt::Display for NpyFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Version(version) => write!(f, "it has version {version}, and there are 1 to 3"),
            Self::TooLong(length) => write!(f, "it announces {length} bytes of header"),
            Self::Cut => f.write_str("the file ends inside it"),
            Self::Expected { what, at } => write!(f, "{what} is missing at its byte {at}"),
            Self::Lacks(name) => write!(f, "it does not say `{name}`"),
        }
    }
}
