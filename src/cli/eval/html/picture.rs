//! One class in one slice as inline SVG: what was missed, what was invented, and the outlines of both maps.

use super::orient::View;
use super::outline::{area, outline};
use super::slice::{Errors, IGNORED, Marked, OTHER, PRED, Slice, TRUTH};
use super::source::Found;
use super::text::short;

/// The largest width and height, in pixels.
const SIZE: [f64; 2] = [360.0, 300.0];

/// More cells than that are not told apart in so many pixels.
const MOST_CELLS: usize = 320;

/// Bytes. What is longer is drawn coarser.
const LONGEST: usize = 120_000;

/// A drawing, and what it shows.
pub(super) struct Picture {
    pub svg: String,
    /// `axial slice z = 47 of 0–95`.
    pub place: String,
    /// In the whole slice.
    pub errors: Errors,
    /// How many voxels are one cell along each axis.
    pub factor: usize,
}

/// The slice with the most errors. None where there are none.
pub(super) fn draw(found: &Found, spacing_mm: Option<[f64; 3]>) -> Option<Picture> {
    let axis = found.marked.axis(spacing_mm);
    let (index, errors) = found.marked.worst(axis)?;
    let view = View::of(axis, found.geometry.as_ref());
    let edge = |axis: usize| spacing_mm.and_then(|edges| edges.get(axis).copied()).filter(|edge| *edge > 0.0);
    let edges = [view.across.0, view.down.0].map(|axis| edge(axis).filter(|edge| edge.is_finite()).unwrap_or(1.0));
    let slice = found.marked.cut(index, &view).cropped(edges, SIZE[0] / SIZE[1]);
    let mut factor = slice.width.max(slice.height).div_ceil(MOST_CELLS).max(1);
    let svg = loop {
        let drawn = svg(&slice.coarser(factor), edges.map(|edge| edge * factor as f64), &view, spacing_mm.is_some());
        if drawn.len() <= LONGEST || factor >= MOST_CELLS {
            break drawn;
        }
        factor *= 2;
    };
    Some(Picture { svg, place: place(&found.marked, &view, index), errors, factor })
}

fn place(marked: &Marked, view: &View, index: usize) -> String {
    let last = marked.dims.get(view.axis).map_or(0, |n| n.saturating_sub(1));
    let name = ['x', 'y', 'z'].get(view.axis).copied().unwrap_or('z');
    match (view.plane, last) {
        (_, 0) => "the only slice".into(),
        (Some(plane), _) => format!("{plane} slice {name} = {index} of 0\u{2013}{last}"),
        (None, _) => format!("slice {name} = {index} of 0\u{2013}{last}"),
    }
}

fn svg(slice: &Slice, edges: [f64; 2], view: &View, in_mm: bool) -> String {
    let (across, down) = (slice.width as f64 * edges[0], slice.height as f64 * edges[1]);
    // Pixels of a millimetre.
    let scale = (SIZE[0] / across).min(SIZE[1] / down);
    let (width, height) = ((across * scale).round().max(1.0), (down * scale).round().max(1.0));
    let counted = |mark: u8| mark & IGNORED == 0;
    let areas = [
        ("other", area(slice, |mark| counted(mark) && mark & (TRUTH | PRED | OTHER) == OTHER)),
        ("hit", area(slice, |mark| counted(mark) && mark & (TRUTH | PRED) == TRUTH | PRED)),
        ("fn", area(slice, |mark| counted(mark) && mark & (TRUTH | PRED) == TRUTH)),
        ("fp", area(slice, |mark| counted(mark) && mark & (TRUTH | PRED) == PRED)),
        ("ignored", area(slice, |mark| !counted(mark))),
    ];
    let lines = [
        ("truth", outline(slice, |mark| counted(mark) && mark & TRUTH != 0)),
        ("pred", outline(slice, |mark| counted(mark) && mark & PRED != 0)),
    ];
    let path = |(class, path): &(&str, String)| format!("<path class=\"{class}\" d=\"{path}\"/>");
    let used = areas.iter().chain(&lines).filter(|(_, path)| !path.is_empty());
    let paths: String = used.map(path).collect();
    let transform = format!("scale({:.4} {:.4})", width / slice.width as f64, height / slice.height as f64);
    let mut svg = format!(
        "<svg class=\"slice\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
         aria-label=\"Outlines of truth and prediction in this slice\"><g transform=\"{transform}\">{paths}</g>"
    );
    if let Some(letters) = view.letters {
        let places =
            [(9.0, height / 2.0), (width - 9.0, height / 2.0), (width / 2.0, 9.0), (width / 2.0, height - 9.0)];
        for (letter, (x, y)) in letters.into_iter().zip(places) {
            svg += &format!("<text x=\"{}\" y=\"{}\">{letter}</text>", short(x), short(y + 4.0));
        }
    }
    if in_mm {
        svg += &bar(across, scale, height);
    }
    svg + "</svg>"
}

