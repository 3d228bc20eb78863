//! What is known of findings: acceptances that are worth a note, and what differs from another report.

use super::{BOLD, Screen, indented, item, paint};
use crate::compare::{Change, Comparison, TargetComparison};
use crate::report::text;
use crate::verdict::Run;
use crate::words::Difference;

/// The last lines of a run: notes of acceptances, and what differs from the baseline.
pub(super) fn notes(run: &Run, screen: Screen) -> String {
    let mut out = String::new();
    for compared in run.targets.iter().filter(|target| !target.for_comparison).filter_map(|target| target.baseline.as_ref()) {
        out.push('\n');
        out.push_str(&counted(compared, screen));
        for (difference, changes) in [(Difference::New, &compared.new), (Difference::Gone, &compared.gone)] {
            out.push_str(&section(difference, changes.iter().map(|change| said(change, screen)), screen));
        }
    }
    if !run.accept_notes.is_empty() {
        out.push('\n');
    }
    run.accept_notes.iter().for_each(|note| out.push_str(&item(&screen.words.accept_note(note), screen)));
    out
}

/// Two reports beside each other. New findings come last, where the eye is.
#[must_use]
pub fn comparison(comparison: &Comparison, screen: Screen) -> String {
    let words = screen.words;
    let mut out = String::new();
    for name in &comparison.only_old {
        out.push_str(&indented("", &words.only_in(name, false), screen));
    }
    for name in &comparison.only_new {
        out.push_str(&indented("", &words.only_in(name, true), screen));
    }
    for target in &comparison.targets {
        if !out.is_empty() {
            out.push('\n');
        }
        let standings = target.standings.iter().filter(|change| change.old.is_some() && change.new.is_some());
        let standings = standings.map(|change| words.standing_change(change)).chain(in_one_only(target, screen));
        let checks = |checks: &[String]| checks.iter().map(|check| text::one_line(check)).collect::<Vec<_>>().into_iter();
        let changes = |changes: &[Change]| changes.iter().map(|change| said(change, screen)).collect::<Vec<_>>().into_iter();
        let sections = [
            section(Difference::Standings, standings, screen),
            section(Difference::NoLongerObservable, checks(&target.no_longer_observable), screen),
            section(Difference::Observable, checks(&target.observable), screen),
            section(Difference::Remaining, changes(&target.remaining), screen),
            section(Difference::NotLookedFor, changes(&target.not_looked_for), screen),
            section(Difference::Gone, changes(&target.gone), screen),
            section(Difference::New, changes(&target.new), screen),
        ];
        sections.iter().for_each(|section| out.push_str(section));
        out.push_str(&counted(target, screen));
    }
    out
}

/// A selection of scenarios leaves out many: they are only counted.
fn in_one_only(target: &TargetComparison, screen: Screen) -> Vec<String> {
    let (old, new) =
        (target.standings.iter().filter(|change| change.new.is_none()), target.standings.iter().filter(|change| change.old.is_none()));
    let counts = [(old.count(), false), (new.count(), true)];
    counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, new)| screen.words.scenarios_only_in(count, new)).collect()
}

fn counted(compared: &TargetComparison, screen: Screen) -> String {
    let line = format!("{}: {}", text::one_line(&compared.name), screen.words.differences_counted(compared));
    let lines = text::wrap(&line, screen.text_width()).into_iter().map(|line| paint(&line, BOLD, screen) + "\n");
    lines.collect()
}

fn section(difference: Difference, items: impl Iterator<Item = String>, screen: Screen) -> String {
    let items: String = items.map(|said| item(&said, screen)).collect();
    if items.is_empty() {
        return items;
    }
    format!("{}\n{items}", paint(screen.words.difference(difference), BOLD, screen))
}

/// A finding's gravity and its id, and what it means, if this version knows it.
fn said(change: &Change, screen: Screen) -> String {
    let known: Option<crate::check::FindingId> = change.id.parse().ok();
    let (gravity, id) = (screen.words.gravity(change.gravity), text::one_line(&change.id));
    match known {
        Some(known) => format!("{gravity}: {} ({id})", screen.words.title(known.check)),
        None => format!("{gravity}: {id}"),
    }
}

