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

/// The table of many labels is large, and the pipe is not read until the command has counted: so it waits there with
/// both volumes behind it, and its peak can be read at leisure.
#[test]
fn a_run_holds_two_volumes_and_little_else() {
    let files = Files::new();
    let shape = [512, 512, 288];
    let n = shape.iter().product::<u64>();
    let labels: Vec<u16> = (0..n / 2).map(|i| (i / 9000 % 4000) as u16).collect();
    let maps = [
        files.map("u16.nii.gz", &[512, 512, 144], &labels),
        files.map("u16_b.nii.gz", &[512, 512, 144], &labels.iter().rev().copied().collect::<Vec<_>>()),
    ];
    drop(labels);
    let volumes = 2 * n;
    let mut child = Command::new(env!("CARGO_BIN_EXE_voxdice"))
        .args(["eval", text(&maps[0]), text(&maps[1]), "--backend", "cpu", "--quiet"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Waiting in the kernel for the pipe to be read: the highest mark no longer moves.
    let mut seen = 0;
    for _ in 0..600 {
        std::thread::sleep(Duration::from_millis(100));
        let now = peak(child.id()).unwrap_or(seen);
        if now == seen && seen > volumes {
            break;
        }
        seen = now;
    }
    let output = child.stdout.take().map(std::io::read_to_string).unwrap().unwrap();
    assert!(child.wait().unwrap().success() && output.contains("mean of 3999 defined"));
    println!("peak {} MiB for volumes of {} MiB", seen / MIB, volumes / MIB);
    // Less would mean that the measurement misses a volume.
    assert!(seen > volumes, "{seen} for {volumes}");
    assert!(seen < volumes + 64 * MIB, "{seen} for {volumes}");
}
