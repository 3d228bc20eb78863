//! What is shown: no terminal, no clock.

use std::collections::VecDeque;

use faultkey_authenticator::Time;

use super::News;
use crate::KeyState;
use crate::text::counted;
use crate::view::{Tone, stamp};

/// Lines that are kept; a trace has them all.
const MOST_LINES: usize = 10_000;

/// Everything that the screen shows.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub now: Time,
    pub keys: Vec<KeyState>,
    /// The number of the key that is looked at.
    pub chosen: usize,
    lines: VecDeque<Line>,
    /// How many older lines are not kept.
    forgotten: usize,
    /// How many newer lines are not shown, because somebody looks at older ones.
    below: usize,
    /// How many lines are in sight, as the last drawing had it.
    pub page: usize,
}

/// One line of what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `None`: the program's own.
    pub key: Option<usize>,
    pub tone: Tone,
    /// With the time.
    pub text: String,
}

/// A way through the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scroll {
    Up,
    Down,
    PageUp,
    PageDown,
    Oldest,
    Newest,
}

impl Model {
    /// Takes news. Who looks at older lines goes on looking at them.
    pub fn take(&mut self, news: News) {
        match news {
            News::Told { key, at, told } => {
                self.line(Line { key: Some(key), tone: told.tone, text: format!("{}  {}", stamp(at), told.text) });
            }
            News::Said(text) => self.line(Line { key: None, tone: Tone::Quiet, text: format!("{:12}{text}", "") }),
            News::Scroll(scroll) => self.scroll(scroll),
            News::Look => {}
        }
    }

    /// So many news never came here: the terminal stood still.
    pub fn lost(&mut self, count: usize) {
        if count > 0 {
            let are = if count == 1 { "is" } else { "are" };
            let text = format!("{:12}… {} {are} left out here: the terminal took none", "", counted(count, "line"));
            self.line(Line { key: None, tone: Tone::Bad, text });
        }
    }

    fn line(&mut self, line: Line) {
        if self.lines.len() >= MOST_LINES {
            self.lines.pop_front();
            self.forgotten += 1;
        }
        self.lines.push_back(line);
        if self.below > 0 {
            self.below = (self.below + 1).min(self.most_below());
        }
    }

    /// The oldest lines stay a whole page.
    fn most_below(&self) -> usize {
        self.lines.len().saturating_sub(self.page.max(1))
    }

    fn scroll(&mut self, scroll: Scroll) {
        let page = self.page.saturating_sub(1).max(1);
        let below = match scroll {
            Scroll::Up => self.below + 1,
            Scroll::Down => self.below.saturating_sub(1),
            Scroll::PageUp => self.below + page,
            Scroll::PageDown => self.below.saturating_sub(page),
            Scroll::Oldest => usize::MAX,
            Scroll::Newest => 0,
        };
        self.below = below.min(self.most_below());
    }

    /// The lines from the last one in sight to older ones.
    pub fn upwards(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().rev().skip(self.below)
    }

    /// How many newer lines there are below those in sight.
    #[must_use]
    pub fn below(&self) -> usize {
        self.below
    }

    /// How many older lines are forgotten.
    #[must_use]
    pub fn forgotten(&self) -> usize {
        self.forgotten
    }

    /// The last decisions of the chosen key's faults, newest first.
    pub fn decisions(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().rev().filter(|line| line.tone == Tone::Fault && line.key == Some(self.chosen))
    }

    /// The key that is looked at.
    #[must_use]
    pub fn key(&self) -> Option<&KeyState> {
        self.keys.iter().find(|key| key.number == self.chosen)
    }

    /// The key whose prompt is shown: the chosen one, or else the first that waits for somebody.
    #[must_use]
    pub fn asking(&self) -> Option<&KeyState> {
        let chosen = self.key().filter(|key| key.waits.is_some());
        chosen.or_else(|| self.keys.iter().find(|key| key.waits.as_ref().is_some_and(|waits| waits.reason.is_some())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(count: usize) -> Model {
        let mut model = Model { page: 4, ..Model::default() };
        for number in 1..=count {
            model.take(News::Said(number.to_string()));
        }
        model
    }

    fn last(model: &Model) -> String {
        model.upwards().next().unwrap().text.trim().to_owned()
    }

    #[test]
    fn who_looks_at_older_lines_goes_on_looking_at_them() {
        let mut model = said(20);
        assert_eq!(last(&model), "20");
        model.take(News::Scroll(Scroll::Up));
        model.take(News::Scroll(Scroll::PageUp));
        assert_eq!(last(&model), "16");
        model.take(News::Said("new".to_owned()));
        assert_eq!((last(&model).as_str(), model.below()), ("16", 5));
        model.take(News::Scroll(Scroll::Oldest));
        assert_eq!(last(&model), "4");
        model.take(News::Scroll(Scroll::PageDown));
        assert_eq!(last(&model), "7");
        model.take(News::Scroll(Scroll::Newest));
        model.take(News::Scroll(Scroll::Down));
        assert_eq!((last(&model).as_str(), model.below()), ("new", 0));
    }

    #[test]
    fn old_lines_are_forgotten_and_lost_ones_are_told() {
        let mut model = said(MOST_LINES + 2);
        assert_eq!(model.forgotten(), 2);
        model.take(News::Scroll(Scroll::Oldest));
        model.lost(7);
        assert_eq!(last(&model), "7", "the oldest have made room once more");
        model.take(News::Scroll(Scroll::Newest));
        assert_eq!(last(&model), "… 7 lines are left out here: the terminal took none");
    }
}
