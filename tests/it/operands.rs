//! The oracle's arrays as what the library takes.

use crate::oracle::Array;
use voxdice::{LabelMap, Shape, Volume};

pub fn volume<'a>(shape: &Shape, array: &'a Array) -> Volume<'a> {
    match array {
        Array::F64(x) => Volume::f64(shape.clone(), x),
        Array::F32(x) => Volume::f32(shape.clone(), x),
        Array::F16(x) => Volume::f16_bits(shape.clone(), x),
        Array::Bf16(x) => Volume::bf16_bits(shape.clone(), x),
        Array::U8(x) => Volume::u8(shape.clone(), x),
        Array::U16(x) => Volume::u16(shape.clone(), x),
        Array::U32(_) => panic!("labels are no volume"),
    }
    .unwrap()
}

pub fn label_map<'a>(shape: &Shape, array: &'a Array) -> LabelMap<'a> {
    match array {
        Array::U8(x) => LabelMap::u8(shape.clone(), x),
        Array::U16(x) => LabelMap::u16(shape.clone(), x),
        Array::U32(x) => LabelMap::u32(shape.clone(), x),
        Array::F64(_) | Array::F32(_) | Array::F16(_) | Array::Bf16(_) => panic!("floats are no labels"),
    }
    .unwrap()
}
