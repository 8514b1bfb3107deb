//! Parts of a cohort for several machines: which part a case is in depends on its name alone.

use super::named::ParseError;
use std::fmt;
use std::str::FromStr;

/// Part `index` of `count`, numbered from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    index: u32,
    count: u32,
}

impl Shard {
    /// None where the index is not from 1 to the count.
    ///
    /// ```
    /// use voxdice::eval::Shard;
    /// let shard = Shard::new(2, 8).unwrap();
    /// assert_eq!((shard.index(), shard.count(), shard.to_string()), (2, 8, "2/8".to_owned()));
    /// assert_eq!([Shard::new(0, 8), Shard::new(9, 8), Shard::new(0, 0)], [None; 3]);
    /// ```
    pub fn new(index: u32, count: u32) -> Option<Self> {
        (1..=count).contains(&index).then_some(Self { index, count })
    }

    /// From 1 to [`Shard::count`].
    pub fn index(self) -> u32 {
        self.index
    }

    /// How many parts there are.
    pub fn count(self) -> u32 {
        self.count
    }

    /// Whether a case is in this part.
    pub fn has(self, case: &str) -> bool {
        hash(case) % u64::from(self.count) == u64::from(self.index) - 1
    }
}

/// FNV-1a of 64 bits: a few lines that are the same in every version and language, which the standard library's hash
/// does not promise.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wrong = || ParseError::from(format!("`{text}` is no shard; write I/N with I from 1 to N, such as 2/8"));
        let (index, count) = text.split_once('/').ok_or_else(wrong)?;
        let number = |text: &str| text.trim().parse().map_err(|_| wrong());
        Self::new(number(index)?, number(count)?).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        // The test vectors of the FNV reference.
        assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn every_case_is_in_one_shard_and_the_shards_are_alike_in_size() {
        let mut sizes = [0; 7];
        for case in 0..7000 {
            let name = format!("case_{case:05}");
            let of: Vec<u32> = (1..=7).filter(|&index| Shard::new(index, 7).unwrap().has(&name)).collect();
            assert_eq!(of.len(), 1);
            sizes[of[0] as usize - 1] += 1;
        }
        assert!(sizes.iter().all(|size| (850..1150).contains(size)), "{sizes:?}");
    }

    #[test]
    fn shards_count_from_one() {
        assert_eq!("2/8".parse(), Ok(Shard::new(2, 8).unwrap()));
        for text in ["0/4", "5/4", "1", "1/0", "a/b", "-1/3"] {
            assert!(text.parse::<Shard>().unwrap_err().to_string().contains("from 1 to N"), "{text}");
        }
    }
}
