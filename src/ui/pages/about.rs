//! The method in plain words.

use leptos::prelude::*;

use crate::ui::context::href;
use crate::ui::widgets::PageHead;

/// How the number is made, how it is checked, and what the simulated league is.
#[component]
pub fn About() -> impl IntoView {
    view! {
        <PageHead
            kicker="Method"
            title="How the numbers are made"
            lead="A probability for every game, from public results alone, with every step open to inspection."
        />
        <div class="prose">
            <section>
                <h2>"From results to a number"</h2>
                <p>
                    "For every team and every morning, LineLogic keeps an estimate of how many points it is better than an average "
                    "team, and of how sure that is. Every game moves it by how surprising the margin was; a rout counts for little "
                    "more than a clear win. With it are learned what the home floor, a game the day before, rest and travel "
                    "are worth, so that a team is not taken for strong because it played at home. Early in a season the estimates are "
                    "wide, and the numbers stay nearer to the middle."
                </p>
                <p>
                    "What two such estimates (Kalman filters) expect of a game becomes one probability through a logistic regression. "
                    "“Why” on a game tells what moved its number, and the "<a href=href("/lab/models")>"lab shows the model in full"</a>"."
                </p>
            </section>
            <section>
                <h2>"Nothing from the future"</h2>
                <p>
                    "A number for a game uses only what was known on the morning of that game. Every value carries the time at "
                    "which it could first be known, and one that came later does not enter. So a past day on this site shows what was "
                    "said before its games, not what would be said with hindsight."
                </p>
            </section>
            <section>
                <h2>"How it is checked"</h2>
                <p>
                    "Each morning’s probabilities are written down before the games and settled after them. The measure is log loss: "
                    "it rewards a high probability for what happened and punishes confidence in what did not. A coin toss "
                    "scores 0.693; the best public forecasts of NBA games score about 0.60 to 0.63. Anything far below that would be a "
                    "leak, not skill."
                </p>
                <p>
                    "A new version of the model is first shown to one visitor in ten, the challenger, while nine see the champion. Both "
                    "score every game. "<a href=href("/lab/monitoring")>"Monitoring"</a>
                    " compares the inputs of recent games with earlier ones and raises an alert when they have moved."
                </p>
            </section>
            <section>
                <h2>"The simulated league"</h2>
                <p>
                    "The data that comes with this site is a simulation, so that everything works without an account or a licence. "
                    "The thirty teams, their cities and their divisions are real. The schedules, scores and box totals are drawn from "
                    "a model of the league with hidden team strengths, home advantage, rest and travel, tuned so that home wins, points, "
                    "margins and pace agree with those of real seasons. No simulated result says anything about a real team."
                </p>
                <p>
                    "For real games, "<a href=href("/lab/data")>"import a season"</a>
                    " in the lab. The file is read in this tab and goes nowhere else."
                </p>
            </section>
        </div>
    }
}
