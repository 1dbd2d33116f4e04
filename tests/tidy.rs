//! The rules of the house that a compiler does not keep: layers, sizes of files and functions, colours, links,
//! versions, and what may be tracked.
#![cfg(not(target_arch = "wasm32"))]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr as _;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Lines that a file may have.
const FILE_LINES: usize = 800;
/// Lines that a function may have, from its name to its closing brace.
const FUNCTION_LINES: usize = 70;
/// Bytes that a tracked file may have.
const TRACKED_BYTES: u64 = 1 << 20;
/// Modules that stand side by side at the end and do not name one another; the project's tasks may.
const TOPS: [&str; 3] = ["ui", "worker", "cli"];

#[test]
fn a_module_names_only_modules_above_it() -> Outcome {
    let order = order()?;
    let mut faults = Vec::new();
    for file in rust_files("src")? {
        let Some(home) = module_path(&file).into_iter().next() else { continue };
        for found in paths_in(&fs::read_to_string(&file)?, module_path(&file))? {
            if !allowed(&order, &home, &found) {
                faults.push(format!("{}:{} {home} names {}", shown(&file), found.line, found.module));
            }
        }
    }
    expect_none(&faults, "a module may name only those above it in the list in src/lib.rs")
}

#[test]
fn every_module_has_a_place_in_the_order() -> Outcome {
    let order = order()?;
    let text = fs::read_to_string(root().join("src/lib.rs"))?;
    let declared = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let faults: Vec<&str> = declared.filter(|module| !order.contains_key(*module)).collect();
    expect_none(&faults, "the table in src/lib.rs has no row for these modules")
}

#[test]
fn the_core_never_asks() -> Outcome {
    let order = order()?;
    let ports = order["ports"];
    // What reaches outside, as the tokens of its path.
    let forbidden =
        ["std::fs", "std::net", "std::env", "std::process", "std::thread", "std::time", "web_sys", "js_sys"];
    let macros = ["println", "eprintln", "print", "eprint", "dbg"];
    let mut faults = Vec::new();
    for file in rust_files("src")? {
        let core = module_path(&file).first().and_then(|home| order.get(home)).is_some_and(|rank| *rank <= ports);
        if !core {
            continue;
        }
        let words = words(&outside_tests(TokenStream::from_str(&fs::read_to_string(&file)?)?));
        for path in forbidden {
            let parts: Vec<&str> = path.split("::").collect();
            if words.windows(parts.len()).any(|run| run.iter().map(String::as_str).eq(parts.iter().copied())) {
                faults.push(format!("{} uses {path}", shown(&file)));
            }
        }
        faults.extend(
            words
                .iter()
                .filter(|word| macros.contains(&word.as_str()))
                .map(|word| format!("{} has {word}!", shown(&file))),
        );
    }
    expect_none(&faults, "the core has no clock, file, network, environment, thread, DOM or log")
}

#[test]
fn no_file_and_no_function_is_too_long() -> Outcome {
    let mut faults = Vec::new();
    for file in rust_files("src")?.into_iter().chain(rust_files("tests")?) {
        let text = fs::read_to_string(&file)?;
        let lines = text.lines().count();
        if lines > FILE_LINES {
            faults.push(format!("{} has {lines} lines, more than {FILE_LINES}", shown(&file)));
        }
        for (name, lines) in functions(TokenStream::from_str(&text)?) {
            if lines > FUNCTION_LINES {
                faults.push(format!("{} `{name}` has {lines} lines, more than {FUNCTION_LINES}", shown(&file)));
            }
        }
    }
    expect_none(&faults, "split these")
}

#[test]
fn nothing_is_left_to_be_done_later() -> Outcome {
    // Put together so that this file does not find itself.
    let marks = ["TO", "FIX"].into_iter().zip(["DO", "ME"]).map(|(a, b)| format!("{a}{b}"));
    let marks: Vec<String> = marks.chain(["todo!", "unimplemented!", "dbg!"].map(|name| format!("{name}("))).collect();
    let mut faults = Vec::new();
    for file in rust_files("src")?.into_iter().chain(rust_files("tests")?) {
        if file.ends_with("tests/tidy.rs") {
            continue;
        }
        for (number, line) in fs::read_to_string(&file)?.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark.as_str())) {
                faults.push(format!("{}:{} {}", shown(&file), number + 1, line.trim()));
            }
        }
    }
    expect_none(&faults, "do it or leave it out")
}

