//! Errors that only this module can provoke: a lost device, a self-test that must fail, a refused command.

use super::*;
use crate::job::{Block, SumsOf};
use crate::kernel::form::Form;
use crate::kernel::source::{Key, Operand, Statistic};
use crate::options::SumsOptions;
use crate::shape::Shape;
use crate::skips::skipped;
use crate::stats::Terms;
use crate::volume::{Data, Dtype, Source, TruthKind};

/// `None`, said once, where no adapter answers; a failure under `VOXDICE_TEST_GPU=require`.
fn backend() -> Option<Backend> {
    let wanted = std::env::var("VOXDICE_TEST_GPU").unwrap_or_default();
    if wanted == "off" {
        skipped("unit tests that need a GPU, by VOXDICE_TEST_GPU=off");
        return None;
    }
    match Backend::new(&AdapterChoice::Best, &Tuning::default()) {
        Ok(backend) => Some(backend),
        Err(error @ Error::NoAdapter { .. }) if wanted != "require" => {
            skipped(&format!("unit tests that need a GPU: {error}"));
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn sum(backend: &Backend, voxels: &[f32]) -> Result<Vec<i128>> {
    let shape = Shape::new(1, 1, [voxels.len()])?;
    let (data, options) = (Source::Host(Data::F32(voxels)), SumsOptions::default());
    let mut found = Vec::new();
    let job = SumsOf { shape, pred: data, truth: data, truth_kind: TruthKind::Real, options };
    block_on(backend.sums(&job, Waiting::Here, &mut |block: Block| {
        found.push(block.sums.units[0]);
        Ok(())
    }))?;
    Ok(found)
}

#[test]
fn a_lost_device_is_a_typed_error_now_and_later() {
    let Some(backend) = backend() else { return };
    let voxels = vec![0.5; 100_000];
    assert!(sum(&backend, &voxels).is_ok());
    backend.device.raw.destroy();
    for _ in 0..2 {
        let error = sum(&backend, &voxels).unwrap_err();
        assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
    }
}

/// Puts the pipeline of other terms in the place of one that the self-test uses: what a miscompiled kernel looks like
/// from outside. The kernel that skips non-finite voxels, because wrong partials of the first pass happen to be flagged
/// and summed again.
fn break_sums(backend: &Backend, int64: Int64) {
    let operand = Operand { dtype: Dtype::F32, strided: false };
    let key = |terms| {
        let form = Form::new(&SumsOptions { terms, ..SumsOptions::default() }, TruthKind::Real);
        let statistic = Statistic::Sums { form, careful: true, int64, dot: backend.dot };
        Key { pred: operand, truth: operand, lanes: 256, statistic }
    };
    let wrong = backend.pipelines.get(&backend.device, key(Terms::Plain)).unwrap();
    backend.pipelines.replace(key(Terms::Squared), wrong);
}

#[test]
fn a_self_test_on_a_broken_kernel_fails() {
    let Some(mut backend) = backend() else { return };
    backend.int64 = Int64::Pairs;
    break_sums(&backend, Int64::Pairs);
    assert!(matches!(self_test::run(&mut backend), Err(Error::SelfTest { .. })));
}

#[test]
fn broken_native_integers_are_switched_off() {
    let Some(mut backend) = backend() else { return };
    if backend.int64 != Int64::Native {
        skipped("broken native integers: this adapter has no 64-bit integers");
        return;
    }
    break_sums(&backend, Int64::Native);
    self_test::run(&mut backend).unwrap();
    assert_eq!(backend.int64, Int64::Pairs);
}

/// The form for browsers without packed dot products gives the same sums, of masks and of bytes of every scale.
#[test]
fn plain_dot_products_stand_for_packed_ones() {
    let Some(mut backend) = backend() else { return };
    let shape = Shape::new(1, 1, [70_001]).unwrap();
    for (largest, terms) in [(1, Terms::Plain), (3, Terms::Squared), (128, Terms::All), (255, Terms::Squared)] {
        let bytes =
            |factor: usize| -> Vec<u8> { (0..70_001).map(|i| (i * factor / 5 % (largest + 1)) as u8).collect() };
        let (p, t) = (bytes(7), bytes(11));
        let [packed, plain] = [Dot::Packed, Dot::Plain].map(|dot| {
            backend.dot = dot;
            let (pred, truth) = (Source::Host(Data::U8(&p)), Source::Host(Data::U8(&t)));
            let options = SumsOptions { terms, ..SumsOptions::default() };
            let job = SumsOf { shape: shape.clone(), pred, truth, truth_kind: TruthKind::Real, options };
            let mut found = Vec::new();
            let sink = &mut |block: Block| {
                found.push((block.block, block.sums));
                Ok(())
            };
            block_on(backend.sums(&job, Waiting::Here, sink)).unwrap();
            found.sort_by_key(|(block, _)| *block);
            found
        });
        let blocks = [&p[..65_536], &p[65_536..]].map(|block| block.iter().map(|&x| i128::from(x)).sum::<i128>());
        let sums: Vec<i128> = packed.iter().map(|(_, sums)| sums.units[0] >> (46 - u32::from(sums.scale))).collect();
        assert_eq!(sums, blocks, "up to {largest}");
        assert_eq!(packed, plain, "up to {largest}");
    }
}

#[test]
fn what_wgpu_refuses_is_an_error_and_not_a_panic() {
    let Some(backend) = backend() else { return };
    let too_large = backend.device.guarded(|device| {
        device.raw.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: u64::MAX / 2,
            usage: wgpu::BufferUsages::STORAGE,
            mapped_at_creation: false,
        })
    });
    assert!(matches!(too_large, Err(Error::Gpu { .. } | Error::GpuOutOfMemory { .. })));
    // Outside of any scope, too; the next call reports it.
    let _ = backend.device.raw.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: u64::MAX / 2,
        usage: wgpu::BufferUsages::STORAGE,
        mapped_at_creation: false,
    });
    assert!(sum(&backend, &[0.5]).is_err());
    assert_eq!(sum(&backend, &[0.5]).unwrap(), [1 << 45]);
}

#[test]
fn idle_buffers_are_reused_and_bounded() {
    let Some(backend) = backend() else { return };
    for n in [10, 1000, 100_000, 10, 6_000_000, 10] {
        assert_eq!(sum(&backend, &vec![1.0; n]).unwrap().iter().sum::<i128>(), (n as i128) << 46);
    }
    assert!(backend.idle.len() <= 4);
}

#[test]
fn a_wait_that_took_too_long_leaves_the_engine_usable() {
    let Some(mut backend) = backend() else { return };
    let voxels = vec![0.5; 4_000_000];
    let expected = sum(&backend, &voxels).unwrap();
    backend.device.set_timeout(std::time::Duration::ZERO);
    let shape = Shape::new(1, 1, [voxels.len()]).unwrap();
    let (data, options) = (Source::Host(Data::F32(&voxels)), SumsOptions::default());
    let job = SumsOf { shape, pred: data, truth: data, truth_kind: TruthKind::Real, options };
    for waiting in [Waiting::Here, Waiting::Away] {
        // On a busy machine the device may be done before this thread looks for the first time.
        let timed_out = (0..50).any(|_| match block_on(backend.sums(&job, waiting, &mut |_| Ok(()))) {
            Ok(()) => false,
            Err(Error::GpuTimeout { .. }) => true,
            Err(error) => panic!("{waiting:?}: {error}"),
        });
        assert!(timed_out, "{waiting:?}");
    }
    backend.device.set_timeout(std::time::Duration::from_secs(60));
    assert_eq!(sum(&backend, &voxels).unwrap(), expected);
}
