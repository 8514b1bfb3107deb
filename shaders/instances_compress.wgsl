// Gives each run its root: the first run of its component.

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let run = group_of(workgroup) * WORKGROUP + lid;
  if run < aux[RUNS] {
    atomicStore(&result[run], find(run));
  }
}
