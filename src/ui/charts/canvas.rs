//! A canvas that draws itself again when its data, its size or the colour scheme changes.

use leptos::html;
use leptos::prelude::*;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters_canvas::CanvasBackend;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::HtmlCanvasElement;

/// The area that a chart draws on, in device pixels.
pub type Area = DrawingArea<CanvasBackend, Shift>;

/// Colours and sizes as the style gives them at the moment of drawing.
pub struct Look {
    /// Text.
    pub ink: RGBColor,
    /// Axis labels.
    pub quiet: RGBColor,
    /// Grid lines.
    pub line: RGBColor,
    /// Ground of the chart.
    pub surface: RGBColor,
    /// The first series.
    pub series: RGBColor,
    /// The second one.
    pub second: RGBColor,
    /// Those of many series, the first two among them.
    pub all: [RGBColor; SERIES.len()],
    /// Device pixels a CSS pixel.
    pub ratio: f64,
    /// The page's font.
    pub font: String,
}

/// The tokens of many series.
const SERIES: [&str; 8] =
    ["--series-1", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6", "--series-7", "--series-8"];

impl Look {
    fn of(canvas: &HtmlCanvasElement, ratio: f64) -> Option<Self> {
        let color = |token: &str| -> Option<RGBColor> {
            // A custom property's own value is the text `light-dark(…)`; as a colour of an element it is resolved.
            web_sys::HtmlElement::style(canvas).set_property("color", &format!("var({token})")).ok()?;
            let style = window().get_computed_style(canvas).ok()??;
            parse_rgb(&style.get_property_value("color").ok()?)
        };
        let mut all = [RGBColor(0, 0, 0); SERIES.len()];
        for (place, token) in all.iter_mut().zip(SERIES) {
            *place = color(token)?;
        }
        let look = Self {
            all,
            ink: color("--ink")?,
            quiet: color("--ink-quiet")?,
            line: color("--hairline")?,
            surface: color("--surface")?,
            series: all[0],
            second: all[1],
            ratio,
            font: window().get_computed_style(canvas).ok()??.get_property_value("font-family").ok()?,
        };
        web_sys::HtmlElement::style(canvas).remove_property("color").ok()?;
        Some(look)
    }

    /// CSS pixels as device pixels.
    pub fn px(&self, css: f64) -> i32 {
        (css * self.ratio).round() as i32
    }
}

/// Reads `rgb(1, 2, 3)` as browsers print computed colours.
fn parse_rgb(text: &str) -> Option<RGBColor> {
    let inner = text.split_once('(')?.1.trim_end_matches(')');
    let mut parts = inner.split([',', ' ', '/']).filter(|part| !part.is_empty()).map(|part| part.parse::<f64>());
    let mut next = || parts.next()?.ok().map(|value| value.round().clamp(0.0, 255.0) as u8);
    Some(RGBColor(next()?, next()?, next()?))
}

/// A canvas with a text alternative. `draw` reads signals: it runs again when they change.
#[component]
pub fn Canvas<D>(
    /// The chart in a sentence.
    #[prop(into)]
    sentence: Signal<String>,
    /// Draws it.
    draw: D,
) -> impl IntoView
where
    D: Fn(&Area, &Look) -> Option<()> + 'static,
{
    let node = NodeRef::<html::Canvas>::new();
    let again = RwSignal::new(0_u32);
    let resized = window_event_listener(leptos::ev::resize, move |_| again.update(|count| *count += 1));
    on_cleanup(move || resized.remove());
    on_scheme_change(move || {
        let _ = again.try_update(|count| *count += 1);
    });
    Effect::new(move |_| {
        again.track();
        let Some(canvas) = node.get() else { return };
        let ratio = window().device_pixel_ratio().max(1.0);
        let (width, height) = (canvas.client_width(), canvas.client_height());
        canvas.set_width((f64::from(width) * ratio).round() as u32);
        canvas.set_height((f64::from(height) * ratio).round() as u32);
        let Some(look) = Look::of(&canvas, ratio) else { return };
        if let Some(backend) = CanvasBackend::with_canvas_object(canvas) {
            let _ = draw(&backend.into_drawing_area(), &look);
        }
    });
    view! { <canvas class="chart" role="img" aria-label=move || sentence.get() node_ref=node></canvas> }
}

/// Calls back when the reader switches between light and dark, for as long as the owner lives.
fn on_scheme_change(callback: impl Fn() + 'static) {
    let Ok(Some(query)) = window().match_media("(prefers-color-scheme: dark)") else { return };
    let closure = Closure::<dyn Fn()>::new(callback);
    let _ = query.add_event_listener_with_callback("change", closure.as_ref().unchecked_ref());
    let kept = StoredValue::new_local((query, closure));
    on_cleanup(move || {
        kept.with_value(|(query, closure)| {
            let _ = query.remove_event_listener_with_callback("change", closure.as_ref().unchecked_ref());
        });
    });
}
