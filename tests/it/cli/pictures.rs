//! Pictures as label maps, and folders of slices as volumes.

use super::{Files, fails, fine, json, run, stderr, text};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

/// A grey bitmap, its rows from above.
pub fn bitmap(width: usize, pixels: &[u8]) -> Vec<u8> {
    let (stride, height) = (width.next_multiple_of(4), pixels.len() / width);
    let mut file = b"BM".to_vec();
    file.extend([0, 0, 14 + 40 + 1024, 40, width as u32].map(u32::to_le_bytes).as_flattened());
    file.extend((-(height as i32)).to_le_bytes());
    file.extend([1_u16, 8].map(u16::to_le_bytes).as_flattened());
    file.extend([0; 24]);
    file.extend((0..=255_u8).flat_map(|grey| [grey, grey, grey, 0]));
    for row in pixels.chunks(width) {
        file.extend(row);
        file.resize(file.len() + stride - width, 0);
    }
    file
}

impl Files {
    fn picture(&self, name: &str, pixels: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bitmap(3, pixels)).unwrap();
        path
    }
}

fn golden(name: &str) -> PathBuf {
    crate::root::root().join("tests/golden/pictures").join(name)
}

fn kinds(found: &Value) -> Vec<String> {
    let warnings = found["voxdice"]["warnings"].as_array().unwrap();
    warnings.iter().map(|warning| warning["kind"].as_str().unwrap().to_owned()).collect()
}

fn counts(case: &Value, class: &str) -> [u64; 3] {
    ["TP", "FP", "FN"].map(|key| case["metrics"][class][key].as_u64().unwrap())
}

#[test]
fn masks_of_0_and_255_are_those_of_0_and_1() {
    let files = Files::new();
    let truth = files.picture("truth.bmp", &[0, 255, 255, 0, 0, 255]);
    let pred = files.picture("pred.bmp", &[0, 1, 1, 1, 0, 0]);
    let found = json(["eval", text(&truth), text(&pred), "--format", "json"]);
    assert_eq!(counts(&found["metric_per_case"][0], "1"), [2, 1, 1]);
    assert_eq!(kinds(&found), ["white"]);
    let output = run(["eval", text(&truth), text(&pred)]);
    assert!(stderr(&output).contains("truth.bmp holds nothing but 0 and 255"), "{}", stderr(&output));
    // Where 255 is named, it is a label.
    let found = json(["eval", text(&truth), text(&pred), "--region", "fg=1,255", "--format", "json"]);
    assert_eq!(counts(&found["metric_per_case"][0], "(1, 255)"), [2, 1, 1]);
    assert!(kinds(&found).is_empty());
    let found = json(["eval", text(&truth), text(&pred), "--labels", "1", "--ignore", "255", "--format", "json"]);
    assert_eq!(counts(&found["metric_per_case"][0], "1"), [0, 1, 0]);
}

/// One picture with other numbers: 255 is what is to be ignored, in that which has nothing else as well.
#[test]
fn what_255_is_is_decided_for_all_cases_together() {
    let files = Files::new();
    for side in ["truth", "pred"] {
        files.picture(&format!("{side}/a.bmp"), &[0, 255, 0, 0, 0, 255]);
        files.picture(&format!("{side}/b.bmp"), &[0, 2, 1, 0, 0, 255]);
    }
    let found = json(["eval", text(&files.path("truth")), text(&files.path("pred")), "--format", "json"]);
    let cases = found["metric_per_case"].as_array().unwrap();
    assert_eq!([counts(&cases[0], "255"), counts(&cases[1], "255")], [[2, 0, 0], [1, 0, 0]]);
    assert!(!kinds(&found).contains(&"white".into()));
    // Masks alone.
    for side in ["truth", "pred"] {
        files.picture(&format!("{side}/b.bmp"), &[0, 1, 1, 0, 0, 0]);
    }
    let found = json(["eval", text(&files.path("truth")), text(&files.path("pred")), "--format", "json"]);
    let cases = found["metric_per_case"].as_array().unwrap();
    assert_eq!([counts(&cases[0], "1"), counts(&cases[1], "1")], [[2, 0, 0], [2, 0, 0]]);
}

