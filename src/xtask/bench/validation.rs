//! The contract `games` held against many rows: `linelogic validate` beside pydantic, each as a whole program over the same
//! file.
//!
//! The file is made here and is the same in every run: a calendar in which every row keeps the contract. Pydantic
//! checks the fields alone; the command line also holds every game against those before it.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::base::Date;
use crate::league::{BoxTotals, Game, Phase, Score, TeamId};

/// Rows of the file.
pub const ROWS: usize = 200_000;
/// Regular games and playoff games of a season: near the most that the contract takes.
const PHASES: [(Phase, usize, u32); 2] = [(Phase::Regular, 1_240, 11), (Phase::Playoff, 105, 4)];
/// From this season on the games are to come.
const TO_COME: u16 = 2020;
/// Timed runs.
const RUNS: usize = 5;
/// How often the memory of a program is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// What the runs of a program took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Whole {
    /// Median, from the start of the program to its end.
    pub milliseconds: f64,
    /// The most memory that it had at a time; none where the system does not tell.
    pub peak_bytes: Option<u64>,
}

/// A contender by name, with what came of it.
pub type Validator = (String, Result<Whole>);

/// Writes so many games, as a list.
pub fn write_games(path: &Path, rows: usize) -> Result<()> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut file = BufWriter::new(file);
    for (at, game) in games().take(rows).enumerate() {
        file.write_all(if at == 0 { b"[" } else { b"," })?;
        serde_json::to_writer(&mut file, &game)?;
    }
    file.write_all(b"]")?;
    Ok(file.flush()?)
}

/// Every season from the league's first, fifteen games a day.
fn games() -> impl Iterator<Item = Game> {
    let seasons = 1946..=2100_u16;
    seasons.flat_map(|season| {
        let of_season = PHASES
            .into_iter()
            .flat_map(move |(phase, count, month)| (0..count).filter_map(move |at| game(season, phase, month, at)));
        of_season.collect::<Vec<_>>()
    })
}

fn game(season: u16, phase: Phase, month: u32, at: usize) -> Option<Game> {
    let (day, pair) = (at / 15, at % 15);
    let year = i32::from(season) + i32::from(month < 9);
    let date = Date::from_ymd_opt(year, month, 1)? + chrono::Days::new(day as u64);
    // Round by round one team stays and the others move on, so that nobody plays twice a day.
    let seat = |place: usize| if place == 0 { 0 } else { 1 + (place - 1 + day) % 29 };
    let (home, visitor) = (TeamId::at(seat(pair))?, TeamId::at(seat(29 - pair))?);
    let played = season < TO_COME;
    let vary = |most: usize, salt: usize| ((at * 31 + usize::from(season) * 17 + salt * 7) % most) as u16;
    let totals = |salt| BoxTotals {
        fga: 80 + vary(20, salt),
        fta: 15 + vary(15, salt),
        oreb: vary(15, salt),
        tov: 8 + vary(12, salt),
    };
    let visitor_points = 85 + vary(40, 3);
    Some(Game {
        id: format!("{season}-{month:02}-{at:04}"),
        date,
        season,
        phase,
        neutral: at.is_multiple_of(50),
        home,
        visitor,
        score: played.then(|| Score { home: visitor_points + 1 + vary(20, 4), visitor: visitor_points }),
        home_box: played.then(|| totals(1)),
        visitor_box: played.then(|| totals(2)),
    })
}

/// Runs a program as often as is needed: first with an eye on its memory, then against the clock.
pub fn measure(mut program: impl FnMut() -> Command) -> Result<Whole> {
    let peak_bytes = watched(&mut program())?;
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        finished(&mut spawned(&mut program())?)?;
        times.push(1000.0 * start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(Whole { milliseconds: times[RUNS / 2], peak_bytes })
}

fn spawned(command: &mut Command) -> Result<Child> {
    let program = Path::new(command.get_program()).display().to_string();
    command.stdout(Stdio::null()).spawn().with_context(|| format!("cannot start {program}"))
}

fn finished(child: &mut Child) -> Result<()> {
    let status = child.wait()?;
    if !status.success() {
        bail!("it ended with {status}: the file keeps the contract, and it should have said so");
    }
    Ok(())
}

/// The most memory of a run. Linux counts it for every program that runs (`VmHWM`), so the last look tells.
fn watched(command: &mut Command) -> Result<Option<u64>> {
    let mut child = spawned(command)?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    while child.try_wait()?.is_none() {
        peak = fs::read_to_string(&status).ok().and_then(|text| peak_in(&text)).max(peak);
        thread::sleep(LOOK_EVERY);
    }
    finished(&mut child)?;
    Ok(peak)
}

fn peak_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? << 10)
}

