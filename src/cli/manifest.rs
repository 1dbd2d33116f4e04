//! `manifest {list, show, verify, diff, trace, prune}`: the chain of manifests of the folder of `--data`.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Failure, Global, Outcome};
use crate::adapters::data_dir::{DataDir, DataDirError};
use crate::base::Digest;
use crate::data::{Chain, ChainEntry, Change, DataIndex, InputRef, Manifest, ManifestDiff, RefError, Rows, diff};

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Every ingest, the oldest first
    List,
    /// One manifest
    Show {
        /// latest, previous, or the first digits of a digest or a seal
        #[arg(value_name = "REF", default_value = "latest")]
        reference: String,
    },
    /// Hold files, games, chain and every kept revision against their digests
    Verify,
    /// Games added, removed and changed from one revision to another
    Diff {
        /// The revision before: latest, previous, or the first digits of a digest or a seal
        #[arg(value_name = "A", default_value = "previous")]
        before: String,
        /// The revision after
        #[arg(value_name = "B", default_value = "latest")]
        after: String,
        /// How many games of each kind are shown
        #[arg(long, value_name = "N", default_value_t = 20)]
        first: usize,
    },
    /// Where a game was read: manifest, input and rows
    Trace {
        /// The game's id
        #[arg(value_name = "GAME_ID")]
        id: String,
        /// In which revision
        #[arg(long, value_name = "REF", default_value = "latest")]
        of: String,
    },
    /// Remove the rows of old revisions; the chain keeps its entries
    Prune {
        /// How many of the newest revisions stay, the current one among them
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        keep: u32,
    },
}

/// Runs it.
pub fn run(args: &Args, global: &Global) -> Outcome {
    let folder = DataDir::new(&global.data);
    match &args.action {
        Action::List => list(&folder, global),
        Action::Show { reference } => show(&folder, reference, global),
        Action::Verify => verify(&folder, global),
        Action::Diff { before, after, first } => compare(&folder, before, after, *first, global),
        Action::Trace { id, of } => trace(&folder, id, of, global),
        Action::Prune { keep } => prune(&folder, *keep as usize, global),
    }
}

/// The chain of a folder that has one.
fn chain_of(folder: &DataDir) -> Result<Chain, Failure> {
    let chain = folder.chain()?;
    if chain.entries().is_empty() {
        return Err(DataDirError::Empty(folder.root().to_owned()).into());
    }
    Ok(chain)
}

fn list(folder: &DataDir, global: &Global) -> Outcome {
    let chain = chain_of(folder)?;
    global.print(&chain.entries(), || chain.entries().iter().map(line).collect())
}

fn line(entry: &ChainEntry) -> String {
    let manifest = &entry.manifest;
    format!(
        "{}  {}  {:<9}  {}  {} of {} rows accepted  {}\n",
        manifest.ingested_at.format("%Y-%m-%d %H:%M:%S"),
        manifest.digest.short(),
        change(entry),
        name(manifest),
        manifest.accepted,
        manifest.rows_in,
        days(manifest)
    )
}

fn change(entry: &ChainEntry) -> &'static str {
    match entry.change {
        Change::Written => "written",
        Change::Unchanged => "unchanged",
    }
}

fn days(manifest: &Manifest) -> String {
    match (manifest.first_day, manifest.last_day) {
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => "no days".to_owned(),
    }
}

/// The source, with its revision where that is known.
fn name(manifest: &Manifest) -> String {
    match manifest.revision {
        0 => manifest.source.clone(),
        revision => format!("{} revision {revision}", manifest.source),
    }
}

/// An entry as `show` prints it.
#[derive(Serialize)]
struct Shown<'a> {
    change: Change,
    seal: Digest,
    /// Whether its rows are in the folder.
    kept: bool,
    manifest: &'a Manifest,
}

