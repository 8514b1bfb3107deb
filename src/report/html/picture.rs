//! One class in one slice as inline SVG: false negatives, false positives, and the outlines of both maps.

use super::outline::{area, outline};
use super::text::short;
use crate::eval::pictures::{Cut, Errors, IGNORED, OTHER, PRED, Slice, TRUTH, View};

/// The largest width and height, in pixels.
const SIZE: [f64; 2] = [360.0, 300.0];

/// More cells than this cannot be distinguished in this many pixels.
const MOST_CELLS: usize = 320;

/// Bytes. What is longer is drawn coarser.
const LONGEST: usize = 120_000;

/// A drawing, and what it shows.
pub(in crate::report) struct Drawing {
    pub svg: String,
    /// `axial slice z = 47 of 0–95`.
    pub place: String,
    /// In the whole slice.
    pub errors: Errors,
    /// How many voxels are one cell along each axis.
    pub factor: usize,
}

/// Draws a slice.
pub(in crate::report) fn draw(cut: &Cut) -> Drawing {
    let Cut { slice, view, edges, in_mm, line, .. } = cut;
    let mut factor = slice.width.max(slice.height).div_ceil(MOST_CELLS).max(1);
    let svg = loop {
        let line = line.map(|line| line.ends.map(|end| end.map(|at| at / factor as f64)));
        let drawn = svg(&slice.coarser(factor), edges.map(|edge| edge * factor as f64), view, *in_mm, line);
        if drawn.len() <= LONGEST || factor >= MOST_CELLS {
            break drawn;
        }
        factor *= 2;
    };
    Drawing { svg, place: place(cut), errors: cut.errors, factor }
}

fn place(Cut { view, index, last, .. }: &Cut) -> String {
    let name = ['x', 'y', 'z'].get(view.axis).copied().unwrap_or('z');
    match (view.plane, last) {
        (_, 0) => "the only slice".into(),
        (Some(plane), _) => format!("{plane} slice {name} = {index} of 0\u{2013}{last}"),
        (None, _) => format!("slice {name} = {index} of 0\u{2013}{last}"),
    }
}

fn svg(slice: &Slice, edges: [f64; 2], view: &View, in_mm: bool, line: Option<[[f64; 2]; 2]>) -> String {
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
        for (place, (letter, (x, y))) in letters.into_iter().zip(places).enumerate() {
            // The upper one needs room where letters are larger.
            let class = if place == 2 { " class=\"top\"" } else { "" };
            svg += &format!("<text{class} x=\"{}\" y=\"{}\">{letter}</text>", short(x), short(y + 4.0));
        }
    }
    if let Some(ends) = line {
        let pixels = [width / slice.width as f64, height / slice.height as f64];
        let [[x, y], [to_x, to_y]] = ends.map(|end| [short(end[0] * pixels[0]), short(end[1] * pixels[1])]);
        // Twice: a rim makes it stand out from everything it may cross.
        for class in ["way rim", "way"] {
            svg += &format!("<path class=\"{class}\" d=\"M{x} {y}L{to_x} {to_y}\"/>");
        }
        svg += &format!("<circle class=\"end\" cx=\"{x}\" cy=\"{y}\" r=\"3.5\"/>");
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
    use crate::eval::pictures::Line;

    /// A slice of one volume of 9, or the only one.
    fn cut([width, height]: [usize; 2], last: usize, edges: [f64; 2], mark: impl Fn(usize, usize) -> u8) -> Cut {
        let cells: Vec<u8> = (0..width * height).map(|i| mark(i % width, i / width)).collect();
        let errors = Errors::of(&cells);
        let slice = Slice { width, height, cells };
        let view = View { axis: 2, across: (0, false), down: (1, false), letters: None, plane: None };
        Cut { slice, view, index: last / 2, last, errors, edges, in_mm: edges != [1.0; 2], line: None }
    }

    #[test]
    fn a_missed_square_is_drawn_where_it_is() {
        let square = cut([20, 20], 8, [1.0; 2], |x, y| if x / 5 == 1 && y / 5 == 2 { TRUTH } else { 0 });
        let Drawing { svg, place, errors, factor } = draw(&Cut { in_mm: true, ..square });
        assert_eq!(place, "slice z = 4 of 0–8");
        assert_eq!((errors, factor), (Errors { missed: 25, invented: 0 }, 1));
        assert!(svg.contains("class=\"fn\" d=\"M5 10h5v5h-5z\""), "{svg}");
        assert!(svg.contains("class=\"truth\" d=\"M5 10h5v5h-5z\"") && !svg.contains("class=\"pred\""));
        assert!(svg.contains("5 mm"), "{svg}");
    }

    #[test]
    fn a_line_is_drawn_between_its_ends() {
        let line = Line { ends: [[2.5, 2.5], [17.5, 2.5]], length: 15.0, in_mm: true, from_truth: true, slices: 0 };
        let cut = cut([20, 20], 8, [1.0; 2], |x, _| if x < 3 { TRUTH } else { 0 });
        let svg = draw(&Cut { line: Some(line), ..cut }).svg;
        assert!(svg.contains("class=\"way\" d=\"M37.5 37.5L262.5 37.5\""), "{svg}");
    }

    #[test]
    fn spacing_decides_the_proportions() {
        let half = |edges| draw(&cut([30, 30], 0, edges, |x, _| if x < 15 { TRUTH } else { 0 })).svg;
        let plain = half([1.0; 2]);
        assert!(plain.contains("viewBox=\"0 0 300 300\"") && !plain.contains(" mm<"), "{plain}");
        let wide = half([2.0, 1.0]);
        assert!(wide.contains("viewBox=\"0 0 360 180\"") && wide.contains(" mm<"), "{wide}");
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
        let drawing = draw(&cut([700, 700], 0, [0.5; 2], |x, y| noise[y * 700 + x]));
        assert!(drawing.svg.len() <= LONGEST && drawing.factor > 2, "{} {}", drawing.svg.len(), drawing.factor);
    }
}
