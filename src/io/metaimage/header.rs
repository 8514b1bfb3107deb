//! The lines `Name = value` at the start of a file.

use std::path::Path;

use crate::error::{FileError, HeaderFault};
use crate::io::fields::{Fields, Lines, Names, bad};
use crate::io::geometry::{AffineSource, Geometry, Units};
use crate::io::header::{Format, Header, Meaning};
use crate::io::input::Reader;
use crate::io::recipe::{Encoding, Place, Recipe, Skip, beside};
use crate::io::text::quoted;
use crate::io::voxels::{ByteOrder, StoredType, count};

/// The fields which are looked at. All others are about other sorts of objects, or about display.
const KNOWN: &[Names] = &[
    &["ObjectType"],
    &["NDims"],
    &["DimSize"],
    &["ElementType"],
    &["ElementNumberOfChannels"],
    &["ElementSpacing"],
    &["ElementSize"],
    &["TransformMatrix", "Orientation", "Rotation"],
    &["Offset", "Position", "Origin"],
    &["BinaryData"],
    &["BinaryDataByteOrderMSB", "ElementByteOrderMSB"],
    &["CompressedData"],
    &["HeaderSize"],
    &["DistanceUnits"],
    &["ElementDataFile"],
];

/// The format's own limit.
const MOST_DIMENSIONS: usize = 10;

/// Reads the header, and gives the reader back.
pub(super) fn load<'a>(reader: Reader<'a>, path: &Path) -> Result<(Recipe, Reader<'a>), FileError> {
    let mut lines = Lines::new(reader, path);
    let mut fields = Fields::new();
    let mut first: Option<String> = None;
    // This field is the last one, as the voxels may follow it.
    while fields.get("ElementDataFile").is_none() {
        let Some(line) = lines.next()? else {
            return Err(match first {
                None => FileError::Empty { path: path.to_path_buf(), gzip: false },
                // Another text may have colons too.
                Some(line) if fields.is_empty() => lines.fault(no_metaimage(&line)),
                Some(_) => lines.fault(HeaderFault::Missing { field: "ElementDataFile" }),
            });
        };
        if line.trim().is_empty() {
            continue;
        }
        let first = first.get_or_insert_with(|| line.clone());
        let Some((name, value)) = line.split_once(['=', ':']).filter(|(name, _)| is_name(name)) else {
            let fault = if fields.is_empty() { no_metaimage(first) } else { HeaderFault::Line(quoted(&line)) };
            return Err(lines.fault(fault));
        };
        fields.take(KNOWN, name.trim(), value, false).map_err(|fault| lines.fault(fault))?;
    }
    let (reader, end) = lines.end();
    Ok((recipe(&fields, end, path)?, reader))
}

fn no_metaimage(first: &str) -> HeaderFault {
    HeaderFault::Magic { format: "MetaImage", found: quoted(first) }
}

fn is_name(name: &str) -> bool {
    let name = name.trim();
    !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic() || c == ' ')
}

fn recipe(fields: &Fields, end: u64, path: &Path) -> Result<Recipe, FileError> {
    let fault = |fault| FileError::Header { path: path.to_path_buf(), fault };
    if let Some(object) = fields.get("ObjectType").filter(|object| *object != "Image") {
        return Err(fault(bad("ObjectType", object, "Image")));
    }
    let mut shape = fields.sizes("NDims", "DimSize", MOST_DIMENSIONS).map_err(fault)?;
    let channels = fields.one("ElementNumberOfChannels", "a positive number").map_err(fault)?.unwrap_or(1_u64);
    if channels == 0 {
        return Err(fault(bad("ElementNumberOfChannels", "0", "a positive number")));
    }
    let dtype = dtype(fields.require("ElementType").map_err(fault)?).map_err(fault)?;
    let bad_geometry = |fault| FileError::BadGeometry { path: path.to_path_buf(), fault };
    let geometry = geometry(fields, shape.len()).map_err(fault)?;
    geometry.check(&shape).map_err(bad_geometry)?;
    let mut sizes = shape.clone();
    let mut moved = None;
    if channels > 1 {
        shape.push(channels);
        sizes.insert(0, channels);
        moved = Some(0);
    }
    count(path, &shape, dtype)?;
    let encoding = encoding(fields).map_err(fault)?;
    let place = place(fields, end, path).map_err(fault)?;
    let (place, skip) = skip(fields, place, encoding).map_err(fault)?;
    Ok(Recipe {
        header: Header {
            format: Format::META_IMAGE,
            shape,
            channels,
            dtype,
            scale: None,
            geometry,
            meaning: Meaning::Numbers,
        },
        sizes,
        moved,
        byte_order: if flag(fields, "BinaryDataByteOrderMSB").map_err(fault)?.unwrap_or(false) {
            ByteOrder::Big
        } else {
            ByteOrder::Little
        },
        encoding,
        place,
        skip_lines: 0,
        skip,
        skip_unpacked: 0,
    })
}

