//! `contract {list, show, export}`: what a record of each kind promises, and the same for other tools.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Failure, Global, Outcome, failed, replace, to_stdout};
use crate::data::document;
use crate::data::{Contract, Kind, Rule, Shape};
use crate::league::{contracts, providers};

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Every contract with its version
    List,
    /// Fields and rules of one contract
    Show {
        /// The contract
        #[arg(value_name = "NAME", value_parser = contracts::IDS)]
        name: String,
    },
    /// Contracts as JSON Schema, as data contracts of the Open Data Contract Standard, or as a page
    Export(Export),
}

#[derive(Debug, clap::Args)]
struct Export {
    /// The contract
    #[arg(value_name = "NAME", value_parser = contracts::IDS, required_unless_present = "all")]
    name: Option<String>,
    /// Every contract; but for Markdown, --out is then a folder
    #[arg(long, conflicts_with = "name")]
    all: bool,
    /// The form
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Format,
    /// Where to write it; standard output if not given
    #[arg(long, value_name = "FILE|DIR")]
    out: Option<PathBuf>,
}

/// A form of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// JSON Schema, draft 2020-12
    JsonSchema,
    /// Open Data Contract Standard 3.1.0, YAML
    Odcs,
    /// A page for people
    Markdown,
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    match &args.action {
        Action::List => list(global),
        Action::Show { name } => show(by_name(name)?, global),
        Action::Export(args) => export(args, global),
    }
}

fn by_name(name: &str) -> Result<&'static Contract, Failure> {
    contracts::by_id(name)
        .ok_or_else(|| Failure::Usage(format!("no contract {name}; there are {}", contracts::IDS.join(", "))))
}

/// A contract as `list` prints it.
#[derive(Serialize)]
struct Listed {
    id: &'static str,
    version: &'static str,
    key: &'static [&'static str],
    fields: usize,
    rules: Vec<&'static str>,
    description: &'static str,
}

fn list(global: &Global) -> Outcome {
    let all: Vec<Listed> = contracts::all()
        .map(|contract| Listed {
            id: contract.id,
            version: contract.version,
            key: contract.key,
            fields: contract.leaves.len(),
            rules: contract.rules.iter().map(|rule| rule.name).collect(),
            description: &contract.description,
        })
        .collect();
    global.print(&all, || {
        let line = |one: &Listed| {
            let (fields, rules) = (one.fields, one.rules.join(", "));
            format!(
                "{:<18}{:<7} key {:<16} {fields:>2} fields, rules: {rules}\n",
                one.id,
                one.version,
                one.key.join(", ")
            )
        };
        all.iter().map(line).collect()
    })
}

/// A contract as `show --json` prints it.
#[derive(Serialize)]
struct Shown {
    id: &'static str,
    version: &'static str,
    description: &'static str,
    key: &'static [&'static str],
    fields: Vec<FieldShown>,
    rules: &'static [&'static Rule],
}

#[derive(Serialize)]
struct FieldShown {
    path: String,
    #[serde(rename = "type")]
    words: String,
    unit: Option<String>,
    required: bool,
    nullable: bool,
    description: String,
    error_types: Vec<&'static str>,
}

fn fields(shape: &Shape, around: &str) -> Vec<FieldShown> {
    let mut all = Vec::new();
    for field in &shape.fields {
        let path = if around.is_empty() { field.name.clone() } else { format!("{around}.{}", field.name) };
        all.push(FieldShown {
            path: path.clone(),
            words: field.kind.words(),
            unit: field.unit.clone(),
            required: field.required,
            nullable: field.nullable,
            description: field.description.clone(),
            error_types: field.kind.error_types(),
        });
        if let Kind::Object(inner) = &field.kind {
            all.extend(fields(inner, &path));
        }
    }
    all
}

fn show(contract: &'static Contract, global: &Global) -> Outcome {
    let shown = Shown {
        id: contract.id,
        version: contract.version,
        description: &contract.description,
        key: contract.key,
        fields: fields(&contract.shape, ""),
        rules: contract.rules,
    };
    global.print(&shown, || text(&shown))
}

