//! Chromium without a window, and what a page in it is asked and answers. The page fetches its requests from a server in
//! this process, so that nothing has to drive the browser.

use super::device::{Browser, packed};
use crate::chromium::installed;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// What one answer may take. A pipeline takes a software adapter a second or two, on a busy machine many. All answers together
/// may take any time: a page that answers is at work, and how long depends on what else the machine does.
const PATIENCE: Duration = Duration::from_secs(240);

#[derive(Debug)]
pub struct Chromium {
    /// Adapter of the page.
    name: String,
    process: Child,
    started: Instant,
    profile: tempfile::TempDir,
    address: SocketAddr,
    closed: Arc<AtomicBool>,
    requests: mpsc::Receiver<Request>,
    /// The page's fetch that waits for a request.
    waiting: Option<TcpStream>,
}

/// A request of the browser.
#[derive(Debug)]
struct Request {
    path: String,
    body: Vec<u8>,
    stream: TcpStream,
}

impl Chromium {
    /// Starts the browser and waits until its page has an adapter.
    pub fn start() -> Result<Self, String> {
        let program = installed().ok_or("chromium is not installed")?;
        let said = |error: std::io::Error| error.to_string();
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(said)?;
        let address = listener.local_addr().map_err(said)?;
        let profile = tempfile::tempdir().map_err(said)?;
        let log = std::fs::File::create(profile.path().join("log")).map_err(said)?;
        let process = Command::new(&program)
            .args(["--headless", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync", "--enable-unsafe-webgpu"])
            .arg(format!("--user-data-dir={}", profile.path().join("user").display()))
            .arg(format!("http://{address}/"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let closed = Arc::new(AtomicBool::new(false));
        let requests = serve(listener, Arc::clone(&closed));
        let (name, started) = (String::new(), Instant::now());
        let mut browser = Self { name, process, started, profile, address, closed, requests, waiting: None };
        let name = browser.answer()?;
        browser.name = String::from_utf8_lossy(&name).into_owned();
        Ok(browser)
    }

    /// The answer that comes with the next fetch.
    fn answer(&mut self) -> Result<Vec<u8>, String> {
        loop {
            let Request { path, body, stream } = self.request()?;
            let sent = match path.as_str() {
                "/" => respond(stream, "text/html", include_bytes!("page.html")),
                "/gpu.js" => respond(stream, "text/javascript", include_bytes!("gpu.js")),
                "/page.js" => respond(stream, "text/javascript", include_bytes!("page.js")),
                "/next" => {
                    let Some((status, rest)) = body.split_first_chunk() else {
                        return Err("the page sent an empty answer".into());
                    };
                    self.waiting = Some(stream);
                    return match u32::from_le_bytes(*status) {
                        0 => Ok(rest.to_vec()),
                        _ => Err(String::from_utf8_lossy(rest).into_owned()),
                    };
                }
                // An icon, perhaps.
                _ => respond(stream, "text/plain", b""),
            };
            // The browser may have hung up; the page itself would ask again.
            let _ = sent;
        }
    }
}

impl Browser for Chromium {
    fn name(&self) -> &str {
        &self.name
    }

    fn ask(&mut self, header: &serde_json::Value, bytes: &[&[u8]]) -> Result<Vec<u8>, String> {
        let Some(stream) = self.waiting.take() else { return Err("the page failed before".into()) };
        respond(stream, "application/octet-stream", &packed(header, bytes)).map_err(|error| error.to_string())?;
        self.answer()
    }
}

impl Chromium {
    /// The next request, for which a browser that has ended is not waited for.
    fn request(&mut self) -> Result<Request, String> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            match self.requests.recv_timeout(Duration::from_millis(500)) {
                Ok(request) => return Ok(request),
                Err(_) if matches!(self.process.try_wait(), Ok(None)) => {}
                Err(_) => break,
            }
        }
        let log = std::fs::read_to_string(self.profile.path().join("log")).unwrap_or_default();
        let seconds = self.started.elapsed().as_secs();
        Err(format!("the page does not answer, {seconds} s after its start; the browser says: {log}"))
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // What the browser started ends with it.
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.closed.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

/// Reads requests, each connection in a thread of its own: browsers open some in advance and leave them silent.
fn serve(listener: TcpListener, closed: Arc<AtomicBool>) -> mpsc::Receiver<Request> {
    let (sender, requests) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            if closed.load(Ordering::SeqCst) {
                break;
            }
            let Ok(stream) = stream else { continue };
            let sender = sender.clone();
            std::thread::spawn(move || {
                if let Some(request) = read(stream) {
                    let _ = sender.send(request);
                }
            });
        }
    });
    requests
}

/// A request with its body, or nothing where it is none.
fn read(stream: TcpStream) -> Option<Request> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { path, body, stream })
}

fn respond(mut stream: TcpStream, kind: &str, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    stream.flush()
}