#[test]
fn colours_stand_only_in_the_tokens() -> Outcome {
    let mut faults = Vec::new();
    let mut files: Vec<PathBuf> = files("style")?;
    files.extend(rust_files("src/ui")?);
    files.push(root().join("index.html"));
    for file in files.into_iter().filter(|file| !file.ends_with("02-tokens.css")) {
        for (number, line) in fs::read_to_string(&file)?.lines().enumerate() {
            let is_comment = line.trim_start().starts_with("//");
            if let Some(colour) = colour_literal(line).filter(|_| !is_comment) {
                faults.push(format!("{}:{} {colour}", shown(&file), number + 1));
            }
        }
    }
    expect_none(&faults, "name a role token of style/02-tokens.css instead")
}

#[test]
fn every_style_file_is_linked_in_order() -> Outcome {
    let page = fs::read_to_string(root().join("index.html"))?;
    let mut linked = Vec::new();
    for line in page.lines().filter(|line| line.contains("rel=\"css\"")) {
        let path =
            line.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).ok_or("a css link without href")?;
        linked.push(path.to_owned());
    }
    let there: Vec<String> =
        files("style")?.iter().map(|file| shown(file)).filter(|path| path.ends_with(".css")).collect();
    assert_eq!(linked, there);
    Ok(())
}

#[test]
fn the_wasm_bindgen_version_has_one_source() -> Outcome {
    let lock = fs::read_to_string(root().join("Cargo.lock"))?;
    let locked = linelogic::xtask::project::version_in_lock(&lock, "wasm-bindgen").ok_or("it is not in Cargo.lock")?;
    let manifest = fs::read_to_string(root().join("Cargo.toml"))?;
    assert!(
        manifest.contains(&format!("wasm-bindgen = {{ version = \"={locked}\"")),
        "Cargo.toml does not pin {locked}"
    );
    let mut faults = Vec::new();
    for file in tracked()?.into_iter().filter(|file| !file.ends_with("Cargo.lock") && !file.ends_with("Cargo.toml")) {
        let code =
            file.extension().is_some_and(|kind| kind == "rs" || kind == "yml" || kind == "toml" || kind == "html");
        if code
            && fs::read_to_string(&file).is_ok_and(|text| text.contains(&locked))
            && !shown(&file).starts_with("src/xtask/")
        {
            faults.push(shown(&file));
        }
    }
    expect_none(&faults, "the version of wasm-bindgen is read from Cargo.lock, not repeated")
}

#[test]
fn nothing_large_is_tracked() -> Outcome {
    let mut faults = Vec::new();
    for file in tracked()? {
        let bytes = fs::metadata(&file).map_or(0, |data| data.len());
        if bytes > TRACKED_BYTES {
            faults.push(format!("{} has {bytes} bytes, more than {TRACKED_BYTES}", shown(&file)));
        }
    }
    expect_none(&faults, "keep large files out of the repository")
}

#[test]
fn no_row_of_the_shared_games_is_tracked() -> Outcome {
    let mut rows = BTreeSet::new();
    for name in ["nba_games_2015_2023.csv", "leaguegamefinder_2022-23.csv", "forecasts_538_2015_2021.csv"] {
        if let Some(path) = common::shared(name) {
            rows.extend(fs::read_to_string(path)?.lines().skip(1).map(|line| line.trim().to_owned()));
        }
    }
    let mut faults = Vec::new();
    for file in tracked()? {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let found = text.lines().enumerate().find(|(_, line)| line.len() > 20 && rows.contains(line.trim()));
        faults.extend(found.map(|(number, _)| format!("{}:{}", shown(&file), number + 1)));
    }
    expect_none(&faults, "the licences of these rows differ from the project's")
}

#[test]
fn a_path_is_read_whatever_its_form() -> Outcome {
    let text = "use crate::{base::Date, ui::{self, page}};\n\
        mod inner { fn f() { super::super::cli::run(); view! { <a href=crate::worker::x()/> } } }\n\
        // crate::comment\nconst S: &str = \"crate::string\";\n\
        #[cfg(test)]\nmod tests { use crate::adapters::x; }\n";
    let found = paths_in(text, vec!["base".to_owned()])?;
    let names: Vec<(&str, bool)> = found.iter().map(|path| (path.module.as_str(), path.in_test)).collect();
    assert_eq!(
        names,
        [("base", false), ("ui", false), ("super::cli", false), ("worker", false), ("adapters", true)]
            .map(|(name, test)| (name.trim_start_matches("super::"), test))
    );
    Ok(())
}

#[test]
fn an_upward_path_is_a_fault() -> Outcome {
    let order = order()?;
    let found = |module: &str, in_test| Found { module: module.to_owned(), line: 1, in_test };
    assert!(allowed(&order, "learn", &found("features", false)));
    assert!(!allowed(&order, "features", &found("learn", false)));
    assert!(!allowed(&order, "ui", &found("cli", false)));
    assert!(allowed(&order, "flows", &found("adapters", true)));
    assert!(!allowed(&order, "flows", &found("adapters", false)));
    assert!(!allowed(&order, "base", &found("league", true)));
    Ok(())
}

