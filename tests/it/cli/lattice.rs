//! The same points in every order of the axes, and boxes of them: each gives the numbers of the files as they were.

use super::{Files, backends, fails, run, stderr, stdout, text};
use serde_json::Value;
use std::path::{Path, PathBuf};
use voxdice::io::{Geometry, nifti};

type Place = [i64; 3];

/// For each axis of a file the axis of the lattice that it runs along, and whether backwards.
type Axes = [(usize, bool); 3];

const STRAIGHT: Axes = [(0, false), (1, false), (2, false)];

/// Lengths of the truth.
const WHOLE: Place = [7, 6, 5];

/// Steps along the axes of the lattice in our world, none at right angles to another, and its origin.
const STEPS: [[f64; 3]; 3] = [[0.75, -0.25, 0.125], [0.5, 1.25, -0.0625], [-0.25, 0.375, 2.5]];
const ORIGIN: [f64; 3] = [-91.5, 12.25, 7.0];

fn orientations() -> Vec<Axes> {
    let mut all = Vec::new();
    for (a, b, c) in [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)] {
        for turned in 0..8 {
            all.push([(a, turned & 1 != 0), (b, turned & 2 != 0), (c, turned & 4 != 0)]);
        }
    }
    all
}

/// A label map as a function of the place, and how it is stored.
struct Stored<'a> {
    label: &'a dyn Fn(Place) -> u8,
    low: Place,
    size: Place,
    axes: Axes,
}

impl Stored<'_> {
    fn shape(&self) -> [u64; 3] {
        self.axes.map(|(axis, _)| self.size[axis] as u64)
    }

    /// The place of a voxel of the file.
    fn place(&self, index: Place) -> Place {
        let mut place = self.low;
        for ((axis, backwards), i) in self.axes.into_iter().zip(index) {
            place[axis] += if backwards { self.size[axis] - 1 - i } else { i };
        }
        place
    }

    fn voxels(&self) -> Vec<u8> {
        let [nx, ny, nz] = self.shape().map(|n| n as i64);
        let indices = (0..nx * ny * nz).map(|i| [i % nx, i / nx % ny, i / nx / ny]);
        indices.map(|index| (self.label)(self.place(index))).collect()
    }

    /// Steps along the axes of the file, and where its first voxel is.
    fn world(&self) -> ([[f64; 3]; 3], [f64; 3]) {
        let steps = self.axes.map(|(axis, backwards)| STEPS[axis].map(|v| if backwards { -v } else { v }));
        let first = self.place([0; 3]);
        let origin =
            std::array::from_fn(|row| ORIGIN[row] + (0..3).map(|k| STEPS[k][row] * first[k] as f64).sum::<f64>());
        (steps, origin)
    }

    fn write(&self, path: &Path) {
        let (steps, origin) = self.world();
        let lengths = steps.map(|[x, y, z]| x.hypot(y).hypot(z));
        let [nx, ny, nz] = self.shape();
        match path.extension().unwrap().to_str().unwrap() {
            "nii" => {
                let mut geometry = Geometry::from_spacing(lengths);
                for row in 0..3 {
                    geometry.affine[row] = [steps[0][row], steps[1][row], steps[2][row], origin[row]];
                }
                nifti::write(path, &self.shape(), &geometry, &self.voxels()).unwrap();
            }
            "nrrd" => {
                let vector = |[x, y, z]: [f64; 3]| format!("({x},{y},{z})");
                let header = format!(
                    "NRRD0004\ntype: uint8\ndimension: 3\nspace: right-anterior-superior\nsizes: {nx} {ny} {nz}\n\
                     space directions: {}\nspace origin: {}\nkinds: domain domain domain\nencoding: raw\n\n",
                    steps.map(vector).join(" "),
                    vector(origin)
                );
                std::fs::write(path, [header.as_bytes(), &self.voxels()].concat()).unwrap();
            }
            "mha" => {
                // x and y of a MetaImage run the other way.
                let lps = |[x, y, z]: [f64; 3], scale: f64| format!("{} {} {}", -x / scale, -y / scale, z / scale);
                let matrix: Vec<String> = steps.iter().zip(lengths).map(|(step, length)| lps(*step, length)).collect();
                let header = format!(
                    "ObjectType = Image\nNDims = 3\nDimSize = {nx} {ny} {nz}\nElementType = MET_UCHAR\n\
                     ElementSpacing = {} {} {}\nTransformMatrix = {}\nOffset = {}\nBinaryData = True\n\
                     ElementDataFile = LOCAL\n",
                    lengths[0],
                    lengths[1],
                    lengths[2],
                    matrix.join(" "),
                    lps(origin, 1.0)
                );
                std::fs::write(path, [header.as_bytes(), &self.voxels()].concat()).unwrap();
            }
            other => panic!("{other}"),
        }
    }
}

