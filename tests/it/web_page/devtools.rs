//! A page in Chromium, which is driven over a pipe, as its developer tools do: with real files, keys and clicks.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Starting takes a second or two, on a busy machine much longer.
const PATIENCE: Duration = Duration::from_secs(240);

pub struct Browser {
    process: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    session: Option<String>,
    calls: u64,
    /// What the page has done of itself: requests, entries of the log, exceptions.
    events: Vec<Value>,
    _folder: tempfile::TempDir,
}

impl Browser {
    /// The page as it lies on the disk.
    pub fn open(program: &Path, page: &Path, flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Chromium reads from its third handle and writes to its fourth; it is a shell that can say so.
        let mut process = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 0</dev/null 1>&2"])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--no-first-run", "--remote-debugging-pipe"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            // A page that still scrolls takes the place from under the mouse.
            .arg("--force-prefers-reduced-motion")
            .args(flags)
            .arg(format!("--user-data-dir={}", folder.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut messages = BufReader::new(process.stdout.take().unwrap());
        let (sender, from) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while messages.read_until(0, &mut message).is_ok_and(|read| read > 0) {
                message.pop();
                if sender.send(serde_json::from_slice(&message).unwrap()).is_err() {
                    return;
                }
                message.clear();
            }
        });
        let to = process.stdin.take().unwrap();
        let mut browser = Self { process, to, from, session: None, calls: 0, events: Vec::new(), _folder: folder };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }))["targetId"].clone();
        let session = browser.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Network", "Log", "DOM"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser.call("Page.navigate", json!({ "url": format!("file://{}", page.display()) }));
        browser.wait("document.readyState === 'complete' && typeof sides === 'object'");
        browser
    }

    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        self.to.write_all(message.to_string().as_bytes()).unwrap();
        self.to.write_all(&[0]).unwrap();
        loop {
            let mut answer = self.from.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no answer to {method}"));
            if answer["id"] == self.calls {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].take();
            }
            self.events.push(answer);
        }
    }

    /// What a script comes to.
    pub fn eval(&mut self, script: &str) -> Value {
        let options = json!({ "expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true });
        let mut answer = self.call("Runtime.evaluate", options);
        assert!(answer["exceptionDetails"].is_null(), "{script}: {answer}");
        answer["result"]["value"].take()
    }

    /// Waits until a script is true.
    pub fn wait(&mut self, script: &str) {
        let until = Instant::now() + PATIENCE;
        while self.eval(&format!("Boolean({script})")) != true {
            assert!(Instant::now() < until, "it does not come to: {script}; {:?}", self.words());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What the page says about itself.
    pub fn words(&mut self) -> String {
        self.eval("element('status').textContent").as_str().unwrap_or_default().to_owned()
    }

    /// Chooses files, or a folder, as one does in the dialog of an input.
    pub fn choose(&mut self, input: &str, files: &[&Path]) {
        let document = self.call("DOM.getDocument", json!({}))["root"]["nodeId"].clone();
        let node = self.call("DOM.querySelector", json!({ "nodeId": document, "selector": input }))["nodeId"].clone();
        let files: Vec<_> = files.iter().map(|file| file.canonicalize().unwrap()).collect();
        self.call("DOM.setFileInputFiles", json!({ "nodeId": node, "files": files }));
    }

    /// Drops files and folders at a place of the window.
    pub fn drop_at(&mut self, [x, y]: [f64; 2], files: &[&Path]) {
        let data = json!({ "items": [], "files": files, "dragOperationsMask": 1 });
        for kind in ["dragEnter", "dragOver", "drop"] {
            self.call("Input.dispatchDragEvent", json!({ "type": kind, "x": x, "y": y, "data": data }));
        }
    }

    /// Presses a key: its name, and what it types if it does.
    pub fn press(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            " " => 32,
            "ArrowUp" => 38,
            "ArrowDown" => 40,
            "ArrowRight" => 39,
            letter => u32::from(letter.as_bytes()[0].to_ascii_uppercase()),
        };
        let text = match key {
            "Enter" => "\r",
            typed if typed.len() == 1 => typed,
            _ => "",
        };
        let down = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        let event = json!({ "key": key, "text": text, "windowsVirtualKeyCode": code, "nativeVirtualKeyCode": code });
        for kind in [down, "keyUp"] {
            let mut event = event.clone();
            event["type"] = kind.into();
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// The size of the window, and whether it is dark.
    pub fn resize(&mut self, width: u64, is_dark: bool) {
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.call("Emulation.setDeviceMetricsOverride", size);
        let scheme = json!([{ "name": "prefers-color-scheme", "value": if is_dark { "dark" } else { "light" } }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": scheme }));
    }

    /// Events of a kind so far.
    pub fn seen(&self, method: &str) -> Vec<&Value> {
        self.events.iter().filter(|event| event["method"] == method).map(|event| &event["params"]).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
