//! Every case of the conformance corpus: read as noted, or refused as noted.

use std::path::Path;

use serde_json::Value;
use voxdice::error::FileError;
use voxdice::io::Input;
use voxdice::io::nifti::{self, Image};

use super::{compare, expectations, npy, shared};

#[derive(Clone, Copy, PartialEq, Debug)]
enum Outcome {
    Read,
    Refused,
}

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
        match judge(&folder, case, &outcome) {
            Ok(found) => {
                let either = case.get("either").is_some_and(|v| v == true);
                count[usize::from(found == Outcome::Refused) + 2 * usize::from(either)] += 1;
            }
            Err(message) => wrong.push(format!("{name}: {message} ({})", case["why"])),
        }
        // The other ways to the same file have to agree with the first one.
        if let Some(voxels) = case["data_file"].as_str() {
            let other = nifti::read(folder.join(voxels));
            if let Err(message) = judge(&folder, case, &other) {
                wrong.push(format!("{voxels}: {message}"));
            }
        } else if let Ok(bytes) = std::fs::read(&path)
            && !name.ends_with(".hdr")
            && !name.ends_with(".img")
            && let Err(message) = judge(&folder, case, &nifti::read(Input::bytes(&path, &bytes[..])))
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

fn judge(folder: &Path, case: &Value, outcome: &Result<Image, FileError>) -> Result<Outcome, String> {
    let ok = case["ok"].as_bool().unwrap();
    let either = case.get("either").is_some_and(|value| value == true);
    match outcome {
        Ok(image) if ok || either => {
            right(folder, case, image)?;
            Ok(Outcome::Read)
        }
        Err(error) if !ok || either => {
            refused(case, error)?;
            Ok(Outcome::Refused)
        }
        Ok(_) => Err("read, and should be refused".into()),
        Err(error) => Err(format!("refused: {error}")),
    }
}

fn right(folder: &Path, case: &Value, image: &Image) -> Result<(), String> {
    let Some(expected) = case["voxels"].as_str() else {
        return if image.voxels.is_empty() { Ok(()) } else { Err("voxels out of nothing".into()) };
    };
    compare::voxels(image, &npy::read(&folder.join(expected)))?;
    // The bombs are described without a geometry.
    if case.get("affine").is_some() { compare::header(&image.header, case) } else { Ok(()) }
}

fn refused(case: &Value, error: &FileError) -> Result<(), String> {
    let kind = case["error_kind"].as_str().unwrap();
    if error.kind().name() != kind {
        return Err(format!("{} instead of {kind}: {error}", error.kind()));
    }
    let message = error.to_string();
    let at_fault = error.path().display().to_string();
    if !message.starts_with(&at_fault) {
        return Err(format!("does not start with the file: {message}"));
    }
    // Of a pair either half may be at fault, but no other file.
    let stem = |name: &str| name.split('.').next().unwrap().to_owned();
    let found = error.path().file_name().unwrap().to_str().unwrap();
    let file = case["file"].as_str().unwrap();
    let is_pair = case.get("data_file").is_some() || file.ends_with(".hdr") || file.ends_with(".img");
    if found != file && !(is_pair && stem(found) == stem(file)) {
        return Err(format!("names another file: {message}"));
    }
    // The fact and the next step, set apart.
    if !message.contains("; ") {
        return Err(format!("does not say what to do: {message}"));
    }
    Ok(())
}
