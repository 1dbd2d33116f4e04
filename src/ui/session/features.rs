//! The feature store of this browser: definitions applied, rows served, and what the worker tells of the views.

use serde::de::DeserializeOwned;

use super::{Inner, Problem, Session, unexpected};
use crate::adapters::browser::BrowserClock;
use crate::base::Date;
use crate::features::{FeaturePlan, Materialized, OnlineView};
use crate::flows::feature_report::{ExplainedJoin, FeatureReport};
use crate::flows::features::{FeatureStoreError, applied, apply, plan_for, serve, served};
use crate::league::features::definitions;
use crate::ports::{Clock as _, StoreError};
use crate::protocol::{Reply, Request};

impl Session {
    /// What the views hold of the active dataset, on its own morning.
    pub async fn features(&self) -> Result<FeatureReport, Problem> {
        let info = self.active();
        self.inner.ask_lab(Request::Features { dataset: info.dataset, day: info.as_of }).await
    }

    /// How a game's features of a view were joined.
    pub async fn explain(&self, game: String, view: String) -> Result<Option<ExplainedJoin>, Problem> {
        self.inner.ask_lab(Request::Explain { dataset: self.active().dataset, game, view }).await
    }

    /// What applying our definitions would change in this browser.
    pub async fn feature_plan(&self) -> Result<FeaturePlan, Problem> {
        plan_for(&self.inner.store, &definitions()).await.map_err(|error| error.to_string())
    }

    /// The served rows of every view, whatever data they are of.
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
        let done = self.inner.materialize(&self.active()).await?;
        self.inner.changed();
        Ok(done)
    }
}

impl Inner {
    /// Asks for what only the lab shows.
    pub(super) async fn ask_lab<T: DeserializeOwned>(&self, request: Request) -> Result<T, Problem> {
        match self.client.ask(request).await? {
            Reply::Lab(answer) => serde_json::from_value(answer)
                .map_err(|error| format!("The worker's answer could not be read: {error}; reload the page.")),
            other => Err(unexpected(&other)),
        }
    }

    async fn materialize(&self, info: &super::DatasetInfo) -> Result<Vec<Materialized>, Problem> {
        let told = |error: FeatureStoreError| format!("It could not be stored: {error}. Nothing was changed.");
        let unstored = |error: StoreError| told(error.into());
        apply(&self.store, &definitions(), BrowserClock.now()).await.map_err(told)?;
        for _ in 0..super::ATTEMPTS {
            let (base, _) = applied(&self.store).await.map_err(unstored)?;
            let before = served(&self.store).await.map_err(unstored)?;
            let (dataset, source) = (info.dataset.clone(), info.manifest.source.clone());
            let there = serde_json::to_value(&before).map_err(|error| error.to_string())?;
            let request = Request::Materialize { dataset, source, day: info.as_of, served: there };
            let (after, done): (Vec<OnlineView>, Vec<Materialized>) = self.ask_lab(request).await?;
            match serve(&self.store, base, &before, &after).await {
                Ok(()) => {
                    self.committed();
                    return Ok(done);
                }
                Err(StoreError::Stale { .. }) => {}
                Err(error) => return Err(unstored(error)),
            }
        }
        Err("Another tab keeps changing the store: close it and try again. Nothing was changed.".to_owned())
    }
}
