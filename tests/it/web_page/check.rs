//! "Check this device": a GPU that computes what is documented, one that lies, and none.

use super::{devtools::Browser, page_with};
use crate::determinism::{matrix::Matrix, rows::rows};
use crate::skips::skipped;
use serde_json::{Value, json};

/// A row of a kind each. Software takes minutes to compile the kernels of all rows, which the column `Chromium` of the matrix has
/// gone through with the same script.
const SOME: [&str; 4] =
    ["sums, F32 x U8, channels first", "counts, 3 classes", "surfaces of faces, 2-D", "lesions by labels"];

/// Statistic, verdict, and two checksums.
type Shown = Vec<[String; 4]>;

impl Browser {
    /// Checks the device. The rows, and what the page says of them.
    fn check(&mut self, names: Option<&[&str]>) -> (Shown, String) {
        self.eval(&format!("rowsToCheck = {}, element('check').open = true", json!(names)));
        self.eval("element('check-start').click()");
        self.wait("element('check').dataset.state === 'done'");
        let cells = "[...document.querySelectorAll('#checksums tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))";
        let shown = serde_json::from_value(self.eval(cells)).unwrap();
        (shown, self.eval("element('check-words').textContent").as_str().unwrap().to_owned())
    }

    fn is_alarmed(&mut self) -> bool {
        self.eval("element('check-words').classList.contains('bad')") == true
    }
}

/// The rows as they must be: all, or these.
fn documented(names: Option<&[&str]>) -> Shown {
    let matrix = Matrix::read(&std::fs::read_to_string(crate::root::root().join("docs/determinism.md")).unwrap());
    let sum = |name: &str| {
        let known = matrix.0.values().find_map(|column| column.checksums.get(name));
        format!("{:016x}", known.unwrap_or_else(|| panic!("{name} is not documented")))
    };
    let of = |name: String| [name.clone(), "equal".into(), sum(&name), sum(&name)];
    let wanted = |name: &str| names.is_none_or(|names| names.contains(&name));
    rows().into_iter().filter(|row| wanted(&row.name)).map(|row| of(row.name)).collect()
}

/// The page in a browser whose WebGPU is on the processor (SwiftShader).
fn with_webgpu() -> Option<Browser> {
    let mut page = page_with(&["--enable-unsafe-webgpu"])?;
    let adapter = page.eval("navigator.gpu?.requestAdapter().then((adapter) => adapter?.info.vendor ?? null)");
    if adapter.is_null() {
        let required = std::env::var_os("VOXDICE_TEST_BROWSER").is_some_and(|value| value == "require");
        assert!(!required, "the browser has no adapter for WebGPU");
        skipped("the check of a GPU in the page: the browser has no adapter for WebGPU");
        return None;
    }
    Some(page)
}

#[test]
fn the_gpu_of_a_browser_gives_what_is_documented_and_one_that_lies_is_seen() {
    let Some(mut page) = with_webgpu() else { return };
    let (shown, words) = page.check(Some(&SOME));
    assert_eq!(shown, documented(Some(&SOME)));
    assert!(words.starts_with("All 4 checksums") && words.contains(" and on "), "{words}");
    assert!(!page.is_alarmed());
    assert_eq!(page.seen("Log.entryAdded"), Vec::<&Value>::new());

    // What is read back has a wrong bit once the first row is out.
    page.eval(WORKERS_WITH);
    page.eval(LIAR);
    page.eval("lieFrom('\"row\"')");
    let two = &SOME[..2];
    let (shown, words) = page.check(Some(two));
    let [first, second] = documented(Some(two)).try_into().unwrap();
    assert_eq!((&shown[0], &shown[1][..3]), (&first, &[second[0].clone(), "differs".into(), second[2].clone()][..]));
    assert_ne!(shown[1][3], second[3]);
    assert!(words.starts_with("1 of 2 checksums are not") && page.is_alarmed(), "{words}");
    // One that lies from the beginning does not pass the engine's own test, and computes nothing more.
    page.eval("lieFrom('')");
    let (shown, words) = page.check(Some(&SOME));
    assert_eq!(shown, documented(Some(&SOME)));
    assert!(words.contains("Not so the GPU: ") && words.contains("self-test") && page.is_alarmed(), "{words}");

    // One that never answers can be given up, and the next check begins anew.
    page.eval("workersWith('GPUBuffer.prototype.mapAsync = () => new Promise(() => {});')");
    page.eval(&format!("rowsToCheck = {}, element('check-start').click()", json!(two)));
    page.wait("element('check-words').textContent.startsWith('Preparing ')");
    page.eval("element('check-start').click()");
    page.wait("element('check').dataset.state === 'done'");
    assert_eq!(page.eval("element('check-words').textContent"), "Cancelled after 0 of 2.");
    page.eval("workersWith('')");
    assert_eq!(page.check(Some(two)).0, documented(Some(two)));
}

/// Threads whose WebGPU has a wrong bit in what it reads back, after they have said something.
const LIAR: &str = "(() => {
  const lie = (from) => {
    const mapped = GPUBuffer.prototype.getMappedRange, post = self.postMessage.bind(self);
    let lies = from === '';
    self.postMessage = (message, ...rest) => (post(message, ...rest), (lies ||= message.said?.includes(from)));
    GPUBuffer.prototype.getMappedRange = function () {
      const found = mapped.call(this);
      if (lies) new Uint8Array(found)[0] ^= 1;
      return found;
    };
  };
  globalThis.lieFrom = (from) => workersWith(`(${lie})(${JSON.stringify(from)});`);
})()";

/// Gives every worker that the page starts a script to run first.
const WORKERS_WITH: &str = "(() => {
  const Own = Worker;
  globalThis.workersWith = (script) => {
    const source = URL.createObjectURL(new Blob([script, element('worker').textContent]));
    globalThis.Worker = function () { return new Own(source); };
  };
})()";

#[test]
fn without_a_gpu_every_row_of_the_processor_is_checked() {
    let Some(mut page) = page_with(&["--disable-gpu"]) else { return };
    let (shown, words) = page.check(None);
    assert_eq!(shown, documented(None));
    let all = format!("All {} checksums", shown.len());
    assert!(words.starts_with(&all) && words.contains("The GPU was not checked: "), "{words}");
    assert!(!page.is_alarmed());
    page.eval(WORKERS_WITH);
    // A browser without WebGPU, and one whose programs cannot wait.
    for (without, why) in [
        ("Object.defineProperty(navigator, 'gpu', { value: undefined });", "has no WebGPU"),
        ("delete WebAssembly.Suspending;", "cannot let a program wait"),
    ] {
        page.eval(&format!("workersWith({})", json!(without)));
        let (shown, words) = page.check(Some(&SOME));
        assert_eq!(shown, documented(Some(&SOME)));
        assert!(words.contains(why), "{words}");
    }
}
