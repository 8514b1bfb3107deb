// The class of a label, from the class table, whose words the kernel around this finds. Twin: src/classes.rs.

override SEARCH: bool = false;   // the table is a sorted list of (label, class) pairs, and not indexed by label

const IGNORED: u32 = 0xfffffffdu;      // where the truth has the ignored label
const BACKGROUND: u32 = 0xfffffffeu;   // label 0 where it is not listed
const UNLISTED: u32 = 0xffffffffu;     // any other label that is not listed

fn unlisted(label: u32) -> u32 {
  return select(UNLISTED, BACKGROUND, label == 0u);
}

fn class_of(label: u32) -> u32 {
  if SEARCH {
    var low = 0u;
    var high = class_entries();
    while low < high {
      let middle = (low + high) / 2u;
      if class_word(2u * middle) < label {
        low = middle + 1u;
      } else {
        high = middle;
      }
    }
    if low < class_entries() && class_word(2u * low) == label {
      return class_word(2u * low + 1u);
    }
    return unlisted(label);
  }
  if label < class_entries() {
    return class_word(label);
  }
  return unlisted(label);
}