/// Labels 1 to 3 and 255, nowhere alike along two axes.
fn truth([x, y, z]: Place) -> u8 {
    let inside = [x, y, z].iter().zip(WHOLE).all(|(&i, n)| (0..n).contains(&i));
    match (x + 2 * y + 3 * z) % 7 {
        _ if !inside => 0,
        1 | 2 => 1,
        3 => 2,
        4 if x > 2 => 3,
        6 if z == 1 => 255,
        _ => 0,
    }
}

/// Like it, a little off, and empty outside of a box.
fn pred([x, y, z]: Place) -> u8 {
    let inside = [x, y, z].iter().zip(LOW).zip(SIZE).all(|((&i, low), n)| (low..low + n).contains(&i));
    if inside { truth([x, (y + 1) % 6, z]) % 255 } else { 0 }
}

/// Where the prediction is not empty.
const LOW: Place = [1, 0, 2];
const SIZE: Place = [5, 6, 2];

fn whole(label: &dyn Fn(Place) -> u8, axes: Axes) -> Stored<'_> {
    Stored { label, low: [0; 3], size: WHOLE, axes }
}

fn csv(truth: &Path, pred: &Path, more: &[&str]) -> (String, String) {
    let found = run([&["eval", text(truth), text(pred), "--format", "csv", "--metrics", "all"], more].concat());
    assert_eq!(found.status.code(), Some(0), "{}", stderr(&found));
    (stdout(&found), stderr(&found))
}

#[test]
fn all_48_orders_of_the_axes_and_boxes_of_them_give_the_same_table() {
    let files = Files::new();
    for format in ["nii", "nrrd", "mha"] {
        let [t, p] = ["t", "p"].map(|name| files.path(&format!("{name}.{format}")));
        whole(&truth, STRAIGHT).write(&t);
        whole(&pred, STRAIGHT).write(&p);
        let (expected, said) = csv(&t, &p, &["--ignore", "255"]);
        assert!(expected.lines().count() == 4 && said.is_empty(), "{expected} {said}");
        for axes in orientations() {
            let note = if axes == STRAIGHT { "" } else { "store the same points along other axes" };
            // The prediction in another order, as a box in another order, and the truth in another order.
            for (low, size) in [([0; 3], WHOLE), (LOW, SIZE), ([-1, -2, 1], [9, 8, 6])] {
                Stored { label: &pred, low, size, axes }.write(&p);
                let (found, said) = csv(&t, &p, &["--ignore", "255"]);
                let dice = |table: &str| {
                    table.lines().map(|line| line.split(',').take(3).collect::<Vec<_>>().join(",")).collect::<Vec<_>>()
                };
                if low[0] < 0 {
                    // Beyond the truth there are more voxels of background, and nothing else.
                    assert_eq!(dice(&found), dice(&expected), "{format} {axes:?} {low:?}");
                } else {
                    assert_eq!(found, expected, "{format} {axes:?} {low:?}");
                }
                assert!(said.contains(note) && !said.contains("warning"), "{said}");
                assert_eq!(said.contains("counts as background"), size != WHOLE, "{said}");
            }
            whole(&pred, STRAIGHT).write(&p);
            let turned = files.path(&format!("turned.{format}"));
            whole(&truth, axes).write(&turned);
            assert_eq!(csv(&turned, &p, &["--ignore", "255"]).0, expected, "{format} {axes:?}");
            Stored { label: &pred, low: LOW, size: SIZE, axes: STRAIGHT }.write(&p);
            assert_eq!(csv(&turned, &p, &["--ignore", "255"]).0, expected, "{format} {axes:?}");
            whole(&pred, STRAIGHT).write(&p);
        }
    }
}

#[test]
fn masks_may_lie_in_any_order_as_well() {
    let files = Files::new();
    let folders = ["t", "p"].map(|name| files.path(name));
    let folders = folders.map(|folder| folder.join("s1"));
    folders.iter().for_each(|folder| std::fs::create_dir_all(folder).unwrap());
    let [one, two] = [1, 2].map(|label| move |place| u8::from(truth(place) == label));
    let [hit, miss] = [1, 2].map(|label| move |place| u8::from(pred(place) == label));
    whole(&one, STRAIGHT).write(&folders[0].join("one.nii"));
    whole(&two, STRAIGHT).write(&folders[0].join("two.nii"));
    let mut expected = None;
    for axes in orientations() {
        whole(&hit, axes).write(&folders[1].join("one.nii"));
        whole(&miss, axes).write(&folders[1].join("two.nii"));
        let found = csv(&files.path("t"), &files.path("p"), &[]).0;
        assert!(found.contains("s1,one,"), "{found}");
        assert_eq!(*expected.get_or_insert(found.clone()), found, "{axes:?}");
        // One mask alone, whose side is in another order than itself.
        whole(&hit, STRAIGHT).write(&folders[1].join("one.nii"));
        let (found, said) = csv(&files.path("t"), &files.path("p"), &[]);
        assert!(expected.as_ref() == Some(&found) && said.is_empty(), "{axes:?}: {found} {said}");
    }
}

