//! The project's own tasks (native only): `cargo xtask serve|build|test|bench|fuzz|screenshots`.
//!
//! One file a task, over a few helpers: [`project`] knows where things lie, [`process`] runs commands
//! and says what to do when one fails, [`tools`] gets what is missing in the pinned versions, [`stamp`]
//! knows when nothing has changed, and [`server`] serves a built site as GitHub Pages does.

pub mod bench;
pub mod browser;
pub mod budget;
pub mod build;
pub mod commits;
pub mod data;
pub mod fuzz;
pub mod process;
pub mod project;
pub mod screenshots;
pub mod serve;
pub mod server;
pub mod stamp;
pub mod test;
pub mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use project::{Project, PublicUrl};

/// The tasks of the people who work on LineLogic.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Make the data, build the release site and serve it
    Serve {
        /// Port to listen on; the next free one if it is taken
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// Path to serve the site under, such as /linelogic/
        #[arg(long, default_value = "/")]
        public_url: PublicUrl,
    },
    /// Make the data and leave in dist/ exactly what can be uploaded
    Build {
        /// Path that the site will be served under, such as /linelogic/
        #[arg(long, default_value = "/")]
        public_url: PublicUrl,
    },
    /// Everything that CI checks; the last line counts what passed and what failed
    Test {
        /// Leave the browser out: no site build, no byte budget, no tests in Chromium
        #[arg(long)]
        fast: bool,
    },
    /// Measure speed and size: native, browser worker and scikit-learn in one run
    Bench {
        /// Leave the browser out: no site build, no worker, no sizes
        #[arg(long)]
        fast: bool,
        /// Write the tables into docs/benchmarks.md
        #[arg(long)]
        write: bool,
    },
    /// Make up inputs against every reader; ends with 1 where one of them breaks a promise
    Fuzz {
        /// How long each target runs
        #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
        seconds: u32,
        /// Let inputs that cover more than the kept corpus join it
        #[arg(long)]
        keep: bool,
        /// Targets, as tests/fuzz/Cargo.toml names them; all where none is named
        #[arg(value_name = "TARGET")]
        targets: Vec<String>,
    },
    /// Take a picture of every page at both widths in both schemes
    Screenshots {
        /// Copy the ones that the README shows to docs/images/
        #[arg(long)]
        readme: bool,
    },
}

/// Parses the arguments of the process, runs the task and gives the exit code.
pub fn main() -> ExitCode {
    let task = Cli::parse().task;
    let outcome = Project::open().and_then(|project| match task {
        Task::Serve { port, public_url } => serve::run(&project, port, &public_url).map(|()| true),
        Task::Build { public_url } => build::run(&project, &public_url).map(|()| true),
        Task::Test { fast } => Ok(test::run(&project, fast)),
        Task::Bench { fast, write } => bench::run(&project, fast, write).map(|()| true),
        Task::Fuzz { seconds, keep, targets } => fuzz::run_targets(&project, seconds, &targets, keep),
        Task::Screenshots { readme } => screenshots::run(&project, readme).map(|()| true),
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            process::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_tasks_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
