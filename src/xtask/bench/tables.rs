//! Measurements as Markdown, and where they were made.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

use anyhow::{Result, anyhow};

use super::{Contender, Measurement};
use crate::xtask::budget::{self, Transferred};
use crate::xtask::process::first_line;
use crate::xtask::project::Project;

/// Between these lines of `docs/benchmarks.md` the tables are written.
const MARKS: (&str, &str) = ("<!-- measured: begin -->", "<!-- measured: end -->");

/// Machine, command, versions and games.
pub fn conditions(project: &Project, real: bool, fast: bool, contenders: &[Contender]) -> String {
    let rustc = first_line(Command::new("rustc").arg("-V").current_dir(&project.root));
    let mut versions = vec![format!("linelogic {}", env!("CARGO_PKG_VERSION"))];
    versions.extend(rustc);
    for (_, outcome) in contenders {
        if let Ok(Measurement { versions: Some(found), .. }) = outcome
            && !versions.contains(found)
        {
            versions.push(found.clone());
        }
    }
    let games = if real { "real, of nine seasons" } else { "simulated: the real ones are not beside the project" };
    format!(
        "- Machine: {}\n- Command: `cargo xtask bench{} --write`\n- Versions: {}\n- Games: {games}\n",
        machine(),
        if fast { " --fast" } else { "" },
        versions.join("; "),
    )
}

