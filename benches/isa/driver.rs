//! Machine code of compute shaders from a Vulkan driver, by `VK_KHR_pipeline_executable_properties`. Mesa's RADV compiles
//! for GPUs that are not there (`RADV_FORCE_FAMILY`), so that no hardware is needed.
#![allow(unsafe_code)]

use ash::vk;
use std::collections::BTreeMap;
use std::ffi::CStr;

/// What the driver says of a pipeline.
pub struct Compiled {
    /// Numbers by the names that the driver has for them, such as `VGPRs`.
    pub statistics: BTreeMap<String, u64>,
    /// Its machine code as text.
    pub assembly: String,
}

/// A device that compiles.
pub struct Compiler {
    device: ash::Device,
    properties: ash::khr::pipeline_executable_properties::Device,
    layout: vk::PipelineLayout,
    // Dropped last: they unload the driver.
    _instance: ash::Instance,
    _entry: ash::Entry,
}

impl Compiler {
    /// On the first device of the driver, with the features that the engine asks for.
    pub fn new() -> Result<Self, String> {
        // SAFETY: every object is made with valid arguments that live through the call, is used with the device that made
        // it, and is left to the end of the process, which this is the only work of.
        unsafe {
            let entry = ash::Entry::load().map_err(|error| error.to_string())?;
            let application = vk::ApplicationInfo::default().api_version(vk::API_VERSION_1_3);
            let info = vk::InstanceCreateInfo::default().application_info(&application);
            let instance = entry.create_instance(&info, None).map_err(|error| error.to_string())?;
            let devices = instance.enumerate_physical_devices().map_err(|error| error.to_string())?;
            let physical = *devices.first().ok_or("the driver has no device")?;
            let queues = [vk::DeviceQueueCreateInfo::default().queue_priorities(&[1.0])];
            let extensions = [ash::khr::pipeline_executable_properties::NAME.as_ptr()];
            let mut executable =
                vk::PhysicalDevicePipelineExecutablePropertiesFeaturesKHR::default().pipeline_executable_info(true);
            let features = vk::PhysicalDeviceFeatures::default().shader_int64(true).robust_buffer_access(true);
            let info = vk::DeviceCreateInfo::default()
                .queue_create_infos(&queues)
                .enabled_extension_names(&extensions)
                .enabled_features(&features)
                .push_next(&mut executable);
            let device = instance.create_device(physical, &info, None).map_err(|error| error.to_string())?;
            let bindings: Vec<_> = (0..5)
                .map(|binding| {
                    let uniform = vk::DescriptorType::UNIFORM_BUFFER;
                    let kind = if binding == 4 { uniform } else { vk::DescriptorType::STORAGE_BUFFER };
                    vk::DescriptorSetLayoutBinding::default()
                        .binding(binding)
                        .descriptor_type(kind)
                        .descriptor_count(1)
                        .stage_flags(vk::ShaderStageFlags::COMPUTE)
                })
                .collect();
            let info = vk::DescriptorSetLayoutCreateInfo::default().bindings(&bindings);
            let sets = [device.create_descriptor_set_layout(&info, None).map_err(|error| error.to_string())?];
            let info = vk::PipelineLayoutCreateInfo::default().set_layouts(&sets);
            let layout = device.create_pipeline_layout(&info, None).map_err(|error| error.to_string())?;
            let properties = ash::khr::pipeline_executable_properties::Device::new(&instance, &device);
            Ok(Self { device, properties, layout, _instance: instance, _entry: entry })
        }
    }

    /// The pipeline of a SPIR-V module whose entry point is `main`.
    pub fn compile(&self, spirv: &[u32]) -> Result<Compiled, String> {
        // SAFETY: as above. A text is read after the driver wrote it, into as many bytes as it asked for.
        unsafe {
            let info = vk::ShaderModuleCreateInfo::default().code(spirv);
            let module = self.device.create_shader_module(&info, None).map_err(|error| error.to_string())?;
            let stage = vk::PipelineShaderStageCreateInfo::default()
                .stage(vk::ShaderStageFlags::COMPUTE)
                .module(module)
                .name(c"main");
            let kept = vk::PipelineCreateFlags::CAPTURE_STATISTICS_KHR
                | vk::PipelineCreateFlags::CAPTURE_INTERNAL_REPRESENTATIONS_KHR;
            let info = vk::ComputePipelineCreateInfo::default().stage(stage).layout(self.layout).flags(kept);
            let made = self.device.create_compute_pipelines(vk::PipelineCache::null(), &[info], None);
            let pipeline = *made.map_err(|(_, error)| error.to_string())?.first().ok_or("no pipeline")?;
            let info = vk::PipelineExecutableInfoKHR::default().pipeline(pipeline);
            let found = self.properties.get_pipeline_executable_statistics(&info);
            let statistics = found.map_err(|error| error.to_string())?;
            let text = |name: &[std::ffi::c_char]| CStr::from_ptr(name.as_ptr()).to_string_lossy().into_owned();
            let statistics = statistics.iter().map(|s| (text(&s.name), s.value.u64)).collect();

            let ask = self.properties.fp().get_pipeline_executable_internal_representations_khr;
            let mut count = 0;
            let _ = ask(self.device.handle(), &info, &mut count, std::ptr::null_mut());
            let mut all = vec![vk::PipelineExecutableInternalRepresentationKHR::default(); count as usize];
            let _ = ask(self.device.handle(), &info, &mut count, all.as_mut_ptr());
            let mut texts: Vec<Vec<u8>> = all.iter().map(|one| vec![0; one.data_size]).collect();
            for (one, text) in all.iter_mut().zip(&mut texts) {
                one.p_data = text.as_mut_ptr().cast();
            }
            let _ = ask(self.device.handle(), &info, &mut count, all.as_mut_ptr());
            let assembly = all.iter().zip(&texts).find(|(one, _)| text(&one.name) == "Assembly");
            let (_, bytes) = assembly.ok_or("the driver shows no machine code")?;
            let assembly = String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned();
            Ok(Compiled { statistics, assembly })
        }
    }
}
