//! Reports: for a terminal, for a browser or paper, for a CI server, for a program.

pub mod html;
pub mod json;
pub mod junit;
pub mod terminal;
