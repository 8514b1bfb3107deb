//! Peak memory of `eval`, as the kernel saw it.

use super::{Files, text};
use std::process::{Command, Stdio};
use std::time::Duration;

const MIB: u64 = 1 << 20;

/// The highest resident memory of a process so far; None when it has ended.
fn peak(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib * 1024)
}

/// The table of many labels is large, and the pipe is not read until the command has counted: so it waits there, and its
/// peak can be read at leisure.
#[test]
fn a_run_holds_a_few_pieces_of_its_volumes() {
    let files = Files::new();
    let shape = [512, 512, 144];
    let n = shape.iter().product::<u64>();
    let labels: Vec<u16> = (0..n).map(|i| (i / 9000 % 4000) as u16).collect();
    let maps = [
        files.map("u16.nii.gz", &shape, &labels),
        files.map("u16_b.nii.gz", &shape, &labels.iter().rev().copied().collect::<Vec<_>>()),
    ];
    drop(labels);
    let volumes = 4 * n;
    let mut child = Command::new(env!("CARGO_BIN_EXE_voxdice"))
        .args(["eval", text(&maps[0]), text(&maps[1]), "--backend", "cpu", "--quiet"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Waiting in the kernel for the pipe to be read: it no longer uses the processor.
    let (mut seen, mut before) = (0, None);
    for _ in 0..600 {
        std::thread::sleep(Duration::from_millis(200));
        seen = peak(child.id()).unwrap_or(seen);
        let ticks = ticks(child.id());
        if ticks.is_some() && ticks == before {
            break;
        }
        before = ticks;
    }
    let output = child.stdout.take().map(std::io::read_to_string).unwrap().unwrap();
    assert!(child.wait().unwrap().success() && output.contains("mean of 3999 defined"));
    println!("peak {} MiB for volumes of {} MiB", seen / MIB, volumes / MIB);
    // Less would mean that the measurement misses the process.
    assert!(seen > MIB, "{seen}");
    assert!(seen < 40 * MIB, "{seen} for {volumes}");
}

/// The processor time of a process so far, in the kernel's ticks.
fn ticks(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the process may hold spaces, and ends with the last parenthesis.
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
}
