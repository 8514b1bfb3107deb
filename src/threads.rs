//! The threads that work is done on. How many there are changes no result.
//!
//! Work goes to the pool of the thread that asks for it, else to rayon's global one. A process that was forked has neither:
//! rayon's threads stay behind in the parent, and work handed to them never ends. So a child, and whoever
//! [asks](crate::tuning::set_threads) for a number of threads, gets a pool of its own, which is known by the number of the
//! process.

#[cfg(not(feature = "parallel"))]
pub(crate) use alone::{count, for_each, map_indexed, set_count};
#[cfg(feature = "parallel")]
pub(crate) use pools::{count, for_each, map_indexed, set_count};

#[cfg(not(feature = "parallel"))]
mod alone {
    /// How many threads work.
    pub fn count() -> usize {
        1
    }

    pub fn set_count(_: usize) {}

    /// `f` of every index below `n`, in order.
    pub fn map_indexed<T>(n: usize, f: impl Fn(usize) -> T) -> Vec<T> {
        (0..n).map(f).collect()
    }

    /// `f` of every task; `init` makes what a thread needs for its tasks.
    pub fn for_each<T, S>(tasks: Vec<T>, init: impl Fn() -> S, f: impl Fn(&mut S, T)) {
        let mut state = init();
        tasks.into_iter().for_each(|task| f(&mut state, task));
    }
}

#[cfg(feature = "parallel")]
mod pools {
    use rayon::prelude::*;
    use rayon::{ThreadPool, ThreadPoolBuilder};
    use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex, PoisonError, RwLock};

    /// Threads that were asked for; 0 for as many as rayon's global pool has.
    static WANTED: AtomicUsize = AtomicUsize::new(0);

    /// The process in which work was first done: that of rayon's global pool.
    static FIRST: AtomicU32 = AtomicU32::new(0);

    /// Pools by process and number of threads. None is ever dropped: those of a parent process have no threads to end.
    static POOLS: RwLock<Vec<(u32, usize, Arc<ThreadPool>)>> = RwLock::new(Vec::new());

    /// Where work is done.
    enum Place {
        /// In the pool of this thread, or the global one.
        Current,
        Pool(Arc<ThreadPool>),
        /// In this thread.
        Alone,
    }

    fn place() -> Place {
        if rayon::current_thread_index().is_some() {
            return Place::Current;
        }
        let process = std::process::id();
        let first = FIRST.compare_exchange(0, process, Ordering::Relaxed, Ordering::Relaxed);
        let is_first = first.unwrap_or_else(|of| if of == process { 0 } else { of }) == 0;
        match WANTED.load(Ordering::Relaxed) {
            0 if is_first => Place::Current,
            1 => Place::Alone,
            wanted => pool(process, wanted).map_or(Place::Alone, Place::Pool),
        }
    }

    /// None where another thread is making a pool, which after a fork may be one of the parent that never ends: nobody waits.
    fn pool(process: u32, threads: usize) -> Option<Arc<ThreadPool>> {
        let of = |pools: &[(u32, usize, Arc<ThreadPool>)]| {
            let own = pools.iter().find(|(of, count, _)| (*of, *count) == (process, threads));
            own.map(|(_, _, pool)| pool.clone())
        };
        if let Some(pool) = of(&POOLS.try_read().ok()?) {
            return Some(pool);
        }
        let mut pools = POOLS.try_write().ok()?;
        if let Some(pool) = of(&pools) {
            return Some(pool);
        }
        let pool = Arc::new(ThreadPoolBuilder::new().num_threads(threads).build().ok()?);
        pools.push((process, threads, pool.clone()));
        Some(pool)
    }

    /// How many threads work.
    pub fn count() -> usize {
        match place() {
            Place::Current => rayon::current_num_threads(),
            Place::Pool(pool) => pool.current_num_threads(),
            Place::Alone => 1,
        }
    }

    /// So many threads from here on, 0 for as many as rayon's global pool has.
    pub fn set_count(threads: usize) {
        WANTED.store(threads, Ordering::Relaxed);
    }

    /// `f` of every index below `n`, in order; on threads where there are any.
    pub fn map_indexed<T: Send>(n: usize, f: impl Fn(usize) -> T + Sync) -> Vec<T> {
        let slots: Vec<Mutex<Option<T>>> = (0..n).map(|_| Mutex::new(None)).collect();
        run(n, &|i| {
            let done = f(i);
            slots[i].lock().unwrap_or_else(PoisonError::into_inner).replace(done);
        });
        slots.into_iter().filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
    }

    /// `f` of every task, on threads where there are any; `init` makes what a thread needs for its tasks.
    pub fn for_each<T: Send, S: Send>(tasks: Vec<T>, init: impl Fn() -> S + Sync, f: impl Fn(&mut S, T) + Sync) {
        let tasks: Vec<Mutex<Option<T>>> = tasks.into_iter().map(|task| Mutex::new(Some(task))).collect();
        let idle = Mutex::new(Vec::new());
        run(tasks.len(), &|i| {
            let state = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut state = state.unwrap_or_else(&init);
            if let Some(task) = tasks[i].lock().unwrap_or_else(PoisonError::into_inner).take() {
                f(&mut state, task);
            }
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(state);
        });
    }

    /// All work comes through here, as a call by pointer: what rayon makes of a closure is much code, and is made once.
    fn run(n: usize, work: &(dyn Fn(usize) + Sync)) {
        match place() {
            Place::Alone => (0..n).for_each(work),
            Place::Current => (0..n).into_par_iter().for_each(work),
            Place::Pool(pool) => pool.install(|| (0..n).into_par_iter().for_each(work)),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_pool_belongs_to_a_process_and_is_made_once() {
            let own = std::process::id();
            let pool_of = |process| loop {
                // Another test may be making one.
                if let Some(pool) = pool(process, 3) {
                    return pool;
                }
            };
            assert!(Arc::ptr_eq(&pool_of(own), &pool_of(own)));
            assert!(!Arc::ptr_eq(&pool_of(own), &pool_of(own ^ 1 << 30)), "a child has threads of its own");
            assert_eq!(pool_of(own).current_num_threads(), 3);
        }

        #[test]
        fn nobody_waits_for_a_pool_that_another_thread_makes() {
            let making = POOLS.write().unwrap();
            assert!(pool(std::process::id(), 5).is_none());
            drop(making);
        }
    }
}
