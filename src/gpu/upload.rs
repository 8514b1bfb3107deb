//! From host memory to the GPU. Where the GPU works in host memory (a software or integrated adapter with
//! `MAPPABLE_PRIMARY_BUFFERS`), voxels are written straight into the storage buffer: that was 1.5 to 2.5 times as fast
//! as `write_buffer` under lavapipe, in windows of 1 to 4 MiB. Elsewhere the queue's own staging does it; a ring of
//! mapped staging buffers was slower than that (0.6 to 0.9 times) in windows of this size, and faster only from 16 MiB
//! on. In both cases at most two windows per call are in flight.

use super::Backend;
use crate::error::{Error, Result};
use std::num::NonZeroU64;
use std::sync::mpsc;
use std::time::Duration;

impl Backend {
    /// Copies chunks one after another to the start of a buffer, padded with zeros to whole words.
    pub(super) fn upload(&self, buffer: &wgpu::Buffer, pieces: &[&[u8]]) {
        let Some(size) = NonZeroU64::new(padded_size(pieces)) else { return };
        // `None` when the buffer refuses the write; the error scope around this call has the reason.
        if let Some(mut view) = self.device.queue.write_buffer_with(buffer, 0, size) {
            fill(view.slice(..), pieces);
        }
    }

    /// The same for a buffer that can be mapped, and that no command in flight uses.
    pub(super) fn write_mapped(&self, buffer: &wgpu::Buffer, pieces: &[&[u8]]) -> Result<()> {
        let size = padded_size(pieces);
        if size == 0 {
            return Ok(());
        }
        self.map_for_writing(buffer, size)?;
        let written = self.device.guarded(|_| {
            let view = buffer.get_mapped_range_mut(..size);
            let written = view.map(|mut view| fill(view.slice(..), pieces));
            buffer.unmap();
            written
        })?;
        written.map_err(|error| self.device.failure(error.to_string()))
    }

    fn map_for_writing(&self, buffer: &wgpu::Buffer, size: u64) -> Result<()> {
        let (sender, answer) = mpsc::channel();
        self.device.guarded(|device| {
            buffer.map_async(wgpu::MapMode::Write, ..size, move |result| {
                // The receiver is gone only after a timeout.
                let _ = sender.send(result);
            });
            device.poll_once();
        })?;
        // The buffer is idle, so that was enough, unless another thread polled at the same time and is about to call
        // back.
        let answer = answer.recv_timeout(Duration::from_millis(10)).or_else(|_| {
            self.device.wait_for_all()?;
            let timeout = self.device.timeout();
            answer.recv_timeout(timeout).map_err(|_| Error::GpuTimeout { timeout })
        })?;
        answer.map_err(|error| self.device.failure(error.to_string()))
    }
}

/// Bytes of all chunks, in whole words.
fn padded_size(pieces: &[&[u8]]) -> u64 {
    pieces.iter().map(|piece| piece.len() as u64).sum::<u64>().next_multiple_of(4)
}

/// Writes chunks one after another and zeros up to the end. Forwards only: the memory may be write-combined.
fn fill(mut view: wgpu::WriteOnly<'_, [u8]>, pieces: &[&[u8]]) {
    let mut start = 0;
    for piece in pieces {
        view.slice(start..start + piece.len()).copy_from_slice(piece);
        start += piece.len();
    }
    let rest = view.len() - start;
    view.slice(start..).copy_from_slice(&[0; 4][..rest]);
}
