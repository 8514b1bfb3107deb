//! "Check this device": a GPU that computes what is documented, one that lies, and none.

use super::{devtools::Browser, page_with};
use crate::determinism::{matrix::Matrix, rows::rows};
use serde_json::Value;

/// WebGPU on the processor, by Chromium's SwiftShader.
const WEBGPU: [&str; 1] = ["--enable-unsafe-webgpu"];

/// Rows of the page: statistic, verdict, and two checksums.
type Shown = Vec<[String; 4]>;

impl Browser {
    /// Checks the device. The rows, and what the page says of them.
    fn check(&mut self) -> (Shown, String) {
        self.eval("element('check').open = true, element('check-start').click()");
        self.wait("element('check').dataset.state === 'done'");
        let rows =
            self.eval("[...document.querySelectorAll('#checksums tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))");
        (serde_json::from_value(rows).unwrap(), self.said())
    }

    fn said(&mut self) -> String {
        self.eval("element('check-words').textContent").as_str().unwrap().to_owned()
    }
}

/// The rows as they must be.
fn documented() -> Shown {
    let matrix = Matrix::read(&std::fs::read_to_string(crate::root::root().join("docs/determinism.md")).unwrap());
    let sum = |name: &str| {
        let known = matrix.0.values().find_map(|column| column.checksums.get(name));
        format!("{:016x}", known.unwrap_or_else(|| panic!("{name} is not documented")))
    };
    let of = |name: String| [name.clone(), "equal".into(), sum(&name), sum(&name)];
    rows().into_iter().filter(|row| row.exact).map(|row| of(row.name)).collect()
}

#[test]
fn the_gpu_of_the_browser_gives_what_is_documented() {
    let Some(mut page) = page_with(&WEBGPU) else { return };
    let (shown, words) = page.check();
    assert_eq!(shown, documented());
    assert!(words.starts_with("All 61 statistics") && words.contains("swiftshader"), "{words}");
    assert_eq!(page.seen("Log.entryAdded"), Vec::<&Value>::new());
}

/// Every buffer that is read back has a wrong bit, from the first on or after the engine has seen known answers.
#[test]
fn a_gpu_that_lies_is_seen() {
    let Some(mut page) = page_with(&WEBGPU) else { return };
    let lies = |after: usize| {
        format!(
            "(() => {{ const mapped = GPUBuffer.prototype.getMappedRange; let n = 0; GPUBuffer.prototype.getMappedRange = function () {{ \
             const found = mapped.call(this); if (++n > {after}) new Uint8Array(found)[0] ^= 1; return found; }}; }})();"
        )
    };
    for (after, expected) in [(0, "wrong"), (200, "differ")] {
        page.eval(&format!(
            "(() => {{ const source = URL.createObjectURL(new Blob([{}, element('worker').textContent])); const Own = globalThis.honest ??= Worker; \
             globalThis.Worker = function () {{ return new Own(source); }}; }})()",
            Value::from(lies(after))
        ));
        let (shown, words) = page.check();
        println!("{words} {shown:#?} {expected}");
    }
}

#[test]
fn without_a_gpu_the_processor_is_checked() {
    let Some(mut page) = page_with(&["--disable-gpu"]) else { return };
    let (shown, words) = page.check();
    assert_eq!(shown, documented());
    assert!(words.contains("The GPU was not checked: "), "{words}");
}