#[test]
fn every_backend_and_the_page_count_the_same_points() {
    let files = Files::new();
    let [t, p, page] = ["t.nii", "p.nii", "page.html"].map(|name| files.path(name));
    whole(&truth, STRAIGHT).write(&t);
    let pictures = |backend: &str| {
        let (found, _) = csv(&t, &p, &["--backend", backend, "--html", text(&page), "--ignore", "255"]);
        let html = std::fs::read_to_string(&page).unwrap();
        let drawn: Vec<String> = html
            .split("<svg class=\"slice\"")
            .skip(1)
            .map(|svg| svg.split("</svg>").next().unwrap().to_owned())
            .collect();
        assert!(!drawn.is_empty(), "{html}");
        (found, drawn)
    };
    whole(&pred, STRAIGHT).write(&p);
    let expected = pictures("cpu");
    for backend in backends() {
        for (place, axes) in orientations().into_iter().enumerate().filter(|(place, _)| place % 5 == 1) {
            let (low, size) = if place % 2 == 0 { ([0; 3], WHOLE) } else { (LOW, SIZE) };
            Stored { label: &pred, low, size, axes }.write(&p);
            assert_eq!(pictures(backend), expected, "{backend} {axes:?}");
            if super::gpu() {
                let output = run(["eval", text(&t), text(&p), "--verify"]);
                assert!(stderr(&output).contains("agree in every count"), "{}", stderr(&output));
            }
        }
    }
}

fn found(truth: &Path, pred: &Path, more: &[&str]) -> (i32, Value) {
    let output = run([&["eval", text(truth), text(pred), "--format", "json"], more].concat());
    (output.status.code().unwrap(), serde_json::from_str(&stdout(&output)).unwrap())
}

fn kinds(found: &Value) -> Vec<&str> {
    let warnings = found["voxdice"]["warnings"].as_array().unwrap();
    warnings.iter().map(|warning| warning["kind"].as_str().unwrap()).collect()
}

#[test]
fn boxes_count_over_all_voxels_that_either_stores() {
    let files = Files::new();
    let write = |name: &str, low: Place, size: Place| -> PathBuf {
        let path = files.path(name);
        Stored { label: &|_| 1, low, size, axes: STRAIGHT }.write(&path);
        path
    };
    let inner = write("inner.nii", [2, 2, 2], [2, 3, 1]);
    let outer = write("outer.nii", [0; 3], WHOLE);
    let across = write("across.nii", [3, 3, 2], [2, 3, 1]);
    let away = write("away.nii", [40, -50, 60], [2, 2, 2]);
    let counts = |a: &Path, b: &Path| {
        let (code, found) = found(a, b, &[]);
        let of = |key: &str| found["mean"]["1"][key].as_f64().unwrap();
        let voxels = found["voxdice"]["cases"][0]["voxels"].as_u64().unwrap();
        (code, ["TP", "FP", "FN", "TN"].map(of), voxels, kinds(&found).join(" "))
    };
    assert_eq!(counts(&outer, &inner), (0, [6.0, 0.0, 204.0, 0.0], 210, "padded".into()));
    assert_eq!(counts(&inner, &outer), (0, [6.0, 204.0, 0.0, 0.0], 210, "padded".into()));
    // Boxes of one size that lie askew may as well have a wrong header.
    // They are findings, as they are of a loss.
    assert_eq!(counts(&inner, &across), (1, [2.0, 4.0, 4.0, 0.0], 10, "geometry".into()));
    assert_eq!(counts(&across, &away), (1, [0.0, 8.0, 6.0, 0.0], 14, "nothing_shared".into()));
    assert_eq!(run(["loss", text(&inner), text(&across)]).status.code(), Some(1));
    fails(2, &["apart", "--geometry warn"], ["eval", text(&inner), text(&across), "--geometry", "strict"]);
    assert_eq!(found(&outer, &inner, &["--geometry", "strict"]).0, 0);
    fails(2, &["7 x 6 x 5", "2 x 3 x 1", "resample"], ["eval", text(&outer), text(&inner), "--geometry", "off"]);
    // Where nothing but a length differs, a file was cut short.
    let short = write("short.nii", [0; 3], [7, 6, 4]);
    fails(2, &["7 x 6 x 5", "7 x 6 x 4", "resample"], ["eval", text(&outer), text(&short)]);
}

