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
                    "For every team and every morning, LineLogic computes what its past games say: a rating that rises with "
                    "wins over strong teams and falls with losses to weak ones (Elo), how many points it scores and concedes for "
                    "every hundred possessions, its last ten games, its days of rest, and how far it has travelled. Early in a "
                    "season, when a team has played little, these values are pulled toward the league’s average."
                </p>
                <p>
                    "A logistic regression weighs the differences between the two sides and turns them into one probability. It is a "
                    "small, old, well-understood model: a short table of weights, which the "
                    <a href=href("/lab/models")>"lab shows in full"</a>"."
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
