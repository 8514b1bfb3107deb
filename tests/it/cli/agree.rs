//! Table, CSV, JSON, Markdown, LaTeX and page hold the same numbers, of counts, distances and lesions, undefined ones too.

use super::{Files, fine, text};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use voxdice::eval::Score;

/// Six cases of three classes: one is missed, one is in neither file, and lesions are split.
fn rich() -> Files {
    let files = Files::new();
    for half in ["truth", "pred"] {
        fs::create_dir(files.path(half)).unwrap();
    }
    for case in 0..6usize {
        let label = |i: usize, shift: usize| {
            let (x, y, z) = (i % 8 + shift, i / 8 % 7, i / 56);
            match (x / 3, y / 4) {
                (0, 0) if z < 2 + case % 3 => 1u8,
                (1, 0) => 2 * u8::from(case != 3),
                (1, 1) if (z + case) % 3 > 0 => 3,
                _ => 0,
            }
        };
        let truth: Vec<u8> = (0..280).map(|i| label(i, 0)).collect();
        let shifted = (0..280).map(|i| label(i, case % 2));
        // Label 3 is missed in case 2, and a few voxels are invented.
        let pred: Vec<u8> = shifted
            .enumerate()
            .map(|(i, found)| if i % 41 == 7 { 3 } else { found })
            .map(|found| if case == 2 && found == 3 { 0 } else { found })
            .collect();
        for (half, voxels) in [("truth", truth), ("pred", pred)] {
            files.map(&format!("{half}/case_{case}.nii.gz"), &[8, 7, 5], &voxels);
        }
    }
    files
}

/// A number as people see it; None for what is undefined.
fn seen(text: &str) -> Option<f64> {
    let text = text.trim().trim_matches(['[', ']', ',']);
    match text {
        "-" | "\u{2013}" | "" => None,
        number => Some(number.parse().unwrap_or_else(|_| panic!("{number:?} is no number"))),
    }
}

/// Whether four decimals of it are shown.
fn same(shown: Option<f64>, exact: &Value, place: &str) {
    match (shown, exact.as_f64()) {
        (Some(shown), Some(exact)) => assert!((shown - exact).abs() < 0.500_001e-4, "{place}: {shown} of {exact}"),
        (shown, exact) => assert_eq!((shown, exact), (None, None), "{place}"),
    }
}

/// Rows of a table by their first cell, each by its headings.
type Rows = BTreeMap<String, BTreeMap<String, String>>;

fn rows(lines: impl IntoIterator<Item = Vec<String>>) -> Rows {
    let mut lines = lines.into_iter();
    let head = lines.next().unwrap();
    let row = |cells: Vec<String>| (cells[0].clone(), head.iter().cloned().zip(cells).collect());
    lines.map(row).collect()
}

/// The tables of a terminal, which two spaces and more cut into cells.
fn of_terminal(shown: &str, title: &str) -> Rows {
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim().replace(" - ", "~");
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(String::from).collect()
    };
    let from = shown.lines().skip_while(|line| cells(line).first().is_none_or(|first| first != title));
    rows(from.take_while(|line| !line.is_empty()).filter(|line| !line.contains('─')).map(cells))
}

fn of_pipes(shown: &str) -> Rows {
    let lines = shown.lines().filter(|line| line.starts_with('|') && !line.contains("---"));
    rows(lines.map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().replace('\\', "")).collect()))
}

fn of_latex(shown: &str) -> Rows {
    let plain = |cell: &str| cell.trim().replace("\\_", "_").replace("{}[", "[").replace('$', "");
    let lines = shown.lines().filter_map(|line| line.strip_suffix(" \\\\"));
    rows(lines.map(|line| line.split(" & ").map(plain).collect()))
}

/// The text of a piece of a page.
fn plain(html: &str) -> String {
    let text: String = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
    text.trim().to_owned()
}

/// A table of classes in a page: one of each score, in their order.
fn of_page(html: &str, place: usize) -> Rows {
    let table =
        html.split("<table ").filter(|table| table.starts_with("class=\"sortable classes\"")).nth(place).unwrap();
    let table = table.split("</table>").next().unwrap();
    let cells = |row: &str| -> Vec<String> {
        let parts = row.replace("</th>", "</td>");
        // Drawings have numbers of their own.
        let cell = |cell: &str| match (cell.find("<svg"), cell.rfind("</svg>")) {
            (Some(from), Some(to)) => plain(&format!("{}{}", &cell[..from], &cell[to..])),
            _ => plain(cell),
        };
        let mut cells: Vec<String> = parts.split("</td>").map(cell).collect();
        cells.pop();
        cells[0] = cells[0].trim_start_matches("label ").into();
        cells
    };
    rows(table.split("<tr>").skip(1).map(|row| cells(row.split("</tr>").next().unwrap())))
}

