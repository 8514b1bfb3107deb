//! What 3D Slicer writes about segments.

use voxdice::error::{FileError, HeaderFault};
use voxdice::io::nrrd::{self, Segment};

fn segments(more: &str) -> Result<Vec<Segment>, FileError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.seg.nrrd");
    // Without voxels: only the header is looked at.
    std::fs::write(&path, format!("NRRD0004\n# Complete NRRD file format\ntype: unsigned char\n{more}")).unwrap();
    nrrd::segments(path)
}

fn list(expected: &[(&str, u64, u64)]) -> Vec<Segment> {
    expected.iter().map(|&(name, label, layer)| Segment { name: name.into(), label, layer }).collect()
}

const FLAT: &str = "dimension: 3\nsizes: 2 2 2\nkinds: domain domain domain\nencoding: gzip\n";
const LAYERED: &str = "dimension: 4\nsizes: 2 2 2 2\nkinds: list domain domain domain\nencoding: gzip\n";

#[test]
fn segments_are_listed_by_number() {
    // The keys are sorted as text, as in the files.
    let found = segments(&format!(
        "{FLAT}space origin: (1,2,3)\nSegment0_Color:=0.5 0.2 0.1\nSegment0_ID:=Segment_1\nSegment0_LabelValue:=1\n\
         Segment0_Layer:=0\nSegment0_Name:=liver\nSegment10_ID:=x\nSegment10_LabelValue:=300\nSegment10_Layer:=1\n\
         Segment10_Name:=left kidney\n\
         Segment2_Extent:=0 1 0 1 0 1\nSegment2_ID:=Segment_3\nSegment2_LabelValue:=5\nSegment2_Name:=a: b := c\r\n\
         Segment2_Tags:=TerminologyEntry:Segmentation category: type~SCT^1^Tissue|\n\
         Segmentation_ContainedRepresentationNames:=Binary labelmap|\nsome key: x:=y\n\n"
    ));
    assert_eq!(found.unwrap(), list(&[("liver", 1, 0), ("a: b := c", 5, 0), ("left kidney", 300, 1)]));
}

#[test]
fn an_ordinary_file_has_none() {
    assert_eq!(segments(&format!("{FLAT}a key:=a value\nSegment_Name:=x\nSegmentX_Name:=y\n\n")).unwrap(), []);
}

#[test]
fn what_is_missing_has_a_default() {
    let found = segments(&format!("{FLAT}Segment0_Name:=a\nSegment1_ID:=Segment_2\nSegment7_Layer:=2\n\n"));
    assert_eq!(found.unwrap(), list(&[("a", 1, 0), ("Segment_2", 1, 0), ("Segment7", 1, 2)]));
}

/// Slicer before 2020: a layer per segment, and no word about it.
#[test]
fn segments_without_layers_have_one_each_where_there_are_as_many() {
    let names = "Segment0_Name:=a\nSegment1_Name:=b\n";
    assert_eq!(segments(&format!("{LAYERED}{names}\n")).unwrap(), list(&[("a", 1, 0), ("b", 1, 1)]));
    // One of them says where it is, or the numbers differ: then it is not such a file.
    let found = segments(&format!("{LAYERED}{names}Segment1_Layer:=0\n\n"));
    assert_eq!(found.unwrap(), list(&[("a", 1, 0), ("b", 1, 0)]));
    let found = segments(&format!("{LAYERED}{names}Segment0_Layer:=1\n\n"));
    assert_eq!(found.unwrap(), list(&[("a", 1, 1), ("b", 1, 0)]));
    let found = segments(&format!("{LAYERED}{names}Segment2_Name:=c\n\n"));
    assert_eq!(found.unwrap(), list(&[("a", 1, 0), ("b", 1, 0), ("c", 1, 0)]));
}

#[test]
fn names_may_have_escapes() {
    let found = segments(&format!("{FLAT}Segment0_Name:=two\\nlines\nSegment1_Name:=back\\\\slash \n\n"));
    assert_eq!(found.unwrap(), list(&[("two\nlines", 1, 0), ("back\\slash", 1, 0)]));
}

#[test]
fn a_number_that_is_none_is_named_with_its_key() {
    for (key, value) in [("LabelValue", "one"), ("LabelValue", "-1"), ("Layer", "1.5"), ("Layer", "")] {
        let error = segments(&format!("{FLAT}Segment3_{key}:={value}\n\n")).unwrap_err();
        let message = error.to_string();
        assert!(message.contains(&format!("the key Segment3_{key} is \"{value}\", not a whole number")), "{message}");
        let FileError::Header { fault: HeaderFault::Key { .. }, .. } = error else { panic!("{error:?}") };
    }
    let message = nrrd::segments("nowhere.seg.nrrd").unwrap_err().to_string();
    assert!(message.contains("no such file"), "{message}");
}
