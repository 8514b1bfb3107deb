// Of the prediction as it is summed.

fn logarithms(row: u32, channel: u32) -> Logarithms {
  let p = of_bits(pred(row, channel, true).x);
  return Logarithms(ln_floored(p), ln_floored(sub(UNITY, p)));
}
