//! Features with a figure and a bar each.

use leptos::prelude::*;

use super::Feature;
use crate::flows::present::training::FeatureBar;

/// The bars as a table.
#[component]
pub fn FeatureBars(
    /// What they are, for a screen reader.
    title: &'static str,
    /// The bars, in their order.
    bars: Vec<FeatureBar>,
) -> impl IntoView {
    let rows = bars
        .into_iter()
        .map(|bar| {
            let sign = if bar.length < 0.0 { "minus" } else { "plus" };
            let length = format!("{:.2}%", bar.length.abs() * 50.0);
            view! {
                <tr>
                    <th scope="row"><Feature name=bar.feature /></th>
                    <td class="num">{bar.value}</td>
                    <td class="bar-cell" aria-hidden="true">
                        <span class="coef-bar" data-sign=sign style:--length=length></span>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="coefficients">
            <caption class="visually-hidden">{title}", the weightiest first"</caption>
            <tbody>{rows}</tbody>
        </table>
    }
}
