//! `docs/determinism.md`: written from what was measured, read again to be checked.

use super::rows::Row;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

/// The columns, in the order of the table.
pub const COLUMNS: [&str; 14] = [
    "CPU scalar",
    "CPU AVX2",
    "CPU AVX-512",
    "1 thread",
    "2 threads",
    "8 threads",
    "lavapipe u64",
    "lavapipe pairs",
    "SwiftShader",
    "OpenGL",
    "Chromium",
    "aarch64",
    "s390x",
    "wasm32",
];

/// Those of x86-64, of GPUs, and of a processor of another kind each.
pub const KINDS: [std::ops::Range<usize>; 3] = [0..6, 6..11, 11..14];

/// What a column stands for, and what it takes to have it.
const MEANINGS: [&str; 14] = [
    "portable instructions, as many threads as the machine has",
    "AVX2, as many threads as the machine has; x86-64 alone has it",
    "AVX-512 in the same way; few processors have it",
    "the best instructions, one thread",
    "the best instructions, two threads",
    "the best instructions, eight threads",
    "Mesa's software Vulkan driver, 64-bit integers of the shader language",
    "the same driver, 64-bit integers as pairs of 32-bit ones and windows of 64 KiB",
    "the Vulkan driver inside Debian's chromium, which shares no code with Mesa",
    "Mesa's llvmpipe through EGL, wgpu's backend `gles`, which the crate does not enable: \
     `cargo test --manifest-path tests/gl/Cargo.toml`",
    "WebGPU of Chromium without a window: the page compiles with Tint and runs on Dawn",
    "a 64-bit ARM processor with NEON, emulated by QEMU or real: `.ci/processors aarch64`",
    "a processor whose bytes are in the other order (big-endian), emulated by QEMU or real: `.ci/processors s390x`",
    "WebAssembly with SIMD (simd128) in Node, one thread: `.ci/processors wasm32`",
];

/// The checksums of a column by the names of rows, and the device that gave them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Column {
    pub device: String,
    pub checksums: BTreeMap<String, u64>,
}

impl Column {
    pub fn new(device: String, rows: &[Row], checksum: impl Fn(&Row) -> u64) -> Self {
        Self { device, checksums: rows.iter().map(|row| (row.name.clone(), checksum(row))).collect() }
    }
}

