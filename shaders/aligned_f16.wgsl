// Plain quads of two f16 operands: without signs. Values up to 1 are integers in units of 2^-24, so nothing is decoded
// to f32. A value beyond 1 shows in the largest value.

fn truth_quad(words: vec2<u32>, channel: u32) -> vec2<u32> {
  return words;
}

fn is_plain(p: vec2<u32>, t: vec2<u32>) -> bool {
  let all = p | t;
  return ((all.x | all.y) & 0x80008000u) == 0u;
}

fn plain_quad(lane: ptr<function, Lane>, largest: ptr<function, u32>, p_words: vec2<u32>, t_words: vec2<u32>) {
  let p_raw = halves(p_words);
  let t_raw = halves(t_words);
  let p = half_units(p_raw);
  let t = half_units(t_raw);
  *largest = max(*largest, largest_of(max(p_raw, t_raw)));
  (*lane).p = acc_add((*lane).p, acc_shifted(sum_of(p), HALF_SHIFT));
  (*lane).t = acc_add((*lane).t, acc_shifted(sum_of(t), HALF_SHIFT));
  for (var i = 0u; i < 4u; i += 1u) {
    (*lane).pt = acc_add((*lane).pt, fix_half_product(p[i], t[i]));
    if TERMS > 3u {
      (*lane).pp = acc_add((*lane).pp, fix_half_product(p[i], p[i]));
      (*lane).tt = acc_add((*lane).tt, fix_half_product(t[i], t[i]));
    }
  }
  if TERMS > 5u {
    (*lane).difference = acc_add((*lane).difference, acc_shifted(sum_of(max(p, t) - min(p, t)), HALF_SHIFT));
  }
}

fn plain_truths(lane: ptr<function, Lane>, a: vec2<u32>, b: vec2<u32>, c: vec2<u32>, d: vec2<u32>) {
}