#[cfg(test)]
mod tests {
    use faultkey_fault_injection::Language;

    use super::*;
    use crate::accept::{AcceptNote, AcceptNoteKind, Accepted};
    use crate::compare::{Snapshot, against, compare};
    use crate::report::sample;
    use crate::report::terminal::render;
    use crate::verdict::Standing;
    use crate::words::Words;

    fn screen(language: Language) -> Screen {
        Screen { words: Words::of(language), ..Screen::default() }
    }

    /// Without one finding, with a scenario that passed then and one blind spot more.
    fn older() -> Run {
        let mut run = sample::foreign();
        let target = &mut run.targets[0];
        target.findings.remove(1);
        target.findings[1].id.request = crate::check::Request::Fallback;
        target.scenarios.iter_mut().find(|scenario| scenario.standing == Standing::Failed).unwrap().standing = Standing::Passed;
        target.scenarios.pop();
        run
    }

    #[test]
    fn two_reports_beside_each_other() {
        let mut new = sample::foreign();
        let spot = new.targets[0].blind_spots.pop().unwrap();
        assert!(!spot.checks.is_empty());
        let both = compare(&Snapshot::of(&older()), &Snapshot::of(&new));
        insta::assert_snapshot!("comparison_en", comparison(&both, screen(Language::English)));
        let japanese = comparison(&both, screen(Language::Japanese));
        for said in ["判定が変わったシナリオ\n", "* m0902-key-swapped-same-id（P03）：前回は", "新しい指摘2件、解消1件、継続2件\n"]
        {
            assert!(japanese.contains(said), "{said}: {japanese}");
        }
        let alone = Comparison { only_old: vec!["shop".into()], only_new: vec!["bank".into()], targets: Vec::new() };
        assert_eq!(comparison(&alone, screen(Language::English)), "shop is in the old report only.\nbank is in the new report only.\n");
        assert_eq!(
            comparison(&alone, screen(Language::Japanese)),
            "「shop」は古いレポートにのみあります。\n「bank」は新しいレポートにのみあります。\n"
        );
    }

    fn noted() -> Run {
        let mut run = sample::foreign();
        against(&mut run, &Snapshot::of(&older()));
        let (id, until) = (run.targets[0].findings[1].id, Some("2027-01-31".parse().unwrap()));
        run.targets[0].findings[0].accepted = Some(Accepted { reason: "SHOP-7: in spring.".into(), until });
        let missing = vec![run.targets[0].findings[0].id];
        let note = |kind| AcceptNote { kind, id, until, missing: missing.clone(), place: "faultkey.toml:12".into() };
        run.accept_notes = [AcceptNoteKind::Expired, AcceptNoteKind::MatchesNothing, AcceptNoteKind::Partly].map(note).into();
        run
    }

    #[test]
    fn the_end_of_a_run_says_what_is_new_and_which_acceptances_to_look_at() {
        let end = |language| notes(&noted(), screen(language));
        insta::assert_snapshot!("notes_en", end(Language::English));
        let japanese = end(Language::Japanese);
        assert!(japanese.contains("の受け入れ期限（2027/01/31）が過ぎまし"), "{japanese}");
        assert!(render(&noted(), screen(Language::English)).ends_with(&end(Language::English)));
        assert_eq!(notes(&sample::foreign(), screen(Language::English)), "");
    }

    #[test]
    fn an_accepted_finding_says_why() {
        let out = render(&noted(), screen(Language::English));
        assert!(out.contains("Accepted  Until 2027-01-31: SHOP-7: in spring.\n"), "{out}");
        let out = render(&noted(), screen(Language::Japanese));
        assert!(out.contains("2027/01/31まで受け入れ済み：SHOP-7: in spring\n"), "{out}");
    }
}
