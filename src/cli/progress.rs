//! A line on stderr that says what is being done, on a terminal only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// Gone from the screen when it is dropped.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// A spinner with a message; invisible where stderr is not a terminal, or under --quiet.
    pub fn start(quiet: bool, message: &str) -> Self {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_message(message.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    pub fn say(&self, message: &str) {
        self.0.set_message(message.to_owned());
    }

    /// Becomes a bar of so many steps.
    pub fn expect(&self, steps: usize, message: &str) {
        self.say(message);
        if steps > 1
            && let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} ({elapsed}, {eta} left)")
        {
            self.0.set_length(steps as u64);
            self.0.set_style(style);
        }
    }

    /// One step is done.
    pub fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
