//! Colors of lines: those of the functions' names, and those of outcomes.

use std::collections::BTreeMap;
use std::fmt;

use anstyle::{AnsiColor, Style};

/// The colors of the functions' names: each new name gets the next one.
#[derive(Debug, Default)]
pub(super) struct Palette(BTreeMap<String, AnsiColor>);

/// Colors that tell no outcome: green, yellow and red do.
const NAMES: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::BrightCyan,
    AnsiColor::BrightMagenta,
    AnsiColor::BrightBlue,
];

impl Palette {
    pub(super) fn paint(&mut self, function: &str) -> String {
        let next = NAMES[self.0.len() % NAMES.len()];
        let color = match self.0.get(function) {
            Some(color) => *color,
            None => *self.0.entry(function.to_owned()).or_insert(next),
        };
        painted(color, function)
    }
}

/// The status of an HTTP response.
pub(super) fn of_http(status: u16) -> String {
    let color = match status {
        ..400 => AnsiColor::Green,
        400..500 => AnsiColor::Yellow,
        500.. => AnsiColor::Red,
    };
    painted(color, status)
}

/// A text in a color.
pub(super) fn painted(color: AnsiColor, text: impl fmt::Display) -> String {
    let style = Style::new().fg_color(Some(color.into()));
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_has_a_color_of_its_own() {
        let mut palette = Palette::default();
        let painted: Vec<_> = ["archive", "notify", "archive", "resize"]
            .map(|name| palette.paint(name))
            .to_vec();
        assert_eq!(painted[0], painted[2]);
        let color = |text: &str| text.split_once('m').unwrap().0.to_owned();
        let colors = [0, 1, 3].map(|index: usize| color(&painted[index]));
        assert!(colors[0] != colors[1] && colors[1] != colors[2] && colors[0] != colors[2]);
    }
}
