// 8-bit elements of the prediction, bound sixteen by sixteen, which is what a lane loads at most.

@group(0) @binding(0) var<storage, read> p_words: array<vec4<u32>>;

fn p_word(k: u32) -> u32 {
  return p_words[k >> 2u][k & 3u];
}