/// The contenders as ratios to the first.
pub fn table(contenders: &[Validator]) -> String {
    let mut table = format!(
        "| contract `games`, {ROWS} rows, the whole program | median ms | runs | rows a second | peak MiB | against linelogic |\n\
         |---|---|---|---|---|---|\n"
    );
    let base = contenders.first().and_then(|(_, outcome)| Some(outcome.as_ref().ok()?.milliseconds));
    for (name, outcome) in contenders {
        table += &match outcome {
            Ok(Whole { milliseconds, peak_bytes }) => {
                let rate = 1000.0 * ROWS as f64 / milliseconds;
                let peak =
                    peak_bytes.map_or_else(|| "–".to_owned(), |bytes| format!("{:.1}", bytes as f64 / 1_048_576.0));
                let ratio = base.map_or_else(|| "–".to_owned(), |base| format!("{:.2}×", milliseconds / base));
                format!("| {name} | {milliseconds:.0} | {RUNS} | {rate:.0} | {peak} | {ratio} |\n")
            }
            Err(error) => format!("| {name} | not measured: {} | | | | |\n", error.root_cause()),
        };
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flows::check::InputFile;
    use crate::flows::validate::validate;
    use crate::league::contracts;
    use anyhow::anyhow;

    #[test]
    fn every_row_of_the_file_keeps_the_contract() -> Result<()> {
        assert!(games().count() >= ROWS);
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("games.json");
        // Some seasons are whole, and the last has begun.
        let rows = 3 * (1_240 + 105) + 20;
        write_games(&path, rows)?;
        let bytes = fs::read(&path)?;
        let today = Date::from_ymd_opt(2026, 1, 1).context("a day")?;
        let files = vec![InputFile::of_bytes("games.json", &bytes)];
        let validated = validate(contracts::games(), "games.json", files, today, 10, &mut |_| true);
        assert_eq!((&validated.findings.violations, validated.valid), (&vec![], true));
        assert_eq!(validated.counts.accepted as usize, rows);
        Ok(())
    }

    #[test]
    fn the_first_game_to_come_has_no_score() {
        let first = games().find(|game| game.score.is_none()).map(|game| game.season);
        assert_eq!(first, Some(TO_COME));
        assert!(games().skip_while(|game| game.season < TO_COME).all(|game| game.score.is_none()));
    }

    #[test]
    fn the_peak_is_read_from_what_the_system_tells() {
        assert_eq!(peak_in("Name:\tx\nVmPeak:\t  999 kB\nVmHWM:\t   96 kB\nVmRSS:\t 9 kB\n"), Some(96 << 10));
        assert_eq!(peak_in("Name:\tx\n"), None);
    }

    #[test]
    fn a_program_that_refuses_the_file_is_no_measurement() {
        assert!(measure(|| Command::new("false")).is_err());
        assert!(measure(|| Command::new("true")).is_ok());
    }

    #[test]
    fn ratios_are_to_the_first_and_a_gap_says_why() {
        let of = |milliseconds| Ok(Whole { milliseconds, peak_bytes: Some(3 << 20) });
        let contenders = [
            ("linelogic".to_owned(), of(500.0)),
            ("slower".to_owned(), of(1500.0)),
            ("pydantic".to_owned(), Err(anyhow!("there is no python3"))),
        ];
        let table = table(&contenders);
        assert!(table.contains("| linelogic | 500 | 5 | 400000 | 3.0 | 1.00× |"), "{table}");
        assert!(table.contains("| slower | 1500 | 5 | 133333 | 3.0 | 3.00× |"), "{table}");
        assert!(table.ends_with("| pydantic | not measured: there is no python3 | | | | |\n"), "{table}");
    }
}
