//! The audit trail, and who was in Production when.

use super::{HistoryArgs, Outcome, Place, lines};
use crate::base::morning;
use crate::cli::{Failure, replace, tell};
use crate::flows::history::{csv, json_lines};
use crate::registry::{RegistryEvent, Stay};

impl Place<'_> {
    pub(super) fn history(&self, args: &HistoryArgs) -> Outcome {
        if args.production {
            return self.reigns();
        }
        let until = self.global.as_of.map(morning);
        let only = match &args.version {
            Some(named) => Some(self.registry.find(named, until).map(|version| version.version.as_str())?),
            None => None,
        };
        let counts = |event: &&RegistryEvent| {
            until.is_none_or(|until| event.at <= until) && only.is_none_or(|only| event.version == only)
        };
        let events: Vec<&RegistryEvent> = self.registry.events().iter().filter(counts).collect();
        let Some(out) = &args.out else {
            return self.global.print(&events, || lines(events.iter().copied(), "nothing has happened yet"));
        };
        let text = match out.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => csv(events.iter().copied()),
            Some("jsonl") => {
                json_lines(events.iter().copied()).map_err(|error| Failure::Environment(error.to_string()))?
            }
            _ => {
                return Err(Failure::Usage(format!(
                    "{}: expected a file that ends in .jsonl or .csv, which says how the trail is written",
                    out.display()
                )));
            }
        };
        replace(out, text.as_bytes())?;
        tell(&format!("{}: {} entries", out.display(), events.len()));
        Ok(())
    }

    fn reigns(&self) -> Outcome {
        let until = self.global.as_of.map(morning);
        let mut reigns = self.registry.reigns();
        reigns.retain(|reign| until.is_none_or(|until| reign.from <= until));
        for reign in &mut reigns {
            reign.to = reign.to.filter(|to| until.is_none_or(|until| *to <= until));
        }
        self.global.print(&reigns, || {
            let line = |reign: &Stay| {
                let to = reign.to.map_or_else(|| "now".to_owned(), |to| to.format("%Y-%m-%d %H:%M").to_string());
                format!("{:<14} {} to {to}", reign.version, reign.from.format("%Y-%m-%d %H:%M"))
            };
            let lines: Vec<String> = reigns.iter().map(line).collect();
            if lines.is_empty() { "no version was in Production yet".to_owned() } else { lines.join("\n") }
        })
    }
}
