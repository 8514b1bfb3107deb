//! The page of a comparison: the same numbers as in other forms, a dot for each case, pictures of both models.

use super::{case, compared, csvs, number, two_models};
use crate::cli::{Files, fails, fine, run, stderr, text};
use serde_json::Value;
use std::fs;

/// The page, whatever the exit code, and the JSON of the same run.
fn page(files: &Files, models: &[String], more: &[&str]) -> (String, Value) {
    let path = files.path("page.html");
    let found = compared(models, &[&["--html", text(&path)], more].concat());
    (fs::read_to_string(path).unwrap(), found)
}

/// What stands before the script.
fn body(page: &str) -> &str {
    page.split("<script>").next().unwrap()
}

/// The attribute of every element of this class.
fn attributes<'a>(page: &'a str, class: &str, attribute: &str) -> Vec<&'a str> {
    let element = format!("class=\"{class}\"");
    let own = page.split(&element).skip(1).filter_map(|rest| rest.split('>').next());
    own.filter_map(|own| own.split(&format!("{attribute}=\"")).nth(1)?.split('"').next()).collect()
}

#[test]
fn two_models_have_a_dot_for_each_case() {
    let files = Files::new();
    let models = csvs(&files, &case("n20"), "dice");
    let (page, found) = page(&files, &models, &[]);
    let pair = &found["comparisons"][0];
    for said in [
        format!("{:+.4}", number(&pair["mean_difference"])),
        format!("[{:+.4}, {:+.4}]", number(&pair["interval"][0]), number(&pair["interval"][1])),
        format!("<td>{}/{}/{}</td>", pair["wins"], pair["ties"], pair["losses"]),
        pair["verdict"].as_str().unwrap().to_owned(),
        "<h1>A <span>against</span> B</h1>".to_owned(),
    ] {
        assert!(page.contains(&said), "{said}");
    }
    let [cases] = attributes(&page, "dots", "data-c")[..] else { panic!("one drawing") };
    assert_eq!(cases.split(' ').count(), 20);
    let [values] = attributes(&page, "dots", "data-v")[..] else { panic!("one drawing") };
    let sum: f64 = values.split(' ').map(|value| value.parse::<f64>().unwrap()).sum();
    assert!((sum / 20.0 - number(&pair["mean_difference"])).abs() < 1e-4);
    // The case that changed most comes first.
    let first = page.split("<th scope=\"row\" data-c=").nth(1).unwrap().split(['>', '<']).nth(1).unwrap();
    assert_eq!(first, pair["changed"][0]["case"]);
    // Nothing is asked for anywhere, and the page is the same again.
    assert!(!body(&page).contains("http:") && !body(&page).contains("https:") && !body(&page).contains("NaN"));
    assert_eq!(page, self::page(&files, &models, &[]).0);
}

/// The differences of `--against` have their models the other way round, and so has all that stands around them.
#[test]
fn against_the_first_of_two_turns_the_page() {
    let files = Files::new();
    let models = csvs(&files, &case("n20"), "dice");
    let (page, found) = page(&files, &models, &["--against", "A"]);
    let pair = &found["comparisons"][0];
    assert_eq!([&pair["a"], &pair["b"]], ["B", "A"]);
    assert!(page.contains("<h1>B <span>against</span> A</h1>") && page.contains("B less A"), "{page:.3000}");
    let cases = page.split("<section id=\"cases\">").nth(1).unwrap();
    let row = |text: &str, end: &str| -> Vec<String> {
        let cells = text.split(end).map(|cell| cell.rsplit('>').next().unwrap().to_owned());
        cells.take(4).collect()
    };
    let [head, body] = ["<thead>", "<tbody>"].map(|part| cases.split(part).nth(1).unwrap());
    assert_eq!(row(head, "</th>"), ["case", "B", "A", "difference"]);
    let cells = row(&body.replace("</th>", "</td>"), "</td>");
    let changed = &pair["changed"][0];
    assert_eq!(
        (&cells[0], &cells[3]),
        (&changed["case"].as_str().unwrap().to_owned(), &format!("{:+.4}", number(&changed["difference"])))
    );
    let [b, a]: [f64; 2] = [1, 2].map(|at| cells[at].parse().unwrap());
    assert!((b - a - number(&changed["difference"])).abs() < 1e-3, "{cells:?}");
}

