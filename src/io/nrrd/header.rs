//! The lines `field: value` at the start of a file, up to an empty one.

use std::io::BufRead;
use std::path::Path;

use super::axes::axes;
use super::pairs::layers;
use crate::error::{FileError, HeaderFault};
use crate::io::fields::{Fields, Lines, Names, bad};
use crate::io::header::{Format, Header, Meaning};
use crate::io::input::Reader;
use crate::io::recipe::{Encoding, Place, Recipe, Skip, beside};
use crate::io::text::quoted;
use crate::io::voxels::{ByteOrder, StoredType, count};

/// The fields which are looked at. All others are about display, or about measurement frames.
const KNOWN: &[Names] = &[
    &["dimension"],
    &["type"],
    &["sizes"],
    &["encoding"],
    &["endian"],
    &["kinds"],
    &["space"],
    &["space dimension"],
    &["space directions"],
    &["space origin"],
    &["space units"],
    &["spacings"],
    &["data file", "datafile"],
    &["line skip", "lineskip"],
    &["byte skip", "byteskip"],
];

/// The format's own limit.
const MOST_DIMENSIONS: usize = 16;

/// The lines of a header.
pub(super) struct Text {
    pub fields: Fields,
    /// `key:=value`, as they are written.
    pub pairs: Vec<(String, String)>,
    /// Where the header ends.
    end: u64,
}

/// Reads the header, and gives the reader back.
pub(super) fn load<'a>(reader: Reader<'a>, path: &Path) -> Result<(Recipe, Reader<'a>), FileError> {
    let (text, reader) = text(reader, path)?;
    Ok((text.recipe(path)?, reader))
}

/// Reads the lines of the header, and gives the reader back.
pub(super) fn text<R: BufRead>(reader: R, path: &Path) -> Result<(Text, R), FileError> {
    let mut lines = Lines::new(reader, path);
    let Some(magic) = lines.next()? else {
        return Err(FileError::Empty { path: path.to_path_buf(), gzip: false });
    };
    if !matches!(magic.trim_end(), "NRRD0001" | "NRRD0002" | "NRRD0003" | "NRRD0004" | "NRRD0005") {
        return Err(lines.fault(HeaderFault::Magic { format: "NRRD", found: quoted(&magic) }));
    }
    let (mut fields, mut pairs) = (Fields::new(), Vec::new());
    // A header whose voxels are elsewhere may end with its file.
    while let Some(line) = lines.next()?.filter(|line| !line.is_empty()) {
        if line.starts_with('#') {
            continue;
        }
        // A key may hold `: ` in its value, and a field `:=`: the separator that comes first decides.
        match (line.split_once(":="), line.split_once(": ")) {
            (Some((key, value)), field) if field.is_none_or(|(name, _)| key.len() < name.len()) => {
                pairs.push((key.to_owned(), value.to_owned()));
            }
            (_, Some((name, value))) => {
                fields.take(KNOWN, name.trim(), value, true).map_err(|fault| lines.fault(fault))?;
                // The lines behind it are names, up to the end of the file.
                single_file(&fields).map_err(|fault| lines.fault(fault))?;
            }
            _ => return Err(lines.fault(HeaderFault::Line(quoted(&line)))),
        }
    }
    let (reader, end) = lines.end();
    Ok((Text { fields, pairs, end }, reader))
}

impl Text {
    /// What the fields say.
    pub fn recipe(&self, path: &Path) -> Result<Recipe, FileError> {
        recipe(&self.fields, self.end, layers(&self.pairs), path)
    }
}

fn recipe(fields: &Fields, end: u64, layers: Option<u64>, path: &Path) -> Result<Recipe, FileError> {
    let fault = |fault| FileError::Header { path: path.to_path_buf(), fault };
    let sizes = fields.sizes("dimension", "sizes", MOST_DIMENSIONS).map_err(fault)?;
    let dtype = dtype(fields.require("type").map_err(fault)?).map_err(fault)?;
    count(path, &sizes, dtype)?;
    // Some writers leave out which axis holds the layers of a segmentation; 3D Slicer has it first.
    let of_layers = |axis: &usize| sizes.len() == 4 && layers.is_some() && sizes.get(*axis).copied() == layers;
    let axes = axes(fields, sizes.len(), [0, 3].into_iter().find(of_layers)).map_err(fault)?;
    let mut shape = sizes.clone();
    let mut channels = 1;
    if let Some(axis) = axes.other.filter(|&axis| axis < shape.len()) {
        let length = shape.remove(axis);
        axes.geometry.check(&shape).map_err(|fault| FileError::BadGeometry { path: path.to_path_buf(), fault })?;
        shape.push(length);
        channels = if axes.is_time { 1 } else { length };
    } else {
        axes.geometry.check(&shape).map_err(|fault| FileError::BadGeometry { path: path.to_path_buf(), fault })?;
    }
    let encoding = encoding(fields.require("encoding").map_err(fault)?).map_err(fault)?;
    let byte_order = byte_order(fields, dtype, encoding).map_err(fault)?;
    let place = match fields.get("data file") {
        None => Place::Here(end),
        Some(name) => Place::File(beside(path, name).map_err(fault)?),
    };
    let (skip, skip_unpacked) = skip(fields, encoding).map_err(fault)?;
    Ok(Recipe {
        header: Header {
            format: Format::NRRD,
            shape,
            channels,
            dtype,
            scale: None,
            geometry: axes.geometry,
            meaning: Meaning::Numbers,
        },
        sizes,
        moved: axes.other,
        byte_order,
        encoding,
        place,
        skip_lines: fields.one("line skip", "a number of lines").map_err(fault)?.unwrap_or(0),
        skip,
        skip_unpacked,
    })
}

