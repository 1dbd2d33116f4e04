//! Text becomes markup that shows it.

use std::fmt::Write as _;

/// Text as it shows in an element or a quoted attribute, clipped to so many characters. What a screen cannot show as itself, such
/// as a control character or one that turns the direction of writing, is the replacement character.
pub(super) fn text(raw: &str, most: usize) -> String {
    let mut shown = String::with_capacity(raw.len().min(4 * most));
    let mut characters = raw.chars();
    for c in characters.by_ref().take(most) {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&#39;"),
            '\n' | '\t' => shown.push(' '),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => shown.push('\u{fffd}'),
            c if c.is_control() => shown.push('\u{fffd}'),
            c => shown.push(c),
        }
    }
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// A template with the names in double braces filled in, once: what is filled in is not looked through again.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut parts = template.split("{{");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or(("", part));
        filled.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
        filled.push_str(rest);
    }
    filled
}

/// A number as people read it: four decimals, more digits where these would say nothing, and none for a whole number.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if value == value.trunc() && size < 1e15 {
        format!("{value}")
    } else if (1e-3..1e6).contains(&size) {
        format!("{value:.4}")
    } else {
        format!("{value:.3e}")
    }
}

/// A cell of a table.
pub(super) enum Cell {
    /// Markup.
    Text(String),
    /// A number, or none.
    Number(Option<f64>),
}

/// A row; its first cell is its head.
pub(super) fn row(cells: &[Cell]) -> String {
    let mut row = String::from("<tr>");
    for (at, cell) in cells.iter().enumerate() {
        // Writing into a string cannot fail.
        let _ = match cell {
            Cell::Text(markup) if at == 0 => write!(row, "<th scope=\"row\">{markup}</th>"),
            Cell::Text(markup) => write!(row, "<td>{markup}</td>"),
            Cell::Number(Some(value)) => write!(row, "<td class=\"n\" data-v=\"{value}\">{}</td>", number(*value)),
            Cell::Number(None) => write!(row, "<td class=\"n\" data-v=\"\">–</td>"),
        };
    }
    row.push_str("</tr>\n");
    row
}

/// A table from its head and rows, in a box that scrolls sideways where it is too wide.
pub(super) fn table(caption: &str, head: &[(String, bool)], rows: &str) -> String {
    let head: String = head
        .iter()
        .map(|(name, number)| format!("<th scope=\"col\"{}>{name}</th>", if *number { " class=\"n\"" } else { "" }))
        .collect();
    let narrow = if head.matches("<th").count() == 2 { " class=\"narrow\"" } else { "" };
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table{narrow}>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n"
    )
}

/// `1 run`, `2 runs`.
pub(super) fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}