/// Processor, cores, memory and system, as far as they are known here.
fn machine() -> String {
    let of_proc = |file: &str, field: &str| {
        let text = fs::read_to_string(file).ok()?;
        let line = text.lines().find(|line| line.starts_with(field))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let of_mac = |name: &str| first_line(Command::new("sysctl").args(["-n", name]));
    let cpu = of_proc("/proc/cpuinfo", "model name").or_else(|| of_mac("machdep.cpu.brand_string"));
    let kib = of_proc("/proc/meminfo", "MemTotal").and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    let bytes = kib.map(|kib| kib * 1024.0).or_else(|| of_mac("hw.memsize")?.parse().ok());
    let cores = available_parallelism().map_or_else(|_| "?".to_owned(), |cores| cores.to_string());
    let memory = bytes.map_or_else(|| "?".to_owned(), |bytes| format!("{:.1}", bytes / f64::from(1 << 30)));
    let system = first_line(Command::new("uname").args(["-s", "-r", "-m"]));
    let (cpu, system) =
        (cpu.unwrap_or_else(|| "unknown processor".to_owned()), system.unwrap_or_else(|| "?".to_owned()));
    format!("{cpu}, {cores} cores, {memory} GiB, {system}")
}

/// The fits as ratios to the first contender's.
pub fn speed(contenders: &[Contender]) -> String {
    let header = "| logistic regression | rows × columns | median ms | runs | log loss | against native |\n|---|---|---|---|---|---|\n";
    let base = contenders.first().and_then(|(_, outcome)| Some(outcome.as_ref().ok()?.milliseconds));
    table(header, contenders, |m| {
        let Measurement { rows, columns, milliseconds, runs, log_loss, .. } = m;
        let ratio = ratio(*milliseconds, base);
        Some(format!("{rows} × {columns} | {milliseconds:.2} | {runs} | {log_loss:.9} | {ratio}"))
    })
}

/// The features as ratios to the first contender's.
pub fn features(contenders: &[Contender]) -> String {
    let header =
        "| features of all games | games, seasons | median ms | runs | against native |\n|---|---|---|---|---|\n";
    let base = contenders.first().and_then(|(_, outcome)| outcome.as_ref().ok()?.features_milliseconds);
    table(header, contenders, |m| {
        let (milliseconds, runs) = (m.features_milliseconds?, m.features_runs?);
        let ratio = ratio(milliseconds, base);
        Some(format!("{}, {} | {milliseconds:.1} | {runs} | {ratio}", m.games?, m.seasons?))
    })
}

pub fn ratio(value: f64, base: Option<f64>) -> String {
    base.map_or_else(|| "–".to_owned(), |base| format!("{:.2}×", value / base))
}

/// A row each: the contender's cells, or why it has none.
pub fn table(header: &str, contenders: &[Contender], cells: impl Fn(&Measurement) -> Option<String>) -> String {
    let mut table = header.to_owned();
    let gaps = header.lines().next().unwrap_or_default().matches('|').count().saturating_sub(3);
    for (name, outcome) in contenders {
        let reason = match outcome {
            Ok(found) => match cells(found) {
                Some(cells) => {
                    table.push_str(&format!("| {name} | {cells} |\n"));
                    continue;
                }
                None => "it does not say".to_owned(),
            },
            Err(error) => error.root_cause().to_string(),
        };
        table.push_str(&format!("| {name} | not measured: {reason} |{}\n", " |".repeat(gaps)));
    }
    table
}

/// What making the site's data takes.
pub fn data(made: &[(String, f64)]) -> String {
    let mut table = "| data of the site, native | seconds, once |\n|---|---|\n".to_owned();
    for (command, seconds) in made {
        table.push_str(&format!("| `linelogic {command}` | {seconds:.2} |\n"));
    }
    let all: f64 = made.iter().map(|(_, seconds)| seconds).sum();
    table.push_str(&format!("| in all | {all:.2} |\n"));
    table
}

/// What a first visit transfers.
pub fn size(sizes: &Result<Vec<Transferred>>) -> String {
    let mut table = "| transferred to first predictions | bytes | gzip |\n|---|---|---|\n".to_owned();
    let files = match sizes {
        Ok(files) => files,
        Err(error) => return format!("{table}| not measured: {} | | |\n", error.root_cause()),
    };
    for file in files {
        table.push_str(&format!("| {} | {} | {} |\n", without_hash(&file.path), file.raw, file.gzip));
    }
    let (raw, gzip) = files.iter().fold((0, 0), |(raw, gzip), file| (raw + file.raw, gzip + file.gzip));
    table.push_str(&format!("| in all, of {} | {raw} | {gzip} |\n", budget::BUDGET));
    table
}

/// A file name without the digest that changes with every build.
fn without_hash(path: &str) -> String {
    let is_hash = |part: &str| part.len() >= 12 && part.chars().all(|c| c.is_ascii_hexdigit());
    let (head, tail) = path.rsplit_once('.').unwrap_or((path, ""));
    let without = |head: &str, mark: char| {
        let parts = head.split(mark).map(|part| part.trim_end_matches("_bg")).filter(|part| !is_hash(part));
        parts.collect::<Vec<_>>().join(&mark.to_string())
    };
    format!("{}.{tail}", without(&without(head, '-'), '.'))
}

/// The page with `text` between its marks.
pub fn between_marks(page: &str, text: &str) -> Result<String> {
    let parts =
        page.split_once(MARKS.0).and_then(|(head, rest)| rest.split_once(MARKS.1).map(|(_, tail)| (head, tail)));
    let (head, tail) = parts.ok_or_else(|| anyhow!("docs/benchmarks.md has lost its marks {MARKS:?}"))?;
    Ok(format!("{head}{}\n\n{text}\n{}{tail}", MARKS.0, MARKS.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xtask::bench::tests::LINE;

    #[test]
    fn a_contender_that_could_not_run_leaves_its_reason_in_the_table() -> Result<()> {
        let base: Measurement = serde_json::from_str(LINE)?;
        let slower = Measurement { milliseconds: 12.0, ..base.clone() };
        let contenders = [
            ("native".to_owned(), Ok(base)),
            ("worker".to_owned(), Ok(slower)),
            ("other".to_owned(), Err(anyhow!("no python3"))),
        ];
        let table = speed(&contenders);
        assert!(table.contains("| worker | 6000 × 20 | 12.00 | 21 | 0.610000000 | 1.50× |"), "{table}");
        assert!(table.contains("| other | not measured: no python3 | | | | |\n"), "{table}");
        assert!(features(&contenders[..1]).contains("| native | not measured: it does not say | | | |\n"));
        Ok(())
    }

    #[test]
    fn a_site_that_was_not_built_leaves_its_reason() {
        assert!(size(&Err(anyhow!("no Trunk"))).contains("| not measured: no Trunk | | |\n"));
    }

    #[test]
    fn only_what_lies_between_the_marks_is_replaced() -> Result<()> {
        let page = format!("head\n{}\nold\n{}\ntail", MARKS.0, MARKS.1);
        let new = between_marks(&page, "new")?;
        assert!(new.starts_with("head\n") && new.ends_with("\ntail") && new.contains("new") && !new.contains("old"));
        assert!(between_marks("no marks", "new").is_err());
        Ok(())
    }

    #[test]
    fn a_file_keeps_its_name_from_build_to_build() {
        assert_eq!(without_hash("site-0123456789abcdef_bg.wasm"), "site.wasm");
        assert_eq!(without_hash("01-reset-0123456789abcdef.css"), "01-reset.css");
        assert_eq!(without_hash("data/season-2025.0123456789ab.json"), "data/season-2025.json");
    }
}
