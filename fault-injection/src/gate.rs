//! Trigger and schedule of one armed fault, counted in opportunities, virtual time and seeded random numbers.

use std::time::Duration;

use faultkey_authenticator::{Event, Random, Time};
use rand::Rng;

use crate::{Schedule, Trigger};

/// Says at which opportunities a fault acts. Keeps the count since it was armed.
#[derive(Clone, Debug)]
pub struct Gate {
    trigger: Trigger,
    schedule: Schedule,
    dice: Random,
    opportunities: u32,
    offered: u32,
    acted: u32,
    first_acted: Option<Time>,
    /// The event that the trigger waits for has happened.
    begun: bool,
    /// The event that ends the schedule has happened.
    ended: bool,
}

impl Gate {
    /// A gate just armed. `dice` decides the trigger's probability.
    #[must_use]
    pub fn new(trigger: Trigger, schedule: Schedule, dice: Random) -> Self {
        Self { trigger, schedule, dice, opportunities: 0, offered: 0, acted: 0, first_acted: None, begun: false, ended: false }
    }

    /// Something happened to the device. Told before the event itself becomes an opportunity.
    pub fn happened(&mut self, event: Event) {
        self.begun |= self.trigger == Trigger::AfterEvent(event);
        self.ended |= self.schedule == Schedule::UntilEvent(event);
    }

    /// Whether the fault acts at this opportunity, which subject and match let through.
    pub fn acts(&mut self, now: Time) -> bool {
        self.opportunities = self.opportunities.saturating_add(1);
        let offered = match self.trigger {
            Trigger::Always | Trigger::OnMatch(_) => true,
            Trigger::Nth(n) => self.opportunities >= n,
            Trigger::AfterEvent(_) => self.begun,
            Trigger::Probability(probability) => draw(&mut self.dice) < probability,
        };
        if !offered {
            return false;
        }
        self.offered = self.offered.saturating_add(1);
        let acts = !self.over(now)
            && match self.schedule {
                Schedule::Every(n) => self.offered.is_multiple_of(n),
                Schedule::Window { from, .. } => now.as_millis() >= from,
                _ => true,
            };
        if acts {
            self.acted = self.acted.saturating_add(1);
            self.first_acted.get_or_insert(now);
        }
        acts
    }

    /// Whether it has acted at least once.
    #[must_use]
    pub fn has_acted(&self) -> bool {
        self.acted > 0
    }

    /// How often it has acted.
    #[must_use]
    pub fn acted(&self) -> u32 {
        self.acted
    }

    /// Whether it will never act again, at `now` or later.
    #[must_use]
    pub fn over(&self, now: Time) -> bool {
        match self.schedule {
            Schedule::Once => self.acted >= 1,
            Schedule::First(n) => self.acted >= n,
            Schedule::UntilEvent(_) => self.ended,
            Schedule::Window { to, .. } => now.as_millis() >= to,
            Schedule::HealAfter(millis) => self.first_acted.is_some_and(|first| now - first >= Duration::from_millis(millis)),
            Schedule::Every(_) | Schedule::Permanent => false,
        }
    }
}

/// A number from 0 (inside) to 1 (outside), from the 53 bits that fit a double.
fn draw(dice: &mut Random) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    let bits = (dice.next_u64() >> 11) as f64;
    bits / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultkey_authenticator::random;

    const ENROLLED: Event = Event::FingerprintEnrolled;
    const OTHER: Event = Event::OsUpdated;

    /// One opportunity each second; `events` happen just before the opportunity with that number. `x` acted, `.` not.
    fn play(trigger: Trigger, schedule: Schedule, events: &[(usize, Event)]) -> String {
        let mut gate = Gate::new(trigger, schedule, random::stream(7, "fault/test/1"));
        (1..=8usize)
            .map(|number| {
                for (_, event) in events.iter().filter(|(before, _)| *before == number) {
                    gate.happened(*event);
                }
                if gate.acts(Time::from_millis(number as u64 * 1_000)) { 'x' } else { '.' }
            })
            .collect()
    }

    #[test]
    fn triggers_and_schedules_compose_as_the_manual_says() {
        use Schedule as S;
        use Trigger as T;
        let window = S::Window { from: 3_000, to: 5_000 };
        type Row<'a> = (T, S, &'a [(usize, Event)], &'a str);
        let table: &[Row] = &[
            (T::Always, S::Permanent, &[], "xxxxxxxx"),
            (T::Always, S::Once, &[], "x......."),
            (T::Always, S::First(3), &[], "xxx....."),
            (T::Always, S::Every(3), &[], "..x..x.."),
            (T::Always, S::Every(1), &[], "xxxxxxxx"),
            (T::Always, S::UntilEvent(ENROLLED), &[(4, ENROLLED)], "xxx....."),
            (T::Always, S::UntilEvent(ENROLLED), &[(4, OTHER)], "xxxxxxxx"),
            (T::Always, window.clone(), &[], "..xx...."),
            (T::Always, S::HealAfter(2_000), &[], "xx......"),
            (T::Always, S::HealAfter(0), &[], "x......."),
            (T::Nth(2), S::Permanent, &[], ".xxxxxxx"),
            (T::Nth(2), S::Once, &[], ".x......"),
            (T::Nth(2), S::First(2), &[], ".xx....."),
            (T::Nth(2), S::Every(3), &[], "...x..x."),
            (T::Nth(2), window.clone(), &[], "..xx...."),
            (T::Nth(4), S::HealAfter(2_000), &[], "...xx..."),
            (T::AfterEvent(ENROLLED), S::Permanent, &[(3, ENROLLED)], "..xxxxxx"),
            (T::AfterEvent(ENROLLED), S::Permanent, &[(3, OTHER)], "........"),
            (T::AfterEvent(ENROLLED), S::Once, &[(3, ENROLLED), (5, ENROLLED)], "..x....."),
            (T::AfterEvent(ENROLLED), S::UntilEvent(OTHER), &[(3, ENROLLED), (6, OTHER)], "..xxx..."),
            (T::AfterEvent(ENROLLED), S::UntilEvent(ENROLLED), &[(3, ENROLLED)], "........"),
            (T::OnMatch(crate::envelope::Match::default()), S::First(2), &[], "xx......"),
            (T::Probability(0.0), S::Permanent, &[], "........"),
            (T::Probability(1.0), S::First(2), &[], "xx......"),
        ];
        for (trigger, schedule, events, expected) in table {
            assert_eq!(play(trigger.clone(), schedule.clone(), events), *expected, "{trigger:?} {schedule:?} {events:?}");
        }
    }

    #[test]
    fn chance_is_drawn_from_the_seed_and_the_schedule_does_not_shift_it() {
        let all = play(Trigger::Probability(0.5), Schedule::Permanent, &[]);
        assert_eq!(all, play(Trigger::Probability(0.5), Schedule::Permanent, &[]));
        assert!(all.contains('x') && all.contains('.'), "{all}");
        let late = play(Trigger::Probability(0.5), Schedule::Window { from: 4_000, to: 9_000 }, &[]);
        assert_eq!(late[3..], all[3..]);
        assert_eq!(&late[..3], "...");
    }

    #[test]
    fn over_means_never_again() {
        let mut gate = Gate::new(Trigger::Always, Schedule::Once, random::stream(1, "x"));
        assert!(!gate.over(Time::START) && !gate.has_acted());
        assert!(gate.acts(Time::START));
        assert!(gate.over(Time::START) && gate.has_acted());
    }
}
