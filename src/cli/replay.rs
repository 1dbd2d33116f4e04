//! `linelogic replay`: a season as it would have gone, every pipeline on its day.

use super::operation::{dataset, store};
use super::{Failure, Global, Outcome, day, tell};
use crate::adapters::MemoryStore;
use crate::base::Date;
use crate::flows::documents;
use crate::flows::pipelines::{Context, Features};
use crate::flows::replay::{ReplayError, Replayed, replay};
use crate::ports::{Batch, Document, Event, Events, Store};

/// Flags.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The season, by the year in which it starts
    #[arg(long, value_name = "YEAR")]
    season: u16,
    /// First day whose predictions are logged (the season's opening)
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: Option<Date>,
    /// Last day (the morning that the data speaks of)
    #[arg(long, value_name = "DATE", value_parser = day)]
    to: Option<Date>,
}

/// Progress on a bar, notices as lines; the steps of a hundred days would tell nobody anything.
struct Bar(indicatif::ProgressBar);

impl Events for Bar {
    fn emit(&self, event: Event) {
        match event {
            Event::Progress { task, done, total } if task.starts_with("replay") => {
                self.0.set_length(total);
                self.0.set_position(done);
            }
            Event::Notice(text) => self.0.suspend(|| tell(&text)),
            Event::Alert(alert) => self.0.suspend(|| tell(&format!("alert: {}: {}", alert.rule, alert.message))),
            Event::Progress { .. } | Event::Step { .. } => {}
        }
    }
}

/// Replays in memory over what the store holds, and writes the difference in one commit: all of the season or nothing.
pub fn run(args: &Args, global: &Global) -> Outcome {
    let data = dataset(global)?;
    let journal = store(global)?;
    let (base, before) = pollster::block_on(journal.scan(""))?;
    let memory = MemoryStore::with(base, before.clone());
    let features = Features::of(&data.log);
    let bar = Bar(global.progress("replaying", 1));
    let context = Context {
        store: &memory,
        events: &bar,
        data: &data,
        features: Some(&features),
        // Every step is dated by its own morning, so that the same data gives the same journal, byte for byte.
        recorded_at: None,
        actor: "replay",
        dry_run: false,
    };
    let to = args.to.or(global.as_of);
    let replayed = pollster::block_on(replay(&context, args.season, (args.from, to))).map_err(|error| match error {
        ReplayError::Pipeline { day, error } => match Failure::from(error) {
            Failure::Gate(text) => Failure::Gate(format!("on {day}: {text}")),
            Failure::Usage(text) => Failure::Usage(format!("on {day}: {text}")),
            Failure::Environment(text) => Failure::Environment(format!("on {day}: {text}")),
        },
        error => Failure::Usage(error.to_string()),
    })?;
    bar.0.finish_and_clear();
    let (_, after) = pollster::block_on(memory.scan(""))?;
    let puts: Vec<Document> = after.into_iter().filter(|document| !before.contains(document)).collect();
    let written = puts.len();
    pollster::block_on(documents::commit(&journal, Batch { base, puts, deletes: Vec::new() }))?;
    for note in &replayed.notes {
        tell(note);
    }
    global.print(&replayed, || text(&replayed, written))
}

fn text(replayed: &Replayed, written: usize) -> String {
    let (first, last) = replayed.days;
    let versions =
        if replayed.registered.is_empty() { "no new version".to_owned() } else { replayed.registered.join(", ") };
    format!(
        "season {} from {first} to {last}: {} daily and {} weekly runs, {} days logged, registered {versions}; {}",
        replayed.season,
        replayed.daily_runs,
        replayed.weekly_runs,
        replayed.logged,
        if written == 0 { "nothing new".to_owned() } else { format!("{written} documents written") }
    )
}
