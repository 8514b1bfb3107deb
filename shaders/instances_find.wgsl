// Union-find. A parent is never larger than its run, and only ever becomes smaller, so that loops end whatever the order,
// and nobody waits for anybody. At the end the root of a component is its smallest run. Twin: src/cpu/instances/track.rs.

@group(0) @binding(2) var<storage, read_write> result: array<atomic<u32>>;   // as instances_runs.wgsl has it

// The root of a run, as far as it is known. Paths are halved, which only ever leads to an ancestor.
fn find(run: u32) -> u32 {
  var x = run;
  var parent = atomicLoad(&result[x]);
  while parent != x {
    let next = atomicLoad(&result[parent]);
    if next != parent {
      atomicMin(&result[x], next);
    }
    x = parent;
    parent = next;
  }
  return x;
}
