//! Pages whose numbers are computed: what stands between marks is written by a test, or compared.
//!
//! `VOXDICE_BLESS=1` writes it.

use crate::root::root;

/// Whether what was computed is to be written instead of compared.
pub fn blesses() -> bool {
    std::env::var_os("VOXDICE_BLESS").is_some_and(|value| value == "1")
}

/// The page with other text between the marks of this name.
pub fn with_numbers(page: &str, name: &str, numbers: &str) -> String {
    let (start, end) = (format!("<!-- numbers: {name} -->\n"), "<!-- /numbers -->");
    let (before, rest) = page.split_once(&start).unwrap_or_else(|| panic!("the page has no numbers `{name}`"));
    let (_, after) = rest.split_once(end).unwrap();
    format!("{before}{start}{numbers}{end}{after}")
}

/// Compares the parts of a page with what was computed, or writes them.
pub fn check(file: &str, parts: &[(&str, String)]) {
    let path = root().join(file);
    // Git may check text files out with other line ends.
    let page = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    let computed = parts.iter().fold(page.clone(), |page, (name, numbers)| with_numbers(&page, name, numbers));
    if blesses() {
        std::fs::write(&path, &computed).unwrap();
        return;
    }
    let differing = page.lines().zip(computed.lines()).find(|(a, b)| a != b);
    assert!(page == computed, "run the test with VOXDICE_BLESS=1, and look at what changed in {file}: {differing:?}");
}

#[test]
fn a_changed_number_is_seen() {
    let page = "a\n<!-- numbers: soft -->\n| 1 |\n<!-- /numbers -->\nb\n";
    assert_eq!(with_numbers(page, "soft", "| 1 |\n"), page);
    assert_ne!(with_numbers(page, "soft", "| 2 |\n"), page);
}
