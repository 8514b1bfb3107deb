//! The constructor call of a library's loss, as it stands in user code: `LIB[@VERSION][.path].Class(argument, ...)`.
//!
//! Own code: the reader of Python literals on crates.io (`py_literal`) has a parser generator and big numbers behind it, and
//! knows no calls; with combinators (`winnow`) there is as much to write, and the core of the crate would depend on them.

mod arguments;

pub(super) use arguments::{Arguments, Weights, unknown};

use crate::error::CallError;

type Result<T> = std::result::Result<T, CallError>;

/// Lists in lists, and calls in calls, up to this depth.
const DEEPEST: usize = 16;

/// Calls around a list that do not change it, and those that make a dictionary.
const ARRAYS: [&str; 9] =
    ["tensor", "as_tensor", "Tensor", "FloatTensor", "DoubleTensor", "array", "asarray", "list", "tuple"];

/// A call that has been parsed but not interpreted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    /// The first name: of a library, or of what stands for it.
    pub library: String,
    pub version: Option<String>,
    /// The last name, and where it begins.
    pub class: (usize, String),
    pub arguments: Vec<Argument>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Argument {
    /// Where it begins, in bytes.
    pub at: usize,
    pub keyword: Option<String>,
    pub value: Literal,
}

/// A Python literal, or a name.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    None,
    Bool(bool),
    Number(f64),
    Text(String),
    /// A list or a tuple.
    List(Vec<Literal>),
    /// Keys are strings.
    Dict(Vec<Argument>),
    /// A name with its dots: a class, a function, a constant.
    Name(String),
}

impl Call {
    /// Places in its error, and in those of its arguments, are bytes.
    pub fn parse(text: &str) -> Result<Self> {
        let mut reader = Reader { rest: text, text };
        reader.space();
        let (library, version) = (reader.name("the name of a library")?, reader.version()?);
        let mut class = None;
        while reader.takes('.') {
            class = Some((reader.at(), reader.name("a name")?));
        }
        let Some(class) = class else {
            return reader.fails("expected a dot and the name of a class, as in monai.DiceLoss(sigmoid=True)");
        };
        let arguments = if reader.takes('(') { reader.arguments(0)? } else { Vec::new() };
        match reader.rest.is_empty() {
            true => Ok(Self { library, version, class, arguments }),
            false => reader.fails("expected the end of the call"),
        }
    }
}

/// The rest of the text. Spaces after each token are skipped.
struct Reader<'a> {
    rest: &'a str,
    text: &'a str,
}

