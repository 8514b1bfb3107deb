//! The folder of shared test data, which is not part of the repository.

use crate::root::root;
use crate::skips::skipped;
use std::path::{Path, PathBuf};

/// Where the folder is absent the tests on it pass without having run, and say so once;
/// VOXDICE_TEST_SHARED=require makes that a failure.
pub fn shared() -> Option<PathBuf> {
    let folder = root().join("../shared");
    if folder.is_dir() {
        return Some(folder);
    }
    let required = std::env::var_os("VOXDICE_TEST_SHARED").is_some_and(|value| value == "require");
    assert!(!required, "{} is not there", folder.display());
    skipped("files that are not part of the repository: no folder `shared` beside it");
    None
}

/// A list of test cases, as JSON.
pub fn expectations(file: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(file).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A file of golden values: of `tests/golden`, or of the folder for what may not be copied; none where that is absent.
pub fn golden(name: &str) -> Option<serde_json::Value> {
    let own = root().join("tests/golden").join(name);
    if own.is_file() {
        return Some(expectations(&own));
    }
    Some(expectations(&shared()?.join("golden").join(name)))
}

/// The `cases` of a file of golden values, or none where it is absent.
pub fn golden_cases(name: &str) -> Vec<serde_json::Value> {
    golden(name).map_or_else(Vec::new, |file| file["cases"].as_array().unwrap().clone())
}