#[test]
fn several_models_have_ranks_and_pairs() {
    let files = Files::new();
    let models = csvs(&files, &case("five-models"), "dice");
    let (page, found) = page(&files, &models, &[]);
    assert_eq!(attributes(&page, "dots", "data-c").len(), 10);
    assert!(page.contains("<h1>5 models compared</h1>") && page.contains("first in"), "{page:.3000}");
    for model in found["ranking"][0]["models"].as_array().unwrap() {
        let share = format!("<td>{:.0} %</td>", 100.0 * number(&model["first"]));
        assert!(page.contains(&share), "{share}");
    }
    let against = self::page(&files, &models, &["--against", "C"]).0;
    assert_eq!(attributes(&against, "dots", "data-c").len(), 4);
    // Without a test there is no p.
    assert!(page.contains("p Holm"));
    assert!(!self::page(&files, &models, &["--test", "none", "--bootstrap", "0"]).0.contains("p Holm"));
}

#[test]
fn names_are_text_and_nothing_complete_is_told() {
    let files = Files::new();
    let table = files.path("a.csv");
    fs::write(&table, "case,label,dice\n<b>x</b>,<i>1</i>,0.5\ny,<i>1</i>,0.25\n").unwrap();
    let own = |name: &str| format!("{name}={}", text(&table));
    let (page, _) = page(&files, &[own("<u>a"), own("b")], &[]);
    assert!(page.contains("&lt;b&gt;x&lt;/b&gt;") && page.contains("&lt;u&gt;a"));
    assert!(!page.contains("<b>x") && !page.contains("<i>1") && !page.contains("<u>a"));
    let none = csvs(&files, &case("none-complete"), "dice");
    let (page, _) = self::page(&files, &none, &[]);
    assert!(page.contains("no case has a score of all models") && !body(&page).contains("NaN"), "{page}");
    fails(2, &["--html", "a.csv"], ["compare", &own("a"), &own("b"), "--html", text(&table)]);
}

/// Folders were read, so that the page shows the worst slices of both models.
#[test]
fn folders_have_pictures_side_by_side() {
    let (cohort, [truth, pred, other]) = two_models();
    let models = [("a", &pred), ("b", &other)].map(|(name, folder)| format!("{name}={}", text(folder)));
    let path = cohort.path("page.html");
    let arguments = ["compare", &models[0], &models[1], "--truth", text(&truth), "--html", text(&path)];
    let output = run(arguments);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", stderr(&output));
    let page = fs::read_to_string(&path).unwrap();
    let pairs: Vec<&str> = page.split("<details class=\"pair\"").skip(1).collect();
    assert!(!pairs.is_empty());
    for pair in pairs {
        let pair = pair.split("</details>").next().unwrap();
        assert_eq!(pair.matches("<svg class=\"slice\"").count(), 2, "{pair}");
        // One slice of both.
        let places: Vec<&str> = pair.split("<p>").skip(1).map(|text| text.split(':').next().unwrap()).collect();
        assert_eq!((places.len(), places[0]), (2, places[1]), "{pair}");
    }
    // The first picture is that of the first model of the difference.
    let turned = [&arguments[..], &["--against", "a"]].concat();
    assert!(matches!(run(turned).status.code(), Some(0 | 1)));
    let turned = fs::read_to_string(&path).unwrap();
    let first = |page: &str| {
        let pair = page.split("<details class=\"pair\"").nth(1).unwrap().to_owned();
        let captions: Vec<String> = pair
            .split("<figcaption>")
            .skip(1)
            .map(|text| text.split("</figcaption>").next().unwrap().to_owned())
            .collect();
        captions
    };
    let (mut before, after) = (first(&page), first(&turned));
    before.reverse();
    assert_eq!(before, after);
    assert!(after[0].contains("<b>b</b>") && turned.contains("; b stands left, a right"), "{after:?}");
    // Results that were read from a file have none.
    let [a, b] = [("a", &pred), ("b", &other)].map(|(name, folder)| {
        let json = cohort.path(&format!("{name}.json"));
        fs::write(&json, fine(["eval", text(&truth), text(folder), "--format", "json"])).unwrap();
        format!("{name}={}", text(&json))
    });
    run(["compare", &a, &b, "--html", text(&path)]);
    assert!(!fs::read_to_string(&path).unwrap().contains("<details class=\"pair\""));
}
