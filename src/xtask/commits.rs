//! Builds the page that only commits, `tests/browser/commits.rs`, for the end-to-end test that kills it.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};

use super::process::{cargo, command, run};
use super::project::Project;
use super::tools;

/// Leaves `commits.js` with its module in a folder, and gives that. It is not part of the site.
pub fn build(project: &Project) -> Result<PathBuf> {
    let path = tools::ensure(project)?.path;
    // The site's own profile: its dependencies are compiled already.
    let output = cargo(project)
        .args(["test", "--locked", "--profile", "web", "--target", tools::WASM, "--test", "commits", "--no-run"])
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!("the page that commits could not be built: mend the errors above");
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let module = module_in(&text).context("cargo names no module of the page that commits")?;
    let folder = project.scratch().join("commits");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    run(
        command(project, "wasm-bindgen")
            .args(["--target", "web", "--no-typescript", "--out-name", "commits", "--out-dir"])
            .arg(&folder)
            .arg(module)
            .env("PATH", &path),
        "mend the errors above",
    )?;
    Ok(folder)
}

/// The module that cargo's messages name.
fn module_in(messages: &str) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut made = messages.filter(|message| message["target"]["name"] == "commits");
    made.find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_the_executable_of_its_target() {
        let messages = "{\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"linelogic\"},\"executable\":\"a\"}\n\
                        no message\n\
                        {\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"commits\"},\"executable\":\"/t/c.wasm\"}\n";
        assert_eq!(module_in(messages), Some(PathBuf::from("/t/c.wasm")));
        assert_eq!(module_in("{}"), None);
    }
}