fn text(shown: &Shown) -> String {
    let head = format!("{} {}\n{}\nkey: {}\n", shown.id, shown.version, shown.description, shown.key.join(", "));
    let mut lines = vec![head];
    let width = shown.fields.iter().map(|field| field.path.len()).max().unwrap_or_default() + 2;
    for field in &shown.fields {
        let optional = if field.required && !field.nullable { "" } else { ", optional" };
        let unit = field.unit.as_ref().map(|unit| format!(", {unit}")).unwrap_or_default();
        let (path, description) = (&field.path, &field.description);
        lines.push(format!("{path:<width$}{description}"));
        lines.push(format!("{:<width$}{}{unit}{optional}", "", field.words));
    }
    lines.push(String::new());
    let width = shown.rules.iter().map(|rule| rule.name.len()).max().unwrap_or_default() + 2;
    for rule in shown.rules {
        lines.push(format!("{:<width$}{}: {}", rule.name, rule.severity, rule.demands));
    }
    lines.join("\n")
}

impl Format {
    /// What a contract's file in this form is called.
    fn file_name(self, id: &str) -> String {
        match self {
            Self::JsonSchema => format!("{id}.schema.json"),
            Self::Odcs => format!("{id}.odcs.yaml"),
            Self::Markdown => format!("{id}.md"),
        }
    }

    /// A contract in this form, as a document and as the text of its file.
    fn of(self, contract: &Contract) -> Result<(Value, String), Failure> {
        let broken = |error: &dyn std::fmt::Display| Failure::Environment(format!("{}: {error}", contract.id));
        Ok(match self {
            Self::JsonSchema => {
                let schema = contract.json_schema();
                let text = serde_json::to_string_pretty(&schema).map_err(|error| broken(&error))? + "\n";
                (schema, text)
            }
            Self::Odcs => {
                let document = contract.odcs();
                let value = serde_json::to_value(&document).map_err(|error| broken(&error))?;
                (value, serde_saphyr::to_string(&document).map_err(|error| broken(&error))?)
            }
            Self::Markdown => {
                let text = contract.markdown();
                (json!({ "markdown": text }), text)
            }
        })
    }
}

/// A file that was written.
#[derive(Serialize)]
struct Written {
    contract: Option<&'static str>,
    path: PathBuf,
    bytes: usize,
}

fn export(args: &Export, global: &Global) -> Outcome {
    let Export { format, out, .. } = args;
    match (&args.name, out) {
        (Some(name), None) => {
            let (document, text) = format.of(by_name(name)?)?;
            if global.json { global.print(&document, String::new) } else { to_stdout(&text) }
        }
        (Some(name), Some(path)) => {
            let contract = by_name(name)?;
            let (_, text) = format.of(contract)?;
            tell_written(vec![write(Some(contract.id), path, &text)?], global)
        }
        (None, out) if *format == Format::Markdown => {
            let page = document::page(contracts::all(), &providers::form_rules());
            match out {
                Some(path) => tell_written(vec![write(None, path, &page)?], global),
                None => global.print(&json!({ "markdown": page }), || page.clone()),
            }
        }
        (None, None) => Err(Failure::Usage("--all needs --out DIR, into which each contract is written".to_owned())),
        (None, Some(folder)) => {
            let mut written = Vec::new();
            for contract in contracts::all() {
                let (_, text) = format.of(contract)?;
                written.push(write(Some(contract.id), &folder.join(format.file_name(contract.id)), &text)?);
            }
            tell_written(written, global)
        }
    }
}

/// Writes a file, and makes its folder.
fn write(contract: Option<&'static str>, path: &Path, text: &str) -> Result<Written, Failure> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    }
    replace(path, text.as_bytes())?;
    Ok(Written { contract, path: path.to_owned(), bytes: text.len() })
}

fn tell_written(written: Vec<Written>, global: &Global) -> Outcome {
    let line = |one: &Written| format!("{}: {} bytes\n", one.path.display(), one.bytes);
    global.print(&written, || written.iter().map(line).collect())
}
