//! Dice of tensors of burn where they are. The application opens one wgpu device and gives it to both: burn computes on
//! it, voxdice reads the tensors' buffers there. Nothing is copied and nothing goes through the host.
//!
//! What it takes is that both crates resolve to the same version of wgpu, and four public things of burn's: `init_device`
//! for the device, a tensor's `handle`, `get_resource` for its buffer and offset, and `flush` to have submitted what fills
//! it.

use burn_backend::{DType, TensorMetadata};
use burn_wgpu::{AutoCompiler, CubeTensor, RuntimeOptions, WgpuDevice, WgpuResource, WgpuSetup};
use cubecl::wgpu::WgpuServer;
use cubecl_runtime::storage::ManagedResource;
use voxdice::{Dtype, Engine, EngineOptions, Pair, Shape, Volume, wgpu};

type Failure = Box<dyn std::error::Error>;

/// A device that burn and voxdice share.
pub struct Shared {
    pub burn: WgpuDevice,
    pub engine: Engine,
}

impl Shared {
    /// Opens the first adapter, with all that it has: burn uses more of it than voxdice.
    pub fn open(options: &EngineOptions) -> Result<Self, Failure> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
        let adapter = pollster::block_on(instance.request_adapter(&Default::default()))?;
        let descriptor = wgpu::DeviceDescriptor { required_limits: adapter.limits(), ..Default::default() };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))?;
        let engine = Engine::with_device(device.clone(), queue.clone(), options)?;
        let backend = adapter.get_info().backend;
        let setup = WgpuSetup { instance, adapter, device, queue, backend };
        Ok(Self { burn: burn_wgpu::init_device(setup, RuntimeOptions::default()), engine })
    }
}

/// The memory of a tensor `[N, C, space]`. It stays the tensor's while this lives.
pub struct Voxels {
    resource: ManagedResource<WgpuResource>,
    shape: Shape,
    dtype: Dtype,
}

impl Voxels {
    /// Finds the tensor's buffer, once everything that burn has recorded so far is submitted: submissions run in order,
    /// so that whatever voxdice submits next sees the tensor's values.
    pub fn of(tensor: &CubeTensor) -> Result<Self, Failure> {
        let dtype = match tensor.dtype {
            DType::F32 => Dtype::F32,
            DType::F16 => Dtype::F16,
            other => return Err(format!("tensors of {other:?} are not read in place").into()),
        };
        if !tensor.is_contiguous() {
            return Err("the tensor is a view with strides; make it contiguous first".into());
        }
        let sizes = tensor.shape();
        let [samples, channels, space @ ..] = &sizes[..] else {
            return Err("the tensor has no axes for samples and channels".into());
        };
        let shape = Shape::new(*samples, *channels, space)?;
        tensor.client.flush()?;
        let resource = tensor.client.get_resource::<WgpuServer<AutoCompiler>>(tensor.handle.clone())?;
        Ok(Self { resource, shape, dtype })
    }

    pub fn volume(&self) -> voxdice::Result<Volume<'_>> {
        let WgpuResource { buffer, offset, .. } = self.resource.resource();
        Volume::buffer(self.shape.clone(), self.dtype, buffer, *offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_backend::TensorData;
    use burn_backend::ops::FloatTensorOps;
    use burn_wgpu::CubeBackend;
    use voxdice::Backend;

    /// Two channels of two samples, a little more than a block each.
    const SIZES: [usize; 4] = [2, 2, 257, 256];

    fn values(seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32
        };
        (0..SIZES.iter().product()).map(|_| next()).collect()
    }

    #[test]
    fn dice_of_tensors_has_the_bits_of_the_cpu() {
        let shared = Shared::open(&EngineOptions::default()).unwrap();
        let device = shared.burn.clone().into();
        let tensor = |values: &[f32]| CubeBackend::float_from_data(TensorData::new(values.to_vec(), SIZES), &device);
        let (p, t) = (values(1), values(2));
        // A tensor that burn has computed on the GPU: p · t, one rounding each, as here.
        let product: Vec<f32> = p.iter().zip(&t).map(|(p, t)| p * t).collect();
        let computed = CubeBackend::float_mul(tensor(&p), tensor(&t));
        let (pred, truth) = (Voxels::of(&computed).unwrap(), Voxels::of(&tensor(&t)).unwrap());
        let found = shared.engine.sums(Pair { pred: pred.volume().unwrap(), truth: truth.volume().unwrap() }).unwrap();

        let shape = Shape::new(SIZES[0], SIZES[1], &SIZES[2..]).unwrap();
        let cpu = Engine::new(&EngineOptions { backend: Backend::Cpu, ..EngineOptions::default() }).unwrap();
        let volume = |values| Volume::f32(shape.clone(), values).unwrap();
        assert_eq!(found, cpu.sums(Pair { pred: volume(&product), truth: volume(&t) }).unwrap());
        let dice = found.map(|sums| 2.0 * sums.product() / (sums.pred() + sums.truth()));
        assert!(dice.values().iter().all(|dice| (0.2..0.5).contains(dice)), "{dice:?}");
    }

    #[test]
    fn views_with_strides_are_refused() {
        let shared = Shared::open(&EngineOptions::default()).unwrap();
        let device = shared.burn.clone().into();
        let tensor = CubeBackend::float_from_data(TensorData::new(values(1), SIZES), &device);
        assert!(Voxels::of(&CubeBackend::float_swap_dims(tensor, 2, 3)).is_err());
    }
}