fn dtype(name: &str) -> Result<StoredType, HeaderFault> {
    Ok(match name {
        "MET_CHAR" => StoredType::I8,
        "MET_UCHAR" => StoredType::U8,
        "MET_SHORT" => StoredType::I16,
        "MET_USHORT" => StoredType::U16,
        "MET_INT" | "MET_LONG" => StoredType::I32,
        "MET_UINT" | "MET_ULONG" => StoredType::U32,
        "MET_LONG_LONG" => StoredType::I64,
        "MET_ULONG_LONG" => StoredType::U64,
        "MET_FLOAT" => StoredType::F32,
        "MET_DOUBLE" => StoredType::F64,
        _ => return Err(HeaderFault::Type(quoted(name))),
    })
}

fn flag(fields: &Fields, field: &'static str) -> Result<Option<bool>, HeaderFault> {
    let Some(text) = fields.get(field) else { return Ok(None) };
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" => Ok(Some(true)),
        "false" | "f" | "0" => Ok(Some(false)),
        _ => Err(bad(field, text, "True or False")),
    }
}

fn encoding(fields: &Fields) -> Result<Encoding, HeaderFault> {
    let binary = flag(fields, "BinaryData")?.unwrap_or(true);
    let packed = flag(fields, "CompressedData")?.unwrap_or(false);
    match (binary, packed) {
        (true, false) => Ok(Encoding::Raw),
        (true, true) => Ok(Encoding::Packed),
        (false, false) => Ok(Encoding::Text),
        (false, true) => Err(HeaderFault::Unsupported("compressed text (BinaryData = False, CompressedData = True)")),
    }
}

fn place(fields: &Fields, end: u64, path: &Path) -> Result<Place, HeaderFault> {
    let name = fields.require("ElementDataFile")?;
    if name.eq_ignore_ascii_case("local") {
        Ok(Place::Here(end))
    } else if name.starts_with("LIST") || name.contains('%') {
        Err(HeaderFault::Unsupported("an image whose voxels are in several data files"))
    } else {
        beside(path, name).map(Place::File)
    }
}

/// `HeaderSize`: bytes before the voxels, from the start of the file that has them, or -1: the voxels are its end.
fn skip(fields: &Fields, place: Place, encoding: Encoding) -> Result<(Place, Skip), HeaderFault> {
    let size = fields.one("HeaderSize", "a number of bytes, or -1")?.unwrap_or(0_i64);
    match (size, u64::try_from(size)) {
        (0, _) => Ok((place, Skip::Bytes(0))),
        (_, Ok(bytes)) => {
            let place = if matches!(place, Place::Here(_)) { Place::Here(0) } else { place };
            Ok((place, Skip::Bytes(bytes)))
        }
        (-1, _) if encoding == Encoding::Raw => Ok((place, Skip::ToLast)),
        _ => Err(bad("HeaderSize", &size.to_string(), "a number of bytes, or -1 for raw data")),
    }
}

fn geometry(fields: &Fields, rank: usize) -> Result<Geometry, HeaderFault> {
    let spacing = match fields.numbers("ElementSpacing", rank)? {
        Some(spacing) => Some(spacing),
        None => fields.numbers("ElementSize", rank)?,
    };
    let matrix = fields.numbers("TransformMatrix", rank.saturating_mul(rank))?;
    let origin = fields.numbers("Offset", rank)?;
    let units = match fields.get("DistanceUnits") {
        Some("mm") => Units::Millimetre,
        Some("um") => Units::Micron,
        _ => Units::Unknown,
    };
    let number = |list: &Option<Vec<f64>>, at: usize, default: f64| match list {
        Some(numbers) => numbers.get(at).copied().unwrap_or(default),
        None => default,
    };
    let axes = std::array::from_fn(|axis| {
        // Axes above the rank are those of our world, and one voxel long.
        if axis >= rank {
            return (1.0, std::array::from_fn(|row| if row == axis { 1.0 } else { 0.0 }));
        }
        let direction = std::array::from_fn(|row| {
            let same = if row == axis { 1.0 } else { 0.0 };
            let at = axis.saturating_mul(rank).saturating_add(row);
            if row < rank { number(&matrix, at, same) } else { same }
        });
        (number(&spacing, axis, 1.0), direction)
    });
    let says_place = matrix.is_some() || origin.is_some();
    let origin = std::array::from_fn(|row| number(&origin, row, 0.0));
    let mut geometry = Geometry::from_axes(axes, origin, [-1.0, -1.0, 1.0], units);
    if !says_place {
        geometry.source = AffineSource::Pixdim;
    }
    Ok(geometry)
}
