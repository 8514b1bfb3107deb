//! Hints about memory to the operating system.

/// Asks for huge pages for memory that was reserved and not written yet.
///
/// A volume is read from the first voxel to the last, and in pages of 4 KiB a good part of that time goes into finding
/// the pages: huge ones (2 MiB) made reading 1.2 to 1.5 times and the first writing 3 to 4 times as fast where this was
/// measured. Volumes from files and gradients of an engine ask for them. An application can ask for them here for its
/// memory, such as the target of [`Engine::gradient_into`](crate::Engine::gradient_into). This is advice to the system:
/// it changes no byte, may have no effect, and does nothing outside Linux and below 2 MiB.
///
/// ```
/// // Zeros that nobody has written yet: the pages come with the first write.
/// let mut gradient = vec![0.0f32; 1 << 20];
/// voxdice::prefer_huge_pages(&mut gradient);
///
/// let mut volume = Vec::<f32>::with_capacity(1 << 20);
/// voxdice::prefer_huge_pages(volume.spare_capacity_mut());
/// ```
pub fn prefer_huge_pages<T>(memory: &mut [T]) {
    pages::advise(memory);
}

/// The values as a vector in such pages.
#[cfg(feature = "io")]
pub(crate) fn collected<T>(values: impl ExactSizeIterator<Item = T>) -> Vec<T> {
    let mut all = Vec::with_capacity(values.len());
    prefer_huge_pages(all.spare_capacity_mut());
    all.extend(values);
    all
}

#[cfg(all(target_os = "linux", not(miri)))] // Miri has no such call
mod pages {
    #![allow(unsafe_code)] // one system call; see the SAFETY comment

    /// Bytes of a huge page, which begins at a multiple of them. Where they are larger the advice is for a part of one.
    const HUGE: usize = 2 << 20;

    pub fn advise<T>(memory: &mut [T]) {
        let bytes = size_of_val(memory);
        let start = memory.as_mut_ptr().cast::<u8>();
        // Whole pages alone: the rest may be shared with others.
        let skip = start.align_offset(HUGE);
        let whole = bytes.saturating_sub(skip) / HUGE * HUGE;
        if whole > 0 {
            // SAFETY: these bytes lie within `memory`, which is borrowed mutably. MADV_HUGEPAGE says which pages the
            // kernel shall use for them and does not change their contents or their protection. A refusal is harmless.
            unsafe { libc::madvise(start.wrapping_add(skip).cast(), whole, libc::MADV_HUGEPAGE) };
        }
    }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
mod pages {
    pub fn advise<T>(_: &mut [T]) {}
}

#[cfg(test)]
mod tests {
    use super::prefer_huge_pages;

    #[test]
    fn memory_keeps_its_bytes() {
        let mut bytes = (0..251).collect::<Vec<u8>>().repeat((5 << 20) / 251 + 1);
        let before = bytes.clone();
        prefer_huge_pages(&mut bytes[1..]);
        assert!(bytes == before);
        for len in [0, 1, 4096, (2 << 20) - 1] {
            prefer_huge_pages(&mut bytes[..len]);
        }
        prefer_huge_pages(&mut [(); 9]);
    }

    /// If the system provides huge pages, it counts them for this process.
    #[test]
    #[cfg(all(target_os = "linux", not(miri)))]
    fn pages_of_new_memory_are_huge() {
        let enabled = std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled").unwrap_or_default();
        if !enabled.contains("[madvise]") && !enabled.contains("[always]") {
            return eprintln!("SKIPPED: this system gives no huge pages");
        }
        let huge = || {
            let maps = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
            let line = maps.lines().find_map(|line| line.strip_prefix("AnonHugePages:")).unwrap();
            line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
        };
        let before = huge();
        let mut memory = Vec::<u8>::with_capacity(64 << 20);
        prefer_huge_pages(memory.spare_capacity_mut());
        memory.resize(64 << 20, 1);
        assert!(huge() >= before + (32 << 10), "{} KiB before, {} after", before, huge());
    }
}
