//! Tables of classes and their colours, as datasets of coloured label maps have them.

use super::class::Class;
use super::named::ParseError;
use crate::io::Colours;
use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

/// Which colour is which label, and what the labels are called.
///
/// ```
/// use voxdice::eval::ColourTable;
/// let table = ColourTable::from_csv("name,r,g,b\nvoid,0,0,0\nroad,128,64,128\nsky,70,130,180\n")?;
/// assert_eq!(table.colours.label([70, 130, 180]), Some(2));
/// assert_eq!(table.classes[1].display(), "sky");
/// let same: ColourTable = "804080=1,4682b4=2".parse()?;
/// assert_eq!((same.colours, same.classes.len()), (table.colours, 0));
/// # Ok::<(), voxdice::eval::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColourTable {
    /// The labels of the colours.
    pub colours: Arc<Colours>,
    /// The classes that have a name, but that of label 0, in the order of their labels.
    pub classes: Vec<Class>,
}

/// A row: the colour, and what else it says.
struct Row<'a> {
    name: Option<&'a str>,
    colour: [u8; 3],
    label: Option<u8>,
}

impl ColourTable {
    /// Of a CSV with rows `name,r,g,b`, `name,r,g,b,label` or `r,g,b,label`, numbers from 0 to 255; a row without numbers is a
    /// header, and `#` begins a comment. Commas may be spaces. Black is 0 where nothing else is said; where no label is given, the
    /// others count from 1 in their order.
    ///
    /// # Errors
    /// What is wrong, with the number of the line.
    pub fn from_csv(text: &str) -> Result<Self, ParseError> {
        let mut rows = Vec::new();
        for (line, row) in (1..).zip(text.lines().map(str::trim)) {
            if row.is_empty() || row.starts_with('#') {
                continue;
            }
            let fields: Vec<&str> = if row.contains(',') {
                row.split(',').map(str::trim).collect()
            } else {
                row.split_whitespace().collect()
            };
            let is_number = |field: &&str| field.parse::<f64>().is_ok();
            if rows.is_empty() && !fields.iter().any(is_number) {
                continue;
            }
            let row = Row::of(&fields).ok_or_else(|| {
                format!("line {line}: `{row}` is no row; write name,r,g,b or r,g,b,label, with numbers from 0 to 255")
            })?;
            rows.push(row);
        }
        Self::of(&rows)
    }

