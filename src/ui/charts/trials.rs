//! Validation log loss of the trials of a search.

use leptos::prelude::*;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{Area, Canvas, Look};
use crate::flows::present::training::TrialChart;

/// The chart of a search; the table beside it has the numbers.
#[component]
pub fn TrialPlot(
    /// What to draw.
    chart: Memo<Option<TrialChart>>,
) -> impl IntoView {
    let sentence = Signal::derive(move || chart.get().map(|chart| chart.sentence).unwrap_or_default());
    view! {
        <figure class="plot">
            <Canvas sentence draw=move |area, look| draw(area, look, chart.get().as_ref()?) />
            <figcaption class="small">"Log loss of each trial in the order in which they ended; the line is the best so far, the ring the best."</figcaption>
        </figure>
    }
}

/// Labels are placed by hand: plotters would measure text through elements that it adds to the page.
fn draw(area: &Area, look: &Look, chart: &TrialChart) -> Option<()> {
    area.fill(&look.surface).ok()?;
    let (width, height) = area.dim_in_pixel();
    let (left, right) = (look.px(58.0), width as i32 - look.px(10.0));
    let (top, bottom) = (look.px(10.0), height as i32 - look.px(28.0));
    if right <= left || bottom <= top {
        return None;
    }
    let ((x0, x1), x_ticks) = &chart.x;
    let ((y0, y1), y_ticks) = &chart.y;
    let at_x = |x: f64| left + ((x - x0) / (x1 - x0) * f64::from(right - left)).round() as i32;
    let at_y = |y: f64| bottom - ((y - y0) / (y1 - y0) * f64::from(bottom - top)).round() as i32;
    let label = |size: f64, h: HPos, v: VPos| {
        TextStyle::from((look.font.as_str(), size * look.ratio).into_font()).color(&look.quiet).pos(Pos::new(h, v))
    };
    let hairline = look.line.stroke_width(look.px(1.0) as u32);
    for tick in y_ticks {
        let y = at_y(tick.at);
        area.draw(&PathElement::new(vec![(left, y), (right, y)], hairline)).ok()?;
        area.draw_text(&tick.label, &label(12.0, HPos::Right, VPos::Center), (left - look.px(8.0), y)).ok()?;
    }
    for tick in x_ticks {
        let x = at_x(tick.at);
        area.draw(&PathElement::new(vec![(x, bottom), (x, bottom + look.px(4.0))], hairline)).ok()?;
        area.draw_text(&tick.label, &label(12.0, HPos::Center, VPos::Top), (x, bottom + look.px(8.0))).ok()?;
    }
    let points: Vec<(i32, i32)> = chart.points.iter().map(|(x, y)| (at_x(*x), at_y(*y))).collect();
    let steps: Vec<(i32, i32)> = chart.best_so_far.iter().map(|(x, y)| (at_x(*x), at_y(*y))).collect();
    area.draw(&PathElement::new(steps, look.series.stroke_width(look.px(2.0) as u32))).ok()?;
    for point in points {
        area.draw(&Circle::new(point, look.px(3.5), look.series.filled())).ok()?;
    }
    if let Some((x, y)) = chart.best {
        area.draw(&Circle::new((at_x(x), at_y(y)), look.px(8.0), look.ink.stroke_width(look.px(2.0) as u32))).ok()?;
    }
    area.present().ok()
}