#[test]
fn pictures_beside_volumes_are_passed_over() {
    let files = Files::new();
    for side in ["truth", "pred"] {
        files.picture(&format!("{side}/a.bmp"), &[0, 2, 1, 0, 0, 9]);
        files.map(&format!("{side}/a.nii"), &[2, 1], &[0u8, 1]);
    }
    let found = json(["eval", text(&files.path("truth")), text(&files.path("pred")), "--format", "json"]);
    assert_eq!(found["metric_per_case"].as_array().unwrap().len(), 1);
    assert!(found["metric_per_case"][0]["prediction_file"].as_str().unwrap().ends_with("a.nii"));
}

#[test]
fn pictures_that_are_passed_over_are_told_once_for_each_side() {
    let files = Files::new();
    for side in ["truth", "pred"] {
        files.picture(&format!("{side}/b.bmp"), &[0, 1, 1]);
        files.picture(&format!("{side}/a.bmp"), &[0, 1, 1]);
        files.map(&format!("{side}/c.nii"), &[2, 1], &[0u8, 1]);
    }
    fs::remove_file(files.path("pred/b.bmp")).unwrap();
    let [truth, pred] = ["truth", "pred"].map(|side| files.path(side));
    let page = files.path("report.html");
    let output = run(["eval", text(&truth), text(&pred), "--html", text(&page)]);
    assert_eq!(output.status.code(), Some(0));
    let first = text(&truth.join("a.bmp")).to_owned();
    let warning = format!("2 pictures beside volumes of the truth were passed over as previews ({first})");
    for part in [&warning, "warning: 1 picture beside volumes of the prediction was passed over as preview ("] {
        assert_eq!(stderr(&output).matches(part).count(), 1, "{part}: {}", stderr(&output));
    }
    assert!(fs::read_to_string(page).unwrap().contains(&warning));
    // Shards tell it together once.
    let parts = ["1/2", "2/2"].map(|shard| {
        let part = files.path(&format!("{}.json", &shard[..1]));
        let found = run(["eval", text(&truth), text(&pred), "--shard", shard, "--format", "json"]);
        fs::write(&part, found.stdout).unwrap();
        part
    });
    let found = json(["merge", text(&parts[0]), text(&parts[1]), "--format", "json"]);
    let told = found["voxdice"]["passed_over"].as_array().unwrap();
    assert_eq!(told.len(), 2);
    assert_eq!((&told[0]["pictures"], &told[0]["first"]), (&json!(2), &json!(first)));
    // Where names do not meet, they may be why.
    fs::rename(pred.join("c.nii"), pred.join("d.nii")).unwrap();
    let parts = ["--pair-regex", "2 pictures beside volumes of the truth were passed over"];
    fails(2, &parts, ["eval", text(&truth), text(&pred)]);
    // Previews in the folder of a case are as well, and a folder of pictures alone has none.
    let cases = Files::new();
    for side in ["truth", "pred"] {
        cases.picture(&format!("{side}/a/preview.bmp"), &[0, 1, 1]);
        cases.map(&format!("{side}/a/seg.nii"), &[2, 1], &[0u8, 1]);
        cases.picture(&format!("alone/{side}.bmp"), &[0, 1, 1]);
    }
    let output = run(["eval", text(&cases.path("truth")), text(&cases.path("pred"))]);
    assert!(stderr(&output).contains("1 picture beside volumes of the truth"), "{}", stderr(&output));
    let alone = cases.path("alone");
    assert!(!stderr(&run(["eval", text(&alone), text(&alone)])).contains("passed over"));
}

#[test]
fn distances_of_pictures_need_a_spacing() {
    let files = Files::new();
    let truth = files.picture("t.bmp", &[0, 1, 0, 0, 0, 0]);
    let pred = files.picture("p.bmp", &[0, 0, 1, 0, 0, 0]);
    let arguments = ["eval", text(&truth), text(&pred), "--metrics", "dice,hd"];
    fails(2, &["t.bmp", "how large a voxel is", "--spacing X,Y,Z"], arguments);
    let with = [&arguments[..], &["--spacing", "0.5,2,1", "--format", "json"]].concat();
    let found = json(with);
    assert_eq!(found["metric_per_case"][0]["metrics"]["1"]["hd"], json!(0.5));
}