impl<'a> Reader<'a> {
    fn at(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    fn fails<T>(&self, fact: &str) -> Result<T> {
        let found = match self.rest.chars().next() {
            None => "the text ends".into(),
            Some(c) => format!("there is {c:?}"),
        };
        Err(CallError { at: self.at(), fact: format!("{fact}, but {found}") })
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// As much of the rest as `belongs`.
    fn run(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at(end);
        self.rest = rest;
        run
    }

    fn takes(&mut self, sign: char) -> bool {
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        if rest.is_some() {
            self.space();
        }
        rest.is_some()
    }

    fn name(&mut self, what: &str) -> Result<String> {
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            return self.fails(&format!("expected {what}"));
        }
        let name = self.run(is_word);
        if name.is_empty() {
            return self.fails(&format!("expected {what}"));
        }
        self.space();
        Ok(name.into())
    }

    /// `@3.15.1`: it ends before a dot that no digit follows.
    fn version(&mut self) -> Result<Option<String>> {
        if !self.takes('@') {
            return Ok(None);
        }
        let mut version = self.run(is_word).to_owned();
        while let Some(rest) = self.rest.strip_prefix('.')
            && rest.starts_with(|c: char| c.is_ascii_digit())
        {
            self.rest = rest;
            version = format!("{version}.{}", self.run(is_word));
        }
        if version.is_empty() { self.fails("expected a version, as in keras@3.15.1") } else { Ok(Some(version)) }
    }

    /// Up to the closing parenthesis.
    fn arguments(&mut self, depth: usize) -> Result<Vec<Argument>> {
        let mut found = Vec::new();
        while !self.takes(')') {
            let at = self.at();
            let before = self.rest;
            let keyword = self.name("an argument").ok().filter(|_| self.takes('='));
            if keyword.is_none() {
                self.rest = before;
            }
            found.push(Argument { at, keyword, value: self.value(depth)? });
            if !self.takes(',') && !self.rest.starts_with(')') {
                return self.fails("expected a comma or the closing parenthesis");
            }
        }
        Ok(found)
    }

    fn value(&mut self, depth: usize) -> Result<Literal> {
        if depth > DEEPEST {
            return self.fails(&format!("expected at most {DEEPEST} lists in each other"));
        }
        match self.rest.chars().next() {
            Some('"' | '\'') => self.string().map(Literal::Text),
            Some('[') => self.list('[', ']', depth).map(|(list, _)| Literal::List(list)),
            Some('(') => self.list('(', ')', depth).map(|(mut list, comma)| match (list.len(), comma) {
                // Parentheses around a single value are not a tuple.
                (1, false) => list.swap_remove(0),
                _ => Literal::List(list),
            }),
            Some('{') => self.dict(depth).map(Literal::Dict),
            Some(c) if c.is_ascii_digit() || "+-.".contains(c) => self.number().map(Literal::Number),
            Some(c) if is_word(c) => self.named(depth),
            _ => self.fails("expected a value: a number, a string, True, False, None, a list or a dictionary"),
        }
    }

    fn number(&mut self) -> Result<f64> {
        let before = self.rest;
        let sign = if self.takes('-') { -1.0 } else { 1.0 };
        self.takes('+');
        let mut digits = self.run(|c| is_word(c) || c == '.').to_owned();
        if digits.ends_with(['e', 'E']) && self.rest.starts_with(['+', '-']) {
            digits.push_str(self.run(|c| "+-".contains(c)));
            digits.push_str(self.run(is_word));
        }
        digits.retain(|c| c != '_');
        // What Rust calls a number beyond digits, `inf`, does not begin with one.
        let number = digits.parse::<f64>().ok().filter(|n| n.is_finite());
        let Some(number) = number else {
            self.rest = before;
            return self.fails("expected a number");
        };
        self.space();
        Ok(sign * number)
    }

    fn string(&mut self) -> Result<String> {
        let mut chars = self.rest.char_indices();
        let quote = chars.next().map_or('"', |(_, c)| c);
        let mut text = String::new();
        while let Some((place, c)) = chars.next() {
            match c {
                '\\' => text.extend(chars.next().map(|(_, c)| c)),
                _ if c == quote => {
                    self.rest = &self.rest[place + c.len_utf8()..];
                    self.space();
                    return Ok(text);
                }
                _ => text.push(c),
            }
        }
        self.rest = "";
        self.fails(&format!("expected {quote} at the end of a string"))
    }

    /// The values, and whether a comma stands behind the last.
    fn list(&mut self, open: char, close: char, depth: usize) -> Result<(Vec<Literal>, bool)> {
        self.takes(open);
        let (mut list, mut comma) = (Vec::new(), false);
        while !self.takes(close) {
            list.push(self.value(depth + 1)?);
            comma = self.takes(',');
            if !comma && !self.rest.starts_with(close) {
                return self.fails(&format!("expected a comma or {close}"));
            }
        }
        Ok((list, comma))
    }

    fn dict(&mut self, depth: usize) -> Result<Vec<Argument>> {
        self.takes('{');
        let mut entries = Vec::new();
        while !self.takes('}') {
            let at = self.at();
            if !self.rest.starts_with(['"', '\'']) {
                return self.fails("expected a key in quotation marks");
            }
            let keyword = Some(self.string()?);
            if !self.takes(':') {
                return self.fails("expected a colon");
            }
            entries.push(Argument { at, keyword, value: self.value(depth + 1)? });
            if !self.takes(',') && !self.rest.starts_with('}') {
                return self.fails("expected a comma or }");
            }
        }
        Ok(entries)
    }

    /// A constant, a name with its dots, or a call that wraps a literal.
    fn named(&mut self, depth: usize) -> Result<Literal> {
        let at = self.at();
        let mut name = self.name("a name")?;
        while self.takes('.') {
            name = format!("{name}.{}", self.name("a name")?);
        }
        if !self.takes('(') {
            return Ok(match name.as_str() {
                "None" => Literal::None,
                "True" => Literal::Bool(true),
                "False" => Literal::Bool(false),
                _ => Literal::Name(name),
            });
        }
        let mut arguments = self.arguments(depth + 1)?;
        let function = name.rsplit('.').next().unwrap_or_default();
        let first_is_value = arguments.first().is_some_and(|first| first.keyword.is_none());
        match function {
            _ if ARRAYS.contains(&function) && first_is_value => Ok(arguments.swap_remove(0).value),
            "dict" if arguments.iter().all(|argument| argument.keyword.is_some()) => Ok(Literal::Dict(arguments)),
            _ => Err(CallError { at, fact: format!("{name}(...) is not a value; write what it gives") }),
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests;
