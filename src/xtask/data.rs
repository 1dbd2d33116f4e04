//! Makes the site's data from the embedded default source, with the command line that ships.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};

use super::process::{cargo, command, run, say};
use super::project::{Project, shown};
use super::stamp::{self, Inputs};

/// Names the source of the site's games, in place of what is chosen without it.
const SOURCE: &str = "LINELOGIC_SOURCE";
/// Folder of files that a fork commits: `data/games/*.csv`, `data/teams/*.json` and so on, a folder a contract.
const COMMITTED: &str = "data";

/// Where the site's games come from: what the environment says, the committed games, or the simulated league.
fn source(project: &Project, committed: &[(String, PathBuf)]) -> String {
    if let Some(named) = std::env::var(SOURCE).ok().filter(|named| !named.trim().is_empty()) {
        return named;
    }
    let games = committed.iter().filter(|(contract, _)| contract == "games");
    let files: Vec<String> = games.map(|(_, file)| shown(project, file)).collect();
    if files.is_empty() { "demo".to_owned() } else { format!("csv:{}", files.join(",")) }
}

/// The committed files, each with the contract that its folder is named by.
fn committed(project: &Project) -> Result<Vec<(String, PathBuf)>> {
    let root = project.root.join(COMMITTED);
    let mut files = Vec::new();
    for file in stamp::files_under(&root)? {
        let relative = file.strip_prefix(&root)?;
        let contract = relative.components().next().map(|part| part.as_os_str().to_string_lossy().into_owned());
        let is_data = file.extension().is_some_and(|end| end == "csv" || end == "json" || end == "jsonl");
        files
            .extend(contract.filter(|_| is_data && relative.components().count() > 1).map(|contract| (contract, file)));
    }
    Ok(files)
}

/// What is run, in order, after `linelogic`: the gate over what is committed, the ingest, the gate over what came of it, a
/// season as it would have gone, and what the site publishes. `{data}` stands for the folder, `{season}` for the newest
/// season of the data ingested into it, and `{store}` for the journal.
fn site_data_commands(source: &str, committed: &[(String, PathBuf)]) -> Vec<Vec<String>> {
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let mut commands: Vec<Vec<String>> = committed
        .iter()
        .map(|(contract, file)| {
            vec!["validate".to_owned(), file.to_string_lossy().into_owned(), "--contract".to_owned(), contract.clone()]
        })
        .collect();
    let ingest = ["ingest", "--source", source, "--out", "{data}", "--store", "{store}"].map(str::to_owned).to_vec();
    commands.push(ingest);
    commands.extend(
        [
            "validate {data} --contract games",
            "replay --season {season} --data {data} --store {store}",
            "export bundle --out {data}/store.jsonl --split --data {data} --store {store}",
            "contract export --all --format json-schema --out {data}/contracts",
            "contract export --all --format odcs --out {data}/contracts",
        ]
        .map(words),
    );
    commands
}

/// Builds the command line in the profile that ships and gives its path.
pub fn command_line(project: &Project) -> Result<PathBuf> {
    run(
        cargo(project).args(["build", "--quiet", "--locked", "--release", "--bin", "linelogic"]),
        "mend the compiler's errors above; a lock file that is not up to date wants `cargo update --workspace`",
    )?;
    Ok(project.target.join("release").join(format!("linelogic{}", std::env::consts::EXE_SUFFIX)))
}

/// Makes `public/data`, unless it is what this very command line would make of the same source. Data of a provider is
/// asked for each time, and what is there stays until there is better: it is the last good snapshot.
pub fn make(project: &Project) -> Result<()> {
    let program = command_line(project)?;
    let committed = committed(project)?;
    let source = source(project, &committed);
    let (data, is_fetched) = (Path::new("public/data"), source.starts_with("balldontlie"));
    let store = if is_fetched { project.root.join(".linelogic") } else { project.scratch().join("store") };
    let commands = site_data_commands(&source, &committed);
    let digest = || -> Result<String> {
        let mut inputs = commands.iter().flatten().fold(Inputs::default(), |all, word| all.word(word));
        inputs = inputs.path(Path::new("/"), &program.to_string_lossy())?.path(&project.root, COMMITTED)?;
        Ok(inputs.path(&project.root, "public/data")?.digest())
    };
    if !is_fetched {
        if stamp::holds(project, "data", &digest()?) {
            say("    public/data is up to date");
            return Ok(());
        }
        clear(&[&store, &project.root.join(data)])?;
    }
    run_all(project, &program, &commands, data, &store)?;
    stamp::set(project, "data", &digest()?)
}

