//! The labels of colours.

use std::collections::BTreeMap;

/// Which label a colour (red, green, blue) of a picture stands for.
///
/// ```
/// use std::sync::Arc;
/// use voxdice::io::Colours;
/// use voxdice::io::labels::LabelOptions;
/// let colours: Colours = [([0, 0, 0], 0), ([255, 0, 0], 1)].into_iter().collect();
/// let options = LabelOptions { colours: Some(Arc::new(colours)), ..LabelOptions::default() };
/// # let _ = options;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Colours(BTreeMap<[u8; 3], u8>);

impl Colours {
    /// The label of a colour; None of one that is not listed.
    pub fn label(&self, colour: [u16; 3]) -> Option<u8> {
        let [Ok(red), Ok(green), Ok(blue)] = colour.map(u8::try_from) else { return None };
        self.0.get(&[red, green, blue]).copied()
    }

    /// All colours with their labels.
    pub fn iter(&self) -> impl Iterator<Item = ([u8; 3], u8)> {
        self.0.iter().map(|(colour, label)| (*colour, *label))
    }
}

impl FromIterator<([u8; 3], u8)> for Colours {
    fn from_iter<I: IntoIterator<Item = ([u8; 3], u8)>>(colours: I) -> Self {
        Self(colours.into_iter().collect())
    }
}