/// The other length would come from nowhere.
#[test]
fn pictures_have_two_lengths_and_volumes_three() {
    let files = Files::new();
    let truth = files.picture("t.bmp", &[0, 1, 0, 0, 0, 0]);
    let pred = files.picture("p.bmp", &[0, 0, 1, 0, 0, 0]);
    let more = ["--metrics", "dice,hd", "--spacing", "0.5,2", "--format", "json"];
    let found = json(["eval", text(&truth), text(&pred)].iter().chain(&more));
    assert_eq!(found["metric_per_case"][0]["metrics"]["1"]["hd"], json!(0.5));
    assert_eq!(found["voxdice"]["options"]["spacing_mm"], json!([0.5, 2.0]));
    let table = fine(["eval", text(&truth), text(&pred), "--spacing", "0.5,2"]);
    assert!(table.contains("grid   3 x 2 voxels of 0.5 x 2 mm\n"), "{table}");
    // The result is read again as it was written.
    let part = files.path("part.json");
    fs::write(&part, found.to_string()).unwrap();
    assert_eq!(json(["merge", text(&part), "--format", "json"])["voxdice"]["options"]["spacing_mm"], json!([0.5, 2.0]));
    for (name, shape) in [("v.nii", &[3, 2, 1][..]), ("w.nii", &[3, 1, 2])] {
        let volume = files.map(name, shape, &[0u8, 1, 0, 0, 0, 0]);
        let parts = [name, "--spacing has two lengths", "--spacing X,Y,Z"];
        fails(2, &parts, ["eval", text(&volume), text(&volume), "--spacing", "0.5,2"]);
    }
}

#[test]
fn slices_are_a_volume_in_the_order_of_their_numbers() {
    let files = Files::new();
    // Ten slices, of which the one with the number 10 is the last.
    let slice = |number: u8| [number, 0, 0, 0, 0, number % 3];
    for number in 1..=10 {
        files.picture(&format!("truth/case/slice_{number}.bmp"), &slice(number));
        files.picture(&format!("pred/case/{number:03}.bmp"), &slice(number));
    }
    let voxels: Vec<u8> = (1..=10).flat_map(slice).collect();
    let [truth, pred] = ["truth", "pred"].map(|side| files.path(side));
    let found = json(["eval", text(&truth), text(&pred), "--stack", "--format", "json"]);
    assert_eq!(found["metric_per_case"].as_array().unwrap().len(), 1);
    assert_eq!(found["mean"]["10"]["Dice"], json!(1.0));
    assert_eq!(found["voxdice"]["cases"][0]["shape"], json!([3, 2, 10]));
    // The same as a file, and the two folders by themselves.
    let whole = files.map("whole.nii", &[3, 2, 10], &voxels);
    let folder = files.path("truth/case");
    for (truth, pred) in [(&whole, &folder), (&folder, &whole), (&folder, &files.path("pred/case"))] {
        let found = json(["eval", text(truth), text(pred), "--stack", "--format", "json"]);
        assert_eq!(found["foreground_mean"]["Dice"], json!(1.0), "{truth:?} {pred:?}");
    }
    let path = files.picture("truth/case/slice_11.bmp", &[0; 9]);
    fails(2, &["slice_11.bmp", "3 x 3", "3 x 2"], ["eval", text(&folder), text(&whole), "--stack"]);
    fs::remove_file(path).unwrap();
    // Without the flag each picture is the mask of a class, and some of these are none.
    let found = run(["eval", text(&truth), text(&pred)]);
    assert!(stderr(&found).contains("is no mask of one class"), "{}", stderr(&found));
}

