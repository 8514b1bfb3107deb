//! The page in the browser (`page/`), in Chromium: its numbers are those of the command, and nothing leaves it.

mod check;
mod devtools;
mod made;
mod pictures;

use crate::pages::wanted;
use crate::root::root;
use crate::shared::shared;
use crate::skips::skipped;
use assert_cmd::Command;
use devtools::Browser;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What the page is made of.
const PARTS: [&str; 12] = [
    "src",
    "shaders",
    "page/src",
    "page/web",
    "page/build",
    "page/Cargo.toml",
    "tests/it/determinism",
    "tests/it/browser",
    "tests/it/operands.rs",
    "tests/it/oracle.rs",
    "tests/it/random.rs",
    "docs/determinism.md",
];

/// The page as `page/build` made it, and a browser. Without one of them the tests are skipped, and that is said;
/// `VOXDICE_TEST_PAGE=require` makes it a failure.
fn page() -> Option<Browser> {
    page_with(&["--disable-gpu"])
}

/// The same with flags of the browser.
fn page_with(flags: &[&str]) -> Option<Browser> {
    let required = std::env::var_os("VOXDICE_TEST_PAGE").is_some_and(|value| value == "require");
    let page = root().join("page/target/voxdice.html");
    let built = std::fs::metadata(&page).and_then(|page| page.modified());
    let fault = match built {
        Ok(built) if PARTS.iter().all(|part| latest(&root().join(part)) <= built) => None,
        Ok(_) => Some("it is older than its sources"),
        Err(_) => Some("it was not built"),
    };
    if let Some(fault) = fault {
        assert!(!required, "{}: {fault}; run page/build", page.display());
        skipped(&format!("the page in the browser: {fault}; page/build makes it"));
        return None;
    }
    Some(Browser::open(&wanted()?, &page, flags))
}

