// A plain read: every 16 bytes of a binding are loaded once, by lanes that lie side by side, and added up; each
// workgroup writes one word. No kernel that looks at every voxel can be faster, so this is the ceiling.

@group(0) @binding(0) var<storage, read> quads: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> sums: array<u32>;
@group(0) @binding(2) var<uniform> params: vec4<u32>;   // quads, workgroups, index of the first sum, 0

var<workgroup> sh_sums: array<u32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
  let count = params.x;
  var sum = vec4<u32>(0u);
  // Eight loads in flight, 32 KiB per workgroup; then all workgroups go on to the next part.
  for (var i = workgroup.x * 2048u + lid; i < count; i += params.y * 2048u) {
    if i + 1792u < count {
      let a = quads[i];
      let b = quads[i + 256u];
      let c = quads[i + 512u];
      let d = quads[i + 768u];
      let e = quads[i + 1024u];
      let f = quads[i + 1280u];
      let g = quads[i + 1536u];
      let h = quads[i + 1792u];
      sum += ((a + b) + (c + d)) + ((e + f) + (g + h));
    } else {
      for (var k = i; k < count; k += 256u) {
        sum += quads[k];
      }
    }
  }
  sh_sums[lid] = sum.x + sum.y + sum.z + sum.w;
  workgroupBarrier();
  for (var half = 128u; half > 0u; half = half / 2u) {
    if lid < half {
      sh_sums[lid] += sh_sums[lid + half];
    }
    workgroupBarrier();
  }
  if lid == 0u {
    sums[params.z + workgroup.x] = sh_sums[0];
  }
}