fn clear(folders: &[&Path]) -> Result<()> {
    for old in folders.iter().filter(|old| old.exists()) {
        fs::remove_dir_all(old).with_context(|| format!("cannot clear {}", old.display()))?;
    }
    Ok(())
}

/// Makes the simulated league's data in this folder, with this journal; both are cleared before. Returns what was run,
/// each with its seconds.
pub fn make_in(project: &Project, program: &Path, data: &Path, store: &Path) -> Result<Vec<(String, f64)>> {
    clear(&[store, &project.root.join(data)])?;
    run_all(project, program, &site_data_commands("demo", &[]), data, store)
}

fn run_all(
    project: &Project,
    program: &Path,
    commands: &[Vec<String>],
    data: &Path,
    store: &Path,
) -> Result<Vec<(String, f64)>> {
    let data_here = project.root.join(data);
    let mut done = Vec::new();
    for line in commands {
        let mut words = Vec::new();
        for word in line {
            words.push(match word.as_str() {
                "{store}" => store.to_string_lossy().into_owned(),
                "{season}" => newest_season(&data_here)?.to_string(),
                word => word.replace("{data}", &data.to_string_lossy()),
            });
        }
        say(&format!("    linelogic {}", words.join(" ")));
        let start = Instant::now();
        run(command(project, program).args(&words), "the command's own message above says why")?;
        let name: Vec<&str> = line.iter().map(String::as_str).take_while(|word| !word.starts_with("--")).collect();
        done.push((name.join(" ").replace("{data}", "data"), start.elapsed().as_secs_f64()));
    }
    Ok(done)
}

/// The starting year of the newest season that a data folder's index lists.
pub fn newest_season(data: &Path) -> Result<u64> {
    let index = read_index(data)?;
    let seasons = index["files"].as_array().into_iter().flatten().filter_map(|file| file["season"].as_u64());
    seasons.max().with_context(|| format!("{}/index.json lists no season", data.display()))
}

/// The path, relative to the data folder, of the newest season's file.
pub fn newest_season_file(data: &Path) -> Result<String> {
    let (season, index) = (newest_season(data)?, read_index(data)?);
    let file = index["files"].as_array().into_iter().flatten().find(|file| file["season"] == season);
    let path = file.and_then(|file| file["path"].as_str()).context("a file of the data index has no path")?;
    Ok(path.to_owned())
}

fn read_index(data: &Path) -> Result<serde_json::Value> {
    let path = data.join("index.json");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_season_is_the_latest_year_whatever_the_order() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let index =
            r#"{"files":[{"path":"b.json","season":2025},{"path":"a.json","season":2021},{"path":"store.jsonl"}]}"#;
        fs::write(folder.path().join("index.json"), index)?;
        assert_eq!(newest_season(folder.path())?, 2025);
        assert_eq!(newest_season_file(folder.path())?, "b.json");
        Ok(())
    }

    #[test]
    fn committed_files_go_through_the_gate_of_their_folder_and_games_become_the_source() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let project = Project {
            root: folder.path().to_owned(),
            target: folder.path().join("target"),
            cache: folder.path().join("cache"),
        };
        assert_eq!(committed(&project)?, []);
        assert_eq!(source(&project, &[]), "demo");
        for file in ["games/2022.csv", "games/2023.csv", "teams/all.json", "games/README.md", "loose.csv"] {
            let path = folder.path().join("data").join(file);
            fs::create_dir_all(path.parent().context("a folder")?)?;
            fs::write(path, "")?;
        }
        let files = committed(&project)?;
        assert_eq!(files.len(), 3);
        let source = source(&project, &files);
        assert_eq!(source, "csv:data/games/2022.csv,data/games/2023.csv");
        let commands = site_data_commands(&source, &files);
        let gates = commands.iter().filter(|words| words[0] == "validate").map(|words| words[3].as_str());
        assert_eq!(gates.collect::<Vec<_>>(), ["games", "games", "teams", "games"]);
        assert_eq!(commands[3][..3], ["ingest", "--source", &source]);
        Ok(())
    }

    #[test]
    fn an_index_without_seasons_is_named() -> Result<()> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("index.json"), r#"{"files":[]}"#)?;
        let message = newest_season(folder.path()).map_err(|error| error.to_string());
        assert!(matches!(&message, Err(text) if text.contains("lists no season")), "{message:?}");
        Ok(())
    }
}
