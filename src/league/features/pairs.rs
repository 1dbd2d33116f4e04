//! `pair_head_to_head`: what two teams did against each other.

use super::{Fold, margin, push, shrunk, view_of};
use crate::base::Date;
use crate::features::{FeatureRows, FeatureView};
use crate::league::{Game, TEAMS, TeamId};

/// Seasons whose meetings count: the running one and the two before.
const SEASONS: u16 = 3;

/// Meetings that the prior is worth (`docs/features.md`, on how it was found).
const PRIOR_GAMES: f64 = 6.0;

/// The entity key of two teams, whichever is named first: 30 · (lower index) + (higher index).
pub fn pair_key(a: TeamId, b: TeamId) -> u32 {
    let (low, high) = if a <= b { (a, b) } else { (b, a) };
    (low.index() * TEAMS.len() + high.index()) as u32
}

/// The two teams of a key, the lower-indexed first; none if [`pair_key`] gives no such key.
pub fn teams_of_pair(key: u32) -> Option<[TeamId; 2]> {
    let (low, high) = (key as usize / TEAMS.len(), key as usize % TEAMS.len());
    if low < high { Some([TeamId::at(low)?, TeamId::at(high)?]) } else { None }
}

/// One meeting, from the side of the lower-indexed team.
#[derive(Debug, Clone, Copy)]
struct Meeting {
    season: u16,
    margin: f64,
}

/// The meetings of every pair of teams, by its key.
#[derive(Debug)]
pub struct HeadToHead {
    pairs: Vec<Vec<Meeting>>,
}

impl Default for HeadToHead {
    fn default() -> Self {
        Self { pairs: vec![Vec::new(); TEAMS.len() * TEAMS.len()] }
    }
}

impl Fold for HeadToHead {
    fn view() -> FeatureView {
        view_of(
            "pair_head_to_head",
            "pair",
            "Meetings of two teams in the running season and the two before, of any phase, from the side of the team with \
             the lower index. Rows only for pairs that meet on the day. Means are shrunk: \
             (sum + 6 · prior) / (games + 6).",
            &[
                ("meetings", "games", "Meetings played."),
                ("win_share", "share", "Share of them won by the lower-indexed team, shrunk toward 0.5."),
                ("margin", "points", "Its mean margin in them, shrunk toward 0."),
            ],
        )
    }

    fn begin_season(&mut self) {}

    fn write(&mut self, day: Date, games: &[Game], rows: &mut FeatureRows) {
        let mut meeting: Vec<(u32, u16)> =
            games.iter().map(|game| (pair_key(game.home, game.visitor), game.season)).collect();
        meeting.sort_unstable();
        meeting.dedup();
        for (key, season) in meeting {
            let counted = self.pairs[key as usize].iter().filter(|met| met.season + SEASONS > season);
            let (mut n, mut wins, mut margin) = (0.0, 0.0, 0.0);
            for met in counted {
                n += 1.0;
                wins += f64::from(met.margin > 0.0);
                margin += met.margin;
            }
            push(rows, key, day, &[n, shrunk(wins, n, 0.5, PRIOR_GAMES), shrunk(margin, n, 0.0, PRIOR_GAMES)]);
        }
    }

    fn learn(&mut self, game: &Game) {
        let Some(margin) = margin(game) else { return };
        let margin = if game.home <= game.visitor { margin } else { -margin };
        self.pairs[pair_key(game.home, game.visitor) as usize].push(Meeting { season: game.season, margin });
    }
}
