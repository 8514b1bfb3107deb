//! Every case of the conformance corpus: read as noted, or refused as noted.

use std::path::Path;

use serde_json::Value;
use voxdice::error::FileError;
use voxdice::io::{self, Image};

use super::{compare, expectations, npy, shared};

#[test]
fn every_case_is_read_or_refused_as_noted() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("data/nrrd_mha");
    let cases = expectations(&folder.join("expected.json"));
    let cases = cases.as_array().unwrap();
    assert!(cases.len() >= 36, "only {} cases", cases.len());
    let (mut wrong, mut read, mut refused) = (Vec::new(), 0, 0);
    for case in cases {
        let name = case["file"].as_str().unwrap();
        let path = folder.join(name);
        let outcome = io::read(&path);
        // The header, or the data file that it names.
        let is_at_fault = |error: &FileError| error.to_string().contains(path.file_name().unwrap().to_str().unwrap());
        match judge(&folder, case, &outcome, is_at_fault) {
            Ok(true) => read += 1,
            Ok(false) => refused += 1,
            Err(message) => wrong.push(format!("{name}: {message} ({})", case["why"])),
        }
        match (io::read_header(&path), outcome) {
            (Ok(header), Ok(image)) if header != image.header => {
                wrong.push(format!("{name}: read_header differs from read"));
            }
            (Err(error), Ok(_)) => wrong.push(format!("{name}: read_header says {error}")),
            _ => {}
        }
    }
    println!("{read} read, {refused} refused");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(read + refused, cases.len());
}

/// Whether it was read.
pub fn judge(
    folder: &Path,
    case: &Value,
    outcome: &Result<Image, FileError>,
    is_at_fault: impl Fn(&FileError) -> bool,
) -> Result<bool, String> {
    let ok = case["ok"].as_bool().unwrap();
    match outcome {
        Ok(image) if ok || is_free(case) => right(folder, case, image).map(|()| true),
        Err(error) if !ok || is_free(case) => refused(case, error, is_at_fault(error)).map(|()| false),
        Ok(_) => Err("read, and should be refused".into()),
        Err(error) => Err(format!("refused: {error}")),
    }
}

/// Whether a case may be read or refused.
pub fn is_free(case: &Value) -> bool {
    case.get("either").is_some_and(|value| value == true)
}

fn right(folder: &Path, case: &Value, image: &Image) -> Result<(), String> {
    let Some(expected) = case["voxels"].as_str() else {
        return if image.voxels.is_empty() { Ok(()) } else { Err("voxels out of nothing".into()) };
    };
    compare::voxels(image, &npy::read(&folder.join(expected)))?;
    // The bombs are described without a geometry.
    if case.get("affine").is_some() { compare::header(&image.header, case) } else { Ok(()) }
}

fn refused(case: &Value, error: &FileError, is_at_fault: bool) -> Result<(), String> {
    let kind = case["error_kind"].as_str().unwrap();
    let message = error.to_string();
    if error.kind().name() != kind {
        return Err(format!("{} instead of {kind}: {message}", error.kind()));
    }
    // The file at fault; and the fact and the next step, set apart.
    if !is_at_fault || !message.starts_with(&error.path().display().to_string()) || !message.contains("; ") {
        return Err(format!("says too little: {message}"));
    }
    Ok(())
}
