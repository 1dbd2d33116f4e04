"""Rows of the feature views that the model does not need, of a made-up league, by Python's standard library alone.

    python tests/reference/views_python.py > tests/golden/views_python.json

The league: seven teams, four short seasons, with all that is irregular in real ones: neutral floors, every phase, games
without box totals or with senseless ones, games to come, a team that joins late and one that never plays. Nothing of it
is real.

Each value is computed from the definitions in docs/features.md: means by looking back over all games for every row,
ratings by going through the games again for every day, the filter with vectors over all states at once.
"""

import datetime
import json
import math
import platform
import random
import sys

TEAMS = (
    "ATL BKN BOS CHA CHI CLE DAL DEN DET GSW HOU IND LAC LAL MEM MIA MIL MIN NOP NYK OKC ORL PHI PHX POR SAC SAS TOR UTA "
    "WAS"
).split()
PLAYING = ["BOS", "CHI", "DEN", "LAL", "MIA", "NYK", "UTA"]
# Rows of these alone are written down; the others' games count all the same.
SHOWN = ["ATL", "BOS", "DEN", "LAL", "NYK", "UTA"]
DAY = datetime.timedelta(days=1)


# ---- the league ------------------------------------------------------------------------------------------------


def totals(rng):
    return {"fga": rng.randint(78, 99), "fta": rng.randint(12, 32), "oreb": rng.randint(4, 17), "tov": rng.randint(7, 22)}


def phase(season, number):
    if number == 4 and season == 2018:
        return "cup_final"
    return {7: "playin", 8: "playoff"}.get(number, "regular")


def make_game(rng, season, date, number, n, home, visitor):
    points = rng.randint(82, 125)
    margin = rng.randint(1, 30)
    home_won = rng.random() < 0.58
    game = {
        "id": f"made-up-{season}-{number}-{n}",
        "date": date.isoformat(),
        "season": season,
        "phase": phase(season, number),
        "neutral": rng.random() < 0.15,
        "home": home,
        "visitor": visitor,
        "score": {"home": points + margin * home_won, "visitor": points + margin * (not home_won)},
        "home_box": totals(rng),
        "visitor_box": totals(rng),
    }
    # The first season begins without box totals, and now and then they are missing on one side or both.
    if season == 2016 and number < 3 or rng.random() < 0.08:
        del game["home_box"]
        if rng.random() < 0.5:
            del game["visitor_box"]
    return game


def make_league():
    rng = random.Random(1891)
    games = []
    for season in (2016, 2017, 2018, 2019):
        date = datetime.date(season, 10, 27)
        for number in range(9):
            teams = PLAYING if season >= 2018 else PLAYING[:-1]
            teams = rng.sample(teams, 4)
            for n in range(2):
                games.append(make_game(rng, season, date, number, n, teams[2 * n], teams[2 * n + 1]))
            date += DAY * (3 if number == 5 else 1)
    of = {game["id"]: game for game in games}
    # No shots, and no possessions at all: a game counts for the figures that it has.
    of["made-up-2017-2-0"].update(phase="regular", home_box={"fga": 0, "fta": 60, "oreb": 2, "tov": 15}, visitor_box=totals(rng))
    none = {"fga": 0, "fta": 0, "oreb": 9, "tov": 0}
    of["made-up-2017-3-1"].update(phase="regular", home_box=none, visitor_box=none)
    # Never played, and still to come.
    to_come = ["made-up-2018-1-0"] + [f"made-up-2019-{number}-{n}" for number in (6, 7, 8) for n in (0, 1)]
    for name in to_come:
        for key in ("score", "home_box", "visitor_box"):
            of[name].pop(key, None)
    return games


# ---- looking back ----------------------------------------------------------------------------------------------


def day_of(game):
    return datetime.date.fromisoformat(game["date"])


def margin_of(game):
    return game["score"]["home"] - game["score"]["visitor"]


def played(games, season, day=None):
    """The season's played games before a day, or all of them."""
    return [g for g in games if g["season"] == season and "score" in g and (day is None or day_of(g) < day)]


def regular(games):
    return [g for g in games if g["phase"] == "regular"]


def mean(values):
    return sum(values) / len(values) if values else None


def shrunk(values, prior, weight):
    return (sum(values) + weight * prior) / (len(values) + weight)


def possessions(game):
    if "home_box" not in game or "visitor_box" not in game:
        return None
    each = [b["fga"] + 0.44 * b["fta"] - b["oreb"] + b["tov"] for b in (game["home_box"], game["visitor_box"])]
    return sum(each) / 2 if sum(each) > 0 else None


