//! Hints to the caches: what will be read soon, and what will not. Miri knows none of them.
#![allow(unsafe_code)] // a prefetch and a store past the caches; see the SAFETY comments

#[cfg(all(target_arch = "x86_64", not(miri)))]
use std::arch::x86_64::*;

/// Bytes between what a kernel reads and what it prefetches. Without a prefetch, arithmetic and waiting for memory
/// alternate: the processor looks too few instructions ahead, and loads the next lines only while nothing is computed.
/// Measured speeds were the same from 1 to 4 KiB.
#[cfg(all(target_arch = "x86_64", not(miri)))]
const DISTANCE: usize = 2048;

/// Prefetches memory behind the start of `slice`, so that the data is in the cache when it is read. Call it at least
/// once for each cache line of the streamed data.
#[inline(always)]
pub(super) fn ahead<T>(slice: &[T]) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: the pointer is not dereferenced, and a prefetch of any address does nothing that a program can see. SSE is
    // part of x86-64.
    unsafe {
        _mm_prefetch::<_MM_HINT_T0>(slice.as_ptr().wrapping_byte_add(DISTANCE).cast());
    };
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = slice;
}

/// [`ahead`] of every line of a slice.
#[inline(always)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(super) fn ahead_of_all<T>(slice: &[T]) {
    slice.chunks((64 / size_of::<T>()).max(1)).for_each(ahead);
}

/// Where results go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    /// Into the caches, for the next reader.
    Cached,
    /// Past the caches: more than they hold. A line that is written as a whole is not read before.
    Streamed,
}

/// A cache line.
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
pub(in crate::cpu) struct Line(pub [f32; 16]);

/// Fills lines one after the other.
#[inline(always)]
pub(in crate::cpu) fn fill(lines: &mut [Line], store: Store, values: impl Iterator<Item = [f32; 16]>) {
    lines.iter_mut().zip(values).for_each(|(line, values)| put(line, store, values));
    settle(store);
}

/// Fills a line. After the last one of a thread comes [`settle`].
#[inline(always)]
pub(super) fn put(Line(line): &mut Line, store: Store, values: [f32; 16]) {
    match store {
        #[cfg(all(target_arch = "x86_64", not(miri)))]
        Store::Streamed => {
            let quarters: [__m128; 4] = bytemuck::cast(values);
            for (place, values) in line.chunks_exact_mut(4).zip(quarters) {
                // SAFETY: 16 bytes of the line, at a multiple of 16. SSE is part of x86-64.
                unsafe { _mm_stream_ps(place.as_mut_ptr(), values) };
            }
        }
        _ => *line = values,
    }
}

/// Makes what was stored visible to other threads. Stores past the caches may come late: without this not even a lock
/// would order them.
#[inline(always)]
pub(super) fn settle(store: Store) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    if store == Store::Streamed {
        // SAFETY: SSE is part of x86-64.
        unsafe { _mm_sfence() };
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = store;
}
