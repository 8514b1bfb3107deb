// 8-bit elements of the prediction, bound four by four: beside an operand of wider elements.

@group(0) @binding(0) var<storage, read> p_words: array<P_Quad>;

alias P_Quad = u32;

fn p_word(k: u32) -> u32 {
  return p_words[k];
}
