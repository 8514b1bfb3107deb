//! The calls as futures: the same bits, many in flight, and none the worse for being dropped.

use crate::engines::ALL;
use crate::equality::{label_map, volume};
use crate::random::{LabelType, Pattern, Real, labels, reals};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use voxdice::metric::Partials;
use voxdice::stats::{Sums, Terms};
use voxdice::{Classes, Pair, Shape, SumsOptions, Table};

/// Wakes a thread that parks: a small executor, as an application may have one.
struct Unpark {
    thread: Thread,
    woken: AtomicBool,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

/// Polls all futures until all are done; asleep where none can go on.
fn join<T>(mut futures: Vec<Pin<Box<dyn Future<Output = T> + '_>>>) -> Vec<T> {
    let unpark = Arc::new(Unpark { thread: std::thread::current(), woken: AtomicBool::new(true) });
    let waker = Waker::from(Arc::clone(&unpark));
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    while done.iter().any(Option::is_none) {
        while !unpark.woken.swap(false, Ordering::SeqCst) {
            std::thread::park();
        }
        for (future, done) in futures.iter_mut().zip(&mut done).filter(|(_, done)| done.is_none()) {
            if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                *done = Some(value);
            }
        }
    }
    done.into_iter().flatten().collect()
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn futures_have_the_bits_of_the_blocking_calls() {
    let shape = Shape::new(2, 3, [70_001]).unwrap();
    let n = shape.elements() as usize;
    let (p, t) = (reals(Real::F32, Pattern::Wild, n, 1), reals(Real::U8, Pattern::Unit, n, 2));
    let map_shape = Shape::new(2, 1, [70_001]).unwrap();
    let map = |seed| labels(LabelType::U8, &[0, 1, 2, 3], 5, n / 3, seed);
    let (p_map, t_map) = (map(3), map(4));
    let classes = Classes::new([1, 2]).unwrap();
    for implementation in ALL.iter() {
        let engine = &implementation.engine;
        let options: SumsOptions = Terms::Squared.into();
        let sums = engine.sums_with(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }, &options).unwrap();
        let later = is_send(engine.sums_async(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }, &options));
        assert_eq!(pollster::block_on(later).unwrap(), sums, "{}", implementation.name);

        let counts = engine
            .counts(Pair { pred: label_map(&map_shape, &p_map), truth: label_map(&map_shape, &t_map) }, &classes)
            .unwrap();
        let later = engine
            .counts_async(Pair { pred: label_map(&map_shape, &p_map), truth: label_map(&map_shape, &t_map) }, &classes);
        assert_eq!(pollster::block_on(is_send(later)).unwrap(), counts, "{}", implementation.name);

        let partials = sums.map(|_| Partials { pred: 0.4, product: -1.3, ..Partials::default() });
        let gradient = engine
            .gradient(Pair { pred: volume(&shape, &t), truth: volume(&shape, &t) }, &options, &sums, &partials)
            .unwrap();
        let later = engine.gradient_async(
            Pair { pred: volume(&shape, &t), truth: volume(&shape, &t) },
            &options,
            &sums,
            &partials,
        );
        assert!(pollster::block_on(is_send(later)).unwrap() == gradient, "{}", implementation.name);
    }
}

#[test]
fn many_futures_of_one_thread_are_in_flight_together() {
    let shape = Shape::new(1, 1, [50_003]).unwrap();
    let arrays: Vec<_> = (0..40).map(|seed| reals(Real::F32, Pattern::Unit, 50_003, seed)).collect();
    let options = SumsOptions::default();
    for implementation in ALL.iter() {
        let engine = &implementation.engine;
        let futures = arrays.iter().map(|array| {
            let future =
                engine.sums_async(Pair { pred: volume(&shape, array), truth: volume(&shape, array) }, &options);
            Box::pin(future) as Pin<Box<dyn Future<Output = voxdice::Result<Table<Sums>>> + '_>>
        });
        let found = join(futures.collect());
        for (array, found) in arrays.iter().zip(found) {
            let expected = engine.sums(Pair { pred: volume(&shape, array), truth: volume(&shape, array) }).unwrap();
            assert_eq!(found.unwrap(), expected, "{}", implementation.name);
        }
    }
}

#[test]
fn dropped_futures_leave_the_engine_as_it_was() {
    let shape = Shape::new(1, 1, [300_001]).unwrap();
    let (p, t) = (reals(Real::F32, Pattern::Wide, 300_001, 5), reals(Real::U8, Pattern::Unit, 300_001, 6));
    let options = SumsOptions::default();
    for implementation in ALL.iter() {
        let engine = &implementation.engine;
        let expected = engine.sums(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }).unwrap();
        for polls in 0..20 {
            let mut future =
                pin!(engine.sums_async(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }, &options));
            for _ in 0..polls {
                if future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                    break;
                }
            }
        }
        assert_eq!(
            engine.sums(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }).unwrap(),
            expected,
            "{}",
            implementation.name
        );
        let later = engine.sums_async(Pair { pred: volume(&shape, &p), truth: volume(&shape, &t) }, &options);
        assert_eq!(pollster::block_on(later).unwrap(), expected, "{}", implementation.name);
    }
}
