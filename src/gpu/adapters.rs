//! Which adapters there are, and which one is meant.

use crate::error::{Error, Result};
use crate::options::AdapterChoice;
use std::fmt;

/// What kind of device an adapter is, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AdapterKind {
    /// A GPU with separate memory.
    Discrete,
    /// A GPU that shares the memory of the processor.
    Integrated,
    /// A GPU seen through a virtual machine.
    Virtual,
    /// The driver does not say.
    Other,
    /// Shaders run on the processor, as with Mesa's lavapipe.
    Software,
}

/// An adapter that this process can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterFact {
    /// Its number for [`AdapterChoice::Index`].
    pub index: usize,
    /// Its name, as the driver says it.
    pub name: String,
    /// What kind of device it is.
    pub kind: AdapterKind,
    /// The API it is reached through, such as `Vulkan`.
    pub api: String,
    /// Driver and its version.
    pub driver: String,
    /// Bytes that one binding may cover; larger volumes are cut into windows.
    pub max_binding_bytes: u64,
    /// Bytes of one buffer.
    pub max_buffer_bytes: u64,
    /// Whether shaders may use 64-bit integers.
    pub int64: bool,
}

impl fmt::Display for AdapterFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.name, self.api, self.driver)
    }
}

/// The adapters that this process can see, in the order of their numbers. Empty where there is none.
///
/// ```
/// for adapter in voxdice::adapters() {
///     println!("{}: {adapter}", adapter.index);
/// }
/// ```
pub fn adapters() -> Vec<AdapterFact> {
    found().into_iter().map(|(fact, _)| fact).collect()
}

/// The adapter that `choice` means.
pub(super) fn choose(choice: &AdapterChoice) -> Result<(AdapterFact, wgpu::Adapter)> {
    let mut all = found();
    let position = match choice {
        AdapterChoice::Best => {
            let best = all.iter().min_by_key(|(fact, _)| (fact.kind, fact.index));
            best.map(|(fact, _)| fact.index)
        }
        AdapterChoice::Named(name) => {
            let name = name.to_lowercase();
            all.iter().position(|(fact, _)| fact.name.to_lowercase().contains(&name))
        }
        AdapterChoice::Index(index) => (*index < all.len()).then_some(*index),
    };
    match position {
        Some(position) => Ok(all.swap_remove(position)),
        None => Err(Error::NoAdapter { request: request(choice), found: remedy(&all) }),
    }
}

fn request(choice: &AdapterChoice) -> String {
    match choice {
        AdapterChoice::Best => "of any kind answers".into(),
        AdapterChoice::Named(name) => format!("has `{name}` in its name"),
        AdapterChoice::Index(index) => format!("has number {index}"),
    }
}

fn remedy(all: &[(AdapterFact, wgpu::Adapter)]) -> String {
    if all.is_empty() {
        return "install a Vulkan, Metal or DirectX 12 driver (Mesa's lavapipe runs on any processor), or use the \
                CPU backend"
            .into();
    }
    let names: Vec<String> = all.iter().map(|(fact, _)| format!("{} ({})", fact.index, fact.name)).collect();
    format!("choose one that is there, by its number or a part of its name: {}", names.join(", "))
}

fn found() -> Vec<(AdapterFact, wgpu::Adapter)> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
    // No indirect calls here; their validation would cap buffers at 4 GiB.
    descriptor.flags.remove(wgpu::InstanceFlags::VALIDATION_INDIRECT_CALL);
    let instance = wgpu::Instance::new(descriptor);
    let all = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    let usable = |adapter: &wgpu::Adapter| {
        let flags = adapter.get_downlevel_capabilities().flags;
        flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS)
    };
    let usable = all.into_iter().filter(usable).enumerate();
    usable.map(|(index, adapter)| (fact(index, &adapter), adapter)).collect()
}

fn fact(index: usize, adapter: &wgpu::Adapter) -> AdapterFact {
    described(index, adapter.get_info(), &adapter.limits(), adapter.features())
}

/// The adapter of a device of the application, with what the device was opened with. Its number means nothing.
pub(super) fn fact_of(device: &wgpu::Device) -> AdapterFact {
    described(0, device.adapter_info(), &device.limits(), device.features())
}

fn described(index: usize, info: wgpu::AdapterInfo, limits: &wgpu::Limits, features: wgpu::Features) -> AdapterFact {
    let driver = [info.driver, info.driver_info].into_iter().filter(|text| !text.is_empty());
    AdapterFact {
        index,
        name: info.name,
        kind: match info.device_type {
            wgpu::DeviceType::DiscreteGpu => AdapterKind::Discrete,
            wgpu::DeviceType::IntegratedGpu => AdapterKind::Integrated,
            wgpu::DeviceType::VirtualGpu => AdapterKind::Virtual,
            wgpu::DeviceType::Other => AdapterKind::Other,
            wgpu::DeviceType::Cpu => AdapterKind::Software,
        },
        api: info.backend.to_string(),
        driver: driver.collect::<Vec<_>>().join(" "),
        max_binding_bytes: limits.max_storage_buffer_binding_size,
        max_buffer_bytes: limits.max_buffer_size,
        int64: features.contains(wgpu::Features::SHADER_INT64),
    }
}
