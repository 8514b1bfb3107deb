//! `voxdice devices`: what there is to run on, and what would be chosen.

use super::args::Format;
use super::exit::Exit;
use super::output::Output;
use super::progress::Progress;
use crate::report::grid::{Align, Grid, Tone};
use crate::text::{bytes, wrapped};
use crate::{Backend, Engine, EngineOptions};
use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

/// The GPU adapters that can be used, and which one would be.
///
/// The adapter that --backend gpu means is opened and put through known answers, so that what is said here is what will
/// happen.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  voxdice devices --format json")]
pub(super) struct Devices {
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// No progress on stderr
    #[arg(short, long)]
    quiet: bool,
}

/// An adapter, in this build's words.
pub(super) struct Adapter {
    pub index: usize,
    pub name: String,
    pub kind: &'static str,
    pub api: String,
    pub driver: String,
    pub max_binding_bytes: u64,
    pub max_buffer_bytes: u64,
    pub int64: bool,
}

/// The adapters that this process can see; none in a build without GPU.
#[cfg(feature = "gpu")]
pub(super) fn adapters() -> Vec<Adapter> {
    use crate::AdapterKind;
    let all = crate::adapters().into_iter().map(|fact| Adapter {
        index: fact.index,
        name: fact.name,
        kind: match fact.kind {
            AdapterKind::Discrete => "discrete",
            AdapterKind::Integrated => "integrated",
            AdapterKind::Virtual => "virtual",
            AdapterKind::Other => "other",
            AdapterKind::Software => "software",
        },
        api: fact.api,
        driver: fact.driver,
        max_binding_bytes: fact.max_binding_bytes,
        max_buffer_bytes: fact.max_buffer_bytes,
        int64: fact.int64,
    });
    all.collect()
}

#[cfg(not(feature = "gpu"))]
pub(super) fn adapters() -> Vec<Adapter> {
    Vec::new()
}

/// What to do where no adapter answers.
pub(super) fn remedy() -> &'static str {
    if cfg!(feature = "gpu") {
        "No GPU adapter answers. Install the Vulkan driver of the GPU, or for any processor Mesa's lavapipe \
         (Debian, Ubuntu: apt install mesa-vulkan-drivers). Everything runs on the CPU without it, with the same numbers."
    } else {
        "This build has no GPU backend: it was made without the feature `gpu`. \
         Everything runs on the CPU, with the same numbers."
    }
}

impl Devices {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        output.quiet = self.quiet;
        let progress = Progress::start(self.quiet, "asking the adapters");
        let adapters = adapters();
        let chosen = |backend| match Engine::new(&EngineOptions { backend, ..EngineOptions::default() }) {
            Ok(engine) => Ok(engine.describe()),
            Err(error) => Err(error.to_string()),
        };
        let choices = [Backend::Auto, Backend::Gpu].map(|backend| (backend, chosen(backend)));
        drop(progress);
        if self.format == Format::Json {
            let choices = choices.map(|(backend, chosen)| {
                let value = match chosen {
                    Ok(d) => json!({ "backend": d.backend.to_string(), "device": d.device, "reason": d.reason }),
                    Err(error) => json!({ "error": error }),
                };
                (backend.to_string(), value)
            });
            let [(_, auto), (_, gpu)] = choices;
            let adapters: Vec<Value> = adapters.iter().map(Adapter::json).collect();
            output.json(&json!({ "adapters": adapters, "auto": auto, "gpu": gpu }))?;
            return Ok(Exit::Fine);
        }
        let mut text = if adapters.is_empty() { wrapped(remedy(), 0) } else { table(&adapters) };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        for (backend, chosen) in choices {
            let choice = match chosen {
                Ok(d) => format!("{}: {}; {}", d.backend.to_string().to_uppercase(), d.device, d.reason),
                Err(error) => error,
            };
            let line = format!("--backend {}  {choice}", backend);
            text.push_str(&format!("\n{}\n", wrapped(&line, 4)));
        }
        output.result(&text)?;
        Ok(Exit::Fine)
    }
}

impl Adapter {
    fn json(&self) -> Value {
        json!({
            "index": self.index,
            "name": self.name,
            "kind": self.kind,
            "api": self.api,
            "driver": self.driver,
            "max_binding_bytes": self.max_binding_bytes,
            "max_buffer_bytes": self.max_buffer_bytes,
            "int64": self.int64,
        })
    }
}

fn table(adapters: &[Adapter]) -> String {
    let mut grid = Grid::new(&[
        ("#", Align::Right),
        ("name", Align::Left),
        ("kind", Align::Left),
        ("API", Align::Left),
        ("driver", Align::Left),
        ("binding", Align::Right),
        ("int64", Align::Left),
    ]);
    for adapter in adapters {
        let int64 = if adapter.int64 { "yes" } else { "no" };
        let row = [
            adapter.index.to_string(),
            adapter.name.clone(),
            adapter.kind.into(),
            adapter.api.clone(),
            adapter.driver.clone(),
            bytes(adapter.max_binding_bytes),
            int64.into(),
        ];
        grid.row(row.map(|cell| (cell, Tone::Plain)));
    }
    grid.wrapped().render(false)
}