#[test]
fn a_functions_length_is_that_of_its_body_alone() -> Outcome {
    let text = "impl X {\n fn long(&self) -> [u8; { 2 }]\n where Self: Sized {\n 1;\n 2;\n }\n}\ntype F = fn(u8);\nfn short() {}\n";
    let found = functions(TokenStream::from_str(text)?);
    assert_eq!(found, [("long".to_owned(), 5), ("short".to_owned(), 1)]);
    Ok(())
}

#[test]
fn a_colour_is_told_from_an_id() {
    for colour in
        ["color: #fff;", "background: #A1b2c3d4", "color: rgb(1 2 3)", "border: 1px solid hsl(3 4% 5%)", "oklch(1 2 3)"]
    {
        assert!(colour_literal(colour).is_some(), "{colour}");
    }
    for other in [
        "#first-paint {",
        "href=\"#main\"",
        "r#\"text\"#",
        "url(#deed-mark)",
        "#[cfg(test)]",
        "issue #1234567",
        "srgb(x)",
    ] {
        assert!(colour_literal(other).is_none(), "{other}");
    }
}

// ---- helpers -------------------------------------------------------------------------------------------------

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

fn expect_none<T: std::fmt::Display>(faults: &[T], advice: &str) -> Outcome {
    let lines: Vec<String> = faults.iter().map(|fault| format!("  {fault}")).collect();
    if lines.is_empty() { Ok(()) } else { Err(format!("{advice}:\n{}", lines.join("\n")).into()) }
}

fn files(folder: &str) -> Outcome<Vec<PathBuf>> {
    Ok(linelogic::xtask::stamp::files_under(&root().join(folder))?)
}

fn rust_files(folder: &str) -> Outcome<Vec<PathBuf>> {
    Ok(files(folder)?.into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "rs")).collect())
}

/// The files that git tracks; none in an unpacked archive.
fn tracked() -> Outcome<Vec<PathBuf>> {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let Ok(output) = output else { return Ok(Vec::new()) };
    let names = String::from_utf8(output.stdout)?;
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(|name| root().join(name)).collect())
}

/// Rank of each module by the table in the docs of `src/lib.rs`; those of one row share a rank.
fn order() -> Outcome<BTreeMap<String, usize>> {
    let text = fs::read_to_string(root().join("src/lib.rs"))?;
    let mut order = BTreeMap::new();
    for (rank, row) in
        text.lines().filter(|line| line.starts_with("//! | [`") || line.starts_with("//! | `")).enumerate()
    {
        let cell = row.split('|').nth(1).unwrap_or_default();
        for name in cell.split('`').skip(1).step_by(2) {
            order.insert(name.to_owned(), rank);
        }
    }
    if order.len() < 10 { Err("the table of modules in src/lib.rs was not found".into()) } else { Ok(order) }
}

fn allowed(order: &BTreeMap<String, usize>, home: &str, found: &Found) -> bool {
    let to = found.module.as_str();
    // `crate::Something` that is no module is a re-export of the crate's top level.
    let (Some(from), Some(rank)) = (order.get(home), order.get(to)) else { return true };
    if home == to || home == "xtask" {
        return true;
    }
    if TOPS.contains(&home) && (TOPS.contains(&to) || to == "xtask") {
        return false;
    }
    // Flows and ports are tested over the memory store.
    let tested_over = found.in_test && to == "adapters" && order["ports"] <= *from;
    rank < from || tested_over
}

/// The modules that a file of `src/` lies in, from the crate's root; empty for the root and for programs.
fn module_path(file: &Path) -> Vec<String> {
    let relative = shown(file);
    let inside = relative.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    if inside == "lib" || inside.starts_with("bin/") {
        return Vec::new();
    }
    inside.split('/').map(str::to_owned).collect()
}

/// A path that names a module at the crate's top level.
struct Found {
    module: String,
    line: usize,
    in_test: bool,
}

/// Every `crate::…` of a source text, also within use groups and macros, and every `super::…` that climbs to the top.
fn paths_in(text: &str, home: Vec<String>) -> Outcome<Vec<Found>> {
    let mut found = Vec::new();
    walk(TokenStream::from_str(text)?, home.len(), false, &mut found);
    Ok(found)
}

fn walk(stream: TokenStream, depth: usize, in_test: bool, found: &mut Vec<Found>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut test_next = false;
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                test_next |= matches!(tokens.get(at + 1), Some(TokenTree::Group(group)) if is_test(group));
            }
            TokenTree::Ident(word) if word == "mod" => {
                if let Some(TokenTree::Group(body)) = tokens.get(at + 2) {
                    walk(body.stream(), depth + 1, in_test || test_next, found);
                    at += 2;
                }
                test_next = false;
            }
            TokenTree::Ident(word) if word == "crate" || word == "super" => {
                at = path(&tokens, at, depth, in_test, found);
                continue;
            }
            TokenTree::Group(group) => walk(group.stream(), depth, in_test, found),
            _ => {}
        }
        at += 1;
    }
}