/// Refuses a list of data files, and a pattern of their names.
fn single_file(fields: &Fields) -> Result<(), HeaderFault> {
    match fields.get("data file") {
        Some(name) if name.starts_with("LIST") || name.contains('%') => {
            Err(HeaderFault::Unsupported("an image whose voxels are in several data files"))
        }
        _ => Ok(()),
    }
}

fn dtype(name: &str) -> Result<StoredType, HeaderFault> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "signed char" | "char" | "int8" | "int8_t" => StoredType::I8,
        "uchar" | "unsigned char" | "uint8" | "uint8_t" => StoredType::U8,
        "short" | "short int" | "signed short" | "signed short int" | "int16" | "int16_t" => StoredType::I16,
        "ushort" | "unsigned short" | "unsigned short int" | "uint16" | "uint16_t" => StoredType::U16,
        "int" | "signed int" | "int32" | "int32_t" => StoredType::I32,
        "uint" | "unsigned int" | "uint32" | "uint32_t" => StoredType::U32,
        "longlong"
        | "long long"
        | "long long int"
        | "signed long long"
        | "signed long long int"
        | "int64"
        | "int64_t" => StoredType::I64,
        "ulonglong" | "unsigned long long" | "unsigned long long int" | "uint64" | "uint64_t" => StoredType::U64,
        "float" => StoredType::F32,
        "double" => StoredType::F64,
        _ => return Err(HeaderFault::Type(quoted(name))),
    })
}

fn encoding(name: &str) -> Result<Encoding, HeaderFault> {
    match name.to_ascii_lowercase().as_str() {
        "raw" => Ok(Encoding::Raw),
        "gzip" | "gz" => Ok(Encoding::Gzip),
        "ascii" | "text" | "txt" => Ok(Encoding::Text),
        "hex" => Err(HeaderFault::Unsupported("the encoding hex")),
        "bzip2" | "bz2" => Err(HeaderFault::Unsupported("the encoding bzip2")),
        _ => Err(bad("encoding", name, "an encoding that the format defines")),
    }
}

/// The field is required where it matters.
fn byte_order(fields: &Fields, dtype: StoredType, encoding: Encoding) -> Result<ByteOrder, HeaderFault> {
    match fields.get("endian").map(str::to_ascii_lowercase).as_deref() {
        Some("little") => Ok(ByteOrder::Little),
        Some("big") => Ok(ByteOrder::Big),
        Some(other) => Err(bad("endian", other, "little or big")),
        None if dtype.size() == 1 || encoding == Encoding::Text => Ok(ByteOrder::Little),
        None => Err(HeaderFault::Missing { field: "endian" }),
    }
}

/// `byte skip`: bytes of the file, or where it is packed, of what is unpacked; -1: the voxels are the end of it.
fn skip(fields: &Fields, encoding: Encoding) -> Result<(Skip, u64), HeaderFault> {
    let bytes = fields.one("byte skip", "a number of bytes, or -1")?.unwrap_or(0_i64);
    match (encoding, u64::try_from(bytes)) {
        (Encoding::Gzip | Encoding::Packed, Ok(bytes)) => Ok((Skip::Bytes(0), bytes)),
        (_, Ok(bytes)) => Ok((Skip::Bytes(bytes), 0)),
        (Encoding::Raw | Encoding::Gzip | Encoding::Packed, Err(_)) if bytes == -1 => Ok((Skip::ToLast, 0)),
        _ => Err(bad("byte skip", &bytes.to_string(), "a number of bytes, or -1 for what is no text")),
    }
}
