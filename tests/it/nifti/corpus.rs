//! Every case of the conformance corpus: read as noted, or refused as noted.

use std::path::Path;

use serde_json::Value;
use voxdice::error::FileError;
use voxdice::io::Input;
use voxdice::io::nifti::{self, Image};

use super::{expectations, shared};
use crate::formats::{compare, corpus};

#[test]
fn every_case_is_read_or_refused_as_noted() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("data/nifti");
    let cases = expectations(&folder.join("expected.json"));
    let cases = cases.as_array().unwrap();
    assert!(cases.len() >= 292, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    let mut count = [0; 4];
    for case in cases {
        let name = case["file"].as_str().unwrap();
        let path = folder.join(name);
        let outcome = nifti::read(&path);
        match judge(&folder, case, nifti::read(&path)) {
            Ok(read) => count[usize::from(!read) + 2 * usize::from(corpus::is_free(case))] += 1,
            Err(message) => wrong.push(format!("{name}: {message} ({})", case["why"])),
        }
        // The other ways to the same file have to agree with the first one.
        if let Some(voxels) = case["data_file"].as_str() {
            let other = nifti::read(folder.join(voxels));
            if let Err(message) = judge(&folder, case, other) {
                wrong.push(format!("{voxels}: {message}"));
            }
        } else if let Ok(bytes) = std::fs::read(&path)
            && !name.ends_with(".hdr")
            && !name.ends_with(".img")
            && let Err(message) = judge(&folder, case, nifti::read(Input::bytes(&path, &bytes[..])))
        {
            wrong.push(format!("{name} from memory: {message}"));
        }
        match (nifti::read_header(&path), outcome) {
            (Ok(header), Ok(image)) if header != image.header => {
                wrong.push(format!("{name}: read_header differs from read"));
            }
            (Err(error), Ok(_)) => wrong.push(format!("{name}: read_header says {error}")),
            _ => {}
        }
    }
    let [read, refused, either_read, either_refused] = count;
    println!("{read} read, {refused} refused; free choice: {either_read} read, {either_refused} refused");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(count.iter().sum::<usize>(), cases.len());
}

/// Whether it was read; with what NIfTI alone says in its header.
fn judge(folder: &Path, case: &Value, outcome: Result<Image, FileError>) -> Result<bool, String> {
    if let (Ok(image), true) = (&outcome, case.get("affine").is_some()) {
        compare::nifti_header(&image.header, case)?;
    }
    // Of a pair either half may be at fault, but no other file.
    let stem = |name: &str| name.split('.').next().unwrap().to_owned();
    let file = case["file"].as_str().unwrap();
    let is_pair = case.get("data_file").is_some() || file.ends_with(".hdr") || file.ends_with(".img");
    let is_at_fault = |error: &FileError| {
        let found = error.path().file_name().unwrap().to_str().unwrap();
        found == file || (is_pair && stem(found) == stem(file))
    };
    corpus::judge(folder, case, &outcome.map(compare::of_nifti), is_at_fault)
}
