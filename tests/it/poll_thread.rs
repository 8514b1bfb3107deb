//! The thread that polls the device for futures, and how it ends.

use crate::application;
use std::pin::Pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Wake, Waker};
use std::time::Duration;
use voxdice::tuning::Tuning;
use voxdice::{Engine, EngineOptions, Pair, Shape, SumsOptions, Volume};

/// What stays in the engine's thread when it is gone may unload the driver while the process ends, and crash it.
#[test]
fn an_engine_that_is_gone_holds_its_device_no_more() {
    for adapter in application::ALL.first().map_or_else(Vec::new, |_| application::adapters()) {
        let (device, queue) = application::open(&adapter, wgpu::Features::empty());
        let held = Arc::new(());
        let token = Arc::clone(&held);
        device.set_device_lost_callback(move |_, _| {
            let _held = &token;
        });
        let engine = Engine::with_device(device, queue, &EngineOptions::default()).unwrap();
        let ones = vec![1u8; 3 << 20];
        let shape = Shape::new(1, 1, [ones.len()]).unwrap();
        let options = SumsOptions::default();
        let ones = || Volume::u8(shape.clone(), &ones).unwrap();
        pollster::block_on(engine.sums_async(Pair { pred: ones(), truth: ones() }, &options)).unwrap();
        // And one that nobody waits for.
        let mut dropped = Box::pin(engine.sums_async(Pair { pred: ones(), truth: ones() }, &options));
        let _ = dropped.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        drop(dropped);
        assert_eq!(Arc::strong_count(&held), 2, "the device went before the engine");
        drop(engine);
        assert_eq!(Arc::strong_count(&held), 1, "the device of {} outlives the engine", adapter.get_info().name);
    }
}

/// Tells that it is woken, and stays until it may go on.
struct Detain {
    woken: mpsc::Sender<()>,
    go_on: Mutex<mpsc::Receiver<()>>,
}

impl Wake for Detain {
    fn wake(self: Arc<Self>) {
        self.woken.send(()).unwrap();
        self.go_on.lock().unwrap().recv_timeout(MINUTE).unwrap();
    }
}

const MINUTE: Duration = Duration::from_secs(60);

type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A task of the smallest executor there is: woken, it joins the queue. Without a queue it is dropped where it is woken.
struct Task {
    future: Mutex<Option<Boxed>>,
    queue: mpsc::SyncSender<Arc<Task>>,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        let _ = self.queue.clone().send(self);
    }
}

/// An executor that is gone drops its futures in the call that wakes them; others of the engine go on.
#[test]
fn a_future_may_be_dropped_by_its_own_waker() {
    for adapter in application::ALL.first().map_or_else(Vec::new, |_| application::adapters()) {
        let (device, queue) = application::open(&adapter, wgpu::Features::empty());
        let engine = Arc::new(Engine::with_device(device, queue, &EngineOptions::default()).unwrap());
        let sums = |engine: Arc<Engine>| async move {
            let ones = vec![1u8; 3 << 20];
            let shape = Shape::new(1, 1, [ones.len()]).unwrap();
            let ones = || Volume::u8(shape.clone(), &ones).unwrap();
            engine.sums_async(Pair { pred: ones(), truth: ones() }, &SumsOptions::default()).await.unwrap();
        };
        let (tell, told) = mpsc::channel();
        // In a thread that may hang, since what is tested would not end.
        std::thread::spawn(move || {
            let mut dropped = 0;
            for _ in 0..20 {
                let (sender, tasks) = mpsc::sync_channel(1);
                let future: Boxed = Box::pin(sums(Arc::clone(&engine)));
                let task = Arc::new(Task { future: Mutex::new(Some(future)), queue: sender });
                let waker = Waker::from(Arc::clone(&task));
                let poll =
                    task.future.lock().unwrap().as_mut().map(|f| f.as_mut().poll(&mut Context::from_waker(&waker)));
                drop((waker, tasks));
                dropped += u32::from(poll.is_some_and(|poll| poll.is_pending()));
            }
            pollster::block_on(sums(engine));
            tell.send(dropped)
        });
        let name = adapter.get_info().name;
        let dropped = told.recv_timeout(MINUTE).unwrap_or_else(|_| panic!("{name}: the thread hangs"));
        assert!(dropped > 0, "no future had to wait");
    }
}

/// A timeout beyond the clock is no timeout.
#[test]
fn a_future_may_wait_for_ever() {
    for adapter in application::ALL.first().map_or_else(Vec::new, |_| application::adapters()) {
        let (device, queue) = application::open(&adapter, wgpu::Features::empty());
        let tuning = Tuning { timeout: Duration::MAX, ..Tuning::default() };
        let engine = Engine::with_device(device, queue, &EngineOptions { tuning, ..EngineOptions::default() }).unwrap();
        let shape = Shape::new(1, 1, [9]).unwrap();
        let ones = || Volume::u8(shape.clone(), &[1; 9]).unwrap();
        let sums = pollster::block_on(engine.sums_async(Pair { pred: ones(), truth: ones() }, &SumsOptions::default()))
            .unwrap();
        assert_eq!(sums.values()[0].product(), 9.0);
    }
}

/// The thread calls whatever the application asked its device for, and that may hold the engine.
#[test]
fn an_engine_may_be_dropped_in_its_own_thread() {
    for adapter in application::ALL.first().map_or_else(Vec::new, |_| application::adapters()) {
        let (device, queue) = application::open(&adapter, wgpu::Features::empty());
        let engine = Arc::new(Engine::with_device(device, queue.clone(), &EngineOptions::default()).unwrap());
        let ones = vec![1u8; 3 << 20];
        let shape = Shape::new(1, 1, [ones.len()]).unwrap();
        let ones = || Volume::u8(shape.clone(), &ones).unwrap();
        let options = SumsOptions::default();
        let later = || Box::pin(engine.sums_async(Pair { pred: ones(), truth: ones() }, &options));
        // The thread is detained while this one asks for more and for a last call.
        let ((woken, is_woken), (go, go_on)) = (mpsc::channel(), mpsc::channel());
        let waker = Waker::from(Arc::new(Detain { woken, go_on: Mutex::new(go_on) }));
        let mut first = later();
        while first.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            first = later();
        }
        is_woken.recv_timeout(MINUTE).unwrap();
        let mut second = later();
        assert!(second.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let ((others_gone, others), (tell, told)) = (mpsc::channel(), mpsc::channel());
        let last = Arc::clone(&engine);
        queue.on_submitted_work_done(move || {
            others.recv_timeout(MINUTE).unwrap();
            let dropped = Arc::into_inner(last).map(drop).is_some();
            tell.send((dropped, std::thread::current().name().map(String::from))).unwrap();
        });
        go.send(()).unwrap();
        drop((first, second));
        drop(engine);
        others_gone.send(()).unwrap();
        let found = told.recv_timeout(MINUTE).unwrap();
        assert_eq!(found, (true, Some("voxdice poll".into())), "{}", adapter.get_info().name);
    }
}
