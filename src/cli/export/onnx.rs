//! `export onnx`: a model version in ONNX.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::written;
use crate::base::Digest;
use crate::cli::operation::{registry, store_there};
use crate::cli::{Failure, Global, Outcome, failed, replace};
use crate::flows::exchange::archive::stored;
use crate::flows::exchange::mlmodel::{About, folder};
use crate::learn::Model;
use crate::registry::{ModelVersion, Registry, Stage};

/// Flags.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The version, such as 1.2.0
    #[arg(id = "model_version", value_name = "VERSION", conflicts_with = "stage")]
    version: Option<String>,
    /// The version that is in this stage; Production if neither is given
    #[arg(long, value_name = "STAGE", value_parser = stage)]
    stage: Option<Stage>,
    /// A folder, FILE.zip, or FILE.onnx for the model alone
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

fn stage(text: &str) -> Result<Stage, String> {
    text.parse()
}

#[derive(Serialize)]
struct Exported<'a> {
    path: &'a Path,
    version: &'a str,
    summary: String,
    model_digest: Digest,
    files: Vec<&'static str>,
}

/// Runs it.
pub(super) fn run(args: &Args, global: &Global) -> Outcome {
    let registry = registry(&store_there(global)?)?;
    let version = chosen(args, &registry)?;
    let model: Model = version.model.open().map_err(|reason| {
        Failure::Environment(format!("the model of version {} cannot be read: {reason}", version.version))
    })?;
    let name = format!("{} {}", version.name, version.version);
    let about = About { created: version.registered_at, run_id: Some(&version.run_id), name: &name };
    let mut files = folder(&model, &about).map_err(|error| Failure::Gate(error.to_string()))?;
    let ending = args.out.extension().and_then(|ending| ending.to_str());
    match ending {
        Some("onnx") => {
            files.retain(|file| file.name == "model.onnx");
            files.iter().try_for_each(|file| written(&args.out, &file.bytes).map(|_| ()))?;
        }
        Some("zip") => {
            let entries = files.iter().map(|file| (file.name, file.bytes.as_slice()));
            let zip = stored(entries).map_err(|error| Failure::Environment(error.to_string()))?;
            written(&args.out, &zip)?;
        }
        _ => {
            fs::create_dir_all(&args.out).map_err(|error| failed(&args.out, &error))?;
            files.iter().try_for_each(|file| replace(&args.out.join(file.name), &file.bytes))?;
        }
    }
    let exported = Exported {
        path: &args.out,
        version: &version.version,
        summary: model.summary(),
        model_digest: model.digest(),
        files: files.iter().map(|file| file.name).collect(),
    };
    global.print(&exported, || format!("{}: {name}, {}", args.out.display(), exported.summary))
}

fn chosen<'a>(args: &Args, registry: &'a Registry) -> Result<&'a ModelVersion, Failure> {
    let stage = args.stage.unwrap_or(Stage::Production);
    let found = match &args.version {
        Some(version) => registry.version(version),
        None => {
            let stages = registry.stages();
            registry.versions().iter().rev().find(|version| stages.get(version.version.as_str()) == Some(&stage))
        }
    };
    found.ok_or_else(|| {
        let asked = args
            .version
            .as_ref()
            .map_or_else(|| format!("a version at {stage}"), |version| format!("version {version}"));
        Failure::Usage(format!("{asked} is not in the registry: `linelogic registry list` has those that are"))
    })
}
