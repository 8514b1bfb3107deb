// The truth as masks: four voxels a word, each byte 0 or 1. For the plain quads of real-valued predictions.

override LABELS: bool = false;   // the truth is a label map

const NOT_MASK: u32 = 0xfefefefeu;
const FRACTION_BITS: u32 = 46u;

// Bytes beyond 1 where the quad is not a mask.
fn truth_quad(word: u32, channel: u32) -> u32 {
  if !LABELS {
    return word;
  }
  // Where a label is that of the channel; a label that no channel stands for, or beyond 127, does not make a mask.
  // Carries stay within a byte, because its highest bit is left out of every addition. No label of a mask is that of
  // channel 128 or a later one, and 128 stays within a byte.
  let label = select(min(channel, 128u), 1u, params.channels == 1u);
  let other = word ^ (label * 0x01010101u);
  let differs = ((other & 0x7f7f7f7fu) + 0x7f7f7f7fu) | other;
  let beyond = 128u - min(max(params.channels, 2u), 128u);
  let outside = ((word & 0x7f7f7f7fu) + beyond * 0x01010101u) | word;
  return ((~differs >> 7u) & 0x01010101u) | (outside & 0x80808080u);
}

// Adds the truths of four quads.
fn plain_truths(lane: ptr<function, Lane>, a: u32, b: u32, c: u32, d: u32) {
  // Bytes of 4 at most, so that all of them are added up in the highest.
  let count = ((a + b + c + d) * 0x01010101u) >> 24u;
  (*lane).max_abs = max((*lane).max_abs, select(0u, ONE, count != 0u));
  (*lane).t = acc_add((*lane).t, acc_shifted(count, FRACTION_BITS));
  if TERMS > 3u {
    (*lane).tt = acc_add((*lane).tt, acc_shifted(count, FRACTION_BITS));
  }
}
