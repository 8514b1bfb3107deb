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
struct Row {
    name: Option<String>,
    colour: [u8; 3],
    label: Option<u8>,
}

/// What the columns of tables are called, in small letters.
const HEADER: [&str; 14] =
    ["r", "g", "b", "red", "green", "blue", "name", "label", "class", "color", "colour", "hex", "id", "value"];

impl ColourTable {
    /// Of a CSV with rows `name,r,g,b`, `r,g,b,name`, `name,r,g,b,label` or `r,g,b,label`, numbers from 0 to 255; a first row of
    /// names of columns (`name`, `r`, `red`, `label`, ...) is a header, `#` begins a comment, and names with commas have quotes.
    /// Commas may be spaces or tabs. Black is 0 where nothing else is said; where no label is given, the others count from 1 in
    /// their order. Each label has a name of its own.
    ///
    /// # Errors
    /// What is wrong, with the number of the line.
    pub fn from_csv(text: &str) -> Result<Self, ParseError> {
        let (mut rows, mut is_first) = (Vec::new(), true);
        for (line, row) in (1..).zip(text.lines().map(str::trim)) {
            if row.is_empty() || row.starts_with('#') {
                continue;
            }
            let fields = fields(row);
            let is_header = std::mem::take(&mut is_first) && fields.iter().all(|field| is_of_header(field));
            if is_header {
                continue;
            }
            let row = Row::of(&fields.iter().map(String::as_str).collect::<Vec<_>>()).ok_or_else(|| {
                format!("line {line}: `{row}` is no row; write name,r,g,b or r,g,b,label, with numbers from 0 to 255")
            })?;
            rows.push(row);
        }
        Self::of(&rows)
    }

    fn of(rows: &[Row]) -> Result<Self, ParseError> {
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
            if let Some(name) = row.name.as_deref()
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
        let mut labels = BTreeMap::new();
        for (label, name) in &names {
            if let Some(other) = labels.insert(name, label) {
                return Err(format!(
                    "the labels {other} and {label} are both called {name}; give each a name of its own"
                )
                .into());
            }
        }
        // The background, wherever it is not said to be something else.
        colours.entry([0; 3]).or_insert(0);
        let named = names.into_iter().filter(|(label, _)| *label != 0);
        let classes = named.map(|(label, name)| Class::label(label.into()).named(name)).collect();
        Ok(Self { colours: Arc::new(colours.into_iter().collect()), classes })
    }
}

/// The fields of a row.
fn fields(row: &str) -> Vec<String> {
    if row.contains(',') {
        let mut reader = csv::ReaderBuilder::new();
        reader.has_headers(false).flexible(true).trim(csv::Trim::All);
        let record = reader.from_reader(row.as_bytes()).into_records().next();
        return record.and_then(Result::ok).into_iter().flat_map(|record| owned(&mut record.iter())).collect();
    }
    let all = owned(&mut row.split_whitespace());
    match &all[..] {
        // What is called so may have spaces.
        [r, g, b, name @ ..] if name.len() > 1 && [r, g, b].iter().all(|field| is_number(field)) => {
            [r, g, b].into_iter().cloned().chain([name.join(" ")]).collect()
        }
        _ => all,
    }
}

fn owned(fields: &mut dyn Iterator<Item = &str>) -> Vec<String> {
    fields.map(str::to_owned).collect()
}

fn is_number(field: &str) -> bool {
    field.parse::<f64>().is_ok_and(f64::is_finite)
}

/// Whether a column may be called so: `R`, `class_name`.
fn is_of_header(field: &str) -> bool {
    let field = field.to_lowercase();
    field.split(['_', ' ']).all(|word| HEADER.contains(&word))
}

impl Row {
    fn of(fields: &[&str]) -> Option<Self> {
        let number = |field: &str| field.parse::<u8>().ok();
        let colour = |fields: [&str; 3]| {
            let [r, g, b] = fields.map(number);
            Some([r?, g?, b?])
        };
        let name = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty());
        Some(match *fields {
            [r, g, b, last] if is_number(r) => {
                let (name, label) =
                    if is_number(last) { (None, Some(number(last)?)) } else { (Some(name(last)?), None) };
                Self { name, colour: colour([r, g, b])?, label }
            }
            [own, r, g, b] => Self { name: Some(name(own)?), colour: colour([r, g, b])?, label: None },
            [own, r, g, b, label] => {
                Self { name: Some(name(own)?), colour: colour([r, g, b])?, label: Some(number(label)?) }
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
        let rows: Option<Vec<Row>> = text.split(',').map(row).collect();
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
        // Names behind the colours, with spaces and commas.
        let (colours, names) = of("64 128 64\tAnimal\n0 0 0\tVoid\n0 64 64  traffic light\n");
        assert_eq!(colours, [([0, 0, 0], 0), ([0, 64, 64], 2), ([64, 128, 64], 1)]);
        assert_eq!(names, ["Animal", "traffic light"]);
        let (_, names) = of("class_name,Red,Green,Blue\n\"car, parked\", 1, 2, 3\n4,5,6,bus\n");
        assert_eq!(names, ["car, parked", "bus"]);
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
            ("road,x,y,z\na,1,2,3\n", "line 1: `road,x,y,z`"),
            ("a,1,2,3\nname,r,g,b\n", "line 2"),
            (",1,2,3\n", "line 1"),
            ("1,2,3,\n", "line 1"),
            ("\"\",1,2,3\n", "line 1"),
            ("a,1,2,3\nb,1,2,4\na,1,2,5\n", "labels 1 and 3 are both called a"),
            ("a,0,0,0\na,1,2,5\n", "labels 0 and 1 are both called a"),
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