FIGURES = {
    "rating": lambda points, b, p: 100 * points / p,
    "turnovers": lambda points, b, p: b["tov"] / p,
    "free throws": lambda points, b, p: b["fta"] / b["fga"] if b["fga"] else None,
    "rebounds": lambda points, b, p: 100 * b["oreb"] / p,
    "shooting": lambda points, b, p: points / (2 * (b["fga"] + 0.44 * b["fta"])) if b["fga"] + b["fta"] else None,
}


def figures(games, name, team, allowed):
    """A figure of every game that has it, of a team or (None) of both sides of all games."""
    found = []
    for g in games:
        p = possessions(g)
        if p is None:
            continue
        for side, other in (("home", "visitor"), ("visitor", "home")):
            if team is None or g[side] == team:
                of = other if allowed else side
                found.append(FIGURES[name](g["score"][of], g[of + "_box"], p))
    return [value for value in found if value is not None]


def team_ratings(games, season, day, team):
    now, last = regular(played(games, season, day)), regular(played(games, season - 1))
    row = []
    for name in FIGURES:
        for allowed in (False, True):
            league_last = mean(figures(last, name, None, False))
            league = mean(figures(now, name, None, False)) if league_last is None else league_last
            if league is None:
                row.append(None)
                continue
            before = mean(figures(last, name, team, allowed))
            prior = league if before is None or league_last is None else league + 0.7 * (before - league_last)
            row.append(shrunk(figures(now, name, team, allowed), prior, 24))
    return row


def margins(games, team, side=None, floor_only=False):
    found = []
    for g in games:
        if floor_only and g["neutral"]:
            continue
        if g["home"] == team and side != "road":
            found.append(margin_of(g))
        if g["visitor"] == team and side != "home":
            found.append(-margin_of(g))
    return found


def share(values):
    return [1.0 if value > 0 else 0.0 for value in values]


def team_splits(games, season, day, team):
    now, last = regular(played(games, season, day)), regular(played(games, season - 1))
    on_floors = [margin_of(g) for g in now + last if not g["neutral"]]
    edge, share_edge = mean(on_floors) or 0.0, (mean(share(on_floors)) if on_floors else 0.5) - 0.5
    before = margins(last, team)
    season_margin = shrunk(margins(now, team), 0.7 * (mean(before) or 0.0), 24)
    season_share = shrunk(share(margins(now, team)), 0.5 + 0.7 * ((mean(share(before)) if before else 0.5) - 0.5), 24)
    row = []
    for side, sign in (("home", 1), ("road", -1)):
        found = margins(now, team, side, floor_only=True)
        share_prior = min(max(season_share + sign * share_edge, 0.0), 1.0)
        row += [len(found), sum(share(found)), shrunk(share(found), share_prior, 100)]
        row.append(shrunk(found, season_margin + sign * edge, 100))
    return row


def pair_head_to_head(games, season, day, low, high):
    met = [g for s in (season - 2, season - 1, season) for g in played(games, s, day) if {g["home"], g["visitor"]} == {low, high}]
    found = margins(met, low)
    return [len(found), shrunk(share(found), 0.5, 6), shrunk(found, 0.0, 6)]


# ---- going through the games -----------------------------------------------------------------------------------


def elo_on(games, season, day, start, carry, step):
    """Elo ratings and the home advantage on a morning; start and carry are of the home advantage."""
    ratings, home = {t: 1500.0 for t in TEAMS}, start
    for number, s in enumerate(sorted({g["season"] for g in games if g["season"] <= season})):
        if number:
            ratings = {t: 0.75 * r + 0.25 * 1505 for t, r in ratings.items()}
            home = start + carry * (home - start)
        for g in played(games, s, day):
            d = ratings[g["home"]] - ratings[g["visitor"]] + (0 if g["neutral"] else home)
            expected = 1 / (1 + 10 ** (-d / 400))
            won = margin_of(g) > 0
            multiplier = (abs(margin_of(g)) + 3) ** 0.8 / max(7.5 + 0.006 * (d if won else -d), 1.0)
            moved = 20 * multiplier * (won - expected)
            ratings[g["home"]] += moved
            ratings[g["visitor"]] -= moved
            home += 0 if g["neutral"] else step * moved
    return ratings, home


