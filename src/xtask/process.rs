//! Running other programs, and telling a person what happens.

use std::env;
use std::ffi::OsStr;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use super::project::Project;

/// Prints a line for the person who watches.
pub fn say(line: &str) {
    // Nothing is left to do if standard error is gone.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Announces a step and says how long it took; a failure names the step.
pub fn step<T>(title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    say(&format!("==> {title}"));
    let start = Instant::now();
    let outcome = work().with_context(|| format!("step \"{title}\" failed"))?;
    say(&format!("    done in {:.1} s", start.elapsed().as_secs_f64()));
    Ok(outcome)
}

/// A command that runs in the project, free of what cargo tells about this very process:
/// cargo below would take it for a change and build again.
pub fn command(project: &Project, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(&project.root).env("CARGO_TARGET_DIR", &project.target);
    for (name, _) in env::vars_os() {
        let of_this_package = name
            .to_str()
            .is_some_and(|name| ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|p| name.starts_with(p)));
        if of_this_package {
            command.env_remove(name);
        }
    }
    command
}

/// The cargo that runs this task, in the project.
pub fn cargo(project: &Project) -> Command {
    command(project, env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs a command to its end with its output shown. `remedy` says what to do when it fails.
pub fn run(command: &mut Command, remedy: &str) -> Result<()> {
    let shown = line(command);
    let status = command.status().with_context(|| format!("cannot start `{shown}`: {remedy}"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}: {remedy}");
    }
    Ok(())
}

/// Runs a command with its output shown and also returns its standard output, and whether it succeeded.
pub fn run_and_read(command: &mut Command) -> Result<(bool, String)> {
    let shown = line(command);
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start `{shown}`"))?;
    let mut text = String::new();
    if let Some(stdout) = child.stdout.take() {
        let mut reader = BufReader::new(stdout);
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes)? > 0 {
            let piece = String::from_utf8_lossy(&bytes).into_owned();
            let _ = write!(io::stdout(), "{piece}");
            text.push_str(&piece);
            bytes.clear();
        }
    }
    let status = child.wait()?;
    Ok((status.success(), text))
}

/// The first line that a command prints, if it runs and succeeds.
pub fn first_line(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}

/// Where a program lies on PATH.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let paths = env::var_os("PATH")?;
    env::split_paths(&paths).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// PATH with these folders before all others.
pub fn path_with(folders: &[&Path]) -> Result<std::ffi::OsString> {
    let old = env::var_os("PATH").unwrap_or_default();
    let all = folders.iter().map(|folder| folder.to_path_buf()).chain(env::split_paths(&old));
    env::join_paths(all).context("a folder with a colon in its name cannot stand in PATH")
}

/// A command as it would be typed.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_command_says_what_ran_and_what_to_do() {
        let error = run(Command::new("false").arg("--now"), "try another").map_err(|error| error.to_string());
        assert!(
            matches!(&error, Err(text) if text.contains("`false --now`") && text.ends_with("try another")),
            "{error:?}"
        );
        let missing = run(&mut Command::new("no-such-program-here"), "install it").map_err(|error| error.to_string());
        assert!(matches!(&missing, Err(text) if text.ends_with("install it")), "{missing:?}");
    }
}