#[test]
fn every_form_has_the_same_numbers() {
    let files = rich();
    let [truth, pred, csv, page] = ["truth", "pred", "cases.csv", "report.html"].map(|name| files.path(name));
    let names = ["dice", "precision", "kappa", "volume_pred_ml", "hd95", "assd", "nsd=1", "lesion_f1", "pq"];
    let list = names.join(",");
    let run = |more: &[&str]| {
        let all = ["eval", text(&truth), text(&pred), "--instances", "components", "--metrics", &list];
        fine(all.iter().chain(more))
    };
    let json: Value =
        serde_json::from_str(&run(&["--format", "json", "--csv", text(&csv), "--html", text(&page)])).unwrap();
    let table = run(&[]);
    let page = fs::read_to_string(&page).unwrap();
    let sums = run(&["--format", "summary-csv"]);
    let sums: Vec<Vec<&str>> = sums.lines().map(|line| line.split(',').collect()).collect();
    let (markdown, latex) = (of_pipes(&run(&["--format", "markdown"])), of_latex(&run(&["--format", "latex"])));
    assert_eq!(run(&["--format", "csv"]), fs::read_to_string(&csv).unwrap());
    let mut by_case: BTreeMap<(&str, String, String), Option<f64>> = BTreeMap::new();
    let cells = fs::read_to_string(&csv).unwrap();
    let cells: Vec<Vec<&str>> = cells.lines().map(|line| line.split(',').collect()).collect();
    let mut undefined = 0;
    for (place, name) in names.into_iter().enumerate() {
        let title = name.parse::<Score>().unwrap().title();
        let own = &json["voxdice"]["statistics"][name];
        let (shown, on_page) = (of_terminal(&table, &title), of_page(&page, place));
        let column = cells[0].iter().position(|head| *head == name).unwrap();
        for row in &cells[1..] {
            by_case.insert((name, row[0].into(), row[1].into()), row[column].parse().ok());
        }
        let classes = ["1", "2", "3"].map(|class| (class, &own["classes"][class]));
        for (class, of) in classes.into_iter().chain([("mean", own)]) {
            let place = format!("{name} of {class}");
            // The spread in the last row is that of the cases.
            let spread = if class == "mean" { &own["over_cases"] } else { of };
            let numbers = [("sd", "sd"), ("min", "min"), ("median", "median"), ("max", "max")];
            let all_undefined = if class == "mean" { &json["voxdice"]["undefined"][&title] } else { &of["undefined"] };
            let all_cases = if class == "mean" { &Value::from(6) } else { &of["defined"] };
            for (form, table) in [("table", &shown), ("page", &on_page)] {
                let row = table.get(class).unwrap_or_else(|| panic!("{form}: {place} in {table:?}"));
                let place = format!("{form}: {place}");
                same(seen(&row["mean"]), &of["mean"], &place);
                for (head, key) in numbers {
                    same(seen(&row[head]), &spread[key], &format!("{place}, {head}"));
                }
                let ends: Vec<&str> = row["95% CI"].split(['~', '\u{2013}']).collect();
                let interval = |end: usize| of["interval"].get(end).unwrap_or(&Value::Null);
                same(seen(ends[0]), interval(0), &place);
                same(seen(ends.get(1).unwrap_or(&"")), interval(1), &place);
                assert_eq!(row["undefined"].parse().ok(), all_undefined.as_u64(), "{place}");
                assert_eq!(row["cases"].parse().ok(), all_cases.as_u64(), "{place}");
            }
            // All digits are there.
            let row = sums.iter().find(|row| row[..2] == [name, class]).unwrap();
            let cell = |head: &str| row[sums[0].iter().position(|own| *own == head).unwrap()];
            let ends = [0, 1].map(|end| of["interval"].get(end).unwrap_or(&Value::Null));
            let exact = [
                ("mean", &of["mean"]),
                ("low", ends[0]),
                ("high", ends[1]),
                ("cases", all_cases),
                ("undefined", all_undefined),
            ];
            let quartiles =
                ["sd", "min", "lower_quartile", "median", "upper_quartile", "max"].map(|key| (key, &spread[key]));
            for (head, exact) in exact.into_iter().chain(quartiles) {
                assert_eq!(cell(head).parse().ok(), exact.as_f64(), "summary-csv: {place}, {head}");
            }
            for (form, table) in [("markdown", &markdown), ("latex", &latex)] {
                let cell = &table[class][&title];
                let mut parts = cell.split_whitespace();
                same(seen(parts.next().unwrap()), &of["mean"], &format!("{form}: {place}"));
                for end in 0..2 {
                    let exact = of["interval"].get(end).unwrap_or(&Value::Null);
                    same(parts.next().and_then(seen), exact, &format!("{form}: {place}, {cell}"));
                }
            }
            if class != "mean" {
                let of_class = by_case.iter().filter(|((metric, _, label), _)| (*metric, &label[..]) == (name, class));
                let values: Vec<f64> = of_class.filter_map(|(_, value)| *value).collect();
                assert_eq!(Some(values.len() as u64), of["defined"].as_u64(), "csv: {place}");
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                assert!((mean - of["mean"].as_f64().unwrap()).abs() < 1e-12, "csv: {place}");
                undefined += of["undefined"].as_u64().unwrap();
            }
        }
    }
    assert!(undefined > 5, "the folder is not rich: {undefined}");
}
