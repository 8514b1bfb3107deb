//! Pages that Chromium is asked to load.

use crate::chromium::installed;
use crate::skips::skipped;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Starting takes a second or two, on a busy machine much longer.
const PATIENCE: Duration = Duration::from_secs(240);

/// [`installed`] as `VOXDICE_TEST_BROWSER` wants it: `None`, said once, where there is none; a failure under `require`.
pub fn wanted() -> Option<PathBuf> {
    let wanted = std::env::var("VOXDICE_TEST_BROWSER").unwrap_or_default();
    match installed() {
        _ if wanted == "off" => skipped("the browser, by VOXDICE_TEST_BROWSER=off"),
        Some(program) => return Some(program),
        None if wanted == "require" => panic!("no browser to test in: chromium is not installed"),
        None => skipped("the browser: chromium is not installed"),
    }
    None
}

/// What has become of a page when its scripts have run, as markup.
pub fn loaded(program: &Path, page: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = |name| std::fs::File::create(folder.path().join(name)).unwrap();
    let mut process = Command::new(program)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.path().join("user").display()))
        .arg(format!("file://{}", page.display()))
        .stdin(Stdio::null())
        .stdout(file("out"))
        .stderr(file("log"))
        .spawn()
        .unwrap();
    let until = Instant::now() + PATIENCE;
    while process.try_wait().unwrap().is_none() {
        if Instant::now() > until {
            // Both may have ended just now.
            let _ = process.kill();
            let _ = process.wait();
            panic!("the browser does not end: {}", std::fs::read_to_string(folder.path().join("log")).unwrap());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    std::fs::read_to_string(folder.path().join("out")).unwrap()
}
