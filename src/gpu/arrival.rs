//! Waiting for results of the GPU: in the calling thread, or in a thread that polls the device while futures sleep.

use super::device::{Device, lock};
use crate::error::{Error, Result};
use futures_intrusive::channel::shared::{OneshotReceiver, OneshotSender, oneshot_channel};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::task::{Context, Waker};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Which thread polls the device until the answer is there. Without polling no callback is ever called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// The calling thread, blocked.
    Here,
    /// The engine's poll thread; the caller is a future that is woken.
    Away,
}

/// The sender of the answer. The callback of a mapping sends it, or the code that found out that the callback will not
/// come. The first message wins.
///
/// The channel calls the waker while it holds its lock. In that call an executor may drop or poll the future, and both
/// take the lock again. So the channel has a waker that does nothing, and the future's waker is called afterwards.
#[derive(Debug)]
pub(super) struct Answer {
    /// None while it is dropped.
    sender: Option<OneshotSender<Result<(), String>>>,
    waker: Arc<Mutex<Option<Waker>>>,
}

impl Answer {
    fn send(&self, word: Result<(), String>) {
        if let Some(sender) = &self.sender {
            // There was a message already, or the call failed before and has no receiver.
            let _ = sender.send(word);
        }
        self.wake();
    }

    fn wake(&self) {
        let waker = lock(&self.waker).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Drop for Answer {
    /// Closes the channel: a receiver that waits gets no message.
    fn drop(&mut self) {
        self.sender = None;
        self.wake();
    }
}

/// A buffer that will be mapped when its submission is done.
pub(super) struct Arrival {
    submission: wgpu::SubmissionIndex,
    answer: Arc<Answer>,
    receiver: OneshotReceiver<Result<(), String>>,
    waker: Arc<Mutex<Option<Waker>>>,
}

impl Arrival {
    /// Maps the first `bytes` of `buffer`, which the submission fills. To be called under an error scope.
    pub fn of(buffer: &wgpu::Buffer, bytes: u64, submission: wgpu::SubmissionIndex) -> Self {
        let (sender, receiver) = oneshot_channel();
        let waker = Arc::default();
        let answer = Arc::new(Answer { sender: Some(sender), waker: Arc::clone(&waker) });
        let told = Arc::clone(&answer);
        buffer.map_async(wgpu::MapMode::Read, ..bytes, move |result| {
            told.send(result.map_err(|error| error.to_string()));
        });
        Self { submission, answer, receiver, waker }
    }

    /// Waits until the buffer is mapped, or mapping has failed.
    pub async fn wait(self, device: &Device, waiting: Waiting) -> Result<()> {
        match waiting {
            Waiting::Here => device.wait(self.submission)?,
            Waiting::Away => device.poller.watch(device, self.submission, &self.answer)?,
        }
        drop(self.answer);
        let mut word = pin!(self.receiver.receive());
        let word = std::future::poll_fn(|context| {
            *lock(&self.waker) = Some(context.waker().clone());
            word.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        });
        match word.await {
            Some(Ok(())) => device.check_faults(),
            Some(Err(message)) if message == TIMED_OUT => {
                device.check_faults()?;
                Err(Error::GpuTimeout { timeout: device.timeout() })
            }
            Some(Err(message)) => Err(device.failure(message)),
            None => Err(device.failure("the answer to a mapping request was dropped".into())),
        }
    }
}

/// Practically never.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The message of the poll thread when it gives up.
const TIMED_OUT: &str = "timed out";

/// A thread that polls the device for futures. Started by the first of them; it ends before the engine does.
#[derive(Debug, Default)]
pub(super) struct Poller {
    thread: Mutex<Option<Thread>>,
}

/// The loop ends when this end of the channel is dropped.
#[derive(Debug)]
struct Thread {
    watches: mpsc::Sender<Watch>,
    handle: JoinHandle<()>,
}

/// A submission that a future waits for.
struct Watch {
    submission: wgpu::SubmissionIndex,
    answer: Arc<Answer>,
    until: Instant,
}

impl Poller {
    /// Has the thread poll until the submission is done. Where no thread can be started the caller waits instead.
    fn watch(&self, device: &Device, submission: wgpu::SubmissionIndex, answer: &Arc<Answer>) -> Result<()> {
        let now = Instant::now();
        let until = now.checked_add(device.timeout()).unwrap_or(now + CENTURY);
        let watch = Watch { submission: submission.clone(), answer: Arc::clone(answer), until };
        let mut thread = lock(&self.thread);
        if thread.is_none() {
            *thread = start(device.raw.clone());
        }
        let handed_over = thread.as_ref().is_some_and(|thread| thread.watches.send(watch).is_ok());
        if !handed_over {
            // A thread that has ended will be started again.
            *thread = None;
            drop(thread);
            return device.wait(submission);
        }
        Ok(())
    }
}

impl Drop for Poller {
    /// Waits for the thread, which holds the device. Otherwise the thread could be the last holder, and unload the
    /// driver while the process runs the driver's exit handlers.
    fn drop(&mut self) {
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Thread { watches, handle }) = thread {
            drop(watches);
            // A callback of the application may drop the engine in the thread itself.
            if handle.thread().id() != std::thread::current().id() {
                let _ = handle.join();
            }
        }
    }
}

fn start(device: wgpu::Device) -> Option<Thread> {
    let (sender, watches) = mpsc::channel::<Watch>();
    let run = move || {
        for Watch { submission, answer, until } in watches {
            // Submissions finish in order, so waiting for them one after another delays no future.
            let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            // If this is not the first message, the callback has sent one.
            match poll(&device, submission, left) {
                Polled::Done => {}
                Polled::TimedOut => answer.send(Err(TIMED_OUT.into())),
                Polled::Failed(message) => answer.send(Err(message)),
            }
        }
    };
    let handle = std::thread::Builder::new().name("voxdice poll".into()).spawn(run).ok()?;
    Some(Thread { watches: sender, handle })
}

/// The result of polling for a submission. Callbacks have been called, here or in another thread that polls.
pub(super) enum Polled {
    Done,
    TimedOut,
    Failed(String),
}

/// Waits for a submission. wgpu panics where the driver reports a loss to a waiting thread (`handle_error_fatal`); here
/// that is a failure like others. The panic leaves none of our state half changed.
pub(super) fn poll(device: &wgpu::Device, submission: wgpu::SubmissionIndex, timeout: Duration) -> Polled {
    let poll = wgpu::PollType::Wait { submission_index: Some(submission), timeout: Some(timeout) };
    match catch_unwind(AssertUnwindSafe(|| device.poll(poll))) {
        Ok(Ok(_)) => Polled::Done,
        Ok(Err(wgpu::PollError::Timeout)) => Polled::TimedOut,
        Ok(Err(error)) => Polled::Failed(error.to_string()),
        Err(_) => Polled::Failed("the driver failed while it was waited for".into()),
    }
}