fn show(folder: &DataDir, reference: &str, global: &Global) -> Outcome {
    let chain = chain_of(folder)?;
    let entry = chain.find(reference)?;
    let gone = match folder.revision(&chain, entry) {
        Ok(_) => None,
        Err(DataDirError::NotKept { why, .. }) => Some(why),
        Err(error) => return Err(error.into()),
    };
    let manifest = &entry.manifest;
    let shown = Shown { change: entry.change, seal: manifest.seal(), kept: gone.is_none(), manifest };
    global.print(&shown, || {
        let contracts: Vec<String> =
            manifest.contracts.iter().map(|contract| format!("{} {}", contract.id, contract.version)).collect();
        let rows = format!(
            "{} in, {} accepted, {} refused, {} released, {} passed over",
            manifest.rows_in, manifest.accepted, manifest.quarantined, manifest.released, manifest.skipped
        );
        let previous = manifest.previous.map_or_else(|| "none".to_owned(), |digest| digest.to_string());
        let mut lines = vec![
            ("source", name(manifest)),
            ("digest", manifest.digest.to_string()),
            ("seal", shown.seal.to_string()),
            ("previous", previous),
            ("change", change(entry).to_owned()),
            ("ingested", manifest.ingested_at.format("%Y-%m-%d %H:%M:%S UTC").to_string()),
            ("provider", manifest.provider.clone()),
            ("parser", manifest.parser.clone()),
            ("contracts", contracts.join(", ")),
            ("requests", manifest.requests.to_string()),
            ("rows", rows),
            ("games", manifest.records.to_string()),
            ("days", days(manifest)),
            ("kept", gone.map_or_else(|| "yes".to_owned(), |why| format!("no: {why}"))),
        ];
        lines.extend(manifest.inputs.iter().map(|input| ("input", input_text(input))));
        lines.iter().map(|(label, value)| format!("{label:<10}{value}").trim_end().to_owned() + "\n").collect()
    })
}

fn input_text(input: &InputRef) -> String {
    format!("{}: {} rows, {} bytes, {}", input.name, input.rows, input.bytes, input.digest)
}

fn verify(folder: &DataDir, global: &Global) -> Outcome {
    let found = folder.verify()?;
    let mut document = serde_json::to_value(&found).map_err(|error| Failure::Environment(error.to_string()))?;
    document["valid"] = json!(found.problems.is_empty());
    global.print(&document, || {
        if !found.problems.is_empty() {
            return found.problems.join("\n");
        }
        let pruned = if found.pruned > 0 { format!(", {} pruned", found.pruned) } else { String::new() };
        format!(
            "{} files match {}\nchain: {} entries; revisions: {} kept{pruned}",
            found.files, found.digest, found.entries, found.revisions
        )
    })?;
    if found.problems.is_empty() {
        return Ok(());
    }
    Err(Failure::Gate(format!("{}: {} problems; ingest again", folder.root().display(), found.problems.len())))
}

/// One side of a comparison.
#[derive(Serialize)]
struct Side<'a> {
    source: &'a str,
    revision: u32,
    digest: Digest,
    seal: Digest,
}

impl<'a> Side<'a> {
    fn of(manifest: &'a Manifest) -> Self {
        Self { source: &manifest.source, revision: manifest.revision, digest: manifest.digest, seal: manifest.seal() }
    }
}

fn compare(folder: &DataDir, before: &str, after: &str, first: usize, global: &Global) -> Outcome {
    let chain = chain_of(folder)?;
    let (before, after) = (chain.find(before)?, chain.find(after)?);
    let rows = |entry: &ChainEntry| -> Result<Rows, Failure> { games(folder, &folder.revision(&chain, entry)?) };
    let found = diff(&rows(before)?, &rows(after)?, first);
    let document = json!({ "before": Side::of(&before.manifest), "after": Side::of(&after.manifest), "diff": found });
    global.print(&document, || {
        let side = |manifest: &Manifest| format!("{} ({})", name(manifest), manifest.digest.short());
        let head = format!("{} -> {}\n", side(&before.manifest), side(&after.manifest));
        format!("{head}{}", diff_text(&found))
    })
}

