//! A folder for the files of one thread. Readers that take paths get one there, on a disk of memory where there is one.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of this thread, made when it is first asked for. It goes with the thread.
pub struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let root = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
        let thread = format!("{:?}", std::thread::current().id());
        let number: String = thread.chars().filter(char::is_ascii_digit).collect();
        let folder = root.join(format!("voxdice-fuzz-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// Writes a file, over what was there under its name.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Where a file would be.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

thread_local! {
    static FOLDER: OnceCell<Scratch> = const { OnceCell::new() };
}

/// Calls `f` with the folder of this thread.
pub fn with<T>(f: impl FnOnce(&Scratch) -> T) -> T {
    FOLDER.with(|folder| f(folder.get_or_init(Scratch::new)))
}
