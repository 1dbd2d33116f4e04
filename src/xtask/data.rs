//! Makes the site's data from the embedded default source, with the command line that ships.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};

use super::process::{cargo, command, run, say};
use super::project::Project;
use super::stamp::{self, Inputs};

/// What is run, in order, after `linelogic`. `{data}` stands for a folder that is made anew, `{season}` for the newest
/// season of the data ingested into it, and `{store}` for a fresh journal.
fn site_data_commands() -> [&'static str; 5] {
    [
        "ingest --source demo --out {data}",
        "replay --season {season} --data {data} --store {store}",
        "export bundle --out {data}/store.jsonl --data {data} --store {store}",
        "contract export --all --format json-schema --out {data}/contracts",
        "contract export --all --format odcs --out {data}/contracts",
    ]
}

/// Builds the command line in the profile that ships and gives its path.
pub fn command_line(project: &Project) -> Result<PathBuf> {
    run(
        cargo(project).args(["build", "--quiet", "--locked", "--release", "--bin", "linelogic"]),
        "mend the compiler's errors above; a lock file that is not up to date wants `cargo update --workspace`",
    )?;
    Ok(project.target.join("release").join(format!("linelogic{}", std::env::consts::EXE_SUFFIX)))
}

/// Makes `public/data`, unless it is what this very command line would make.
pub fn make(project: &Project) -> Result<()> {
    let program = command_line(project)?;
    let digest = || -> Result<String> {
        let commands = site_data_commands().iter().fold(Inputs::default(), |all, line| all.word(line));
        Ok(commands.path(Path::new("/"), &program.to_string_lossy())?.path(&project.root, "public/data")?.digest())
    };
    if stamp::holds(project, "data", &digest()?) {
        say("    public/data is up to date");
        return Ok(());
    }
    make_in(project, &program, Path::new("public/data"), &project.scratch().join("store"))?;
    stamp::set(project, "data", &digest()?)
}

/// Makes the site's data in this folder, with this journal; both are cleared before. Returns what was run, each with its
/// seconds.
pub fn make_in(project: &Project, program: &Path, data: &Path, store: &Path) -> Result<Vec<(String, f64)>> {
    let data_here = project.root.join(data);
    for old in [store, &data_here] {
        if old.exists() {
            fs::remove_dir_all(old).with_context(|| format!("cannot clear {}", old.display()))?;
        }
    }
    let mut done = Vec::new();
    for line in site_data_commands() {
        let mut words = Vec::new();
        for word in line.split(' ') {
            words.push(match word {
                "{store}" => store.to_string_lossy().into_owned(),
                "{season}" => newest_season(&data_here)?.to_string(),
                word => word.replace("{data}", &data.to_string_lossy()),
            });
        }
        say(&format!("    linelogic {}", words.join(" ")));
        let start = Instant::now();
        run(command(project, program).args(&words), "the command's own message above says why")?;
        done.push((line.split(" --").next().unwrap_or(line).to_owned(), start.elapsed().as_secs_f64()));
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
    fn an_index_without_seasons_is_named() -> Result<()> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("index.json"), r#"{"files":[]}"#)?;
        let message = newest_season(folder.path()).map_err(|error| error.to_string());
        assert!(matches!(&message, Err(text) if text.contains("lists no season")), "{message:?}");
        Ok(())
    }
}
