"""Writes the values of the two filters of docs/features.md for a made-up league, computed with whole matrices in numpy.

Reads the games of tests/golden/views_python.json. Run: python tests/reference/filters_numpy.py > tests/golden/filters_numpy.json

A state vector has 37 entries a block: thirty strengths, the home edge, five effects of the schedule, one of the home side's
rating. The filter of two blocks has a 2 x 74 observation matrix. After each game all that is off the diagonal of the variance
matrix is dropped. Nothing here is shared with the Rust code.
"""

import datetime
import json
import math
import platform
import re
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
PLACES = re.findall(r'team\("([A-Z]{3})", .*?, ([\d.]+), (-[\d.]+)\)', (ROOT / "src/league/team.rs").read_text())
TEAMS = [name for name, _, _ in PLACES]
ARENAS = {name: (math.radians(float(lat)), math.radians(float(lon))) for name, lat, lon in PLACES}
SHOWN = ["BOS", "NYK", "DEN", "LAL"]
BLOCK = 37
WHOLE = dict(R=[[97.0]], start=[13.0], carry=[0.66], summer=[1.95], day=[0.019], home=[2.2])
SPLIT = dict(
    R=[[135.0, -42.1], [-42.1, 45.5]],
    start=[14.0, 2.0],
    carry=[0.65, 0.65],
    summer=[2.9, 0.85],
    day=[0.02, 0.008],
    home=[1.75, 0.55],
)


def day_of(game):
    return datetime.date.fromisoformat(game["date"])


def distance(a, b):
    (lat1, lon1), (lat2, lon2) = ARENAS[a], ARENAS[b]
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(h))


def schedule(games, game, team):
    """Days of rest, a game yesterday, the third in four nights, kilometres or None."""
    before = [g for g in games if g["season"] == game["season"] and team in (g["home"], g["visitor"]) and day_of(g) < day_of(game)]
    ago = [(day_of(game) - day_of(g)).days for g in before]
    place = lambda g: None if g["neutral"] else g["home"]
    start, end = (place(before[-1]) if before else team), place(game)
    if start is None and end is None:
        km = 0.0
    else:
        km = None if start is None or end is None else distance(start, end)
    rest = min(ago[-1], 7) if ago else 7
    return rest, float(rest == 1), float(sum(days <= 3 for days in ago[-4:]) >= 2), km


def ratings(games, game):
    """The home side's margin rating on the game's morning."""
    r, edge, season = {t: 0.0 for t in TEAMS}, 2.5, None
    for g in games:
        if day_of(g) >= day_of(game):
            break
        if g["season"] != season:
            r, season = {t: 0.75 * v for t, v in r.items()}, g["season"]
        if "score" in g:
            surprise = margin(g) - (r[g["home"]] - r[g["visitor"]] + (0 if g["neutral"] else edge))
            step = 0.025 * min(max(surprise, -20.0), 20.0)
            r[g["home"]] += step
            r[g["visitor"]] -= step
            edge += 0 if g["neutral"] else 0.003 * surprise
    return r[game["home"]] * (0.75 if game["season"] != season else 1.0)


def margin(game):
    return game["score"]["home"] - game["score"]["visitor"]


def figures(games, game):
    on = 0.0 if game["neutral"] else 1.0
    (rh, bh, th, kh), (rv, bv, tv, kv) = (schedule(games, game, game[side]) for side in ("home", "visitor"))
    km = 0.0 if kh is None or kv is None else (kh - kv) / 1000
    clip = lambda rest: min(max(rest, 1), 4)
    return [on, bh * on, bv * on, (th - tv) * on, clip(rh) - clip(rv), km, ratings(games, game) * on]


def chances(game):
    """0.9 points for each chance that the home side has more; None where totals are missing or make no possession."""
    if "home_box" not in game or "visitor_box" not in game:
        return None
    home, visitor = game["home_box"], game["visitor_box"]
    took = [b["fga"] + 0.44 * b["fta"] for b in (home, visitor)]
    possessions = sum(took) + sum(b["tov"] - b["oreb"] for b in (home, visitor))
    return 0.9 * (took[0] - took[1]) if possessions > 0 else None


