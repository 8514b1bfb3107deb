//! A plain read: words, added up. The compiler makes vectors of it, as wide as the instruction set has them.

use super::hints::ahead;
use crate::cpu::floor::Prefetch;

/// Adds up all bytes as words, those behind the last step one by one.
#[inline(always)]
pub(super) fn sum_words(bytes: &[u8], prefetch: Prefetch) -> u64 {
    match prefetch {
        Prefetch::None => sum(bytes, |_| ()),
        Prefetch::Ahead => sum(bytes, |step| step.chunks(64).for_each(ahead)),
    }
}

#[inline(always)]
fn sum(bytes: &[u8], before: impl Fn(&[u8])) -> u64 {
    let (steps, rest) = bytes.as_chunks::<256>();
    let mut sums = [0u64; 32];
    for step in steps {
        before(step);
        for (sum, word) in sums.iter_mut().zip(step.as_chunks::<8>().0) {
            *sum = sum.wrapping_add(u64::from_le_bytes(*word));
        }
    }
    sums.into_iter().chain(rest.iter().map(|&byte| byte.into())).fold(0, u64::wrapping_add)
}

/// [`sum_words`] in vectors of 32 bytes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
pub(super) fn sum_words_avx2(bytes: &[u8], prefetch: Prefetch) -> u64 {
    sum_words(bytes, prefetch)
}

/// [`sum_words`] in vectors of 64 bytes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq")]
pub(super) fn sum_words_avx512(bytes: &[u8], prefetch: Prefetch) -> u64 {
    sum_words(bytes, prefetch)
}
