//! Pictures and archives in the page, and the choices that they need.

use super::{assert_equal, command, page};
use crate::root::root;
use std::fs;
use std::path::PathBuf;

/// Golden pictures as folders of truths and predictions: masks, palettes, grey, stacks.
const PAIRS: [(&str, &str, &str); 5] = [
    ("mask255.png", "mask1bit.tif", "mask"),
    ("mask255.bmp", "palette_default.png", "default"),
    ("voc.png", "voc.tif", "voc"),
    ("grey8.png", "interlaced8.png", "grey"),
    ("stack_tiles.tif", "stack_tiles.tif", "stack"),
];

#[test]
fn pictures_have_the_numbers_of_the_command() {
    let Some(mut page) = page() else { return };
    let (golden, folder) = (root().join("tests/golden/pictures"), tempfile::tempdir().unwrap());
    let [truth, pred] = ["truth", "pred"].map(|side| folder.path().join(side));
    for side in [&truth, &pred] {
        fs::create_dir_all(side).unwrap();
    }
    for (of_truth, of_pred, case) in PAIRS {
        for (side, name) in [(&truth, of_truth), (&pred, of_pred)] {
            let ending = name.rsplit('.').next().unwrap();
            fs::copy(golden.join(name), side.join(format!("{case}.{ending}"))).unwrap();
        }
    }
    let found = page.numbers(&truth, &pred);
    let own = command(&truth, &pred, &[]);
    assert_eq!(own["metric_per_case"].as_array().unwrap().len(), PAIRS.len());
    assert_equal(found, own);
    let volume = root().join("tests/golden/volumes/u1.nii.zst");
    let [truth, pred] = ["one", "other"].map(|side| {
        let copy = folder.path().join(side).join("volume.nii.zst");
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(&volume, &copy).unwrap();
        copy
    });
    assert_equal(page.numbers(&truth, &pred), command(&truth, &pred, &[]));
}

#[test]
fn colours_and_the_size_of_a_pixel_can_be_said() {
    let Some(mut page) = page() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = root().join("tests/golden/pictures/colours.png");
    let table = folder.path().join("classes.csv");
    page.choose_all(&file, &[&file]);
    assert!(!page.evaluate());
    assert!(page.words().ends_with("or say which colour is which label"), "{}", page.words());
    let rows = "name,r,g,b,label\nvoid,0,0,0,0\nred,128,0,0,1\ngreen,0,128,0,2\nyellow,128,128,0,3\nodd,128,0,5,4\n";
    fs::write(&table, rows).unwrap();
    page.choose("#colors ~ label input", &[&table]);
    page.wait("element('colors').textContent === 'classes.csv'");
    // Distances need the size of a pixel, which no picture says.
    page.eval("document.querySelector('[name=\"metric\"][value=\"hd95\"]').checked = true");
    page.eval("element('spacing').value = '0.5,2'");
    let [truth, pred] = moved(&folder);
    let flags = ["--colors", table.to_str().unwrap(), "--metrics", "dice,iou,hd95", "--spacing", "0.5,2"];
    let own = command(&truth, &pred, &flags);
    assert!(own["mean"]["1"]["hd95"].as_f64().unwrap() > 0.0, "{own}");
    assert_equal(page.numbers(&truth, &pred), own);
    page.eval("element('spacing').value = '0.5'");
    page.choose_all(&truth, &[&pred]);
    assert!(!page.evaluate() && page.words().contains("`0.5`"), "{}", page.words());
    // What was chosen can be taken back.
    page.eval("element('colors').nextElementSibling.click()");
    assert_eq!(page.eval("element('colors').textContent"), "none");
}

#[test]
fn an_array_of_an_archive_can_be_named() {
    let Some(mut page) = page() else { return };
    let archive = root().join("tests/golden/archives/two.npz");
    page.choose_all(&archive, &[&archive]);
    assert!(!page.evaluate());
    assert!(page.words().contains("2 arrays"), "{}", page.words());
    for (side, name) in [("truth", "truth"), ("pred", "pred")] {
        let find = format!("document.querySelector(\".zone[data-side='{side}'] .chosen input\")");
        page.eval(&format!("{find}.value = '{name}', {find}.oninput()"));
    }
    assert!(page.evaluate(), "{}", page.words());
    let of = |name: &str| PathBuf::from(format!("{}:{name}", archive.display()));
    assert_equal(page.shown(), command(&of("truth"), &of("pred"), &[]));
}

/// A picture in colours, and the same one pixel further down.
fn moved(folder: &tempfile::TempDir) -> [PathBuf; 2] {
    const RED: [u8; 3] = [0, 0, 128];
    ["truth", "pred"].map(|side| {
        let mut file = b"BM".to_vec();
        file.extend([0, 0, 54, 40, 4, 4_u32.wrapping_neg()].map(u32::to_le_bytes).as_flattened());
        file.extend([1_u16, 24].map(u16::to_le_bytes).as_flattened());
        file.extend([0; 24]);
        for pixel in 0..16 {
            let row = if side == "pred" { 2 } else { 1 };
            file.extend(if pixel / 4 == row { RED } else { [0; 3] });
        }
        let path = folder.path().join(side).join("drawn.bmp");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, file).unwrap();
        path
    })
}