#[test]
fn grids_that_truly_differ_are_findings() {
    let files = Files::new();
    for half in ["t", "p"] {
        std::fs::create_dir(files.path(half)).unwrap();
    }
    let mut geometry = Geometry::from_spacing([1.0, 1.0, 2.0]);
    let voxels = [0u8, 1, 1, 0, 0, 1, 1, 0];
    let write =
        |name: &str, geometry: &Geometry| nifti::write(files.path(name), &[2, 2, 2], geometry, &voxels).unwrap();
    ["t/a.nii", "t/b.nii", "p/a.nii"].iter().for_each(|name| write(name, &geometry));
    geometry.affine[1][3] = 0.25;
    write("p/b.nii", &geometry);
    let (t, p) = (files.path("t"), files.path("p"));
    let page = files.path("page.html");
    let output = run(["eval", text(&t), text(&p), "--format", "json", "--html", text(&page), "--quiet"]);
    assert_eq!(output.status.code(), Some(1));
    // Told even where warnings are not.
    assert!(stderr(&output).starts_with("warning: b: the affines put the same voxel"), "{}", stderr(&output));
    let json: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let apart = &json["voxdice"]["grids_apart"];
    assert_eq!((apart.as_array().unwrap().len(), &apart[0]["case"], &apart[0]["mm"]), (1, &"b".into(), &0.25.into()));
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("<li class=\"bad\">"), "{html}");
    let part = files.path("part.json");
    std::fs::write(&part, &output.stdout).unwrap();
    assert_eq!(run(["merge", text(&part)]).status.code(), Some(1));
    let off = run(["eval", text(&t), text(&p), "--geometry", "off"]);
    assert_eq!((off.status.code(), stderr(&off)), (Some(0), String::new()));
}

#[test]
fn a_loss_compares_points_too_and_its_gradient_has_the_order_of_the_prediction() {
    let files = Files::new();
    let [t, p, grad] = ["t.nii", "p.nii", "grad.npy"].map(|name| files.path(name));
    let soft = |place: Place| f32::from(pred(place)) / 3.0;
    let shape = WHOLE.map(|n| n as u64);
    let straight = whole(&pred, STRAIGHT);
    let (steps, origin) = straight.world();
    let mut geometry = Geometry::from_spacing(steps.map(|[x, y, z]| x.hypot(y).hypot(z)));
    for row in 0..3 {
        geometry.affine[row] = [steps[0][row], steps[1][row], steps[2][row], origin[row]];
    }
    let places = (0..shape.iter().product::<u64>() as i64).map(|i| [i % 7, i / 7 % 6, i / 42]);
    // Two channels, so that the truth is a label map; and one, where it is a mask.
    let one: Vec<f32> = places.map(soft).collect();
    let two: Vec<f32> = one.iter().map(|p| 1.0 - p).chain(one.iter().copied()).collect();
    let binary = |place: Place| u8::from(truth(place) == 1);
    for (shape, values) in [(vec![7, 6, 5], one), (vec![7, 6, 5, 2], two.clone()), (vec![7, 6, 5, 1, 2], two)] {
        nifti::write(&p, &shape, &geometry, &values).unwrap();
        let mut expected = None;
        for axes in orientations() {
            whole(&binary, axes).write(&t);
            let output = run(["loss", text(&t), text(&p), "--format", "json", "--grad", text(&grad)]);
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
            let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
            let found = (found["values"].clone(), std::fs::read(&grad).unwrap());
            assert_eq!(*expected.get_or_insert(found.clone()), found, "{axes:?}");
            assert_eq!(stderr(&output).contains("points were compared"), axes != STRAIGHT, "{}", stderr(&output));
        }
    }
    // What is outside of a box of probabilities is not known, and what lies apart is a finding.
    Stored { label: &binary, low: LOW, size: SIZE, axes: STRAIGHT }.write(&t);
    fails(2, &["different boxes of one lattice", "crop or pad"], ["loss", text(&t), text(&p)]);
    whole(&binary, STRAIGHT).write(&t);
    geometry.affine[0][3] += 0.25;
    nifti::write(&p, &[7, 6, 5], &geometry, &vec![0.5f32; 210]).unwrap();
    let output = run(["loss", text(&t), text(&p), "--quiet"]);
    assert!(output.status.code() == Some(1) && stderr(&output).contains("--geometry off"), "{}", stderr(&output));
    fails(2, &["apart", "--geometry warn"], ["loss", text(&t), text(&p), "--geometry", "strict"]);
    assert_eq!(run(["loss", text(&t), text(&p), "--geometry", "off"]).status.code(), Some(0));
}
