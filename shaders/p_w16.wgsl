// Loads 16-bit elements of the prediction (f16 bits, u16). Written for `p_`, binding 0; see p_w32.wgsl.

@group(0) @binding(0) var<storage, read> p_words: array<P_Quad>;

alias P_Quad = vec2<u32>;

override P_STRIDED: bool = false;

fn p_one(i: u32) -> u32 {
  return (p_words[i >> 2u][(i >> 1u) & 1u] >> ((i & 1u) * 16u)) & 0xffffu;
}

fn p_quad(i: u32, stride: u32) -> vec4<u32> {
  if P_STRIDED {
    return vec4<u32>(p_one(i), p_one(i + stride), p_one(i + 2u * stride), p_one(i + 3u * stride));
  }
  var words = p_words[i >> 2u];
  if (i & 3u) != 0u {
    let next = p_words[(i >> 2u) + 1u];
    var last = next.x;
    if (i & 2u) != 0u {
      words = vec2<u32>(words.y, next.x);
      last = next.y;
    }
    if (i & 1u) != 0u {
      words = (words >> vec2<u32>(16u)) | (vec2<u32>(words.y, last) << vec2<u32>(16u));
    }
  }
  return vec4<u32>(words.x & 0xffffu, words.x >> 16u, words.y & 0xffffu, words.y >> 16u);
}
