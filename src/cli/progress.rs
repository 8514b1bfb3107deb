//! A line on stderr that says what is being done, on a terminal only, and only where there is something to wait for.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Work that ends within this time shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// Gone from the screen when it is dropped.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    /// Dropping the sender ends the thread that shows the bar.
    later: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// A spinner with a message; invisible where stderr is not a terminal, or under --quiet.
    pub fn start(quiet: bool, message: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_message(message.to_owned());
        let shown = bar.clone();
        let (sender, gone) = channel();
        let show = move || {
            if gone.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(Duration::from_millis(120));
            }
        };
        // Without a thread there is no bar.
        let thread = if quiet { None } else { thread::Builder::new().spawn(show).ok() };
        Self { bar, later: thread.map(|thread| (sender, thread)) }
    }

    pub fn say(&self, message: &str) {
        self.bar.set_message(message.to_owned());
    }

    /// Becomes a bar of so many steps.
    pub fn expect(&self, steps: usize, message: &str) {
        self.say(message);
        if steps > 1
            && let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} ({elapsed}, {eta} left)")
        {
            self.bar.set_length(steps as u64);
            self.bar.set_style(style);
        }
    }

    /// One step is done.
    pub fn step(&self) {
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.later.take() {
            drop(sender);
            // It has nothing to say but that it is done.
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}