/// A bar of a round number of millimetres.
fn bar(across: f64, scale: f64, height: f64) -> String {
    let most = 0.35 * across;
    let magnitude = 10f64.powf(most.log10().floor());
    let length =
        [5.0, 2.0].into_iter().map(|digit| digit * magnitude).find(|length| *length <= most).unwrap_or(magnitude);
    let (x, y) = (8.0, height - 8.0);
    format!(
        "<path class=\"bar\" d=\"M{x} {}v4h{}v-4\"/><text class=\"mm\" x=\"{x}\" y=\"{}\">{length} mm</text>",
        short(y - 4.0),
        short(length * scale),
        short(y - 8.0)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::Geometry;

    fn found(dims: [usize; 3], mark: impl Fn(usize, usize, usize) -> u8) -> Found {
        let [nx, ny, nz] = dims;
        let voxels = (0..nx * ny * nz).map(|i| mark(i % nx, i / nx % ny, i / nx / ny)).collect();
        Found { marked: Marked { voxels, dims }, geometry: Some(Geometry::from_spacing([1.0; 3])) }
    }

    #[test]
    fn a_missed_cube_is_drawn_where_it_is() {
        let cube = found([20, 20, 9], |x, y, z| if x / 5 == 1 && y / 5 == 2 && z == 4 { TRUTH } else { 0 });
        let picture = draw(&cube, Some([1.0, 1.0, 3.0])).unwrap();
        assert_eq!(picture.place, "slice z = 4 of 0–8");
        assert_eq!((picture.errors, picture.factor), (Errors { missed: 25, invented: 0 }, 1));
        assert!(picture.svg.contains("class=\"fn\" d=\"M5 10h5v5h-5z\""), "{}", picture.svg);
        assert!(picture.svg.contains("class=\"truth\" d=\"M5 10h5v5h-5z\"") && !picture.svg.contains("class=\"pred\""));
        assert!(picture.svg.contains("5 mm"), "{}", picture.svg);
    }

    #[test]
    fn spacing_decides_the_proportions() {
        let half = |spacing| {
            let wide = found([30, 30, 1], |x, y, _| if x < 15 { TRUTH } else { u8::from(y > 40) });
            draw(&wide, spacing).unwrap().svg
        };
        assert!(half(None).contains("viewBox=\"0 0 300 300\""), "{}", half(None));
        assert!(!half(None).contains(" mm<"));
        assert!(half(Some([2.0, 1.0, 1.0])).contains("viewBox=\"0 0 360 235\""), "{}", half(Some([2.0, 1.0, 1.0])));
    }

    #[test]
    fn agreement_has_no_picture() {
        assert!(draw(&found([4, 4, 4], |x, _, _| if x > 1 { TRUTH | PRED } else { OTHER }), None).is_none());
    }

    #[test]
    fn noise_of_a_large_slice_is_drawn_coarser_and_stays_short() {
        let mut state = 1u32;
        let noise: Vec<u8> = (0..700 * 700)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 30) as u8
            })
            .collect();
        let picture = draw(&found([700, 700, 1], |x, y, _| noise[y * 700 + x]), Some([0.5; 3])).unwrap();
        assert!(picture.svg.len() <= LONGEST && picture.factor > 2, "{} {}", picture.svg.len(), picture.factor);
    }
}
