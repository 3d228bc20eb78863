//! The drawing: from the [`Model`] to the cells of a terminal, of whatever size.

use std::collections::VecDeque;

use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Borders, Paragraph};

use super::Model;
use super::wrap::{columns, cut, wrap};
use crate::escape::escaped;
use crate::state::{KeyState, Waits};
use crate::user::{Presence, time_text};
use crate::view::Tone;

/// From so many columns on, faults stand beside what happens and not below it.
const WIDE: u16 = 110;
/// Where the text of a line begins, behind its time and its arrow.
const INDENT: usize = 15;
/// Columns of a time.
const STAMP: usize = 10;

/// What each key does. A tester with a hand on the keyboard looks here.
const KEYS: [&[(&str, &str)]; 2] = [
    &[("t", "touch"), ("T", "long touch"), ("r", "refuse"), ("w", "wrong finger"), ("e", "enrol a finger anew")],
    &[("u", "unplug"), ("p", "plug in again"), ("1-9", "key"), ("↑↓ PgUp PgDn Home End", "scroll"), ("q", "quit")],
];

/// Draws everything, and tells the model how many lines are in sight.
pub fn draw(frame: &mut Frame<'_>, model: &mut Model) {
    let several = model.keys.len() > 1;
    let asks = model.asking().and_then(|key| key.waits.as_ref().map(|waits| prompt_lines(key, waits, model.chosen)));
    let prompt_height = asks.as_ref().map_or(0, |lines| height(lines.len()) + 2);
    let areas = [
        Constraint::Length(if several { 5 } else { 4 }),
        Constraint::Min(4),
        Constraint::Length(prompt_height),
        Constraint::Length(height(KEYS.len())),
    ];
    let [head, body, prompt, foot] = Layout::vertical(areas).areas(frame.area());
    draw_head(frame, head, model);
    if body.width >= WIDE {
        let [left, right] = Layout::horizontal([Constraint::Fill(2), Constraint::Fill(1)]).areas(body);
        draw_lines(frame, left, model);
        draw_faults(frame, right, model, Borders::TOP | Borders::LEFT);
    } else {
        let armed = model.key().map_or(0, |key| key.faults.len());
        let rows = (armed.min(3) + usize::from(model.decisions().next().is_some())).max(1);
        let [above, below] = Layout::vertical([Constraint::Min(4), Constraint::Max(height(rows) + 1)]).areas(body);
        draw_lines(frame, above, model);
        draw_faults(frame, below, model, Borders::TOP);
    }
    if let (Some(lines), Some(key)) = (asks, model.asking()) {
        draw_prompt(frame, prompt, key, lines, model);
    }
    frame.render_widget(Paragraph::new(KEYS.map(key_line).to_vec()), foot);
}

fn height(rows: usize) -> u16 {
    u16::try_from(rows).unwrap_or(u16::MAX)
}

const fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

const fn tone_style(tone: Tone) -> Style {
    match tone {
        Tone::Request => Style::new(),
        Tone::Good => Style::new().fg(Color::Green),
        Tone::Bad => Style::new().fg(Color::Red),
        Tone::Waits => Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD),
        Tone::Fault => Style::new().fg(Color::Magenta).add_modifier(Modifier::BOLD),
        Tone::Change => Style::new().fg(Color::Cyan),
        Tone::Quiet => dim(),
    }
}

