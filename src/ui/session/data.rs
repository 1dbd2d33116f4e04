//! Datasets and their games: the published one by fetch, imports from the store; each season is loaded when it is needed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::{DatasetInfo, Inner, Problem};
use crate::base::Date;
use crate::data::{DataIndex, Findings};
use crate::flows::datasets::{Heads, LeftOut, StoredDataset, games_prefix, season_games, seasons_of};
use crate::league::Game;
use crate::ports::{Store, fetch_verified};
use crate::protocol::DatasetRef;

/// The setting that remembers the active dataset.
pub(super) const ACTIVE: &str = "setting/active_dataset";

/// Digest of a dataset's manifest in hexadecimal, and a season.
type SeasonKey = (String, u16);

/// Datasets, and the seasons that have been loaded.
pub(super) struct Data {
    pub(super) index: DataIndex,
    pub(super) imports: RefCell<Vec<StoredDataset>>,
    /// Those that this version does not read.
    pub(super) left_out: RefCell<Vec<LeftOut>>,
    pub(super) active: RefCell<DatasetRef>,
    seasons: RefCell<BTreeMap<SeasonKey, Rc<Vec<Game>>>>,
}

impl Data {
    pub(super) fn new(index: DataIndex, heads: Heads, active: DatasetRef) -> Self {
        let data = Self {
            index,
            imports: RefCell::new(heads.read),
            left_out: RefCell::new(heads.left_out),
            active: RefCell::new(DatasetRef::Published),
            seasons: RefCell::default(),
        };
        // A dataset that is gone, or left out, is not shown; the published one always is there.
        if data.info(&active).is_some() {
            *data.active.borrow_mut() = active;
        }
        data
    }

    /// Takes up other imports; what is active stays only if it is among them.
    pub(super) fn take(&self, heads: Heads, active: DatasetRef) {
        *self.imports.borrow_mut() = heads.read;
        *self.left_out.borrow_mut() = heads.left_out;
        let there = self.info(&active).is_some();
        *self.active.borrow_mut() = if there { active } else { DatasetRef::Published };
    }

    /// Every dataset, the published one first.
    pub(super) fn infos(&self) -> Vec<DatasetInfo> {
        let published = std::iter::once(self.published());
        let mut imports: Vec<_> = self.imports.borrow().iter().map(|stored| self.imported(stored)).collect();
        imports.sort_by_key(|info| std::cmp::Reverse(info.manifest.ingested_at));
        published.chain(imports).collect()
    }

    pub(super) fn info(&self, dataset: &DatasetRef) -> Option<DatasetInfo> {
        match dataset {
            DatasetRef::Published => Some(self.published()),
            DatasetRef::Imported { digest } => {
                let imports = self.imports.borrow();
                let stored = imports.iter().find(|stored| stored.manifest.digest == *digest);
                stored.map(|stored| self.imported(stored))
            }
        }
    }

    pub(super) fn active(&self) -> DatasetInfo {
        let active = self.active.borrow().clone();
        self.info(&active).unwrap_or_else(|| self.published())
    }

    fn published(&self) -> DatasetInfo {
        let mut seasons: Vec<u16> = self.index.files.iter().filter_map(|file| file.season).collect();
        seasons.sort_unstable();
        DatasetInfo {
            dataset: DatasetRef::Published,
            manifest: self.index.manifest.clone(),
            as_of: self.index.as_of,
            seasons,
            findings: Findings::default(),
            quarantined: self
                .index
                .files
                .iter()
                .find(|file| file.kind == "quarantine")
                .map_or(0, |file| file.rows as usize),
            newest: true,
            active: *self.active.borrow() == DatasetRef::Published,
        }
    }

    /// An import as pages show it.
    pub(super) fn imported(&self, stored: &StoredDataset) -> DatasetInfo {
        let newer = |other: &StoredDataset| {
            other.manifest.source == stored.manifest.source && other.manifest.revision > stored.manifest.revision
        };
        let dataset = DatasetRef::Imported { digest: stored.manifest.digest };
        DatasetInfo {
            active: *self.active.borrow() == dataset,
            dataset,
            manifest: stored.manifest.clone(),
            as_of: stored.as_of,
            seasons: stored.seasons.clone(),
            findings: stored.findings.clone(),
            quarantined: stored.quarantined,
            newest: !self.imports.borrow().iter().any(newer),
        }
    }
}

impl Inner {
    /// Days that have games, ascending.
    pub(super) async fn days_of(&self, info: &DatasetInfo) -> Result<Vec<Date>, Problem> {
        match &info.dataset {
            DatasetRef::Imported { digest } => {
                let imports = self.data.imports.borrow();
                let stored = imports.iter().find(|stored| stored.manifest.digest == *digest);
                Ok(stored.map(|stored| stored.days.clone()).unwrap_or_default())
            }
            DatasetRef::Published => self.published_days(info).await,
        }
    }

    /// The index tells the days of each season; where an index does not, the games do.
    async fn published_days(&self, info: &DatasetInfo) -> Result<Vec<Date>, Problem> {
        let mut days = Vec::new();
        for season in &info.seasons {
            let file = self.data.index.files.iter().find(|file| file.season == Some(*season));
            match file {
                Some(file) if !file.days.is_empty() => days.extend(file.days.iter().copied()),
                _ => days.extend(self.season(info, *season).await?.iter().map(|game| game.date)),
            }
        }
        days.sort_unstable();
        days.dedup();
        Ok(days)
    }

    /// The games of one day.
    pub(super) async fn games_on(&self, info: &DatasetInfo, day: Date) -> Result<Vec<Game>, Problem> {
        let mut games = Vec::new();
        for season in seasons_of(day) {
            if info.seasons.contains(&season) {
                games.extend(self.season(info, season).await?.iter().filter(|game| game.date == day).cloned());
            }
        }
        Ok(games)
    }

    /// The games of one season, loaded once.
    async fn season(&self, info: &DatasetInfo, season: u16) -> Result<Rc<Vec<Game>>, Problem> {
        let key = (info.manifest.digest.hex(), season);
        if let Some(games) = self.data.seasons.borrow().get(&key) {
            return Ok(Rc::clone(games));
        }
        let games = match &info.dataset {
            DatasetRef::Published => self.fetch_season(season).await?,
            DatasetRef::Imported { digest } => {
                let key = format!("{}{season}", games_prefix(digest));
                let (_, documents) = self.store.scan(&key).await.map_err(|error| error.to_string())?;
                let log = crate::flows::datasets::stored_games(documents).map_err(|error| error.to_string())?;
                log.games().to_vec()
            }
        };
        let games = Rc::new(games);
        self.data.seasons.borrow_mut().insert(key, Rc::clone(&games));
        Ok(games)
    }

    async fn fetch_season(&self, season: u16) -> Result<Vec<Game>, Problem> {
        let file = self.data.index.files.iter().find(|file| file.kind == "games" && file.season == Some(season));
        let Some(file) = file else { return Ok(Vec::new()) };
        let bytes = fetch_verified(&self.source, &file.path, file.digest).await.map_err(|error| error.to_string())?;
        season_games(&file.path, &bytes)
    }
}
