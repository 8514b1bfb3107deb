// Loads 64-bit elements of the prediction (f64 bits, the low word first) as the f32 bits next to them. Written for `p_`,
// binding 0; see p_w32.wgsl.

@group(0) @binding(0) var<storage, read> p_words: array<vec4<u32>>;   // two elements each

override P_STRIDED: bool = false;

fn p_double(i: u32) -> vec2<u32> {
  let words = p_words[i >> 1u];
  return select(words.xy, words.zw, (i & 1u) != 0u);
}

fn p_one(i: u32) -> u32 {
  return p_nearest(p_double(i));
}

fn p_quad(i: u32, stride: u32) -> vec4<u32> {
  let step = select(1u, stride, P_STRIDED);
  return vec4<u32>(p_one(i), p_one(i + step), p_one(i + 2u * step), p_one(i + 3u * step));
}