/// Columns by name: what is known of each row.
#[derive(Debug, Default, PartialEq)]
pub struct Matrix(pub BTreeMap<&'static str, Column>);

fn path() -> PathBuf {
    crate::root::root().join("docs/determinism.md")
}

const SAME: &str = "=";
const NOT_RUN: &str = "not run";

impl Matrix {
    /// Compares with the document, or writes it.
    pub fn check_or_bless(self, rows: &[Row]) {
        // Whatever the document says, the devices must agree.
        let apart: Vec<String> = self.0.iter().flat_map(|(name, c)| self.differences(rows, name, c)).collect();
        assert!(apart.is_empty(), "devices differ\n{}", apart.join("\n"));
        let document = std::fs::read_to_string(path()).unwrap_or_default();
        let mut known = Self::read(&document);
        if crate::page::blesses() {
            known.bless(self, rows);
            std::fs::write(path(), known.document(rows)).unwrap();
            return;
        }
        let apart: Vec<String> = self.0.iter().flat_map(|(name, c)| known.differences(rows, name, c)).collect();
        assert!(apart.is_empty(), "not what docs/determinism.md says\n{}", apart.join("\n"));
        assert!(
            known.document(rows) == document,
            "docs/determinism.md is not what its test writes; see its first lines"
        );
    }

    /// The rows on which a column does not have the checksum of the others.
    pub fn differences(&self, rows: &[Row], name: &str, column: &Column) -> Vec<String> {
        let mut found = Vec::new();
        for row in rows {
            let (own, known) = (column.checksums.get(&row.name), self.known(&row.name));
            if own.copied() != known {
                let hex = |sum: Option<u64>| sum.map_or("none".into(), |sum| format!("{sum:016x}"));
                found.push(format!("{name}, {}: {} instead of {}", row.name, hex(own.copied()), hex(known)));
            }
        }
        found
    }

    /// The checksum of a row.
    fn known(&self, row: &str) -> Option<u64> {
        self.0.values().find_map(|column| column.checksums.get(row).copied())
    }

    /// The document. Columns that are not there are called so.
    pub fn document(&self, rows: &[Row]) -> String {
        let mut text = String::from(HEAD);
        let header = |text: &mut String, first: &str| {
            writeln!(text, "| {first} | {} |", COLUMNS.join(" | ")).unwrap();
        };
        header(&mut text, "statistic | checksum");
        text.push_str(&format!("|---|---|{}\n", ":-:|".repeat(COLUMNS.len())));
        for row in rows {
            let known = self.known(&row.name).unwrap_or_default();
            let cell = |column: &&str| if self.of(column, &row.name).is_some() { SAME } else { NOT_RUN };
            let cells: Vec<&str> = COLUMNS.iter().map(cell).collect();
            writeln!(text, "| {} | `{known:016x}` | {} |", row.name, cells.join(" | ")).unwrap();
        }
        text.push_str("\n## Columns\n\n| column | what it is | when this was written |\n|---|---|---|\n");
        for (name, meaning) in COLUMNS.iter().zip(MEANINGS) {
            let device = self.0.get(name).map_or("not available".into(), |column| column.device.clone());
            writeln!(text, "| {name} | {meaning} | {device} |").unwrap();
        }
        text
    }

    fn of(&self, column: &str, row: &str) -> Option<u64> {
        self.0.get(column)?.checksums.get(row).copied()
    }

    /// What a document says.
    pub fn read(document: &str) -> Self {
        let mut matrix = Self::default();
        let hex = |cell: &str| u64::from_str_radix(cell.strip_prefix('`')?.strip_suffix('`')?, 16).ok();
        for line in document.lines() {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            let [row, rest @ ..] = &cells[..] else { continue };
            // The checksum, then marks.
            let own: Vec<Option<u64>> = match rest {
                [sum, marks @ ..] if marks.len() == COLUMNS.len() && hex(sum).is_some() => {
                    marks.iter().map(|&mark| hex(sum).filter(|_| mark == SAME)).collect()
                }
                [_, device] if COLUMNS.contains(row) && *device != "not available" => {
                    let name = COLUMNS.iter().find(|name| *name == row).unwrap();
                    matrix.0.entry(name).or_default().device = (*device).into();
                    continue;
                }
                _ => continue,
            };
            for (name, sum) in COLUMNS.iter().zip(own) {
                if let Some(sum) = sum {
                    matrix.0.entry(name).or_default().checksums.insert((*row).into(), sum);
                }
            }
        }
        matrix
    }

    /// Puts measured columns in the place of older ones. What an older one says of rows that have changed is dropped.
    pub fn bless(&mut self, measured: Matrix, rows: &[Row]) {
        for row in rows {
            if self.known(&row.name) != measured.known(&row.name) {
                for column in self.0.values_mut() {
                    column.checksums.remove(&row.name);
                }
            }
        }
        for column in self.0.values_mut() {
            column.checksums.retain(|name, _| rows.iter().any(|row| row.name == *name));
        }
        self.0.extend(measured.0);
        self.0.retain(|_, column| !column.checksums.is_empty());
    }
}

const HEAD: &str = "# Determinism: the same bits everywhere

Written by `VOXDICE_BLESS=1 cargo test --all-features --test it determinism`, and its columns of other processors by
`VOXDICE_BLESS=1 .ci/processors`; do not edit. `cargo test` computes every row again on each device that the machine has,
and fails where a checksum is another. SwiftShader and Chromium take minutes, and are asked with VOXDICE_TEST_MATRIX=require. A device that was
not asked is named in the test's output, and what this table says of it was not looked at.

A checksum is FNV-1a (64 bits) over all integers of a result: units and exponents of sums, counts, squared distances, what is
known of lesions, or the bits of a gradient. `=` is that checksum in this column; `not run` is a row that was not computed there.
No column is a hardware GPU: none has been at hand. Chromium's own adapter is SwiftShader; what is its own there is the
compiler, Tint.

";
