//! What 3D Slicer writes about segments.

use voxdice::error::{FileError, HeaderFault};
use voxdice::io::nrrd::{self, ReferenceGrid, Representation, Segment, Segmentation};

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

fn segmentation(more: &str) -> Option<Segmentation> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.seg.nrrd");
    std::fs::write(&path, format!("NRRD0004\ntype: unsigned char\n{FLAT}{more}\n")).unwrap();
    nrrd::segmentation(path).unwrap()
}

#[test]
fn what_the_voxels_are_is_what_the_header_says_first() {
    let of = |more: &str| segmentation(more).unwrap().representation;
    let (binary, fractional) = (Representation::Labels, Representation::Fractional);
    assert_eq!(of("Segment0_Name:=a\n"), binary);
    assert_eq!(of("Segmentation_MasterRepresentation:=Fractional labelmap\n"), fractional);
    assert_eq!(of("Segmentation_SourceRepresentation:=Fractional labelmap\n"), fractional);
    assert_eq!(of("Segmentation_ContainedRepresentationNames:=Fractional labelmap|\n"), fractional);
    let both = "Segmentation_ContainedRepresentationNames:=Binary labelmap|Fractional labelmap|\n";
    assert_eq!(of(&format!("Segmentation_MasterRepresentation:=Binary labelmap\n{both}")), binary);
    assert_eq!(of("Segmentation_MasterRepresentation:=Closed surface\n"), binary);
    assert_eq!(segmentation("key:=value\n"), None);
    assert_eq!(segmentation("Segmentation_MasterRepresentation:=Binary labelmap\n").unwrap().segments, []);
}

#[test]
fn the_image_that_was_segmented_has_a_grid() {
    let of = |geometry: &str| {
        let parameters = format!("A|1|a&Reference image geometry|{geometry}|its geometry&B|2|b&");
        segmentation(&format!("Segmentation_ConversionParameters:={parameters}\n")).unwrap().reference
    };
    let ReferenceGrid { shape, geometry } = of("-0.5;0;0;10;0;-0.5;0;20;0;0;2;-3;0;0;0;1;0;511;2;9;-1;98;").unwrap();
    assert_eq!((shape, geometry.spacing_mm()), ([512, 8, 100], [0.5, 0.5, 2.0]));
    // The first voxel is at 0, 2, -1 of the matrix.
    assert_eq!(geometry.affine.map(|row| row[3]), [10.0, 19.0, -5.0, 1.0]);
    assert_eq!(geometry.affine[0][0], -0.5);
    for damaged in [
        "",
        "1;2;3",
        "a;0;0;0;0;1;0;0;0;0;1;0;0;0;0;1;0;1;0;1;0;1;",
        "1;0;0;0;0;1;0;0;0;0;1;0;0;0;0;1;0;-1;0;-1;0;-1;",
        "1;0;0;0;0;1;0;0;0;0;1;0;0;0;0;1;0;1.5;0;1;0;1;",
        "0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;1;0;1;0;1;0;1;",
        "1;0;0;NaN;0;1;0;0;0;0;1;0;0;0;0;1;0;1;0;1;0;1;",
        "1;0;0;0;0;1;0;0;0;0;1;0;0;0;0;1;0;1e300;0;1;0;1;",
    ] {
        assert_eq!(of(damaged), None, "{damaged}");
    }
}

#[test]
fn two_values_of_one_key_are_refused() {
    for (key, values) in [("Name", ["a", "b"]), ("LabelValue", ["1", "2"]), ("Layer", ["0", "1"]), ("ID", ["x", "y"])] {
        let [first, second] = values;
        let error = segments(&format!("{FLAT}Segment0_{key}:={first}\nSegment0_{key}:={second}\n\n")).unwrap_err();
        assert!(error.to_string().contains(&format!("the key Segment0_{key} twice")), "{error}");
        segments(&format!("{FLAT}Segment0_{key}:={first}\nSegment0_{key}:={first}\n\n")).unwrap();
    }
}

/// pynrrd writes no kinds unless it is told to.
#[test]
fn layers_are_the_axis_that_is_as_long_as_they_are_many() {
    let read = |sizes: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.seg.nrrd");
        let layers = "Segment0_Layer:=0\nSegment1_Layer:=1\n";
        let header = format!("NRRD0004\ntype: uchar\ndimension: 4\nsizes: {sizes}\nencoding: raw\n{layers}\n");
        std::fs::write(&path, header).unwrap();
        let header = nrrd::read_header(path).unwrap();
        (header.shape, header.channels)
    };
    assert_eq!(read("2 3 4 5"), (vec![3, 4, 5, 2], 2));
    assert_eq!(read("3 4 5 2"), (vec![3, 4, 5, 2], 2));
    assert_eq!(read("2 4 5 2"), (vec![4, 5, 2, 2], 2));
    assert_eq!(read("3 4 5 6"), (vec![3, 4, 5, 6], 1));
}
