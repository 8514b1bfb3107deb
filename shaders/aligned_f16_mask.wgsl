// Plain quads of an f16 prediction without signs and a u8 mask of 0 and 1, four voxels a word; see aligned_f16.wgsl.

fn is_plain(p: vec2<u32>, t: u32) -> bool {
  return (((p.x | p.y) & 0x80008000u) | (t & NOT_MASK)) == 0u;
}

fn plain_quad(lane: ptr<function, Lane>, largest: ptr<function, u32>, p_words: vec2<u32>, t: u32) {
  let raw = halves(p_words);
  let p = half_units(raw);
  let on = (vec4<u32>(t) & vec4<u32>(0xffu, 0xff00u, 0xff0000u, 0xff000000u)) != vec4<u32>(0u);
  *largest = max(*largest, largest_of(raw));
  (*lane).p = acc_add((*lane).p, acc_shifted(sum_of(p), HALF_SHIFT));
  (*lane).pt = acc_add((*lane).pt, acc_shifted(sum_of(select(vec4<u32>(0u), p, on)), HALF_SHIFT));
  if TERMS > 3u {
    for (var i = 0u; i < 4u; i += 1u) {
      (*lane).pp = acc_add((*lane).pp, fix_half_product(p[i], p[i]));
    }
  }
  if TERMS > 5u {
    // Beyond 1 this wraps, and means nothing.
    let difference = select(p, vec4<u32>(HALF_ONE) - p, on);
    (*lane).difference = acc_add((*lane).difference, acc_shifted(sum_of(difference), HALF_SHIFT));
  }
}
