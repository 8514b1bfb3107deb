//! Where the files of the crate are.

use std::path::{Path, PathBuf};

/// The folder of the crate, also seen from a crate below it: `tests/gl` and `tests/processors` compile these tests too.
pub fn root() -> PathBuf {
    let of_tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    of_tests.ancestors().find(|folder| folder.join("ARCHITECTURE.md").is_file()).unwrap().to_owned()
}
