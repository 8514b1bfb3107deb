//! Voxels that are kept, channel by channel.

use crate::job::Strides;
use crate::shape::Shape;
use crate::volume::{Data, Dtype};
use std::ops::Range;

/// Voxels of some channels, of the type that the stream has.
#[derive(Debug)]
pub(super) struct Voxels {
    elements: Elements,
    channels: usize,
    voxels: usize,
}

#[derive(Debug)]
enum Elements {
    F64(Vec<f64>),
    F32(Vec<f32>),
    F16(Vec<u16>),
    Bf16(Vec<u16>),
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
}

impl Voxels {
    pub fn new(dtype: Dtype, channels: usize, voxels: usize) -> Self {
        let n = channels * voxels;
        let elements = match dtype {
            Dtype::F64 => Elements::F64(vec![0.0; n]),
            Dtype::F32 => Elements::F32(vec![0.0; n]),
            Dtype::F16 => Elements::F16(vec![0; n]),
            Dtype::Bf16 => Elements::Bf16(vec![0; n]),
            Dtype::U8 => Elements::U8(vec![0; n]),
            Dtype::U16 => Elements::U16(vec![0; n]),
            Dtype::U32 => Elements::U32(vec![0; n]),
        };
        Self { elements, channels, voxels }
    }

    pub fn data(&self) -> Data<'_> {
        match &self.elements {
            Elements::F64(x) => Data::F64(x),
            Elements::F32(x) => Data::F32(x),
            Elements::F16(x) => Data::F16(x),
            Elements::Bf16(x) => Data::Bf16(x),
            Elements::U8(x) => Data::U8(x),
            Elements::U16(x) => Data::U16(x),
            Elements::U32(x) => Data::U32(x),
        }
    }

    /// Copies voxels `range` of a chunk to `at`. The chunk has these channels in the layout of `shape`; one channel of
    /// labels lies as it would without channels.
    pub fn copy(&mut self, at: usize, from: Data<'_>, shape: &Shape, range: Range<u64>) {
        let strides = if self.channels == 1 { Strides::of_labels(shape) } else { Strides::of(shape) };
        for channel in 0..self.channels {
            let first = strides.at(0, channel as u64, range.start);
            let to = channel * self.voxels + at;
            let part = Part { first, step: strides.per_voxel as usize, to, len: (range.end - range.start) as usize };
            match (&mut self.elements, from) {
                (Elements::F64(into), Data::F64(from)) => part.copy(into, from),
                (Elements::F32(into), Data::F32(from)) => part.copy(into, from),
                (Elements::F16(into), Data::F16(from)) => part.copy(into, from),
                (Elements::Bf16(into), Data::Bf16(from)) => part.copy(into, from),
                (Elements::U8(into), Data::U8(from)) => part.copy(into, from),
                (Elements::U16(into), Data::U16(from)) => part.copy(into, from),
                (Elements::U32(into), Data::U32(from)) => part.copy(into, from),
                _ => {} // chunks of another type have been refused
            }
        }
    }
}

/// Elements `step` apart from `first` on, which become neighbours from `to` on.
struct Part {
    first: usize,
    step: usize,
    to: usize,
    len: usize,
}

impl Part {
    fn copy<T: Copy>(&self, into: &mut [T], from: &[T]) {
        let into = &mut into[self.to..self.to + self.len];
        if self.step == 1 {
            into.copy_from_slice(&from[self.first..self.first + self.len]);
            return;
        }
        for (into, &from) in into.iter_mut().zip(from[self.first..].iter().step_by(self.step)) {
            *into = from;
        }
    }
}