fn draw_head(frame: &mut Frame<'_>, area: Rect, model: &Model) {
    let width = usize::from(area.width);
    let Some(key) = model.key() else {
        frame.render_widget(Paragraph::new(bar(&format!("faultkey  there is no key {}", model.chosen), "", width, Color::Red)), area);
        return;
    };
    let (place, color) = match key.is_plugged {
        true => (format!("plugged in by {} at {}", key.way, key.place), Color::Green),
        false => ("unplugged (p plugs it in)".to_owned(), Color::Red),
    };
    let title = format!("faultkey  {}  {place}", key.profile);
    let which = if model.keys.len() > 1 { format!("key {} of {}", key.number, model.keys.len()) } else { String::new() };
    let trace = key.trace.as_ref().map_or_else(|| "no trace".to_owned(), |trace| format!("trace {}", trace.display()));
    let facts = [
        vec![format!("seed {}", key.seed), format!("power-up {}", key.power_up), format!("store {}", key.kept), trace],
        vec![key.pin_text(), key.reader_text(), key.credentials_text(), format!("{} exchanges", key.exchanges)],
        vec![presence_text(key), format!("verification {}", key.verification)],
    ];
    let mut lines = vec![bar(&title, &which, width, color)];
    lines.extend(facts.into_iter().map(|facts| {
        let facts: Vec<String> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
        Line::raw(cut(&escaped(&format!(" {}", facts.join(" · "))), width))
    }));
    if model.keys.len() > 1 {
        lines.push(Line::from_iter(model.keys.iter().flat_map(|key| other_key(key, model.chosen))));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// A line across the whole width.
fn bar(left: &str, right: &str, width: usize, color: Color) -> Line<'static> {
    let room = width.saturating_sub(columns(right) + 2);
    let left = cut(&escaped(&format!(" {left}")), room);
    let gap = " ".repeat(room.saturating_sub(columns(&left)) + 1);
    Line::raw(format!("{left}{gap}{right} ")).style(Style::new().fg(color).add_modifier(Modifier::BOLD | Modifier::REVERSED))
}

fn presence_text(key: &KeyState) -> String {
    match key.presence {
        Presence::Auto | Presence::After(_) => format!("presence {} for {}", key.presence, key.allowed),
        other => format!("presence {other}"),
    }
}

fn other_key(key: &KeyState, chosen: usize) -> [Span<'static>; 2] {
    let name = format!(" {} {} ", key.number, key.profile);
    let name = if key.number == chosen { name.reversed() } else { name.into() };
    let state = match &key.waits {
        Some(waits) if waits.reason.is_some() => Span::styled("waits ", tone_style(Tone::Waits)),
        _ if !key.is_plugged => Span::styled("unplugged ", tone_style(Tone::Bad)),
        _ => Span::raw(" "),
    };
    [name, state]
}

fn draw_lines(frame: &mut Frame<'_>, area: Rect, model: &mut Model) {
    let mut block = Block::new().borders(Borders::TOP).border_style(dim()).title(" what happens ");
    if model.below() > 0 {
        let text = format!(" {} newer below, End shows them ", model.below());
        block = block.title(Line::raw(text).style(tone_style(Tone::Waits)).alignment(Alignment::Right));
    } else if model.forgotten() > 0 {
        block = block.title(Line::raw(format!(" {} older lines are gone ", model.forgotten())).alignment(Alignment::Right));
    }
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let (width, most) = (usize::from(inner.width), usize::from(inner.height));
    let several = model.keys.len() > 1;
    let mut rows: VecDeque<Line<'static>> = VecDeque::new();
    let mut in_sight = 0;
    for line in model.upwards() {
        let whose = line.key.filter(|_| several).map(|key| format!("key {key}  ")).unwrap_or_default();
        let mut parts = wrap(&format!("{whose}{}", line.text), width, INDENT + whose.len());
        let room = most - rows.len();
        // One that is longer than the screen shows its beginning.
        if rows.is_empty() {
            parts.truncate(room);
        }
        if parts.len() > room {
            break;
        }
        in_sight += 1;
        for (number, part) in parts.into_iter().enumerate().rev() {
            rows.push_front(toned(part, line.tone, if number == 0 { whose.len() + STAMP } else { 0 }));
        }
    }
    model.page = in_sight;
    frame.render_widget(Paragraph::new(rows.into_iter().collect::<Vec<_>>()), inner);
}

/// The time stands back.
fn toned(text: String, tone: Tone, stamp: usize) -> Line<'static> {
    match text.split_at_checked(stamp) {
        Some((time, rest)) => Line::from(vec![Span::styled(time.to_owned(), dim()), Span::styled(rest.to_owned(), tone_style(tone))]),
        None => Line::styled(text, tone_style(tone)),
    }
}

