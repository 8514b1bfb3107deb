//! How a slice is looked at: as in radiology, where the file says where the patient lies.

use crate::io::Geometry;

/// Which axes of the file lie in the picture, and whether they run backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// The axis that the slice is cut across.
    pub axis: usize,
    /// The axis from left to right.
    pub across: (usize, bool),
    /// The axis from top to bottom.
    pub down: (usize, bool),
    /// What is to the left, right, top and bottom.
    pub letters: Option<[char; 4]>,
    /// What such a slice is called.
    pub plane: Option<&'static str>,
}

/// Towards positive and negative world coordinates: right and left, anterior and posterior, superior and inferior.
const ENDS: [[char; 2]; 3] = [['R', 'L'], ['A', 'P'], ['S', 'I']];

const PLANES: [&str; 3] = ["sagittal", "coronal", "axial"];

impl View {
    /// In the order of the file.
    pub fn raw(axis: usize) -> Self {
        let (across, down) = match axis {
            0 => (1, 2),
            1 => (0, 2),
            _ => (0, 1),
        };
        Self { axis, across: (across, false), down: (down, false), letters: None, plane: None }
    }

    /// With the patient's right to the left, the front at the top of axial slices and the head at that of others. In
    /// the order of the file where its axes do not tell.
    pub fn of(axis: usize, geometry: Option<&Geometry>) -> Self {
        let raw = Self::raw(axis);
        // Without an affine in the header there is a made-up one.
        let known = geometry.filter(|geometry| geometry.source.has_place());
        let Some([x, y, z]) = known.and_then(directions) else { return raw };
        let of = |axis: usize| match axis {
            0 => x,
            1 => y,
            _ => z,
        };
        let (mut across, mut down) = (raw.across.0, raw.down.0);
        // The axis that points more towards the head, else towards the front, stands upright.
        if of(across).0 > of(down).0 {
            (across, down) = (down, across);
        }
        let [left, right] = ends(of(across).0);
        let [top, bottom] = ends(of(down).0);
        Self {
            axis,
            // To the right and down the coordinates fall: to the left of the patient, to the back and to the feet.
            across: (across, of(across).1),
            down: (down, of(down).1),
            letters: Some([left, right, top, bottom]),
            plane: PLANES.get(of(axis).0).copied(),
        }
    }
}

fn ends(world: usize) -> [char; 2] {
    ENDS.get(world).copied().unwrap_or([' ', ' '])
}

/// For each axis of the file the world axis that it is closest to, and whether it runs towards positive coordinates.
/// None where two of them are closest to the same one.
fn directions(geometry: &Geometry) -> Option<[(usize, bool); 3]> {
    let affine = geometry.affine_mm();
    let closest = |axis: usize| {
        let column = affine.iter().take(3).map(|row| row.get(axis).copied().unwrap_or(f64::NAN));
        let (world, step) = column.enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
        (step.is_finite() && step != 0.0).then_some((world, step > 0.0))
    };
    let found = [closest(0)?, closest(1)?, closest(2)?];
    let all = found.iter().fold(0, |all, (world, _)| all | 1 << world);
    (all == 0b111).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::AffineSource;

    /// Axes of the file along these axes of the world.
    fn geometry(columns: [[f64; 3]; 3]) -> Geometry {
        let mut geometry = Geometry::from_spacing([1.0; 3]);
        geometry.source = AffineSource::Sform;
        for (axis, column) in columns.iter().enumerate() {
            for (row, value) in column.iter().enumerate() {
                geometry.affine[row][axis] = *value;
            }
        }
        geometry
    }

    #[test]
    fn an_axial_slice_has_the_right_of_the_patient_to_the_left_and_the_front_on_top() {
        let ras = geometry([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
        let view = View::of(2, Some(&ras));
        assert_eq!((view.across, view.down, view.plane), ((0, true), (1, true), Some("axial")));
        assert_eq!(view.letters, Some(['R', 'L', 'A', 'P']));
        // Most scanners write LPS, which is that already.
        let lps = geometry([[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]]);
        assert_eq!((View::of(2, Some(&lps)).across, View::of(2, Some(&lps)).down), ((0, false), (1, false)));
    }

    #[test]
    fn a_volume_acquired_in_sagittal_slices_stands_upright() {
        // x to the back, y to the feet, z to the left, all a little tilted.
        let tilted = geometry([[0.1, -0.9, 0.0], [0.0, 0.1, -0.9], [-0.9, 0.0, 0.1]]);
        let view = View::of(2, Some(&tilted));
        assert_eq!((view.across, view.down, view.plane), ((0, false), (1, false), Some("sagittal")));
        assert_eq!(view.letters, Some(['A', 'P', 'S', 'I']));
        assert_eq!(View::of(0, Some(&tilted)).plane, Some("coronal"));
        assert_eq!(View::of(0, Some(&tilted)).across, (2, false));
    }

    #[test]
    fn a_file_that_does_not_tell_is_shown_as_it_is() {
        assert_eq!(View::of(1, None), View::raw(1));
        assert_eq!(View::of(2, Some(&Geometry::from_spacing([1.0; 3]))), View::raw(2));
        for bad in [[0.0; 3], [f64::NAN; 3], [0.0, 1.0, 0.0]] {
            assert_eq!(View::of(2, Some(&geometry([bad, [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]))), View::raw(2));
        }
    }
}