def run(games, c):
    """Expected margins in standard deviations by game, and mean and variance of every state on each morning."""
    blocks = len(c["start"])
    n = blocks * BLOCK
    m, P, R = np.zeros(n), np.zeros((n, n)), np.array(c["R"])
    strengths = [slice(k * BLOCK, k * BLOCK + 30) for k in range(blocks)]
    for k, s in enumerate(strengths):
        P[s, s] = np.eye(30) * c["start"][k]
        m[s.stop] = c["home"][k]
        P[s.stop : s.stop + 7, s.stop : s.stop + 7] = np.diag([0.25, 1.3, 1.3, 1.3, 0.33, 0.33, 0.01]) / blocks
    z, mornings, season = {}, {}, None
    last = {s: max(day_of(g) for g in games if g["season"] == s) for s in {g["season"] for g in games}}
    days = sorted({day_of(g) for g in games})
    day = days[0]
    while day <= days[-1]:
        today = [g for g in games if day_of(g) == day]
        if today and today[0]["season"] != season:
            if season is not None:
                for k, s in enumerate(strengths):
                    m[s] *= c["carry"][k]
                    P[s, s] = P[s, s] * c["carry"][k] ** 2 + np.eye(30) * c["summer"][k]
                    P[s.stop, s.stop] += 0.1 / blocks
            season = today[0]["season"]
        elif season is not None and day <= last[season]:
            for k, s in enumerate(strengths):
                P[s, s] += np.eye(30) * c["day"][k]
        if day <= last[season]:
            mornings[day] = (m.copy(), np.diag(P).copy())
        designs = []
        for g in today:
            H = np.zeros((blocks, n))
            for k, s in enumerate(strengths):
                H[k, s.start + TEAMS.index(g["home"])] = 1.0
                H[k, s.start + TEAMS.index(g["visitor"])] = -1.0
                H[k, s.stop : s.stop + 7] = figures(games, g)
            designs.append(H)
            z[g["id"]] = (H @ m).sum() / math.sqrt((H @ P @ H.T + R).sum())
        for g, H in zip(today, designs):
            if "score" not in g:
                continue
            soft = 15 * math.asinh(margin(g) / 15)
            part = chances(g)
            noise = R
            if blocks == 1:
                seen = np.array([soft])
            elif part is None:
                H, noise, seen = H.sum(axis=0, keepdims=True), np.array([[R.sum()]]), np.array([soft])
            else:
                seen = np.array([soft - part, part])
            gain = P @ H.T @ np.linalg.inv(H @ P @ H.T + noise)
            m = m + gain @ (seen - H @ m)
            P = np.diag(np.diag(P - gain @ (P @ H.T).T))
        day += datetime.timedelta(days=1)
    return z, mornings


def summed(state, at):
    """Mean and variance of a state, summed over the blocks."""
    return [float(sum(values[at::BLOCK])) for values in state]


def main():
    games = json.loads((ROOT / "tests/golden/views_python.json").read_text())["games"]
    games.sort(key=lambda g: (g["date"], g["id"]))
    (za, whole), (zb, split) = run(games, WHOLE), run(games, SPLIT)
    short = lambda values: [float(f"{v:.13g}") for v in values]
    rows = []
    for day in list(whole)[::2] + list(whole)[-1:]:
        for team in SHOWN:
            key = TEAMS.index(team)
            rows.append(["team_filters", day.isoformat(), key, short(summed(whole[day], key) + summed(split[day], key))])
        league = [summed(state, 30 + effect) for state in (whole[day], split[day]) for effect in range(7)]
        rows.append(["league_filters", day.isoformat(), 0, short(sum(league, []))])
    document = {
        "tool": f"Python {platform.python_version()}, numpy {np.__version__}",
        "command": "python tests/reference/filters_numpy.py > tests/golden/filters_numpy.json",
        "games_of": "tests/golden/views_python.json",
        "scores_fields": "game, expected margin in standard deviations by the whole and by the split filter",
        "scores": [[g["id"], *short([za[g["id"]], zb[g["id"]]])] for g in games],
        "rows_fields": "view, day, entity key, values: mean and variance by turns",
        "rows": rows,
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
