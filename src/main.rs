//! The `voxdice` command.

fn main() -> std::process::ExitCode {
    #[cfg(all(feature = "gpu", target_os = "linux"))]
    silence_device_select();
    voxdice::cli::run()
}

/// Mesa puts the adapters of Vulkan into an order, for which it asks for a Wayland session. Where there is none, as on servers,
/// libwayland prints `error: XDG_RUNTIME_DIR is invalid or not set in the environment.`, several times, which reads as if
/// voxdice had failed. There is no order to find then, and nothing is asked.
#[cfg(all(feature = "gpu", target_os = "linux"))]
#[allow(unsafe_code)]
fn silence_device_select() {
    let asked = ["XDG_RUNTIME_DIR", "MESA_VK_DEVICE_SELECT", "DRI_PRIME", "NODEVICE_SELECT"];
    if asked.into_iter().all(|name| std::env::var_os(name).is_none()) {
        // SAFETY: no other thread of this process has started, so that none reads the environment meanwhile.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
}
