// The nearest target in a row of bits. Twin: `nearest_in_row` in src/cpu/surface/nearest.rs.

@group(0) @binding(0) var<storage, read> targets: array<u32>;

// Whether a target this many columns away is not better.
fn is_beyond(base: vec2<u32>, away: u32, best: vec2<u32>) -> bool {
  return !less(sum(base, squared(WEIGHT_X, away)), best);
}

// The smaller of `best` and the squared distance from column x to the nearest target of the row that begins at word
// `row` and is `base` away.
fn nearest_in_row(row: u32, width: u32, x: u32, base: vec2<u32>, best: vec2<u32>) -> vec2<u32> {
  let k = x / 32u;
  let bit = x % 32u;
  let word = targets[row + k];
  var away = NONE;
  let right = word >> bit;
  if right != 0u {
    away = firstTrailingBit(right);
  } else {
    for (var i = k + 1u; i < width; i += 1u) {
      if is_beyond(base, 32u * i - x, best) {
        break;
      }
      let next = targets[row + i];
      if next != 0u {
        away = 32u * i - x + firstTrailingBit(next);
        break;
      }
    }
  }
  let left = word << (31u - bit);
  if left != 0u {
    away = min(away, countLeadingZeros(left));
  } else {
    for (var i = k; i > 0u; i -= 1u) {
      // The last column of word i - 1.
      let least = x - (32u * i - 1u);
      if least >= away || is_beyond(base, least, best) {
        break;
      }
      let next = targets[row + i - 1u];
      if next != 0u {
        away = min(away, least + countLeadingZeros(next));
        break;
      }
    }
  }
  if away == NONE {
    return best;
  }
  let found = sum(base, squared(WEIGHT_X, away));
  return select(best, found, less(found, best));
}
