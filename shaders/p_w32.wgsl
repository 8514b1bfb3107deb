// Loads 32-bit elements of the prediction (f32 bits, u32 labels). Written for `p_`, binding 0; the host renames a
// copy to `t_`, binding 1.

@group(0) @binding(0) var<storage, read> p_words: array<P_Quad>;

alias P_Quad = vec4<u32>;   // four elements, as they are in memory

override P_STRIDED: bool = false;   // the voxels of a cell are params.p_row elements apart, not next to each other

fn p_one(i: u32) -> u32 {
  return p_words[i >> 2u][i & 3u];
}

// Elements i, i + stride, i + 2 stride, i + 3 stride; stride is 1 unless P_STRIDED.
fn p_quad(i: u32, stride: u32) -> vec4<u32> {
  if P_STRIDED {
    return vec4<u32>(p_one(i), p_one(i + stride), p_one(i + 2u * stride), p_one(i + 3u * stride));
  }
  let a = p_words[i >> 2u];
  let shift = i & 3u;
  if shift == 0u {
    return a;
  }
  // A cell that does not start at 16 bytes: two neighbouring loads, of which the cache serves one.
  let b = p_words[(i >> 2u) + 1u];
  if shift == 1u {
    return vec4<u32>(a.y, a.z, a.w, b.x);
  }
  if shift == 2u {
    return vec4<u32>(a.z, a.w, b.x, b.y);
  }
  return vec4<u32>(a.w, b.x, b.y, b.z);
}
