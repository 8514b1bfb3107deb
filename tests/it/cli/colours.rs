//! Label maps that are drawn in colours.

use super::{Files, fails, json, run, stderr, text};
use serde_json::json;
use std::fs;
use std::path::PathBuf;

const RED: [u8; 3] = [255, 0, 0];
const SKY: [u8; 3] = [128, 128, 128];
const VOID: [u8; 3] = [0, 0, 0];

impl Files {
    /// A bitmap of 24 bits, its rows from above.
    fn coloured(&self, name: &str, width: usize, pixels: &[[u8; 3]]) -> PathBuf {
        let stride = (3 * width).next_multiple_of(4);
        let mut file = b"BM".to_vec();
        file.extend([0, 0, 54, 40, width as u32].map(u32::to_le_bytes).as_flattened());
        file.extend((-((pixels.len() / width) as i32)).to_le_bytes());
        file.extend([1_u16, 24].map(u16::to_le_bytes).as_flattened());
        file.extend([0; 24]);
        for row in pixels.chunks(width) {
            file.extend(row.iter().flat_map(|[red, green, blue]| [blue, green, red]));
            file.resize(file.len() + stride - 3 * width, 0);
        }
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, file).unwrap();
        path
    }
}

#[test]
fn colours_are_the_labels_of_their_table() {
    let files = Files::new();
    let truth = files.coloured("truth.bmp", 3, &[VOID, RED, RED, SKY, SKY, SKY]);
    let pred = files.coloured("pred.bmp", 3, &[VOID, RED, SKY, SKY, SKY, SKY]);
    fails(2, &["truth.bmp: pixel (1, 0) has the colour (255, 0, 0)", "--colors"], ["eval", text(&truth), text(&pred)]);
    let table = files.path("classes.csv");
    fs::write(&table, "name,r,g,b\nVoid,0,0,0\ncar,255,0,0\nsky,128,128,128\n").unwrap();
    let eval = |colours: &str| json(["eval", text(&truth), text(&pred), "--colors", colours, "--format", "json"]);
    let found = eval(text(&table));
    let dice = |found: &serde_json::Value| ["1", "2"].map(|label| found["mean"][label]["Dice"].as_f64().unwrap());
    assert_eq!(dice(&found), [2.0 / 3.0, 6.0 / 7.0]);
    assert_eq!(found["voxdice"]["classes"][1], json!({ "key": "2", "name": "sky", "labels": [2] }));
    assert_eq!(found["voxdice"]["options"]["labels_from"], json!(text(&table)));
    // Without names, in one line.
    let same = eval("ff0000=1,808080=2");
    assert_eq!(dice(&same), dice(&found));
    assert_eq!(same["voxdice"]["options"]["colors"], json!({ "000000": 0, "808080": 2, "ff0000": 1 }));
    assert_eq!(same["voxdice"]["options"]["labels_from"], "files");
    // Beside a label map of numbers, and as slices of a volume.
    let numbers = files.map("numbers.nii", &[3, 2], &[0_u8, 1, 2, 2, 2, 2]);
    let beside = json(["eval", text(&truth), text(&numbers), "--colors", text(&table), "--format", "json"]);
    assert_eq!(dice(&beside), dice(&found));
    for side in ["truth", "pred"] {
        let slices: [&[[u8; 3]]; 2] =
            if side == "truth" { [&[VOID, RED], &[SKY, SKY]] } else { [&[VOID, RED], &[RED, SKY]] };
        for (slice, pixels) in (1..).zip(slices) {
            files.coloured(&format!("{side}/case/{slice}.bmp"), 2, pixels);
        }
    }
    let [truth, pred] = ["truth", "pred"].map(|side| files.path(side));
    let stacked = ["eval", text(&truth), text(&pred), "--stack", "--format", "json"];
    let stacked = json(stacked.iter().chain(&["--colors", text(&table)]));
    assert_eq!(dice(&stacked), [2.0 / 3.0, 2.0 / 3.0]);
}

#[test]
fn a_colour_that_is_in_no_table_is_named_with_its_place() {
    let files = Files::new();
    let truth = files.coloured("truth.bmp", 2, &[VOID, RED, [254, 0, 1], VOID]);
    let parts = ["truth.bmp: pixel (0, 1) has the colour (254, 0, 1), which is none of the table", "smoothed edges"];
    fails(2, &parts, ["eval", text(&truth), text(&truth), "--colors", "000000=0,ff0000=1"]);
    for (given, part) in
        [("ff0000", "RRGGBB=LABEL"), ("none.csv", "name a file that is there"), ("ff0000=1,ff0000=2", "twice")]
    {
        fails(2, &["--colors", part], ["eval", text(&truth), text(&truth), "--colors", given]);
    }
    let table = files.path("classes.csv");
    fs::write(&table, "a,1,2\n").unwrap();
    fails(2, &["classes.csv: line 1"], ["eval", text(&truth), text(&truth), "--colors", text(&table)]);
}

#[test]
fn shards_of_other_colours_are_not_merged() {
    let files = Files::new();
    for (side, case) in [("truth", "a"), ("truth", "b"), ("pred", "a"), ("pred", "b")] {
        files.coloured(&format!("{side}/{case}.bmp"), 2, &[VOID, RED, RED, VOID]);
    }
    let part = |shard: &str, colours: &str| {
        let [truth, pred] = ["truth", "pred"].map(|side| files.path(side));
        let more = ["--shard", shard, "--colors", colours, "--format", "json"];
        let output = run(["eval", text(&truth), text(&pred)].iter().chain(&more));
        let path = files.path(&format!("{}-{}.json", &shard[..1], &colours[colours.len() - 1..]));
        fs::write(&path, &output.stdout).unwrap();
        assert!(stderr(&output).is_empty(), "{}", stderr(&output));
        path
    };
    let [first, second] = ["1/2", "2/2"].map(|shard| part(shard, "000000=0,ff0000=1"));
    let merged = json(["merge", text(&first), text(&second), "--format", "json"]);
    assert_eq!(merged["voxdice"]["options"]["colors"]["ff0000"], 1);
    let other = part("2/2", "000000=0,ff0000=2");
    fails(2, &["labels of colours", "--colors"], ["merge", text(&first), text(&other)]);
}
