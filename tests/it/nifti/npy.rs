//! The `.npy` files of the corpus: version 1.0, i8, u8 or f8, little endian, Fortran order.

use std::fs;
use std::path::Path;

/// A voxel's value, exact whatever its type.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    Int(i128),
    Float(f64),
}

#[derive(Clone)]
pub struct Npy {
    pub shape: Vec<u64>,
    pub values: Vec<Number>,
}

pub fn read(path: &Path) -> Npy {
    let bytes = fs::read(path).unwrap();
    let rest = bytes.strip_prefix(b"\x93NUMPY\x01\x00").unwrap();
    let (length, rest) = rest.split_first_chunk().unwrap();
    let (header, data) = rest.split_at(u16::from_le_bytes(*length).into());
    let header = std::str::from_utf8(header).unwrap();
    assert!(header.contains("'fortran_order': True"), "{header}");
    let between = |start, end| {
        let rest: &str = header.split_once(start).unwrap().1;
        rest.split_once(end).unwrap().0
    };
    let number: fn([u8; 8]) -> Number = match between("'descr': '", "'") {
        "<i8" => |bytes| Number::Int(i64::from_le_bytes(bytes).into()),
        "<u8" => |bytes| Number::Int(u64::from_le_bytes(bytes).into()),
        "<f8" => |bytes| Number::Float(f64::from_le_bytes(bytes)),
        other => panic!("{other} in {}", path.display()),
    };
    let (values, []) = data.as_chunks::<8>() else {
        panic!("{} ends inside a number", path.display());
    };
    let lengths = between("'shape': (", ")").split(',').map(str::trim);
    let shape: Vec<u64> = lengths.filter(|text| !text.is_empty()).map(|text| text.parse().unwrap()).collect();
    assert_eq!(shape.iter().product::<u64>(), values.len() as u64);
    Npy { shape, values: values.iter().copied().map(number).collect() }
}
