//! Whether this computer's GPU gives the integers of `docs/determinism.md`: its rows once more, on the processor and, through
//! the page, on the GPU.

#[path = "../../tests/it/browser/commands.rs"]
#[allow(clippy::expect_used)] // objects of this device alone come back to it
mod commands;
#[path = "../../tests/it/browser/device.rs"]
#[allow(dead_code, clippy::expect_used)] // as above; tests ask what ran
mod device;
#[path = "../../tests/it/determinism/rows.rs"]
#[allow(clippy::unwrap_used)] // its shapes and classes are its own
mod rows;

use crate::choices::Failed;
use device::{Browser, Remote, packed};
use rows::Row;
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use voxdice::tuning::{Poison, Tuning};
use voxdice::{Backend, Engine, EngineOptions, NonFinite};

/// The file that `web/wasi.js` has requests in and answers out of.
const PATH: &str = "gpu";

/// What is there of the GPU: the page runs what is written to a file, and reading waits until it has.
#[derive(Debug)]
struct Page {
    name: String,
    file: File,
}

impl Page {
    /// The adapter of the page, or why there is none.
    fn open() -> Result<Self, String> {
        let file = OpenOptions::new().read(true).write(true).open(PATH);
        let file = file.map_err(|_| "this browser cannot let a program wait for WebGPU (WebAssembly.Suspending)")?;
        let mut page = Self { name: String::new(), file };
        let name = page.ask(&Value::Null, &[])?;
        page.name = String::from_utf8_lossy(&name).into_owned();
        Ok(page)
    }

    /// An answer is 0 or 1, its length, and bytes; with 1 they are words.
    fn answer(&mut self, request: &[u8]) -> std::io::Result<(bool, Vec<u8>)> {
        self.file.write_all(request)?;
        let mut head = [0; 8];
        self.file.read_exact(&mut head)?;
        let [a, b, c, d, length @ ..] = head;
        let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
        self.file.read_exact(&mut bytes)?;
        Ok(([a, b, c, d] == [0; 4], bytes))
    }
}

impl Browser for Page {
    fn name(&self) -> &str {
        &self.name
    }

    fn ask(&mut self, header: &Value, bytes: &[&[u8]]) -> Result<Vec<u8>, String> {
        match self.answer(&packed(header, bytes)) {
            Ok((true, bytes)) => Ok(bytes),
            Ok((false, words)) => Err(String::from_utf8_lossy(&words).into_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Computes every row, or the ones of these names, and tells one after the other.
pub fn check(names: Option<&[String]>) -> Result<(), Failed> {
    let options = || {
        // What a kernel leaves unwritten is seen.
        let tuning = Tuning { poison: Poison::On, ..Tuning::default() };
        EngineOptions { backend: Backend::Cpu, non_finite: NonFinite::Ignore, tuning, ..EngineOptions::default() }
    };
    let wanted = |row: &Row| names.is_none_or(|names| names.contains(&row.name));
    let rows: Vec<Row> = rows::rows().into_iter().filter(wanted).collect();
    say(&json!({ "rows": rows.len() }));
    let cpu = Engine::new(&options())?;
    let gpu = Page::open().and_then(|page| {
        say(&json!({ "device": page.name }));
        let (device, queue) = Remote::new(page).open();
        Engine::with_device(device, queue, &options()).map_err(|error| error.to_string())
    });
    if let Err(fault) = &gpu {
        say(&json!({ "fault": fault }));
    }
    let documented = documented();
    for row in rows {
        let known = documented.iter().find(|(name, _)| *name == row.name).map(|(_, sum)| sum);
        let on =
            |engine: &Engine| row.checksum(engine).map_or_else(|error| error.to_string(), |sum| format!("{sum:016x}"));
        say(&json!({ "row": row.name, "documented": known, "cpu": on(&cpu), "gpu": gpu.as_ref().ok().map(on) }));
    }
    Ok(())
}

fn say(fact: &Value) {
    println!("{fact}");
}

/// The checksums by the names of rows.
fn documented() -> Vec<(&'static str, &'static str)> {
    let row = |line: &'static str| {
        let (name, rest) = line.strip_prefix("| ")?.split_once(" | `")?;
        Some((name, rest.split_once('`')?.0))
    };
    let exact = include_str!("../../docs/determinism.md").split("\n## ").next().unwrap_or_default();
    exact.lines().filter_map(row).collect()
}
