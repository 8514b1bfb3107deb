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
        match judge(&folder, case, &outcome) {
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
fn judge(folder: &Path, case: &Value, outcome: &Result<Image, FileError>) -> Result<bool, String> {
    let ok = case["ok"].as_bool().unwrap();
    let either = case.get("either").is_some_and(|value| value == true);
    match outcome {
        Ok(image) if ok || either => {
            compare::voxels(image, &npy::read(&folder.join(case["voxels"].as_str().unwrap())))?;
            compare::header(&image.header, case)?;
            Ok(true)
        }
        Err(error) if !ok || either => {
            refused(case, error)?;
            Ok(false)
        }
        Ok(_) => Err("read, and should be refused".into()),
        Err(error) => Err(format!("refused: {error}")),
    }
}

fn refused(case: &Value, error: &FileError) -> Result<(), String> {
    let kind = case["error_kind"].as_str().unwrap();
    let message = error.to_string();
    if error.kind().name() != kind {
        return Err(format!("{} instead of {kind}: {message}", error.kind()));
    }
    // The header, or the data file that it names; and the fact and the next step, set apart.
    let stem = Path::new(case["file"].as_str().unwrap()).file_name().unwrap().to_str().unwrap();
    let named = message.contains(stem);
    if !named || !message.starts_with(&error.path().display().to_string()) || !message.contains("; ") {
        return Err(format!("says too little: {message}"));
    }
    Ok(())
}
