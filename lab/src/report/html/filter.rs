//! The filter over findings and scenarios. Hidden until the script, which does the work, shows it.

use maud::{Markup, html};

use super::marks;
use crate::check::Gravity;
use crate::verdict::Standing;
use crate::words::{Label, Words};

pub(super) fn form(words: Words) -> Markup {
    html! {
        search {
            form #filter aria-label=(words.label(Label::Filter)) hidden {
                label.wide {
                    (words.label(Label::Search))
                    input #search name="search" type="search" autocomplete="off" spellcheck="false";
                }
                label {
                    (words.label(Label::Gravity))
                    select #gravity name="gravity" {
                        option value="" { (words.label(Label::All)) }
                        @for gravity in Gravity::ALL { option value=(gravity.name()) { (words.gravity(gravity)) } }
                    }
                }
                label {
                    (words.label(Label::Result))
                    select #standing name="standing" {
                        option value="" { (words.label(Label::All)) }
                        @for standing in Standing::ALL { option value=(marks::class(standing)) { (words.standing(standing)) } }
                    }
                }
                output for="search gravity standing" data-findings=(words.findings_shown()) data-scenarios=(words.scenarios_shown()) {}
            }
        }
    }
}
