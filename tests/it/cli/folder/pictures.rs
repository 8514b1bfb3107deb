//! Which pictures a report has, and in which unit.

use super::Cohort;
use crate::cli::{Files, fine, run, stderr, text};
use std::fs;

/// The page of two folders.
fn page(files: &Files, more: &[&str]) -> String {
    let [truth, pred, page] = ["truth", "pred", "report.html"].map(|name| files.path(name));
    let output = run(["eval", text(&truth), text(&pred), "--html", text(&page)].iter().chain(more));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    fs::read_to_string(page).unwrap()
}

/// The section of this name.
fn section<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("<section id=\"{name}\">")).unwrap();
    rest.split_once("</section>").unwrap().0
}

/// What is written behind this, up to the next tag.
fn behind<'a>(html: &'a str, start: &str) -> Vec<&'a str> {
    html.split(start).skip(1).map(|rest| rest.split('<').next().unwrap()).collect()
}

#[test]
fn surfaces_are_shown_by_a_distance_where_one_was_asked_for() {
    let cohort = Cohort::new();
    let values = |metrics: &str| {
        let page = page(&cohort.0, &["--metrics", metrics]);
        behind(section(&page, "surfaces"), "class=\"value\">").iter().map(|&value| value.to_owned()).collect::<Vec<_>>()
    };
    let (both, share) = (values("dice,nsd=1,hd95"), values("dice,nsd=1"));
    assert!(
        both.len() == 3 && both.iter().all(|value| value.starts_with("hd95 ") && value.ends_with(" mm")),
        "{both:?}"
    );
    assert!(share.len() == 3 && share.iter().all(|value| value.starts_with("nsd=1 ")), "{share:?}");
}

#[test]
fn distances_have_the_unit_in_which_they_were_measured() {
    let cohort = Cohort::new();
    for (surface, unit) in [("monai", "mm"), ("skimage-hausdorff", "voxels")] {
        let page = page(&cohort.0, &["--metrics", "dice,hd", "--surface", surface]);
        let surfaces = section(&page, "surfaces");
        assert!(surfaces.contains(&format!("Distances of all cases in {unit}, by")), "{surface}");
        let lines = behind(surfaces, "<p><b>");
        assert!(lines.len() == 3 && lines.iter().all(|line| line.ends_with(&format!(" {unit}"))), "{lines:?}");
        let (wrong, title) = (if unit == "mm" { "hd voxels" } else { "hd mm" }, format!("hd {unit}"));
        let shown = ["table", "markdown"].map(|form| {
            let [truth, pred] = ["truth", "pred"].map(|name| cohort.path(name));
            let all =
                ["eval", text(&truth), text(&pred), "--metrics", "dice,hd", "--format", form, "--surface", surface];
            fine(all)
        });
        for text in shown.iter().chain([&page]) {
            assert!(text.contains(&title) && !text.contains(wrong), "{surface}: {text}");
        }
    }
}

/// Files `truth/NAME` and `pred/NAME` of one row of voxels; an array says nothing about their size.
fn rows(cases: &[(&str, [u8; 16], [u8; 16])]) -> Files {
    let files = Files::new();
    for (side, voxels) in [("truth", 0), ("pred", 1)] {
        fs::create_dir(files.path(side)).unwrap();
        for (name, truth, pred) in cases {
            let (name, voxels) = (format!("{side}/{name}"), [truth, pred][voxels]);
            if name.ends_with(".npy") {
                let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (16, 1, 1)}";
                let start = [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes()];
                fs::write(files.path(&name), [&start.concat()[..], voxels].concat()).unwrap();
            } else {
                files.map(&name, &[16, 1, 1], voxels);
            }
        }
    }
    files
}

const NONE: [u8; 16] = [0; 16];
const LESIONS: [&str; 4] = ["--metrics", "dice,lesion_f1", "--instances", "components"];

/// Of two true lesions, of 4 voxels and of 5.
const LARGEST: [u8; 16] = [1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0];

#[test]
fn lesions_are_compared_in_voxels_where_a_file_does_not_say_how_large_they_are() {
    let four = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let largest = |second: &str| {
        // Voxels are 0.75 mm³, so that 5 of them are 3.75 mm³.
        let page = page(&rows(&[("a.nii", LARGEST, NONE), (second, four, NONE)]), &LESIONS);
        let lesions = section(&page, "lesions").to_owned();
        let units: Vec<bool> = ["mm\u{b3}</th>", "voxels</th>"].map(|unit| lesions.contains(unit)).to_vec();
        let values: Vec<String> =
            behind(&lesions, "class=\"value\">").into_iter().map(|value| value.to_owned()).collect();
        (units, values)
    };
    let (units, values) = largest("b.nii");
    assert_eq!(units, [true, false]);
    assert!(values[0].starts_with("missed: 5 voxels, 3.8 mm"), "{values:?}");
    let (units, values) = largest("b.npy");
    assert_eq!(units, [false, true]);
    assert!(values.len() == 3 && values[0].starts_with("missed: 5 voxels"), "{values:?}");
}

#[test]
fn worst_says_how_many_pictures_of_each_kind_there_are() {
    let pred = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1];
    let files = rows(&[("a.nii", LARGEST, pred), ("b.nii", LARGEST, pred)]);
    let counts = |most: &str| {
        let more = ["--metrics", "dice,hd95,lesion_f1", "--instances", "components", "--worst", most];
        let page = page(&files, &more);
        ["worst", "surfaces", "lesions"].map(|name| {
            let id = format!("<section id=\"{name}\">");
            if page.contains(&id) { section(&page, name).matches("<figure>").count() } else { 0 }
        })
    };
    assert_eq!(counts("0"), [0, 0, 0]);
    // A lesion that was missed and one that was invented.
    assert_eq!(counts("1"), [1, 1, 2]);
    assert_eq!(counts("9"), [2, 2, 6]);
}
