//! The speed that the README tells of is that of records in `benches/record`, and of nothing else.
//!
//! `VOXDICE_BLESS=1 cargo test --test it records` writes the README's parts anew, each from the record that it names.

use serde_json::Value;
use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// A part of the README, and how it is written.
type Written = (&'static str, fn(&Record) -> String);

/// What the README's parts are called, and what is written there.
const PARTS: [Written; 2] = [("speed", Record::text), ("folders", Record::folders)];

/// Another program, the file of its rows, and its row.
type Other = (&'static str, &'static str, &'static str);

/// The rows of the large shape: how a reduction is called, its row, and those of others.
const REDUCTIONS: [(&str, &str, &[Other]); 10] = [
    (
        "Σp, Σt, Σpt of f32 and f32",
        "sums/f32xf32/cpu",
        &[
            ("`torch.compile`", "peers5", "torch.compile 3 sums"),
            ("numpy", "peers5", "numpy 3 sums"),
            ("torch eager", "peers5", "torch eager 3 sums"),
            ("MONAI DiceLoss", "peers5", "MONAI DiceLoss"),
        ],
    ),
    ("the same, Σp² and Σt²", "sums5/f32xf32/cpu", &[]),
    ("Σp, Σt, Σpt of f32 and a u8 mask", "sums/f32xu8/cpu", &[]),
    ("Σp, Σt, Σpt of two u8 masks", "sums/u8xu8/cpu", &[]),
    (
        "Dice loss and its gradient, f32 and f32",
        "gradient/f32xf32/cpu",
        &[
            ("`torch.compile`", "peers5", "torch.compile 3 sums, forward + backward"),
            ("torch eager", "peers5", "torch eager 3 sums, forward + backward"),
            ("MONAI DiceLoss", "peers5", "MONAI DiceLoss, forward + backward"),
        ],
    ),
    ("Dice loss and its gradient, f32 and a u8 mask", "gradient/f32xu8/cpu", &[]),
    (
        "label maps, 5 classes",
        "counts5/u8xu8/cpu",
        &[
            ("three `count_nonzero` per label", "peers5", "numpy per-label loop, 3 counts"),
            ("SimpleITK", "peers5", "SimpleITK LabelOverlapMeasures"),
            ("nnU-Net's way", "peers5", "numpy per-label loop, nnU-Net way (float32)"),
            ("MONAI", "peers5", "MONAI compute_dice on label maps"),
        ],
    ),
    (
        "label maps, 117 classes",
        "counts117/u8xu8/cpu",
        &[
            ("SimpleITK", "peers117", "SimpleITK LabelOverlapMeasures"),
            ("three `count_nonzero` per label", "peers117", "numpy per-label loop, 3 counts"),
            ("nnU-Net's way", "peers117", "numpy per-label loop, nnU-Net way (float32)"),
        ],
    ),
    ("label maps, 117 organs", "counts117_organs/u8xu8/cpu", &[]),
    ("label maps, 117 classes, noise", "counts117_noise/u8xu8/cpu", &[]),
];

/// Of sums and of counts, which take samples and voxels.
const LARGE: [&str; 2] = ["[1, 1, 125, 512, 512]", "[1, 1, 32768000]"];
const PAIR: [&str; 2] = ["[1, 1, 36, 50, 35]", "[1, 1, 63000]"];
const PAIRS: [&str; 2] = ["[260, 1, 36, 50, 35]", "[260, 1, 63000]"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder of `benches/record`.
struct Record {
    folder: PathBuf,
    /// Seconds and share of the floor, by row and shape.
    bench: HashMap<(String, String), (f64, f64)>,
    /// Of the volumes of the first row. None in records of before 0.2, whose times are medians, and whose floor is one read
    /// in small pages.
    pages: Option<String>,
}

impl Record {
    fn open(folder: &Path) -> Self {
        let text = fs::read_to_string(folder.join("bench.csv")).unwrap();
        let mut table = csv::Reader::from_reader(text.as_bytes());
        let heads = table.headers().unwrap().clone();
        let column = |name: &str| heads.iter().position(|head| head == name).unwrap();
        let [name, shape, seconds, percent] = ["name", "shape", "seconds", "percent_of_floor"].map(column);
        let pages = heads.iter().position(|head| head == "pages");
        let (mut bench, mut first_pages) = (HashMap::new(), None);
        for row in table.records().map(Result::unwrap) {
            first_pages = first_pages.or(pages.map(|pages| row[pages].to_owned()));
            let key = (row[name].to_owned(), row[shape].to_owned());
            let seen = bench.insert(key, (row[seconds].parse().unwrap(), row[percent].parse().unwrap()));
            assert!(seen.is_none(), "{}: two rows of {}", folder.display(), &row[name]);
        }
        Self { folder: folder.into(), bench, pages: first_pages }
    }

    fn row(&self, name: &str, shape: &str) -> (f64, f64) {
        let found = self.bench.get(&(name.to_owned(), shape.to_owned()));
        *found.unwrap_or_else(|| panic!("{}: no row {name} of {shape}", self.folder.display()))
    }

    fn json(&self, file: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.folder.join(file)).unwrap()).unwrap()
    }

    /// The time of another program's row, the least or the median as ours is; those whose result was wrong count for
    /// nothing.
    fn other(&self, file: &str, name: &str) -> f64 {
        let whole = self.json(&format!("{file}.json"));
        let row = whole["rows"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
        assert_eq!(row["agrees"], true, "{name}");
        row[if self.pages.is_some() { "min_s" } else { "median_s" }].as_f64().unwrap()
    }

    fn about(&self, key: &str) -> String {
        let text = fs::read_to_string(self.folder.join("about.txt")).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("{}/about.txt has no {key}", self.folder.display())).to_owned()
    }

    /// What the README says of it.
    fn text(&self) -> String {
        let mut text = format!(
            "Measured on {} ({}), {}, volumes of 125×512×512 voxels in memory{}:\n\n",
            self.about("processor"),
            self.about("date"),
            if self.pages.is_some() { "the least of many calls" } else { "medians" },
            self.pages.as_ref().map_or_else(String::new, |pages| format!(" in pages of {pages}")),
        );
        let share = if self.pages.is_some() { "share of the floor" } else { "of a plain read's speed" };
        writeln!(text, "| reduction | ms | {share} | times as fast as |\n|---|---|---|---|").unwrap();
        for (what, name, others) in REDUCTIONS {
            let shape = LARGE[usize::from(name.starts_with("counts"))];
            // Records of before 2026-11-29 have fewer rows.
            if !self.bench.contains_key(&(name.to_owned(), shape.to_owned())) {
                continue;
            }
            let (seconds, percent) = self.row(name, shape);
            // The strongest first.
            let mut others: Vec<_> =
                others.iter().map(|(who, file, row)| (self.other(file, row) / seconds, who)).collect();
            others.sort_by(|a, b| a.0.total_cmp(&b.0));
            let others = others.iter().map(|(ratio, who)| format!("{who} {}", times(*ratio)));
            let others = others.collect::<Vec<_>>().join(", ");
            let others = if others.is_empty() { "-" } else { &others };
            writeln!(text, "| {what} | {} | {percent:.0} % | {others} |", millis(seconds)).unwrap();
        }
        text += &self.sizes();
        text
    }

    fn sizes(&self) -> String {
        let powers = [16, 20, 24, 28, 31];
        let mut text = String::from("\nTime grows with the voxels alone, in ns per voxel:\n\n| voxels |");
        powers.iter().for_each(|power| write!(text, " 2^{power} |").unwrap());
        text += "\n|---|---|---|---|---|---|\n";
        for (what, name) in [
            ("counts of 5 classes", "counts5/u8xu8/cpu"),
            ("sums of u8 and u8", "sums/u8xu8/cpu"),
            ("sums of f32 and f32", "sums/f32xf32/cpu"),
        ] {
            write!(text, "| {what} |").unwrap();
            for power in powers {
                // The largest volumes do not fit into the memory of every machine.
                let found = self.bench.get(&(name.to_owned(), format!("[1, 1, {}]", 1u64 << power)));
                let cell = found.map(|(seconds, _)| format!("{:.3}", 1e9 * seconds / f64::from(power).exp2()));
                write!(text, " {} |", cell.as_deref().unwrap_or("-")).unwrap();
            }
            text.push('\n');
        }
        let row = |shapes: [&str; 2]| {
            let (sums, counts) =
                (self.row("sums/f32xf32/cpu", shapes[0]).0, self.row("counts5/u8xu8/cpu", shapes[1]).0);
            format!("{:.0} µs | {:.0} µs", 1e6 * sums, 1e6 * counts)
        };
        text += "\n| small volumes | sums of f32 | counts of 5 classes |\n|---|---|---|\n";
        writeln!(text, "| a pair of 36×50×35 voxels | {} |", row(PAIR)).unwrap();
        writeln!(text, "| 260 pairs in one call | {} |", row(PAIRS)).unwrap();
        text
    }

    fn folders(&self) -> String {
        let mut text = format!(
            "Folders of 8 pairs of `.nii.gz`, 512×512×300 voxels ({}, {}):\n\n\
             | labels | `voxdice eval` | over decompression alone | SimpleITK, 2 processes | nnU-Net's way, 2 processes |\n\
             |---|---|---|---|---|\n",
            self.about("processor"),
            self.about("date"),
        );
        for labels in [5, 117] {
            let ours = fs::read_to_string(self.folder.join(format!("ph{labels}.txt"))).unwrap();
            let number = |before: &str| -> f64 {
                let (_, rest) = ours.split_once(before).unwrap();
                rest.split([' ', ',', '\n']).next().unwrap().parse().unwrap()
            };
            let (eval, ratio) = (number("eval "), number("median "));
            let whole = self.json(&format!("ph{labels}.json"));
            let other = |way: &str| {
                let row = whole["rows"].as_array().unwrap().iter().find(|row| row["way"] == way).unwrap();
                let seconds = row["wall_s"].as_f64().unwrap();
                format!("{seconds:.1} s, {}", times(seconds / eval))
            };
            let (sitk, nnunet) = (other("sitk"), other("nnunet"));
            writeln!(text, "| {labels} | {eval:.2} s | {ratio:.2}× | {sitk} | {nnunet} |").unwrap();
        }
        text
    }
}

fn millis(seconds: f64) -> String {
    let places = if seconds < 0.01 { 2 } else { 1 };
    format!("{:.places$}", 1e3 * seconds)
}

fn times(ratio: f64) -> String {
    let places = if ratio < 1.95 { 2 } else { usize::from(ratio < 9.95) };
    format!("{ratio:.places$}×")
}

/// What stands before a part, the record that it is written from, the part, and what stands after it.
fn parts<'a>(readme: &'a str, name: &str) -> [&'a str; 4] {
    let (begin, end) = (format!("<!-- {name}, written by a test from "), format!("<!-- end of {name} -->"));
    let start = readme.find(&begin).unwrap() + begin.len();
    let (record, rest) = readme[start..].split_once(" -->\n").unwrap();
    let (text, after) = rest.split_at(rest.find(&end).unwrap());
    [&readme[..readme.len() - rest.len()], record, text, after]
}

