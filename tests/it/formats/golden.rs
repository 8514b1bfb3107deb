//! What is in golden files, as the scripts beside them wrote it down.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use voxdice::io::Voxels;

/// A file, and what it holds.
pub struct Golden {
    pub name: String,
    pub path: PathBuf,
    found: Value,
}

/// The files of a folder of `tests/golden`.
pub fn of(folder: &str) -> Vec<Golden> {
    let folder = crate::root::root().join("tests/golden").join(folder);
    let text = fs::read_to_string(folder.join("expected.json")).unwrap();
    let Value::Object(files) = serde_json::from_str(&text).unwrap() else { panic!("no object") };
    files.into_iter().map(|(name, found)| Golden { path: folder.join(&name), name, found }).collect()
}

impl Golden {
    pub fn numbers(&self, key: &str) -> Option<Vec<f64>> {
        let numbers = self.found.get(key)?.as_array()?;
        Some(numbers.iter().map(|number| number.as_f64().unwrap()).collect())
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.found.get(key)?.as_str()
    }

    pub fn shape(&self) -> Vec<u64> {
        self.numbers("shape").unwrap().into_iter().map(|length| length as u64).collect()
    }

    /// The type as NumPy calls it, in our words.
    pub fn dtype(&self) -> String {
        let name = self.text("dtype").unwrap();
        let bits: u32 = name.trim_start_matches(char::is_alphabetic).parse().unwrap();
        format!("{}{bits}", &name[..1])
    }

    pub fn affine(&self) -> Vec<f64> {
        let rows = self.found["affine"].as_array().unwrap();
        rows.iter().flat_map(|row| row.as_array().unwrap()).map(|value| value.as_f64().unwrap()).collect()
    }

    pub fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap()
    }
}

/// Voxels as floats, which hold all numbers of the golden files.
pub fn floats(voxels: &Voxels) -> Vec<f64> {
    match voxels {
        Voxels::U8(v) => v.iter().map(|&v| v.into()).collect(),
        Voxels::I8(v) => v.iter().map(|&v| v.into()).collect(),
        Voxels::U16(v) => v.iter().map(|&v| v.into()).collect(),
        Voxels::I16(v) => v.iter().map(|&v| v.into()).collect(),
        Voxels::U32(v) => v.iter().map(|&v| v.into()).collect(),
        Voxels::I32(v) => v.iter().map(|&v| v.into()).collect(),
        Voxels::U64(v) => v.iter().map(|&v| v as f64).collect(),
        Voxels::I64(v) => v.iter().map(|&v| v as f64).collect(),
        Voxels::F32(v) => v.iter().map(|&v| v.into()).collect(),
        Voxels::F64(v) => v.clone(),
    }
}