fn draw_faults(frame: &mut Frame<'_>, area: Rect, model: &Model, borders: Borders) {
    let Some(key) = model.key() else { return };
    let title = match key.faults.len() {
        0 => " no fault is armed ".to_owned(),
        count => format!(" faults armed: {count} "),
    };
    let block = Block::new().borders(borders).border_style(dim()).title(title);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let (width, most) = (usize::from(inner.width), usize::from(inner.height));
    let mut rows = Vec::new();
    for fault in &key.faults {
        let (style, state) = match (fault.acted, fault.is_over) {
            (_, true) => (dim(), format!("acted {}, over", fault.acted_text())),
            (0, false) => (Style::new(), "has not acted".to_owned()),
            (_, false) => (tone_style(Tone::Fault), format!("acted {}", fault.acted_text())),
        };
        for part in wrap(&escaped(&format!("{}  {state}", fault.spec)), width.saturating_sub(1), 2) {
            rows.push(Line::styled(format!(" {part}"), style));
        }
    }
    // The last decision is in sight however many faults there are.
    let kept = most.saturating_sub(1);
    if rows.len() > kept && model.decisions().next().is_some() {
        rows.truncate(kept.saturating_sub(1));
        rows.push(Line::styled(" …", dim()));
    }
    let mut decisions: VecDeque<Line<'static>> = VecDeque::new();
    let room = most.saturating_sub(rows.len());
    for line in model.decisions() {
        let parts = wrap(line.text.trim_start(), width.saturating_sub(1), 2);
        if decisions.len() + parts.len() > room && !decisions.is_empty() {
            break;
        }
        for part in parts.into_iter().rev() {
            decisions.push_front(Line::styled(format!(" {part}"), tone_style(Tone::Fault)));
        }
    }
    rows.extend(decisions);
    if rows.is_empty() {
        rows.push(Line::styled(cut(" faultkey ctl fault add NAME arms one; faultkey faults lists them", width), dim()));
    }
    frame.render_widget(Paragraph::new(rows), inner);
}

fn prompt_lines(key: &KeyState, waits: &Waits, chosen: usize) -> Vec<Line<'static>> {
    let mut lines = vec![Line::raw(waits.text.clone()).bold()];
    if let Some(reason) = waits.reason {
        lines.push(Line::styled(reason.text(), dim()));
    }
    lines.push(match (waits.reason, waits.hold) {
        (None, _) => Line::styled("the answer comes by itself (--presence)", dim()),
        (Some(_), _) if key.number != chosen => key_line(&[(key.number.to_string().as_str(), "choose this key")]),
        (Some(_), Some(hold)) => {
            key_line(&[("T", format!("touch, and hold it for {}", time_text(hold)).as_str()), ("t", "touch too briefly"), ("r", "refuse")])
        }
        (Some(_), None) => key_line(&[("t", "touch"), ("r", "refuse"), ("w", "wrong finger")]),
    });
    lines
}

fn draw_prompt(frame: &mut Frame<'_>, area: Rect, key: &KeyState, lines: Vec<Line<'static>>, model: &Model) {
    let Some(waits) = &key.waits else { return };
    let style = if waits.reason.is_some() { tone_style(Tone::Waits) } else { dim() };
    let who = if model.keys.len() > 1 { format!(" key {} waits for you ", key.number) } else { " it waits for you ".to_owned() };
    let left = (waits.until - model.now).as_millis().div_ceil(1_000);
    let block = Block::bordered()
        .border_type(BorderType::Thick)
        .border_style(style)
        .title(Line::raw(who).style(style))
        .title(Line::raw(format!(" {left} s left ")).alignment(Alignment::Right));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    frame.render_widget(Paragraph::new(lines), inner);
}

/// Keys and what they do.
fn key_line(keys: &[(&str, &str)]) -> Line<'static> {
    Line::from_iter(keys.iter().flat_map(|(key, what)| {
        [Span::raw(" "), Span::styled((*key).to_owned(), Style::new().add_modifier(Modifier::BOLD)), Span::raw(format!(" {what} "))]
    }))
}

#[cfg(test)]
mod tests;