/// Reads the path that starts at `at` and returns where to go on.
fn path(tokens: &[TokenTree], at: usize, depth: usize, in_test: bool, found: &mut Vec<Found>) -> usize {
    let (mut at, mut left) = (at, depth);
    loop {
        match &tokens[at] {
            TokenTree::Ident(word) if word == "crate" => left = 0,
            TokenTree::Ident(word) if word == "super" => left = left.saturating_sub(1),
            _ => return at,
        }
        if !colons(tokens, at + 1) {
            return at + 1;
        }
        at += 3;
        match tokens.get(at) {
            Some(TokenTree::Ident(word)) if word == "super" => {}
            Some(TokenTree::Ident(word)) => {
                if left == 0 {
                    found.push(Found { module: word.to_string(), line: word.span().start().line, in_test });
                }
                return at + 1;
            }
            Some(TokenTree::Group(group)) if left == 0 && group.delimiter() == Delimiter::Brace => {
                firsts(group, in_test, found);
                return at + 1;
            }
            _ => return at,
        }
    }
}

/// The first word of each item of a use group.
fn firsts(group: &Group, in_test: bool, found: &mut Vec<Found>) {
    let mut first = true;
    for token in group.stream() {
        match token {
            TokenTree::Ident(word) if first => {
                found.push(Found { module: word.to_string(), line: word.span().start().line, in_test });
                first = false;
            }
            TokenTree::Punct(mark) if mark.as_char() == ',' => first = true,
            _ => {}
        }
    }
}

fn colons(tokens: &[TokenTree], at: usize) -> bool {
    (at..at + 2).all(|at| matches!(tokens.get(at), Some(TokenTree::Punct(mark)) if mark.as_char() == ':'))
}

/// Whether an attribute's brackets say `cfg(test)` or `cfg(all(test, …))`.
fn is_test(attribute: &Group) -> bool {
    let words = words(&attribute.stream());
    words.first().is_some_and(|word| word == "cfg") && words.iter().any(|word| word == "test")
}

/// All identifiers of a stream in order, also those within groups.
fn words(stream: &TokenStream) -> Vec<String> {
    let each = stream.clone().into_iter().flat_map(|token| match token {
        TokenTree::Group(group) => words(&group.stream()),
        TokenTree::Ident(word) => vec![word.to_string()],
        _ => Vec::new(),
    });
    each.collect()
}

/// A file's tokens without its test modules.
fn outside_tests(stream: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    let mut test_next = false;
    for token in stream {
        match &token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket && is_test(group) => test_next = true,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && test_next => {
                test_next = false;
                continue;
            }
            TokenTree::Punct(mark) if mark.as_char() == ';' => test_next = false,
            _ => {}
        }
        kept.push(token);
    }
    kept.into_iter().collect()
}

/// Name and lines of every function with a body.
fn functions(stream: TokenStream) -> Vec<(String, usize)> {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut found = Vec::new();
    let mut named: Option<(String, usize)> = None;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(word) if word == "fn" => {
                if let Some(TokenTree::Ident(name)) = tokens.get(at + 1) {
                    named = Some((name.to_string(), name.span().start().line));
                }
            }
            TokenTree::Punct(mark) if mark.as_char() == ';' => named = None,
            TokenTree::Group(group) => {
                if group.delimiter() == Delimiter::Brace
                    && let Some((name, first)) = named.take()
                {
                    found.push((name, group.span_close().end().line - first + 1));
                }
                found.extend(functions(group.stream()));
            }
            _ => {}
        }
    }
    found
}

/// A colour written out in a line of CSS, HTML or Rust.
fn colour_literal(line: &str) -> Option<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    for function in ["rgb(", "rgba(", "hsl(", "hsla(", "hwb(", "lab(", "lch(", "oklab(", "oklch("] {
        let at = line.match_indices(function).find(|(at, _)| !line[..*at].ends_with(is_name));
        if at.is_some() {
            return Some(function.trim_end_matches('(').to_owned());
        }
    }
    for (at, _) in line.match_indices('#') {
        let digits: String = line[at + 1..].chars().take_while(|c| is_name(*c)).collect();
        let is_colour = [3, 4, 6, 8].contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_hexdigit());
        // In CSS a colour is a value: after a colon, a comma, a parenthesis or a space, and a selector is not.
        let value = line[..at].ends_with([' ', ':', ',', '(', '"', '\'']) && !line.trim_end().ends_with('{');
        if is_colour && value && !line[..at].ends_with("href=\"") {
            return Some(format!("#{digits}"));
        }
    }
    None
}