/// The games of an index, by id.
fn games(folder: &DataDir, index: &DataIndex) -> Result<Rows, Failure> {
    let log = folder.games(index)?;
    let row = |game: &crate::league::Game| Ok((game.id.clone(), serde_json::to_value(game)?));
    let rows: Result<Rows, serde_json::Error> = log.games().iter().map(row).collect();
    rows.map_err(|error| Failure::Environment(error.to_string()))
}

fn diff_text(found: &ManifestDiff) -> String {
    let mut lines = vec![format!(
        "{} added, {} removed, {} changed, {} the same",
        found.added, found.removed, found.changed, found.unchanged
    )];
    lines.extend(found.first_added.iter().map(|row| format!("+ {}  {}", row.key, row.row)));
    lines.extend(more(found.added, found.first_added.len(), "added"));
    lines.extend(found.first_removed.iter().map(|row| format!("- {}  {}", row.key, row.row)));
    lines.extend(more(found.removed, found.first_removed.len(), "removed"));
    let value = |value: &Option<Value>| value.as_ref().map_or_else(|| "none".to_owned(), Value::to_string);
    for row in &found.first_changed {
        let fields: Vec<String> = row
            .fields
            .iter()
            .map(|field| format!("{} {} -> {}", field.field, value(&field.before), value(&field.after)))
            .collect();
        lines.push(format!("~ {}  {}", row.key, fields.join(", ")));
    }
    lines.extend(more(found.changed, found.first_changed.len(), "changed"));
    lines.join("\n")
}

fn more(all: u64, shown: usize, what: &str) -> Option<String> {
    let more = all.saturating_sub(shown as u64);
    (more > 0).then(|| format!("and {more} more {what}"))
}

fn trace(folder: &DataDir, id: &str, of: &str, global: &Global) -> Outcome {
    let chain = chain_of(folder)?;
    let index = folder.revision(&chain, chain.find(of)?)?;
    let log = folder.games(&index)?;
    let Some(at) = log.games().iter().position(|game| game.id == id) else {
        let (root, digest) = (folder.root().display(), index.manifest.digest.short());
        return Err(Failure::Usage(format!("no game {id} in {root} ({digest})")));
    };
    let lineage = folder.lineage(&index)?;
    let origin = lineage.as_ref().and_then(|lineage| lineage.get(at));
    let input = origin.and_then(|origin| index.manifest.inputs.get(origin.input as usize));
    let rows = origin.map(|origin| origin.rows.clone()).unwrap_or_default();
    let manifest = &index.manifest;
    let file = index.files.iter().find(|file| file.season == Some(log.games()[at].season));
    let document = json!({
        "game": log.games()[at],
        "file": file.map(|file| json!({ "path": file.path, "digest": file.digest })),
        "manifest": Side::of(manifest),
        "provider": manifest.provider,
        "parser": manifest.parser,
        "known": input.is_some(),
        "input": input,
        "rows": rows,
    });
    global.print(&document, || {
        let origin = match input {
            Some(input) => {
                let rows: Vec<String> = rows.iter().map(u64::to_string).collect();
                format!(
                    "input     {}, {} bytes, {}\nrows      {}",
                    input.name,
                    input.bytes,
                    input.digest,
                    rows.join(", ")
                )
            }
            None => "its lineage is not known: the ingest did not note rows".to_owned(),
        };
        format!(
            "game      {id}\nfile      {}\nmanifest  {} ({}), seal {}, {}\n{origin}",
            file.map_or("none", |file| file.path.as_str()),
            name(manifest),
            manifest.digest.short(),
            manifest.seal().short(),
            manifest.parser
        )
    })
}

fn prune(folder: &DataDir, keep: usize, global: &Global) -> Outcome {
    let pruned = folder.prune(keep)?;
    global.print(&pruned, || {
        format!("{} revisions pruned: {} files, {} bytes", pruned.revisions.len(), pruned.files, pruned.bytes)
    })
}

impl From<RefError> for Failure {
    fn from(error: RefError) -> Self {
        Failure::Usage(error.to_string())
    }
}
