//! Every implementation that this machine has: CPU scalar, CPU SIMD, and each adapter in each variant.

use std::sync::LazyLock;
use voxdice::tuning::{Simd, Tuning};
use voxdice::{Backend, Engine, EngineOptions, NonFinite};

/// A named implementation.
pub struct Implementation {
    pub name: String,
    pub engine: Engine,
}

/// All implementations, with [`NonFinite::Ignore`]. Made once: adapters take their time.
pub static ALL: LazyLock<Vec<Implementation>> = LazyLock::new(|| {
    let mut all = vec![cpu("CPU baseline", Simd::Baseline), cpu("CPU best", Simd::Auto)];
    all.extend(gpu::all());
    all
});

fn cpu(name: &str, simd: Simd) -> Implementation {
    let tuning = Tuning { simd, ..Tuning::default() };
    make(name.into(), EngineOptions { backend: Backend::Cpu, tuning, ..EngineOptions::default() })
}

fn make(name: String, options: EngineOptions) -> Implementation {
    let options = EngineOptions { non_finite: NonFinite::Ignore, ..options };
    Implementation { name, engine: Engine::new(&options).unwrap() }
}

#[cfg(not(feature = "gpu"))]
pub mod gpu {
    pub fn all() -> Vec<super::Implementation> {
        Vec::new()
    }

    pub fn available() -> bool {
        false
    }
}

#[cfg(feature = "gpu")]
pub mod gpu {
    use super::{Implementation, make};
    use crate::skips::skipped;
    use voxdice::tuning::{Poison, ShaderInt64, Tuning};
    use voxdice::{AdapterChoice, Backend, EngineOptions};

    pub fn all() -> Vec<Implementation> {
        if !available() {
            return Vec::new();
        }
        let mut all = Vec::new();
        for adapter in voxdice::adapters() {
            // Large windows with what the adapter does best, and tiny windows with the portable arithmetic.
            let windows = [("", 16 << 20, ShaderInt64::Auto), (", small windows, pairs", 64 << 10, ShaderInt64::Pairs)];
            for (variant, window_bytes, int64) in windows {
                let tuning = Tuning { window_bytes, int64, poison: Poison::On, ..Tuning::default() };
                let choice = AdapterChoice::Index(adapter.index);
                let options =
                    EngineOptions { backend: Backend::Gpu, adapter: choice, tuning, ..EngineOptions::default() };
                all.push(make(format!("{}{variant}", adapter.name), options));
            }
        }
        all
    }

    /// Whether GPU tests run: `VOXDICE_TEST_GPU=auto|require|off`. A missing adapter is said once, and is a failure
    /// under `require`.
    pub fn available() -> bool {
        let wanted = std::env::var("VOXDICE_TEST_GPU").unwrap_or_else(|_| "auto".into());
        if wanted == "off" {
            skipped("what needs a GPU, by VOXDICE_TEST_GPU=off");
            return false;
        }
        let there = !voxdice::adapters().is_empty();
        assert!(there || wanted != "require", "VOXDICE_TEST_GPU=require, but no adapter answers");
        if !there {
            skipped("what needs a GPU: no adapter answers");
        }
        there
    }
}
