// The prediction as it stands.

fn pred(row: u32, channel: u32, single: bool) -> Activated {
  return activated(p_load(row, channel, single));
}