def margin_ratings_on(games, season, day):
    ratings, edge = {t: 0.0 for t in TEAMS}, 2.5
    for s in sorted({g["season"] for g in games if g["season"] <= season}):
        ratings = {t: 0.75 * r for t, r in ratings.items()}
        for g in played(games, s, day):
            surprise = margin_of(g) - (ratings[g["home"]] - ratings[g["visitor"]] + (0 if g["neutral"] else edge))
            step = 0.025 * min(max(surprise, -20.0), 20.0)
            ratings[g["home"]] += step
            ratings[g["visitor"]] -= step
            edge += 0 if g["neutral"] else 0.003 * surprise
    return ratings


def team_opponents(games, season, day):
    """Rows of all teams: each game is weighed by the ratings of its own morning."""
    faced = {t: [] for t in TEAMS}
    for g in regular(played(games, season, day)):
        elo, _ = elo_on(games, season, day_of(g), 100.0, 1.0, 0.0)
        margin = margin_ratings_on(games, season, day_of(g))
        for team, opponent in ((g["home"], g["visitor"]), (g["visitor"], g["home"])):
            faced[team].append((elo[opponent], margin[opponent]))
    return {t: [len(f), mean([e for e, _ in f]), mean([m for _, m in f])] for t, f in faced.items()}


def kalman_on(games, season, day):
    """Mean and variance of thirty strengths and, last, of the home edge. The variance matrix is kept diagonal."""
    n = len(TEAMS)
    x, p = [0.0] * n + [2.75], [20.0] * n + [0.25]
    for number, s in enumerate(sorted({g["season"] for g in games if g["season"] <= season})):
        if number:
            x = [0.7 * value for value in x[:n]] + x[n:]
            p = [0.7**2 * value + 4.5 for value in p[:n]] + [p[n] + 0.1]
        of_season = [g for g in games if g["season"] == s]
        today, last = min(map(day_of, of_season)), max(map(day_of, of_season))
        while today <= min(day, last):
            p = [value + 0.03 for value in p[:n]] + p[n:]
            if today == day:
                break
            for g in (g for g in of_season if day_of(g) == today and "score" in g):
                h = [0.0] * (n + 1)
                h[TEAMS.index(g["home"])], h[TEAMS.index(g["visitor"])], h[n] = 1.0, -1.0, 0.0 if g["neutral"] else 1.0
                innovation = margin_of(g) - sum(a * b for a, b in zip(h, x))
                variance = sum(a * b * a for a, b in zip(h, p)) + 153.0
                gain = [b * a / variance for a, b in zip(h, p)]
                x = [a + k * innovation for a, k in zip(x, gain)]
                p = [(1 - k * a) * b for a, b, k in zip(h, p, gain)]
            today += DAY
    return x, p


# ---- the rows --------------------------------------------------------------------------------------------------


def rows_of_day(games, season, day):
    adaptive, home = elo_on(games, season, day, 70.0, 0.75, 0.02)
    strengths, variances = kalman_on(games, season, day)
    opponents = team_opponents(games, season, day)
    for team in SHOWN:
        key = TEAMS.index(team)
        yield "team_ratings", key, team_ratings(games, season, day, team)
        yield "team_splits", key, team_splits(games, season, day, team)
        yield "team_opponents", key, opponents[team]
        yield "team_elo_adaptive", key, [adaptive[team]]
        yield "team_kalman", key, [strengths[key], math.sqrt(variances[key])]
    yield "league_elo_home", 0, [home]
    yield "league_kalman_home", 0, [strengths[-1], math.sqrt(variances[-1])]
    for g in games:
        if day_of(g) == day:
            low, high = sorted((g["home"], g["visitor"]))
            key = 30 * TEAMS.index(low) + TEAMS.index(high)
            yield "pair_head_to_head", key, pair_head_to_head(games, season, day, low, high)


def rows(games):
    for season in sorted({g["season"] for g in games}):
        days = [day_of(g) for g in games if g["season"] == season]
        day = min(days)
        while day <= max(days):
            for view, key, values in rows_of_day(games, season, day):
                yield [view, day.isoformat(), key, [v if v is None else float(f"{v:.13g}") for v in values]]
            day += DAY


def main():
    games = make_league()
    document = {
        "tool": f"Python {platform.python_version()}, standard library",
        "command": "python tests/reference/views_python.py > tests/golden/views_python.json",
        "games": games,
        "rows_fields": "view, day, entity key, values (null where nothing is known)",
        "rows": list(rows(games)),
    }
    lines = []
    for key, value in document.items():
        if isinstance(value, list):
            items = ",\n".join(json.dumps(item, separators=(",", ":")) for item in value)
            lines.append(f"{json.dumps(key)}: [\n{items}\n]")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


main()