/// When a file, or one of a folder, was last changed.
fn latest(path: &Path) -> SystemTime {
    if !path.is_dir() {
        return std::fs::metadata(path).unwrap().modified().unwrap();
    }
    let entries = std::fs::read_dir(path).unwrap().map(|entry| latest(&entry.unwrap().path()));
    entries.max().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// What the command prints.
fn command(truth: &Path, pred: &Path, flags: &[&str]) -> Value {
    let mut command = Command::cargo_bin("voxdice").unwrap();
    command.arg("eval").args([truth, pred]).args(flags).args(["--format", "json", "--quiet"]);
    serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
}

impl Browser {
    /// Chooses truth and predictions; folders where they are some.
    fn choose_all(&mut self, truth: &Path, preds: &[&Path]) {
        self.eval("Object.assign(sides, { truth: null, preds: [] })");
        for (i, path) in std::iter::once(&truth).chain(preds).enumerate() {
            let side = if i == 0 { "truth" } else { "pred" };
            let kind = if path.is_dir() { "[webkitdirectory]" } else { ":not([webkitdirectory])" };
            self.choose(&format!(".zone[data-side='{side}'] input{kind}"), &[path]);
            self.wait(&format!("Number(Boolean(sides.truth)) + sides.preds.length === {}", i + 1));
        }
    }

    /// Evaluates what was chosen. Whether there are results.
    fn evaluate(&mut self) -> bool {
        self.eval("element('start').click()");
        self.wait("document.documentElement.dataset.state && !running");
        self.eval("document.documentElement.dataset.state") == "done"
    }

    /// A file that can be saved.
    fn saved(&mut self, name: &str) -> String {
        let find = format!("evaluated[0].saved.get('{name}') ?? comparison.get('{name}')");
        self.eval(&format!("new TextDecoder().decode({find})")).as_str().unwrap().to_owned()
    }

    /// The numbers of two files or folders.
    fn numbers(&mut self, truth: &Path, pred: &Path) -> Value {
        self.choose_all(truth, &[pred]);
        let is_done = self.evaluate();
        assert!(is_done, "{}", self.words());
        self.shown()
    }

    /// The numbers that are shown.
    fn shown(&mut self) -> Value {
        let text = self.eval("new TextDecoder().decode(shownModel.saved.get('result.json'))");
        serde_json::from_str(text.as_str().unwrap()).unwrap()
    }
}

/// The paths of a result begin at the folder that was chosen; the command has what was written on its line.
fn without_paths(mut result: Value) -> Value {
    for entry in result["metric_per_case"].as_array_mut().unwrap() {
        for key in ["prediction_file", "reference_file"] {
            let path = PathBuf::from(entry[key].as_str().unwrap());
            entry[key] = path.file_name().unwrap().to_str().unwrap().into();
        }
    }
    result
}

/// The device differs, and the words of findings have flags on the command line.
fn assert_equal(page: Value, command: Value) {
    let [page, command] = [page, command].map(without_paths);
    for key in ["foreground_mean", "mean", "metric_per_case"] {
        assert_eq!(page[key], command[key], "{key}");
    }
    let [page, command] = [&page["voxdice"], &command["voxdice"]];
    for key in ["classes", "cases", "statistics", "undefined", "kind", "grids_apart", "schema"] {
        assert_eq!(page[key], command[key], "{key}");
    }
    for list in ["failures", "warnings", "missing_predictions", "extra_predictions"] {
        let names = |of: &Value| of[list].as_array().unwrap().iter().map(|own| own["case"].clone()).collect::<Vec<_>>();
        assert_eq!(names(page), names(command), "{list}");
    }
}

#[test]
fn a_pair_has_the_numbers_of_the_command() {
    let Some(mut page) = page() else { return };
    let folder = tempfile::tempdir().unwrap();
    let [truth, pred] = made::pair(folder.path(), "case");
    let found = page.numbers(&truth, &pred);
    assert_eq!(found["metric_per_case"][0]["reference_file"], "truth/case.nii.gz");
    assert_equal(found, command(&truth, &pred, &[]));
    // What is saved is what the command writes.
    let own =
        Command::cargo_bin("voxdice").unwrap().arg("eval").args([&truth, &pred]).args(["--format", "csv"]).output();
    assert_eq!(page.saved("cases.csv"), String::from_utf8(own.unwrap().stdout).unwrap());
    assert!(page.saved("report.html").contains("<h2>Classes</h2>"));
    // It can be read inside of the page, script and all.
    page.eval("element('report').open = true");
    page.wait("document.querySelector('#report iframe').contentDocument?.documentElement?.classList.contains('js')");
    assert_eq!(page.seen("Log.entryAdded"), Vec::<&Value>::new());
}

#[test]
fn folders_have_the_numbers_of_the_command() {
    let Some(mut page) = page() else { return };
    let Some(shared) = shared() else { return };
    let [truth, pred] = ["truth", "pred"].map(|side| shared.join("data/folder").join(side));
    assert_equal(page.numbers(&truth, &pred), command(&truth, &pred, &[]));
    assert!(
        page.eval("element('findings').textContent").as_str().unwrap().contains("case_004: there is no prediction")
    );
    // A case leads to its worst class, a class to its worst case.
    for (heading, shown) in [("tbody th", "case_001 2"), ("thead th[data-class='4']", "case_003 4")] {
        page.eval(&format!("document.querySelector(\"#numbers {heading}\").click()"));
        page.wait(&format!("viewer.root.dataset.shown === '{shown}'"));
    }
    page.eval("element('missing').value = 'zero'");
    for dataset in ["dataset.json", "dataset_regions.json", "dataset_ignore.json"] {
        let dataset = shared.join("data/folder").join(dataset);
        page.choose("input[accept='.json']", &[&dataset]);
        let flags = ["--missing", "zero", "--dataset", dataset.to_str().unwrap()];
        assert_equal(page.numbers(&truth, &pred), command(&truth, &pred, &flags));
    }
}

#[test]
fn golden_surfaces_and_lesions_have_the_numbers_of_the_command() {
    let Some(mut page) = page() else { return };
    let folder = tempfile::tempdir().unwrap();
    let [truth, pred] = made::golden(folder.path());
    let metrics = "dice,hd,hd95,hd_truth=95,assd,masd,sd_median,nsd=1.5,volume_truth_ml,lesion_f1,lesion_dice,pq";
    page.eval(&format!("element('metrics').value = '{metrics}', element('instances').value = 'components'"));
    page.eval("for (const box of document.querySelectorAll('[name=metric]')) box.checked = false");
    let found = page.numbers(&truth, &pred);
    assert!(found["metric_per_case"].as_array().unwrap().len() > 100);
    assert_equal(found, command(&truth, &pred, &["--metrics", metrics, "--instances", "components"]));
    assert!(page.saved("lesions.csv").lines().count() > 100);
    for like in ["brats23-gli", "panoptica", "cellpose"] {
        page.eval(&format!(
            "element('metrics').value = '', element('instances').value = '', element('like').value = '{like}'"
        ));
        let found = page.numbers(&truth, &pred);
        assert_equal(found, command(&truth, &pred, &["--like", like]));
    }
}

#[test]
fn gzip_of_any_making_is_read_and_what_is_broken_is_said() {
    let Some(mut page) = page() else { return };
    let folder = tempfile::tempdir().unwrap();
    let [truth, pred] = made::pair(folder.path(), "case");
    let whole = page.numbers(&truth, &pred);
    for (making, bytes) in made::gzips(&pred) {
        let other = folder.path().join(making).join("case.nii.gz");
        std::fs::create_dir_all(other.parent().unwrap()).unwrap();
        std::fs::write(&other, &bytes).unwrap();
        assert_equal(page.numbers(&truth, &other), whole.clone());
    }
    let bytes = std::fs::read(&pred).unwrap();
    std::fs::write(&pred, &bytes[..bytes.len() - 20]).unwrap();
    page.choose_all(&truth, &[&pred]);
    assert!(!page.evaluate());
    let words = page.words();
    assert!(words.contains("case.nii.gz") && page.eval("element('results').hidden") == true, "{words}");
}

#[test]
fn a_folder_of_many_cases_takes_the_memory_of_a_few() {
    let Some(mut page) = page() else { return };
    let memory = |page: &mut Browser, cases: usize| {
        let folder = tempfile::tempdir().unwrap();
        let [truth, pred] = made::cohort(folder.path(), cases);
        let found = page.numbers(&truth, &pred);
        assert_eq!(found["metric_per_case"].as_array().unwrap().len(), cases);
        page.eval("Number(document.documentElement.dataset.memory)").as_u64().unwrap()
    };
    let [few, many] = [8, 200].map(|cases| memory(&mut page, cases));
    // Of a case its numbers and its place in the report are kept.
    assert!(many < few + (6 << 20), "{few} bytes for 8 cases, {many} for 200");
}

#[test]
fn nothing_leaves_the_page() {
    let Some(mut page) = page() else { return };
    let folder = tempfile::tempdir().unwrap();
    let [truth, pred] = made::pair(folder.path(), "case");
    page.numbers(&truth, &pred);
    page.eval("open('case', '1')");
    page.wait("viewer.root.dataset.shown");
    let local = |url: &str| ["file:", "blob:", "data:"].iter().any(|scheme| url.starts_with(scheme));
    for request in page.seen("Network.requestWillBeSent") {
        let url = request["request"]["url"].as_str().unwrap();
        assert!(local(url), "the page asks for {url}");
    }
    assert_eq!(page.seen("Log.entryAdded"), Vec::<&Value>::new());
    // A page that tries to is stopped, in the thread of the program too; so this test can fail.
    let attempts = "[() => fetch('http://127.0.0.1:9/'), () => new Promise((ok, failed) => { const image = new Image(); image.onload = ok; \
                    image.onerror = failed; image.src = 'http://127.0.0.1:9/x.png'; }), () => new Promise((ok, failed) => { const own = \
                    new Worker(URL.createObjectURL(new Blob([\"fetch('http://127.0.0.1:9/').then(() => postMessage(1), () => \
                    postMessage(0))\"]))); own.onmessage = ({ data }) => data ? ok() : failed(); })]";
    let violations = "new Promise((told) => { const all = []; document.addEventListener('securitypolicyviolation', (event) => \
                      all.push(event.effectiveDirective)); Promise.allSettled(ATTEMPTS.map((one) => one())).then((ends) => \
                      setTimeout(() => told([ends.map((end) => end.status), all.sort()]), 300)); })";
    let ends = page.eval(&violations.replace("ATTEMPTS", attempts));
    assert_eq!(ends[0], json!(["rejected", "rejected", "rejected"]));
    assert_eq!(ends[1], json!(["connect-src", "img-src"]));
}

#[test]
fn files_and_folders_can_be_dropped() {
    let Some(mut page) = page() else { return };
    let folder = tempfile::tempdir().unwrap();
    let [truth, pred] = made::pair(folder.path(), "case");
    page.resize(1280, false);
    let names = "[sides.truth?.name, sides.preds[0]?.name, sides.truth?.isFolder]";
    // Onto the fields: the prediction first.
    let middle = |page: &mut Browser, side: &str| {
        let place = format!(
            "(({{ x, y, width, height }}) => [x + width / 2, y + height / 2])(document.querySelector('.zone[data-side={side}]').getBoundingClientRect())"
        );
        let place = page.eval(&place);
        [0, 1].map(|i| place[i].as_f64().unwrap())
    };
    let at = middle(&mut page, "pred");
    page.drop_at(at, &[&pred]);
    page.wait("sides.preds.length");
    let at = middle(&mut page, "truth");
    page.drop_at(at, &[&truth]);
    page.wait("sides.truth");
    assert_eq!(page.eval(names), json!(["case.nii.gz", "case.nii.gz", false]));
    assert!(page.evaluate());
    // Two folders at once, anywhere: their names say which is which. Then the folder that has both.
    let [truths, preds] = made::cohort(folder.path(), 2);
    for files in [&[&*preds, &*truths][..], &[folder.path().join("cohort").as_path()]] {
        page.eval("Object.assign(sides, { truth: null, preds: [] })");
        page.eval("scrollTo({ top: 0, behavior: 'instant' })");
        page.drop_at([640.0, 20.0], files);
        page.wait("sides.truth && sides.preds.length");
        assert_eq!(page.eval(names), json!(["labelsTs", "predictions", true]), "{files:?}");
    }
    assert!(page.evaluate());
    assert_equal(page.shown(), command(&truths, &preds, &[]));
}

#[test]
fn threads_change_nothing_and_a_run_can_be_cancelled() {
    let Some(mut page) = page() else { return };
    let folder = tempfile::tempdir().unwrap();
    let [truth, pred] = made::golden(folder.path());
    page.eval("element('metrics').value = 'dice,hd95,nsd=1', element('instances').value = 'components'");
    // A case that cannot be read is one of the findings, whoever meets it.
    let broken = std::fs::read_dir(&pred).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&broken, "no image").unwrap();
    let mut of = |threads: usize| {
        page.eval(&format!("threads = {threads}"));
        page.numbers(&truth, &pred);
        ["result.json", "cases.csv", "lesions.csv", "report.html"].map(|name| page.saved(name))
    };
    let [one, three] = [of(1), of(3)];
    let json: Value = serde_json::from_str(&one[0]).unwrap();
    assert_eq!(json["voxdice"]["failures"].as_array().unwrap().len(), 1);
    assert!(one == three, "three threads have other results than one");
    page.eval("element('start').click(), setTimeout(() => element('cancel').click(), 100)");
    page.wait("document.documentElement.dataset.state === 'failed' && !running");
    let words = page.words();
    assert!(words.starts_with("Cancelled") && page.eval("element('results').hidden") == true, "{words}");
}