/// Such a case is listed, and the others go on.
#[test]
fn slices_without_an_order_or_a_counterpart_are_an_error_of_their_case() {
    let files = Files::new();
    let fill = |case: &str, [truth, pred]: [&[u8]; 2]| {
        for (side, numbers) in [("truth", truth), ("pred", pred)] {
            for number in numbers {
                files.picture(&format!("{side}/{case}/{number}.bmp"), &[1, *number % 2, 0]);
            }
        }
    };
    fill("sound", [&[1, 2, 3], &[1, 2, 3]]);
    fill("gap", [&[1, 2, 4], &[1, 2, 3]]);
    fill("shifted", [&[0, 1, 2], &[1, 2, 3]]);
    fill("short", [&[1, 2, 3], &[1, 2]]);
    let [truth, pred] = ["truth", "pred"].map(|side| files.path(side));
    let output = run(["eval", text(&truth), text(&pred), "--stack", "--format", "csv"]);
    assert_eq!(output.status.code(), Some(1));
    let (table, told) = (String::from_utf8_lossy(&output.stdout).into_owned(), stderr(&output));
    assert!(table.contains("\nsound,1,") && table.lines().all(|line| !line.starts_with("gap")), "{table}");
    for parts in [
        ["2.bmp is followed by 4.bmp", "a slice is missing"],
        ["shifted/0.bmp has no counterpart", "number both alike"],
        ["short/3.bmp has no counterpart", "add it there"],
    ] {
        assert!(told.lines().any(|line| parts.iter().all(|part| line.contains(part))), "{parts:?} in {told}");
    }
    let [truth, pred] = ["truth/shifted", "pred/shifted"].map(|side| files.path(side));
    fails(2, &["0.bmp has no counterpart", "number both alike"], ["eval", text(&truth), text(&pred), "--stack"]);
}

/// A volume's slices are taken as one class each where nobody says that they are slices.
#[test]
fn slices_that_are_taken_as_classes_are_told() {
    let files = Files::new();
    let told = |names: [&str; 3]| {
        let of = |side: &str| names.map(|name| files.picture(&format!("{side}/p01/{name}.bmp"), &[1, 0, 0]));
        let [truth, pred] =
            [of("truth"), of("pred")].map(|all| all[0].parent().unwrap().parent().unwrap().to_path_buf());
        let output = run(["eval", text(&truth), text(&pred)]);
        for path in of("truth").iter().chain(&of("pred")) {
            fs::remove_file(path).unwrap();
        }
        stderr(&output)
    };
    let of_slices = told(["slice_1", "slice_2", "slice_3"]);
    assert!(
        of_slices.contains("3 pictures whose names differ in a number alone") && of_slices.contains("--stack"),
        "{of_slices}"
    );
    assert!(!told(["liver", "spleen", "kidney"]).contains("--stack"));
}

#[test]
fn info_says_why_a_mask_looks_black() {
    let said = |name: &str| fine(["info", text(&golden(name))]);
    let shown = said("grey8.bmp");
    assert!(shown.contains("labels 0, 1, 2, 3; it looks black in a viewer, where 255 is white"), "{shown}");
    assert!(shown.contains("the file does not say how large a pixel is"), "{shown}");
    assert!(said("mask255.bmp").contains("a mask, whose 255 counts as label 1"));
    assert!(said("voc.png").contains("places in a palette"));
    assert!(said("imagej.tif").contains("spacing  0.0005 x 0.00025 x 0.0025 mm"));
    let found = &json(["info", text(&golden("grey8.png")), "--format", "json"])[0];
    assert_eq!((&found["spacing"], &found["shape"]), (&Value::Null, &json!([11, 7])));
    assert!(found["picture"].as_str().unwrap().starts_with("labels 0, 1, 2, 3; it looks black"));
}

#[test]
fn colours_and_jpeg_are_refused_with_the_reason() {
    let [colours, jpeg] = ["colours.png", "mask.jpg"].map(golden);
    fails(2, &["colours.png", "pixel (3, 4) has the colour (128, 0, 5)"], ["eval", text(&colours), text(&colours)]);
    fails(2, &["mask.jpg", "JPEG", "346", "PNG"], ["eval", text(&jpeg), text(&jpeg)]);
}
