//! Paints a chart that was laid out elsewhere.

use leptos::prelude::*;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{Area, Canvas, Look};
use crate::flows::present::chart::{Chart, Ink, Layer, Place};

/// A chart with its caption; the numbers are in a table beside it.
#[component]
pub fn Plot(
    /// What to draw.
    #[prop(into)]
    chart: Signal<Option<Chart>>,
    /// What the reader sees.
    #[prop(into)]
    caption: String,
) -> impl IntoView {
    let sentence =
        Signal::derive(move || chart.with(|chart| chart.as_ref().map(|c| c.sentence.clone()).unwrap_or_default()));
    view! {
        <figure class="plot">
            <Canvas sentence draw=move |area, look| chart.with(|chart| draw(area, look, chart.as_ref()?)) />
            <figcaption class="small">{caption}</figcaption>
        </figure>
    }
}

/// Where the data's units are on the area.
struct Frame {
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
    x: (f64, f64),
    y: (f64, f64),
}

impl Frame {
    fn at(&self, (x, y): (f64, f64)) -> (i32, i32) {
        let share = |value: f64, (low, high): (f64, f64)| (value - low) / (high - low);
        let across = share(x, self.x) * f64::from(self.right - self.left);
        let up = share(y, self.y) * f64::from(self.bottom - self.top);
        (self.left + across.round() as i32, self.bottom - up.round() as i32)
    }
}

/// Labels are placed by hand: plotters would measure text through elements that it adds to the page.
fn draw(area: &Area, look: &Look, chart: &Chart) -> Option<()> {
    area.fill(&look.surface).ok()?;
    let (width, height) = area.dim_in_pixel();
    let frame = Frame {
        left: look.px(58.0),
        right: width as i32 - look.px(10.0),
        top: look.px(10.0),
        bottom: height as i32 - look.px(28.0),
        x: chart.x.range,
        y: chart.y.range,
    };
    if frame.right <= frame.left || frame.bottom <= frame.top {
        return None;
    }
    let label = |h: HPos, v: VPos| words(look, h, v);
    let hairline = look.line.stroke_width(look.px(1.0) as u32);
    for tick in &chart.y.ticks {
        let (_, y) = frame.at((chart.x.range.0, tick.at));
        area.draw(&PathElement::new(vec![(frame.left, y), (frame.right, y)], hairline)).ok()?;
        area.draw_text(&tick.label, &label(HPos::Right, VPos::Center), (frame.left - look.px(8.0), y)).ok()?;
    }
    for tick in &chart.x.ticks {
        let (x, _) = frame.at((tick.at, chart.y.range.0));
        area.draw(&PathElement::new(vec![(x, frame.bottom), (x, frame.bottom + look.px(4.0))], hairline)).ok()?;
        area.draw_text(&tick.label, &label(HPos::Center, VPos::Top), (x, frame.bottom + look.px(8.0))).ok()?;
    }
    chart.layers.iter().try_for_each(|layer| paint(area, look, &frame, layer))?;
    area.present().ok()
}

fn words<'a>(look: &'a Look, h: HPos, v: VPos) -> TextStyle<'a> {
    TextStyle::from((look.font.as_str(), 12.0 * look.ratio).into_font()).color(&look.quiet).pos(Pos::new(h, v))
}

fn paint(area: &Area, look: &Look, frame: &Frame, layer: &Layer) -> Option<()> {
    let colour = |ink: &Ink| match ink {
        Ink::First => look.series,
        Ink::Second => look.second,
        Ink::Quiet => look.quiet,
        Ink::Series(number) => look.all[number % look.all.len()],
    };
    let wide = look.px(2.0) as u32;
    match layer {
        Layer::Line(ink, points) => {
            let stroke = if *ink == Ink::Quiet { look.px(1.0) as u32 } else { wide };
            let path: Vec<(i32, i32)> = points.iter().map(|point| frame.at(*point)).collect();
            area.draw(&PathElement::new(path, colour(ink).stroke_width(stroke))).ok()?;
        }
        Layer::Dots(ink, points) => {
            for point in points {
                area.draw(&Circle::new(frame.at(*point), look.px(3.5), colour(ink).filled())).ok()?;
            }
        }
        Layer::Ring(point) => {
            area.draw(&Circle::new(frame.at(*point), look.px(8.0), look.ink.stroke_width(wide))).ok()?;
        }
        Layer::Spans(ink, spans) => {
            for (x, low, high) in spans {
                let path = vec![frame.at((*x, *low)), frame.at((*x, *high))];
                area.draw(&PathElement::new(path, colour(ink).stroke_width(wide))).ok()?;
            }
        }
        Layer::Label(place, point, text) => {
            let (x, y) = frame.at(*point);
            let (style, at) = match place {
                Place::Above => (words(look, HPos::Center, VPos::Bottom), (x, y - look.px(4.0))),
                Place::Below => (words(look, HPos::Center, VPos::Top), (x, y + look.px(4.0))),
                Place::Right => (words(look, HPos::Left, VPos::Center), (x + look.px(4.0), y)),
            };
            area.draw_text(text, &style, at).ok()?;
        }
        Layer::Bars(ink, bars) => {
            for (from, to, y) in bars {
                let ((left, top), (right, bottom)) = (frame.at((*from, *y)), frame.at((*to, frame.y.0)));
                // A gap of a pixel between neighbours.
                let corners = [(left + look.px(0.5), top), ((right - look.px(0.5)).max(left + 1), bottom)];
                area.draw(&Rectangle::new(corners, colour(ink).filled())).ok()?;
            }
        }
    }
    Some(())
}