#[test]
fn several_models_are_compared_as_by_the_command() {
    let Some(mut page) = page() else { return };
    let folder = tempfile::tempdir().unwrap();
    let [truth, first] = made::cohort(folder.path(), 8);
    let second = folder.path().join("other");
    std::fs::create_dir(&second).unwrap();
    for case in 0..8 {
        // The predictions of the next case, but for one.
        let of = if case == 3 { 3 } else { (case + 1) % 8 };
        let name = |case: usize| format!("case_{case:03}.nii.gz");
        std::fs::copy(first.join(name(of)), second.join(name(case))).unwrap();
    }
    page.choose_all(&truth, &[&first, &second]);
    assert!(page.evaluate(), "{}", page.words());
    let csv = folder.path().join("comparison.csv");
    let mut compare = Command::cargo_bin("voxdice").unwrap();
    compare.current_dir(folder.path().join("cohort")).args(["compare", "--quiet", "--truth", "labelsTs"]);
    compare.args(["predictions=predictions", "other=../other", "--metrics", "dice,iou", "--csv"]).arg(&csv);
    assert_eq!(compare.output().unwrap().status.code(), Some(0));
    assert_eq!(page.saved("comparison.csv"), std::fs::read_to_string(csv).unwrap());
    // The other model can be looked at, and the comparison be read.
    page.eval("element('model').value = 1, element('model').onchange()");
    assert_equal(page.shown(), command(&truth, &second, &[]));
    // How long it took is not told of what was made before.
    assert_eq!(page.eval("element('about').textContent"), "8 cases, 4 classes");
    page.eval("element('comparison').open = true");
    page.wait(
        "document.querySelector('#comparison iframe').contentDocument?.documentElement?.classList.contains('js')",
    );
}

