//! Nested JSON lists as flat arrays.

use serde_json::Value;

/// A flat array and its axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    pub axes: Vec<usize>,
    pub values: Vec<f64>,
}

impl Array {
    /// A number of a golden file: non-finite ones are strings.
    pub fn number(value: &Value) -> f64 {
        match value {
            Value::String(text) => text.parse().unwrap(),
            other => other.as_f64().unwrap_or_else(|| panic!("{other} is no number")),
        }
    }

    /// Nested lists, or one number.
    pub fn nested(value: &Value) -> Self {
        let Value::Array(items) = value else {
            return Self { axes: Vec::new(), values: vec![Self::number(value)] };
        };
        let parts: Vec<Self> = items.iter().map(Self::nested).collect();
        let axes = std::iter::once(parts.len()).chain(parts[0].axes.iter().copied()).collect();
        Self { axes, values: parts.into_iter().flat_map(|part| part.values).collect() }
    }

    /// Integer boxes of ones in zeros, or a fill.
    pub fn described(value: &Value) -> Self {
        if value.is_array() {
            return Self::nested(value);
        }
        let axes: Vec<usize> = Self::nested(&value["shape"]).values.iter().map(|&x| x as usize).collect();
        let fill = value.get("fill").map_or(0.0, Self::number);
        let mut values = vec![fill; axes.iter().product()];
        for corners in value.get("boxes").and_then(Value::as_array).into_iter().flatten() {
            let corners = Self::nested(corners).values;
            for (i, voxel) in values.iter_mut().enumerate() {
                let mut rest = i;
                let inside = (0..axes.len()).rev().all(|axis| {
                    let at = (rest % axes[axis]) as f64;
                    rest /= axes[axis];
                    corners[axis] <= at && at < corners[axes.len() + axis]
                });
                if inside {
                    *voxel = 1.0;
                }
            }
        }
        Self { axes, values }
    }

    /// One-hot over `classes` channels of a label map without, or with one, channel axis.
    pub fn one_hot(&self, classes: usize) -> Vec<f64> {
        let samples = self.axes[0];
        let voxels = self.values.len() / samples;
        let mut out = vec![0.0; samples * classes * voxels];
        for (i, &label) in self.values.iter().enumerate() {
            out[(i / voxels * classes + label as usize) * voxels + i % voxels] = 1.0;
        }
        out
    }
}
