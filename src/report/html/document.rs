//! What every page is: one file, which holds its own style and script and loads nothing.

use super::policy;

/// A whole page around the sections and the foot of it; all three are markup.
pub(in crate::report) fn document(title: &str, main: &str, footer: &str) -> String {
    // The hashes are of what a browser makes of the text, and there lines end in one way.
    let [style, script] = [include_str!("style.css"), include_str!("script.js")].map(|text| text.replace('\r', ""));
    let policy = policy::of(&style, &script);
    let head = format!(
        "<meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\"><meta name=\"generator\" content=\"voxdice {}\">\
         <title>{title}</title><style>{style}</style>",
        env!("CARGO_PKG_VERSION")
    );
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head>{head}</head>\n<body><main>{main}</main>{footer}<div id=\"tip\" hidden></div>\
         <script>{script}</script></body></html>\n"
    )
}