#[test]
fn the_keyboard_alone_is_enough_and_every_screen_is_wide_enough() {
    let Some(mut page) = page() else { return };
    let focus =
        "(document.activeElement.id || document.activeElement.tagName) + (document.activeElement.dataset.class ?? '')";
    let tab_to = |page: &mut Browser, id: &str| {
        for _ in 0..60 {
            page.press("Tab");
            if page.eval(focus) == id {
                return;
            }
        }
        panic!("Tab does not lead to {id}");
    };
    tab_to(&mut page, "example");
    page.press("Enter");
    page.wait("document.activeElement.id === 'start'");
    page.press("Enter");
    page.wait("document.documentElement.dataset.state === 'done'");
    // From the heading of the results to the table, to its third class, and to the viewer.
    tab_to(&mut page, "TD1");
    page.press("ArrowDown");
    page.press("ArrowDown");
    page.press("ArrowRight");
    assert_eq!(page.eval(focus), "TD3");
    page.press("Enter");
    page.wait("viewer.root.dataset.shown === 'example_prediction 3'");
    tab_to(&mut page, "CANVAS");
    let before = page.eval("viewer.at[viewer.marks.axis]").as_i64().unwrap();
    page.press("ArrowDown");
    assert_eq!(page.eval("viewer.at[viewer.marks.axis]"), before + 1);
    page.press("w");
    assert_eq!(page.eval("viewer.at[viewer.marks.axis]"), before);
    // The numbers under a plane are those of its voxels.
    let seen = "(() => { const { marks, at } = viewer, n = marks.dims[0] * marks.dims[1]; let missed = 0; for (const mark of \
                marks.voxels.subarray(at[2] * n, (at[2] + 1) * n)) missed += (mark & 7) === 1; return missed; })()";
    let missed = page.eval(seen);
    let counts = page.eval("viewer.planes[0].counts.textContent");
    assert!(counts.as_str().unwrap().contains(&format!("{missed} missed")), "{counts}, {missed}");
    page.press("t");
    assert_eq!(
        page.eval("[viewer.mode, document.querySelector('[name=mode]:checked').value]"),
        json!(["truth", "truth"])
    );
    page.eval("element('choices').open = true");
    for width in [360, 390, 768, 1280, 1440, 1920] {
        for is_dark in [false, true] {
            page.resize(width, is_dark);
            let wide = "[document.documentElement.scrollWidth, innerWidth]";
            let found = page.eval(wide);
            assert!(found[0].as_u64() <= found[1].as_u64(), "wider than a window of {width}: {found}");
            // What is too wide is seen.
            let control = "(() => { const wide = make('p', { textContent: 'x' }); wide.style.width = '3000px'; document.body.append(wide); \
                           const found = document.documentElement.scrollWidth; wide.remove(); return found; })()";
            assert!(page.eval(control).as_u64() > found[1].as_u64());
        }
    }
}
