//! The feature store of this browser: definitions applied, rows served, and what the worker tells of the views.

use super::{Inner, Problem, Session, unexpected};
use crate::adapters::browser::BrowserClock;
use crate::base::Date;
use crate::features::{FeaturePlan, Materialized, OnlineView};
use crate::flows::documents::put;
use crate::flows::feature_report::{ExplainedJoin, FeatureReport};
use crate::flows::features::{applied, apply, plan_for, served};
use crate::league::features::definitions;
use crate::ports::{Batch, Clock as _};
use crate::protocol::{Reply, Request};

impl Session {
    /// What the views hold of the active dataset, on its own morning.
    pub async fn features(&self) -> Result<FeatureReport, Problem> {
        let info = self.active();
        match self.inner.client.ask(Request::Features { dataset: info.dataset, day: info.as_of }).await? {
            Reply::Featured(report) => Ok(*report),
            other => Err(unexpected(&other)),
        }
    }

    /// How a game's features of a view were joined.
    pub async fn explain(&self, game: String, view: String) -> Result<Option<ExplainedJoin>, Problem> {
        match self.inner.client.ask(Request::Explain { dataset: self.active().dataset, game, view }).await? {
            Reply::Explained(told) => Ok(told),
            other => Err(unexpected(&other)),
        }
    }

    /// What applying our definitions would change in this browser.
    pub async fn feature_plan(&self) -> Result<FeaturePlan, Problem> {
        plan_for(&self.inner.store, &definitions()).await.map_err(|error| error.to_string())
    }

    /// The served rows of every view.
    pub async fn served_features(&self) -> Result<Vec<OnlineView>, Problem> {
        served(&self.inner.store).await.map_err(|error| error.to_string())
    }

    /// Games of the active dataset on a day, each as `(id, words)`.
    pub async fn games_to_explain(&self, day: Date) -> Result<Vec<(String, String)>, Problem> {
        let games = self.inner.games_on(&self.active(), day).await?;
        let words = |game: &crate::league::Game| {
            let (home, visitor) = (game.home.abbreviation(), game.visitor.abbreviation());
            (game.id.clone(), format!("{visitor} at {home}"))
        };
        Ok(games.iter().map(words).collect())
    }

    /// Applies our definitions where they are not, and takes over what is new up to the active dataset's morning.
    pub async fn materialize(&self) -> Result<Vec<Materialized>, Problem> {
        let done = self.inner.materialize(self.active().dataset, self.active().as_of).await?;
        self.inner.changed();
        Ok(done)
    }
}

impl Inner {
    async fn materialize(&self, dataset: crate::protocol::DatasetRef, day: Date) -> Result<Vec<Materialized>, Problem> {
        let told = |error: &dyn std::fmt::Display| format!("It could not be stored: {error}. Nothing was changed.");
        apply(&self.store, &definitions(), BrowserClock.now()).await.map_err(|error| told(&error))?;
        let (base, _) = applied(&self.store).await.map_err(|error| told(&error))?;
        let before = served(&self.store).await.map_err(|error| told(&error))?;
        let answer = self.client.ask(Request::Materialize { dataset, day, served: before.clone() }).await?;
        let Reply::Materialized { served, done } = answer else { return Err(unexpected(&answer)) };
        let mut batch = Batch { base, ..Batch::default() };
        for view in served.iter().filter(|view| !before.contains(view)) {
            put(&mut batch, view).map_err(|error| told(&error))?;
        }
        if !batch.puts.is_empty() {
            crate::flows::documents::commit(&self.store, batch).await.map_err(|error| told(&error))?;
            self.committed();
        }
        Ok(done)
    }
}
