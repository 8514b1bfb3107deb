// Loads 8-bit elements of the prediction (u8) from words of four. Written for `p_`, binding 0; see p_w32.wgsl.

override P_STRIDED: bool = false;

fn p_one(i: u32) -> u32 {
  return (p_word(i >> 2u) >> ((i & 3u) * 8u)) & 0xffu;
}

// Four consecutive elements as the bytes of one word.
fn p_packed(i: u32) -> u32 {
  let a = p_word(i >> 2u);
  let shift = (i & 3u) * 8u;
  if shift == 0u {
    return a;
  }
  return (a >> shift) | (p_word((i >> 2u) + 1u) << (32u - shift));
}

fn p_quad(i: u32, stride: u32) -> vec4<u32> {
  if P_STRIDED {
    return vec4<u32>(p_one(i), p_one(i + stride), p_one(i + 2u * stride), p_one(i + 3u * stride));
  }
  return (vec4<u32>(p_packed(i)) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(0xffu);
}
