//! Arrays of numpy: one axis, contiguous, borrowed for the length of a call.

use crate::refused;
use numpy::{Element, PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use voxdice::{Numbers, Shape, Volume};

/// A borrowed array. While it is held, nobody else can borrow it for writing through numpy's own rules.
pub enum Held<'py> {
    U8(PyReadonlyArray1<'py, u8>),
    U16(PyReadonlyArray1<'py, u16>),
    U32(PyReadonlyArray1<'py, u32>),
    U64(PyReadonlyArray1<'py, u64>),
    I8(PyReadonlyArray1<'py, i8>),
    I16(PyReadonlyArray1<'py, i16>),
    I32(PyReadonlyArray1<'py, i32>),
    I64(PyReadonlyArray1<'py, i64>),
    /// Bits of half floats.
    F16(PyReadonlyArray1<'py, u16>),
    Bf16(PyReadonlyArray1<'py, u16>),
    F32(PyReadonlyArray1<'py, f32>),
    F64(PyReadonlyArray1<'py, f64>),
}

fn of<'py, T: Element>(array: &Bound<'py, PyAny>) -> PyResult<PyReadonlyArray1<'py, T>> {
    let array = array.cast::<PyArray1<T>>().map_err(refused)?;
    array.try_readonly().map_err(|error| refused(format!("the array is in use elsewhere: {error}; pass a copy of it")))
}

impl<'py> Held<'py> {
    /// `kind` is numpy's name of the type, or `bfloat16` for bits in 16-bit integers, as those of `float16` are.
    pub fn new(array: &Bound<'py, PyAny>, kind: &str) -> PyResult<Self> {
        Ok(match kind {
            "bool" | "uint8" => Self::U8(of(array)?),
            "uint16" => Self::U16(of(array)?),
            "uint32" => Self::U32(of(array)?),
            "uint64" => Self::U64(of(array)?),
            "int8" => Self::I8(of(array)?),
            "int16" => Self::I16(of(array)?),
            "int32" => Self::I32(of(array)?),
            "int64" => Self::I64(of(array)?),
            "float16" => Self::F16(of(array)?),
            "bfloat16" => Self::Bf16(of(array)?),
            "float32" => Self::F32(of(array)?),
            "float64" => Self::F64(of(array)?),
            other => {
                return Err(refused(format!(
                    "an array of {other} has no labels; convert it to a type of integers, of floats or to bool"
                )));
            }
        })
    }

    /// What stands for labels.
    pub fn numbers(&self) -> PyResult<Numbers<'_>> {
        fn slice<'a, T: Element>(array: &'a PyReadonlyArray1<'_, T>) -> PyResult<&'a [T]> {
            array.as_slice().map_err(refused)
        }
        Ok(match self {
            Self::U8(x) => Numbers::U8(slice(x)?),
            Self::U16(x) => Numbers::U16(slice(x)?),
            Self::U32(x) => Numbers::U32(slice(x)?),
            Self::U64(x) => Numbers::U64(slice(x)?),
            Self::I8(x) => Numbers::I8(slice(x)?),
            Self::I16(x) => Numbers::I16(slice(x)?),
            Self::I32(x) => Numbers::I32(slice(x)?),
            Self::I64(x) => Numbers::I64(slice(x)?),
            Self::F16(x) => Numbers::F16(slice(x)?),
            Self::Bf16(x) => Numbers::Bf16(slice(x)?),
            Self::F32(x) => Numbers::F32(slice(x)?),
            Self::F64(x) => Numbers::F64(slice(x)?),
        })
    }

    /// Real numbers.
    pub fn volume(&self, shape: &Shape) -> PyResult<Volume<'_>> {
        let shape = shape.clone();
        let volume = match self.numbers()? {
            Numbers::U8(x) => Volume::u8(shape, x),
            Numbers::U16(x) => Volume::u16(shape, x),
            Numbers::F16(x) => Volume::f16_bits(shape, x),
            Numbers::Bf16(x) => Volume::bf16_bits(shape, x),
            Numbers::F32(x) => Volume::f32(shape, x),
            Numbers::F64(x) => Volume::f64(shape, x),
            _ => {
                return Err(refused(
                    "soft volumes are float64, float32, float16, bfloat16, uint8, uint16 or bool; convert the array, such as with \
                     .astype('float32')",
                ));
            }
        };
        volume.map_err(refused)
    }
}
