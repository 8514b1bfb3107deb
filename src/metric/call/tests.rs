use super::*;

fn value(text: &str) -> Literal {
    Call::parse(&format!("monai.DiceLoss({text})")).unwrap().arguments.swap_remove(0).value
}

fn error(text: &str) -> (usize, String) {
    let CallError { at, fact } = Call::parse(text).unwrap_err();
    (at, fact)
}

#[test]
fn a_call_is_a_library_a_class_and_arguments() {
    let call = Call::parse(" smp.losses . TverskyLoss( 'multiclass', alpha = .3,\n\tsmooth=1e-5, ) ").unwrap();
    assert_eq!((call.library.as_str(), call.class.1.as_str()), ("smp", "TverskyLoss"));
    let given: Vec<_> = call.arguments.iter().map(|a| (a.keyword.as_deref(), a.value.clone())).collect();
    let expected = [
        (None, Literal::Text("multiclass".into())),
        (Some("alpha"), Literal::Number(0.3)),
        (Some("smooth"), Literal::Number(1e-5)),
    ];
    assert_eq!(given, expected);
    assert_eq!(Call::parse("monai.DiceLoss").unwrap().arguments, []);
}

#[test]
fn a_version_ends_before_the_path() {
    let version = |text: &str| Call::parse(text).unwrap().version;
    assert_eq!(version("keras@3.15.1.losses.Dice()").as_deref(), Some("3.15.1"));
    assert_eq!(version("keras@main.losses.Dice()").as_deref(), Some("main"));
    assert_eq!(version("tf.keras.losses.Dice()"), None);
}

#[test]
fn values_are_python_literals() {
    use Literal::{Bool, Dict, List, Name, None, Number, Text};
    for (text, expected) in [
        ("None", None),
        ("True", Bool(true)),
        ("False", Bool(false)),
        (".5", Number(0.5)),
        ("-1", Number(-1.0)),
        ("+2.", Number(2.0)),
        ("1_000", Number(1000.0)),
        ("1E-5", Number(1e-5)),
        ("1e+3", Number(1000.0)),
        (r#""a'\"b""#, Text("a'\"b".into())),
        (r"'a\'b'", Text("a'b".into())),
        ("[]", List(vec![])),
        ("(1,)", List(vec![Number(1.0)])),
        ("(1)", Number(1.0)),
        ("(1, 2)", List(vec![Number(1.0), Number(2.0)])),
        ("[[.5], [2]]", List(vec![List(vec![Number(0.5)]), List(vec![Number(2.0)])])),
        ("torch.tensor([1, 2], dtype=torch.float32)", List(vec![Number(1.0), Number(2.0)])),
        ("LossReduction.MEAN", Name("LossReduction.MEAN".into())),
        ("{}", Dict(vec![])),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
    let Dict(written) = value("{'smooth': 1, \"ddp\": False,}") else { panic!("no dictionary") };
    let Dict(called) = value("dict(smooth=1, ddp=False)") else { panic!("no dictionary") };
    let plain = |entries: Vec<Argument>| entries.into_iter().map(|e| (e.keyword, e.value)).collect::<Vec<_>>();
    assert_eq!(plain(written), plain(called));
}

#[test]
fn an_error_says_where_and_what() {
    for (text, at, part) in [
        ("", 0, "the name of a library, but the text ends"),
        ("DiceLoss(sigmoid=True)", 8, "a dot and the name of a class"),
        ("monai.DiceLoss(sigmoid=True", 27, "comma or the closing parenthesis, but the text ends"),
        ("monai.DiceLoss(sigmoid True)", 23, "comma"),
        ("monai.DiceLoss(weight=[1 2])", 25, "a comma or ], but there is '2'"),
        ("monai.DiceLoss(a=1e)", 17, "a number"),
        ("monai.DiceLoss(a=1.2.3)", 17, "a number"),
        ("monai.DiceLoss(a='b)", 20, "expected ' at the end"),
        ("monai.DiceLoss(a=)", 17, "a value"),
        ("monai.DiceLoss(a={1: 2})", 18, "a key in quotation marks"),
        ("monai.DiceLoss(a=f(2))", 17, "f(...) is not a value"),
        ("monai.DiceLoss()(x)", 16, "the end of the call, but there is '('"),
        ("monai.DiceLoss(**options)", 15, "a value"),
        ("keras@.Dice()", 6, "a version"),
        ("monai.2d()", 6, "a name"),
    ] {
        let (found, fact) = error(text);
        assert!(found == at && fact.contains(part), "{text}: {found}, {fact}");
    }
}

#[test]
fn depth_has_an_end() {
    let deep = |n: usize| format!("monai.DiceLoss(weight={}{})", "[".repeat(n), "]".repeat(n));
    assert!(Call::parse(&deep(DEEPEST)).is_ok());
    assert!(error(&deep(100_000)).1.contains("at most 16"));
    assert!(Call::parse(&format!("monai.DiceLoss({})", "tuple(".repeat(100_000))).is_err());
}

const KEYWORDS: [&str; 4] = ["mode", "classes", "smooth", "weight"];

fn bound(text: &str) -> std::result::Result<Vec<(&'static str, f64)>, String> {
    let call = Call::parse(&format!("smp.DiceLoss({text})")).unwrap();
    let arguments = Arguments::bind("DiceLoss", 4, &KEYWORDS, &call.arguments).map_err(|e| e.fact)?;
    Ok(KEYWORDS.into_iter().filter_map(|name| Some((name, arguments.some_number(name).ok()??))).collect())
}

#[test]
fn arguments_find_their_keywords() {
    assert_eq!(bound("1, 2, weight=3").unwrap(), [("mode", 1.0), ("classes", 2.0), ("weight", 3.0)]);
    for (text, part) in [
        ("smoth=1", "DiceLoss has no smoth (did you mean smooth?); known are mode, classes, smooth, weight"),
        ("Weight=1", "did you mean weight?"),
        ("ignore_labels=1", "DiceLoss has no ignore_labels; known are"),
        ("1, 2, 3, 4, 5", "4 values at most"),
        ("1, mode=2", "mode is given twice"),
        ("weight=1, 2", "behind one with a keyword"),
    ] {
        let fact = bound(text).unwrap_err();
        assert!(fact.contains(part), "{text}: {fact}");
    }
}

#[test]
fn values_are_checked() {
    let call = Call::parse("smp.DiceLoss(1.5, [0, 2], -1, [[[.5]], [[2]]])").unwrap();
    let arguments = Arguments::bind("DiceLoss", 4, &KEYWORDS, &call.arguments).unwrap();
    assert_eq!(arguments.wholes("classes").unwrap(), Some(vec![0, 2]));
    assert_eq!(arguments.weights("weight").unwrap(), Some(Weights::Each(vec![0.5, 2.0])));
    let error = arguments.whole("mode").unwrap_err();
    assert_eq!((error.at, error.fact.as_str()), (13, "mode of DiceLoss must be a whole number"));
    assert!(arguments.size("smooth", 0.0).unwrap_err().fact.contains("at least 0"));
    assert!(arguments.flag("mode", false).unwrap_err().fact.contains("True or False"));
    assert!(arguments.choice("mode", &[("binary", 1)]).unwrap_err().fact.contains("one of binary"));
    assert!(arguments.refuse("mode", "apply it yourself").unwrap_err().fact.contains("left out: apply it yourself"));
}
