//! The folder of shared test data, which is not part of the repository.

use std::path::{Path, PathBuf};
use std::sync::Once;

/// Where the folder is absent the tests on it pass without having run, and say so once;
/// VOXDICE_TEST_SHARED=require makes that a failure.
pub fn shared() -> Option<PathBuf> {
    static SKIPPED: Once = Once::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    if folder.is_dir() {
        return Some(folder);
    }
    let required = std::env::var_os("VOXDICE_TEST_SHARED").is_some_and(|value| value == "require");
    assert!(!required, "{} is not there", folder.display());
    SKIPPED.call_once(|| eprintln!("skipped: no shared test data beside the repository"));
    None
}

/// A list of test cases, as JSON.
pub fn expectations(file: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(file).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A file of golden values, or none where the folder is absent.
pub fn golden(name: &str) -> Option<serde_json::Value> {
    Some(expectations(&shared()?.join("golden").join(name)))
}

/// The `cases` of a file of golden values, or none where the folder is absent.
pub fn golden_cases(name: &str) -> Vec<serde_json::Value> {
    golden(name).map_or_else(Vec::new, |file| file["cases"].as_array().unwrap().clone())
}
