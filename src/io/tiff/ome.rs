//! What OME's XML says in the description of a TIFF: attributes of a few elements, whatever their prefix, order and quotes.
//! Not a parser: of a text that is no XML it finds what looks like it.

/// The attributes of each element of this name, whatever the prefix of its namespace: what follows the name.
pub(super) fn elements<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    text.split('<').skip(1).filter_map(move |rest| {
        let end = rest.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(rest.len());
        let (whole, attributes) = rest.split_at_checked(end)?;
        (whole.rsplit(':').next() == Some(name)).then_some(attributes)
    })
}

/// The value of an attribute, as it is written.
pub(super) fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    loop {
        let (own, behind) = rest.split_once('=')?;
        let behind = behind.trim_start();
        let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, next) = behind.get(1..)?.split_once(quote)?;
        if own.trim() == name {
            return Some(value);
        }
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_by_their_whole_name() {
        let text = "<?xml version=\"1.0\"?><ns0:OME xmlns:ns0='x'><ns0:Image ID=\"0\"><ns0:Pixels\n PhysicalSizeZ=\"3\" A='>\"'  \
                    SizeT = '5' SizeZ=\"7\"/></ns0:Image></ns0:OME>";
        let pixels = elements(text, "Pixels").next().unwrap();
        let found = ["SizeZ", "SizeT", "A", "PhysicalSizeZ", "Size", "Z"].map(|name| attribute(pixels, name));
        assert_eq!(found, [Some("7"), Some("5"), Some(">\""), Some("3"), None, None]);
        assert_eq!(["OME", "Image", "Pixel", "ns0"].map(|name| elements(text, name).count()), [1, 1, 0, 0]);
    }

    #[test]
    fn what_is_no_xml_has_nothing() {
        for text in
            ["", "<", "<Pixels", "<Pixels SizeZ", "<Pixels SizeZ=", "<Pixels SizeZ=\"", "<Pixels SizeZ=7>", "< ä='"]
        {
            assert_eq!(elements(text, "Pixels").find_map(|found| attribute(found, "SizeZ")), None, "{text}");
        }
    }
}