#[test]
fn the_readme_tells_the_speed_of_its_records() {
    let path = root().join("README.md");
    for (name, written) in PARTS {
        let readme = fs::read_to_string(&path).unwrap();
        let [before, record, text, after] = parts(&readme, name);
        let expected = written(&Record::open(&root().join(record)));
        if crate::page::blesses() {
            fs::write(&path, [before, &expected, after].concat()).unwrap();
        } else {
            assert_eq!(text, expected, "run this test with VOXDICE_BLESS=1");
        }
    }
}

/// A record without the device, the date, the commit and the command says nothing.
#[test]
fn records_say_where_they_come_from() {
    let folders = |path: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).collect()
    };
    let records: Vec<PathBuf> =
        folders(&root().join("benches/record")).iter().flat_map(|device| folders(device)).collect();
    assert!(!records.is_empty());
    for folder in records {
        let record = Record::open(&folder);
        for key in ["date", "commit", "processor", "system", "command"] {
            assert!(!record.about(key).is_empty());
        }
        assert!(folder.ends_with(record.about("date")), "{}: a folder is named for its date", folder.display());
        assert!(!record.about("commit").contains("dirty"), "{}: measured from files that nobody has", folder.display());
        for ((name, shape), (seconds, percent)) in &record.bench {
            assert!(*seconds > 0.0 && *percent > 0.0, "{}: {name} {shape}", folder.display());
        }
    }
}
