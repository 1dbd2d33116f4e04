//! Gets what a build needs and a bare rustup lacks, in the pinned versions.
//!
//! Tools go into the user's cache by version, so a second clone does not build them again. An install
//! happens in a folder beside and is renamed at the end: an interrupted one never looks finished.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::process::{cargo, command, first_line, on_path, path_with, run, say};
use super::project::Project;

/// The version of Trunk. 0.22 wants a newer rustc than `rust-toolchain.toml` pins.
pub const TRUNK_VERSION: &str = "0.21.14";

/// The version of cargo-fuzz.
const CARGO_FUZZ_VERSION: &str = "0.13.2";

/// The target that the site is compiled for.
pub const WASM: &str = "wasm32-unknown-unknown";

/// One program from crates.io.
struct Tool<'a> {
    /// The program, asked for its version to know that it works.
    program: &'a str,
    package: &'a str,
    version: &'a str,
    flags: &'a [&'a str],
    /// How long an install takes on two cores, for the person who waits.
    minutes: u32,
}

/// The build tools, ready to be used.
pub struct Tools {
    /// PATH on which Trunk, wasm-bindgen and its test runner are found first.
    pub path: OsString,
    /// What was found, for stamps.
    pub versions: String,
}

/// Sees to the wasm target, Trunk and the wasm-bindgen tool of the version that `Cargo.lock` has.
pub fn ensure(project: &Project) -> Result<Tools> {
    wasm_target(project)?;
    let bindgen = project.locked_version("wasm-bindgen")?;
    let wanted = [
        Tool {
            program: "trunk",
            package: "trunk",
            version: TRUNK_VERSION,
            flags: &["--no-default-features"],
            minutes: 5,
        },
        Tool { program: "wasm-bindgen", package: "wasm-bindgen-cli", version: &bindgen, flags: &[], minutes: 2 },
    ];
    let mut folders = Vec::new();
    for tool in &wanted {
        folders.push(ensure_tool(project, tool)?);
    }
    let folders: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
    Ok(Tools { path: path_with(&folders)?, versions: format!("trunk {TRUNK_VERSION}, wasm-bindgen {bindgen}") })
}

/// Sees to cargo-fuzz, and gives the folder in which it lies.
pub fn ensure_fuzz(project: &Project) -> Result<PathBuf> {
    let (program, version) = ("cargo-fuzz", CARGO_FUZZ_VERSION);
    ensure_tool(project, &Tool { program, package: program, version, flags: &[], minutes: 2 })
}

/// The target that programs of this machine are compiled for.
pub fn host(project: &Project) -> Result<String> {
    first_line(command(project, "rustc").args(["--print", "host-tuple"])).context("rustc does not name its host")
}

/// Sees to clippy and rustfmt, which a minimal toolchain may lack.
pub fn ensure_components(project: &Project) -> Result<()> {
    for (component, program) in [("clippy", "cargo-clippy"), ("rustfmt", "rustfmt")] {
        if first_line(command(project, program).arg("--version")).is_none() {
            say(&format!("    adding the component {component}"));
            let remedy = format!("run `rustup component add {component}` inside the project");
            run(command(project, "rustup").args(["component", "add", component]), &remedy)?;
        }
    }
    Ok(())
}

/// Adds the wasm target to the pinned toolchain if its library is not there.
pub fn wasm_target(project: &Project) -> Result<()> {
    let library = first_line(command(project, "rustc").args(["--print", "target-libdir", "--target", WASM]));
    if library.is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    say(&format!("    adding the target {WASM}"));
    let remedy =
        format!("install rustup from https://rustup.rs, then run `rustup target add {WASM}` inside the project");
    run(command(project, "rustup").args(["target", "add", WASM]), &remedy)
}

/// The folder in which the tool of exactly this version lies, after an install if need be.
fn ensure_tool(project: &Project, tool: &Tool<'_>) -> Result<PathBuf> {
    let works = |program: &Path| is_version(first_line(command(project, program).arg("--version")), tool.version);
    if let Some(found) = on_path(tool.program).filter(|program| works(program))
        && let Some(folder) = found.parent()
    {
        return Ok(folder.to_path_buf());
    }
    let tools = project.cache.join("tools");
    let name = format!("{}-{}", tool.package, tool.version);
    let (home, bin) = (tools.join(&name), tools.join(&name).join("bin"));
    if works(&bin.join(tool.program)) {
        return Ok(bin);
    }
    fs::create_dir_all(&tools).with_context(|| format!("cannot write to the cache {}", tools.display()))?;
    // Two clones may want the same tool at once: the second waits and finds it.
    let lock = File::create(tools.join(format!("{name}.lock")))?;
    lock.lock().with_context(|| format!("cannot lock {}", tools.display()))?;
    if works(&bin.join(tool.program)) {
        return Ok(bin);
    }
    let partial = tools.join(format!("{name}.partial"));
    install(project, tool, &partial)?;
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    fs::rename(&partial, &home).with_context(|| format!("cannot put {} into place", home.display()))?;
    if !works(&bin.join(tool.program)) {
        bail!("{} was installed but does not run: remove {} and try again", tool.program, home.display());
    }
    Ok(bin)
}

/// Builds the tool into `partial`, with a profile that favours build time: the tools' own default is fat LTO.
fn install(project: &Project, tool: &Tool<'_>, partial: &Path) -> Result<()> {
    say(&format!("    installing {} {} (once, about {} minutes)", tool.package, tool.version, tool.minutes));
    // What cargo compiled before an interruption lies in `build` and is used again.
    let build = partial.with_extension("build");
    let remedy = "the build needs crates.io and a C compiler (Debian: apt-get install build-essential)";
    run(
        cargo(project)
            .args(["install", tool.package, "--version", tool.version, "--locked", "--force"])
            .args(tool.flags)
            .arg("--root")
            .arg(partial)
            .arg("--target-dir")
            .arg(&build)
            .env_remove("RUSTFLAGS")
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
        remedy,
    )?;
    // Only disk space hangs on this.
    let _ = fs::remove_dir_all(&build);
    Ok(())
}

/// Whether a `--version` line ends in this version.
fn is_version(line: Option<String>, version: &str) -> bool {
    line.is_some_and(|line| line.split_whitespace().nth(1) == Some(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_version_will_do() {
        let line = |text: &str| Some(text.to_owned());
        assert!(is_version(line("trunk 0.21.14"), "0.21.14"));
        assert!(is_version(line("wasm-bindgen 0.2.129 (abc)"), "0.2.129"));
        assert!(!is_version(line("trunk 0.21.1"), "0.21.14"));
        assert!(!is_version(line("trunk 0.21.14-beta.1"), "0.21.14"));
        assert!(!is_version(None, "0.21.14"));
    }
}
