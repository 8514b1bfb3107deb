//! Whether an image is the expected one. Written to find a difference, and tested on differences.

use serde_json::Value;
use voxdice::io::{Header, Image, Input};

use crate::nifti::compare::{number, numbers};
use crate::nifti::npy::{Npy, Number};

fn same(found: Number, expected: Number) -> bool {
    match (found, expected) {
        (Number::Int(a), Number::Int(b)) => a == b,
        (Number::Float(a), Number::Float(b)) => a.to_bits() == b.to_bits(),
        (Number::Int(a), Number::Float(b)) | (Number::Float(b), Number::Int(a)) => b.fract() == 0.0 && b as i128 == a,
    }
}

pub fn voxels(image: &Image, expected: &Npy) -> Result<(), String> {
    if image.header.shape != expected.shape {
        return Err(format!("shape {:?}, not {:?}", image.header.shape, expected.shape));
    }
    let found = numbers(&image.voxels);
    if found.len() != expected.values.len() {
        return Err(format!("{} voxels, not {}", found.len(), expected.values.len()));
    }
    match found.iter().zip(&expected.values).position(|(&found, &expected)| !same(found, expected)) {
        Some(at) => Err(format!("voxel {at} is {:?}, not {:?}", found[at], expected.values[at])),
        None => Ok(()),
    }
}

pub fn header(header: &Header, case: &Value) -> Result<(), String> {
    let mut wrong = Vec::new();
    let mut check = |what: &str, right: bool, found: String| {
        if !right {
            wrong.push(format!("{what} is {found}, not {}", case[what]));
        }
    };
    let list = |value: &Value| -> Vec<f64> { value.as_array().unwrap().iter().map(number).collect() };
    check("dtype", case["dtype"] == header.dtype.name(), header.dtype.to_string());
    let shape: Vec<_> = case["shape"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect();
    check("shape", shape == header.shape, format!("{:?}", header.shape));
    // Lists of real files have one spacing per axis of the file; ours are always three.
    let (spacing, expected) = (header.geometry.spacing, list(&case["spacing"]));
    let near = expected.len() <= 3 && spacing.starts_with(&expected);
    check("spacing", near, format!("{spacing:?}"));
    let affine: Vec<f64> = case["affine"].as_array().unwrap().iter().flat_map(&list).collect();
    check("affine", affine == header.geometry.affine.as_flattened(), format!("{:?}", header.geometry.affine));
    if case.get("voxels").is_some() {
        let channels = case.get("channels").map_or(1, |value| value.as_u64().unwrap());
        check("channels", channels == header.channels, header.channels.to_string());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
}

/// A comparison that cannot fail proves nothing: each of these differs in one place.
#[test]
fn the_comparison_finds_a_single_changed_voxel() {
    let text =
        "NDims = 2\nDimSize = 3 1\nElementType = MET_ULONG_LONG\nElementSpacing = 2 3\nElementDataFile = LOCAL\n";
    let stored = [1, u64::MAX - 1, 3];
    let bytes: Vec<u8> = text.bytes().chain(stored.iter().flat_map(|voxel| voxel.to_le_bytes())).collect();
    let image = voxdice::io::metaimage::read(Input::bytes("a.mha", bytes)).unwrap();
    let right = Npy { shape: vec![3, 1], values: stored.map(|voxel| Number::Int(voxel.into())).to_vec() };
    voxels(&image, &right).unwrap();
    for (at, value) in [(0, 2), (1, i128::from(u64::MAX)), (2, 4)] {
        let mut wrong = right.clone();
        wrong.values[at] = Number::Int(value);
        assert!(voxels(&image, &wrong).unwrap_err().starts_with(&format!("voxel {at} is")));
    }
    let mut turned = right;
    turned.shape.reverse();
    voxels(&image, &turned).unwrap_err();
    let case = serde_json::json!({
        "dtype": "u64", "shape": [3, 1], "spacing": [2.0, 3.0], "voxels": "",
        "affine": [[-2.0, 0.0, 0.0, 0.0], [0.0, -3.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]],
    });
    header(&image.header, &case).unwrap();
    for (what, wrong) in [
        ("dtype", serde_json::json!("i64")),
        ("shape", serde_json::json!([3])),
        ("spacing", serde_json::json!([2.0, 3.000001])),
        ("affine", serde_json::json!([[2.0, 0, 0, 0], [0, -3, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])),
        ("channels", serde_json::json!(3)),
    ] {
        let mut changed = case.clone();
        changed[what] = wrong;
        assert!(header(&image.header, &changed).unwrap_err().starts_with(what));
    }
}