    fn of(rows: &[Row<'_>]) -> Result<Self, ParseError> {
        let mut others = 1..=u8::MAX;
        let (mut colours, mut names) = (BTreeMap::new(), BTreeMap::<u8, &str>::new());
        for row in rows {
            let counted = || if row.colour == [0; 3] { Some(0) } else { others.next() };
            let Some(label) = row.label.or_else(counted) else {
                return Err("there are more than 255 colours; give labels in a last column".into());
            };
            let [r, g, b] = row.colour;
            if colours.insert(row.colour, label).is_some() {
                return Err(format!("the colour {r},{g},{b} is there twice; leave one of them out").into());
            }
            if let Some(name) = row.name
                && let Some(other) = names.insert(label, name).filter(|other| *other != name)
            {
                return Err(format!("label {label} is called {other} and {name}; give each a label of its own").into());
            }
        }
        if colours.is_empty() {
            return Err("there is no colour; write rows name,r,g,b or r,g,b,label".into());
        }
        if rows.iter().any(|row| row.label.is_some()) && rows.iter().any(|row| row.label.is_none()) {
            return Err("some rows have a label and some have none; give each one, or none".into());
        }
        // The background, wherever it is not said to be something else.
        colours.entry([0; 3]).or_insert(0);
        let named = names.into_iter().filter(|(label, _)| *label != 0);
        let classes = named.map(|(label, name)| Class::label(label.into()).named(name)).collect();
        Ok(Self { colours: Arc::new(colours.into_iter().collect()), classes })
    }
}

impl<'a> Row<'a> {
    fn of(fields: &[&'a str]) -> Option<Self> {
        let number = |field: &str| field.parse::<u8>().ok();
        let colour = |fields: [&str; 3]| {
            let [r, g, b] = fields.map(number);
            Some([r?, g?, b?])
        };
        Some(match *fields {
            [r, g, b, label] if number(r).is_some() => {
                Self { name: None, colour: colour([r, g, b])?, label: Some(number(label)?) }
            }
            [name, r, g, b] => Self { name: Some(name), colour: colour([r, g, b])?, label: None },
            [name, r, g, b, label] => {
                Self { name: Some(name), colour: colour([r, g, b])?, label: Some(number(label)?) }
            }
            _ => return None,
        })
    }
}

/// `RRGGBB=LABEL,...`, colours as on web pages.
impl FromStr for ColourTable {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let row = |part: &str| {
            let (colour, label) = part.split_once('=')?;
            let colour = colour.trim().trim_start_matches('#');
            let bytes = u32::from_str_radix(colour, 16).ok().filter(|_| colour.len() == 6)?.to_be_bytes();
            let [_, r, g, b] = bytes;
            Some(Row { name: None, colour: [r, g, b], label: Some(label.trim().parse().ok()?) })
        };
        let rows: Option<Vec<Row<'_>>> = text.split(',').map(row).collect();
        Self::of(
            &rows.ok_or_else(|| {
                format!("`{text}` is no list of colours; write RRGGBB=LABEL, such as ff0000=1,00ff00=2")
            })?,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Vec<([u8; 3], u8)>, Vec<String>) {
        let table = ColourTable::from_csv(text).unwrap();
        (table.colours.iter().collect(), table.classes.iter().map(|class| class.display().into()).collect())
    }

    #[test]
    fn rows_are_read_in_the_forms_that_datasets_have() {
        let (colours, names) = of("name, r, g, b\nAnimal, 64, 128, 64\nVoid, 0, 0, 0\ntraffic light, 0, 64, 64\n");
        assert_eq!(colours, [([0, 0, 0], 0), ([0, 64, 64], 2), ([64, 128, 64], 1)]);
        assert_eq!(names, ["Animal", "traffic light"]);
        // Without names; several colours of one class.
        let (colours, names) = of("# R G B LABEL\n255 0 0 7\n\n0 255 0 7\n0 0 0 0\n");
        assert_eq!((colours, names.len()), (vec![([0, 0, 0], 0), ([0, 255, 0], 7), ([255, 0, 0], 7)], 0));
        let (colours, names) = of("road,128,64,128,7\r\nsky,70,130,180,23\r\n");
        assert_eq!(colours, [([0, 0, 0], 0), ([70, 130, 180], 23), ([128, 64, 128], 7)]);
        assert_eq!(names, ["road", "sky"]);
        assert_eq!(ColourTable::from_csv("road,1,2,3,7").unwrap().classes[0].labels, [7]);
    }

    #[test]
    fn what_is_no_table_says_where() {
        let many: String = (0..=255).map(|green| format!("c{green},9,{green},9\n")).collect();
        for (text, part) in [
            ("", "no colour"),
            ("name,r,g,b\n", "no colour"),
            ("a,1,2,3\nb,1,2\n", "line 2: `b,1,2`"),
            ("a,1,2,256\n", "line 1"),
            ("1,2,3,256\n", "line 1"),
            ("a,1,2,3\nb,1,2,3\n", "1,2,3 is there twice"),
            ("a,1,2,3,4\nb,1,2,5,4\n", "called a and b"),
            ("a,1,2,3,4\nb,1,2,5\n", "some rows have a label"),
            (&many, "more than 255"),
        ] {
            let message = ColourTable::from_csv(text).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
        for text in ["ff0000", "ff00=1", "ff0000=256", "gg0000=1", "", "ff0000=1,ff0000=2"] {
            assert!(text.parse::<ColourTable>().is_err(), "{text}");
        }
    }
}
