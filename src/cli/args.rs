//! Arguments that several commands share.

use crate::{AdapterChoice, Backend, Engine, EngineOptions};
use clap::{Args, ValueEnum};

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Table,
    /// For programs; undefined numbers are null
    Json,
}

/// Where voxels are reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum BackendName {
    /// The one that finishes first
    Auto,
    /// Threads and SIMD
    Cpu,
    /// A GPU adapter, a software one if there is no other
    Gpu,
}

/// Which device does the work. The numbers are the same on all of them.
#[derive(Debug, Clone, Args)]
pub(super) struct DeviceArgs {
    /// Where the voxels are counted
    #[arg(long, value_enum, default_value_t = BackendName::Auto, help_heading = "Device")]
    pub backend: BackendName,
    /// GPU adapter, by its number or a part of its name (see `voxdice devices`) [default: the best one]
    #[arg(long, value_name = "NAME|INDEX", help_heading = "Device")]
    pub adapter: Option<String>,
}

impl DeviceArgs {
    /// The engine that was asked for.
    pub fn engine(&self) -> anyhow::Result<Engine> {
        let backend = match self.backend {
            BackendName::Auto => Backend::Auto,
            BackendName::Cpu if self.adapter.is_some() => {
                anyhow::bail!("--adapter names a GPU, but --backend is cpu; leave one of them out")
            }
            BackendName::Cpu => Backend::Cpu,
            BackendName::Gpu => Backend::Gpu,
        };
        Ok(Engine::new(&EngineOptions { backend, adapter: self.choice(), ..EngineOptions::default() })?)
    }

    /// The other engine, to compare the first one with.
    pub fn counterpart(&self, engine: &Engine) -> anyhow::Result<Engine> {
        let backend = if engine.describe().backend == Backend::Cpu { Backend::Gpu } else { Backend::Cpu };
        let adapter = if backend == Backend::Gpu { self.choice() } else { AdapterChoice::Best };
        Ok(Engine::new(&EngineOptions { backend, adapter, ..EngineOptions::default() })?)
    }

    /// The adapter, for a GPU.
    pub fn choice(&self) -> AdapterChoice {
        self.adapter.as_deref().map_or(AdapterChoice::Best, adapter_choice)
    }
}

/// A whole number is an index, everything else a part of a name.
pub(super) fn adapter_choice(text: &str) -> AdapterChoice {
    text.parse().map_or_else(|_| AdapterChoice::Named(text.into()), AdapterChoice::Index)
}

#[cfg(test)]
pub(super) mod tests {
    use clap::ValueEnum;

    /// A choice has one name, as a flag and in results.
    pub fn same<F: ValueEnum + Into<D>, D: ToString>(flag: &F) {
        let domain: D = flag.clone().into();
        assert_eq!(flag.to_possible_value().unwrap().get_name(), domain.to_string());
    }
}
