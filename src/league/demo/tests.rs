use super::*;
use crate::base::math;
use crate::league::Score;

/// A season's or a league's figures.
#[derive(Debug)]
struct Figures {
    games: usize,
    home_win: f64,
    points: f64,
    points_sd: f64,
    home_points: f64,
    visitor_points: f64,
    margin_sd: f64,
    possessions: f64,
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn sd(values: &[f64]) -> f64 {
    let centre = mean(values);
    math::sqrt(values.iter().map(|value| (value - centre) * (value - centre)).sum::<f64>() / values.len() as f64)
}

fn figures(games: &[Game]) -> Figures {
    let played: Vec<(&Game, Score)> = games
        .iter()
        .filter(|game| game.phase == Phase::Regular && game.season < SEASONS.1)
        .map(|game| (game, game.score.unwrap()))
        .collect();
    let home: Vec<f64> = played.iter().map(|(_, score)| f64::from(score.home)).collect();
    let visitor: Vec<f64> = played.iter().map(|(_, score)| f64::from(score.visitor)).collect();
    let both: Vec<f64> = home.iter().chain(&visitor).copied().collect();
    let margins: Vec<f64> = home.iter().zip(&visitor).map(|(home, visitor)| home - visitor).collect();
    let possessions: Vec<f64> = played
        .iter()
        .flat_map(|(game, _)| [game.home_box, game.visitor_box])
        .map(|totals| totals.unwrap().possessions())
        .collect();
    Figures {
        games: played.len(),
        home_win: margins.iter().filter(|margin| **margin > 0.0).count() as f64 / margins.len() as f64,
        points: mean(&both),
        points_sd: sd(&both),
        home_points: mean(&home),
        visitor_points: mean(&visitor),
        margin_sd: sd(&margins),
        possessions: mean(&possessions),
    }
}

/// Log loss of plain Elo (K = 20, home advantage 70, a quarter back to the mean each summer) and of the home rate,
/// over the regular seasons but the first.
fn elo_log_loss(games: &[Game]) -> (f64, f64) {
    let mut ratings = vec![1500.0; crate::league::TEAMS.len()];
    let (mut season, mut losses, mut baseline) = (SEASONS.0, Vec::new(), Vec::new());
    for game in games.iter().filter(|game| game.score.is_some()) {
        if game.season != season {
            season = game.season;
            ratings.iter_mut().for_each(|rating| *rating = 0.75 * *rating + 0.25 * 1505.0);
        }
        let gap: f64 = ratings[game.home.index()] + 70.0 - ratings[game.visitor.index()];
        let probability = 1.0 / (1.0 + math::pow(10.0, -gap / 400.0));
        let won = if game.home_won() == Some(true) { 1.0 } else { 0.0 };
        let loss = |p: f64| -math::ln(if won == 1.0 { p } else { 1.0 - p });
        if game.season > SEASONS.0 && game.phase == Phase::Regular {
            losses.push(loss(probability));
            baseline.push(loss(0.557));
        }
        let score = game.score.unwrap();
        let margin = (f64::from(score.home) - f64::from(score.visitor)).abs();
        let winner_gap = if won == 1.0 { gap } else { -gap };
        let step = 20.0 * (won - probability) * math::pow(margin + 3.0, 0.8) / (7.5 + 0.006 * winner_gap);
        ratings[game.home.index()] += step;
        ratings[game.visitor.index()] -= step;
    }
    (mean(&losses), mean(&baseline))
}

/// Of one season: back-to-backs a team (least, mean, most), the longest row of road games, and games on a day (most).
fn schedule_figures(games: &[Game], season: u16) -> (usize, f64, usize, usize, usize) {
    let regular: Vec<&Game> =
        games.iter().filter(|game| game.season == season && game.phase == Phase::Regular).collect();
    let mut back_to_backs = Vec::new();
    let mut longest = 0;
    for team in TeamId::all() {
        let own: Vec<&&Game> = regular.iter().filter(|game| game.home == team || game.visitor == team).collect();
        back_to_backs.push(own.windows(2).filter(|pair| (pair[1].date - pair[0].date).num_days() == 1).count());
        let mut row = 0;
        for game in own {
            row = if game.visitor == team { row + 1 } else { 0 };
            longest = longest.max(row);
        }
    }
    let mut days: Vec<(Date, usize)> = Vec::new();
    for game in &regular {
        match days.last_mut() {
            Some((day, count)) if *day == game.date => *count += 1,
            _ => days.push((game.date, 1)),
        }
    }
    let most = days.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let total: usize = back_to_backs.iter().sum();
    let least = back_to_backs.iter().min().copied().unwrap_or(0);
    (least, total as f64 / 30.0, back_to_backs.iter().max().copied().unwrap_or(0), longest, most)
}

fn within(found: f64, wanted: f64, share: f64, what: &str) {
    assert!((found - wanted).abs() <= share * wanted, "{what}: {found} is not within {share} of {wanted}");
}

/// Means of the seasons starting 2019 to 2023 of the real league (`docs/data.md`), each held within `share`.
fn assert_calibrated(games: &[Game], share: f64) {
    let found = figures(games);
    assert_eq!(found.games, 5 * 1230);
    within(found.home_win, 0.5525, share, "home wins");
    within(found.points, 112.68, share, "points");
    within(found.points_sd, 12.47, share, "spread of points");
    within(found.home_points, 113.64, share, "home points");
    within(found.visitor_points, 111.72, share, "visitors' points");
    within(found.margin_sd, 14.78, share, "spread of margins");
    within(found.possessions, 102.1, share, "possessions");
}

#[test]
fn five_seasons_are_calibrated_to_the_league_within_three_per_cent() {
    let games = games(DEFAULT_SEED);
    assert_calibrated(&games, 0.03);
    // The mean of all nine seasons, 2015 to 2023, is met as well.
    let found = figures(&games);
    within(found.home_win, 0.5672, 0.03, "home wins of nine seasons");
    within(found.points, 109.91, 0.03, "points of nine seasons");
    within(found.points_sd, 12.33, 0.03, "spread of points of nine seasons");
    within(found.margin_sd, 14.33, 0.03, "spread of margins of nine seasons");
    within(found.possessions, 101.33, 0.03, "possessions of nine seasons");
    // And the home margin itself, the most uncertain of all figures.
    within(found.home_points - found.visitor_points, 1.92, 0.03, "home margin");
}

#[test]
fn other_seeds_are_calibrated_too() {
    for seed in [2, 3, 4] {
        assert_calibrated(&games(Seed(seed)), 0.05);
    }
}

#[test]
fn results_are_as_hard_to_predict_as_real_ones() {
    for seed in [DEFAULT_SEED, Seed(2), Seed(3), Seed(4)] {
        let (elo, home_rate) = elo_log_loss(&games(seed));
        assert!((0.61..0.64).contains(&elo), "Elo {elo} of {seed:?}");
        assert!((0.68..0.692).contains(&home_rate), "home rate {home_rate} of {seed:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let digest = |seed| crate::base::Digest::of_json(&games(seed)).unwrap();
    assert_eq!(digest(DEFAULT_SEED).to_string(), DEFAULT_DIGEST);
    assert_ne!(digest(Seed(8)).to_string(), DEFAULT_DIGEST);
}

#[test]
fn schedules_have_the_real_structure() {
    let games = games(DEFAULT_SEED);
    for season in SEASONS.0..=SEASONS.1 {
        let regular: Vec<&Game> =
            games.iter().filter(|game| game.season == season && game.phase == Phase::Regular).collect();
        assert_eq!(regular.len(), 1230);
        for team in TeamId::all() {
            let own: Vec<&&Game> = regular.iter().filter(|game| game.home == team || game.visitor == team).collect();
            assert_eq!((own.len(), own.iter().filter(|game| game.home == team).count()), (82, 41), "{team} {season}");
            assert!(own.windows(2).all(|pair| pair[0].date < pair[1].date), "{team} plays twice a day in {season}");
            assert!(own.windows(3).all(|games| (games[2].date - games[0].date).num_days() > 2), "{team} {season}");
            assert!(own.windows(4).all(|games| (games[3].date - games[0].date).num_days() > 4), "{team} {season}");
            for other in TeamId::all().filter(|other| *other != team) {
                let meetings = own.iter().filter(|game| game.home == other || game.visitor == other).count();
                let (a, b) = (team.team().division, other.team().division);
                let expected = if a == b {
                    4..=4
                } else if a.conference() == b.conference() {
                    3..=4
                } else {
                    2..=2
                };
                assert!(expected.contains(&meetings), "{team} meets {other} {meetings} times in {season}");
            }
        }
    }
}

#[test]
fn back_to_backs_and_road_trips_are_those_of_the_league() {
    let games = games(DEFAULT_SEED);
    for season in SEASONS.0..=SEASONS.1 {
        let (least, mean, most, longest, busiest) = schedule_figures(&games, season);
        assert!((13.0..15.0).contains(&mean), "{mean} back-to-backs a team in {season}");
        assert!(least >= 10 && most <= 18, "{least} to {most} back-to-backs in {season}");
        assert!((5..=10).contains(&longest), "a row of {longest} road games in {season}");
        assert!(busiest <= 15, "{busiest} games on a day of {season}");
    }
}

#[test]
fn the_last_season_is_half_played_and_tonight_there_are_games() {
    let games = games(DEFAULT_SEED);
    for game in &games {
        assert_eq!(game.score.is_some(), game.date < as_of(), "{}", game.id);
        assert_eq!(game.home_box.is_some() && game.visitor_box.is_some(), game.score.is_some());
    }
    let last: Vec<&Game> = games.iter().filter(|game| game.season == SEASONS.1).collect();
    let played = last.iter().filter(|game| game.score.is_some()).count();
    assert_eq!(last.len(), 1230);
    assert!((550..680).contains(&played), "{played} played");
    assert!(games.iter().filter(|game| game.date == as_of()).count() >= 5);
    let log = crate::league::GameLog::new(games);
    assert_eq!(log.last_known_morning(), Some(as_of()));
}

#[test]
fn a_finished_season_ends_with_play_in_and_playoffs() {
    let games = games(DEFAULT_SEED);
    for season in SEASONS.0..SEASONS.1 {
        let of = |phase| games.iter().filter(|game| game.season == season && game.phase == phase).collect::<Vec<_>>();
        assert_eq!(of(Phase::Playin).len(), 6);
        let playoffs = of(Phase::Playoff);
        assert!((60..=105).contains(&playoffs.len()));
        let last_regular = of(Phase::Regular).iter().map(|game| game.date).max();
        assert!(of(Phase::Playin).iter().all(|game| Some(game.date) > last_regular));
        // Every series ends with the fourth win of one side, and one team is left.
        let mut series: std::collections::BTreeMap<(TeamId, TeamId), [usize; 2]> = std::collections::BTreeMap::new();
        for game in &playoffs {
            let (low, high) = (game.home.min(game.visitor), game.home.max(game.visitor));
            let winner = if game.home_won() == Some(true) { game.home } else { game.visitor };
            series.entry((low, high)).or_default()[usize::from(winner == high)] += 1;
        }
        assert_eq!(series.len(), 15);
        assert!(series.values().all(|wins| wins.iter().max() == Some(&4) && wins.iter().min() < Some(&4)));
    }
}

#[test]
fn box_totals_can_make_the_points_and_agree_on_the_possessions() {
    for game in games(DEFAULT_SEED) {
        let (Some(score), Some(home), Some(visitor)) = (game.score, game.home_box, game.visitor_box) else { continue };
        for (points, totals) in [(score.home, home), (score.visitor, visitor)] {
            let from_the_field = points.saturating_sub(totals.fta);
            // The fewest shots that make the points, and at least one miss for each offensive rebound.
            assert!(totals.fga >= from_the_field.div_ceil(3), "{}: {points} points of {totals:?}", game.id);
            assert!(totals.oreb <= totals.fga && totals.tov > 0);
        }
        assert!((home.possessions() - visitor.possessions()).abs() <= 4.0, "{}: {home:?} {visitor:?}", game.id);
    }
}
