//! Which log events are printed: a level for all modules, and other levels for some.

use std::fmt;

use tracing::Metadata;
use tracing::level_filters::LevelFilter;

/// `warn,backlot_cos=trace`, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filter {
    /// The level of modules that are not named.
    pub(super) general: LevelFilter,
    /// Modules with their levels, the longest path first.
    modules: Vec<(String, LevelFilter)>,
}

/// A part of a filter that is not a level; the part.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnknownLevel(String);

impl Filter {
    /// Reads comma-separated parts, each a level or `MODULE=LEVEL`. Without a level of its own, `general` applies.
    pub(super) fn parse(text: &str, general: LevelFilter) -> Result<Self, UnknownLevel> {
        let mut filter = Self {
            general,
            modules: Vec::new(),
        };
        let parts = text.split(',').map(str::trim);
        for part in parts.filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                None => filter.general = level(part)?,
                Some((module, written)) => {
                    let module = module.trim().to_owned();
                    filter.modules.push((module, level(written.trim())?));
                }
            }
        }
        filter
            .modules
            .sort_by_key(|(module, _)| std::cmp::Reverse(module.len()));
        Ok(filter)
    }

    /// Prints no more than this of any module.
    pub(super) fn cap(&mut self, most: LevelFilter) {
        self.general = self.general.min(most);
        for (_, level) in &mut self.modules {
            *level = (*level).min(most);
        }
    }

    /// Whether events from this place are printed.
    pub(super) fn covers(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level_of(metadata.target())
    }

    /// The most that is printed of any module.
    pub(super) fn most(&self) -> LevelFilter {
        let levels = self.modules.iter().map(|(_, level)| *level);
        levels.fold(self.general, Ord::max)
    }

    fn level_of(&self, target: &str) -> LevelFilter {
        let is_inside = |module: &str| {
            let rest = target.strip_prefix(module);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        let named = self.modules.iter().find(|(module, _)| is_inside(module));
        named.map_or(self.general, |(_, level)| *level)
    }
}

fn level(text: &str) -> Result<LevelFilter, UnknownLevel> {
    Ok(match text.to_ascii_lowercase().as_str() {
        "off" => LevelFilter::OFF,
        "error" => LevelFilter::ERROR,
        "warn" | "warning" => LevelFilter::WARN,
        "info" => LevelFilter::INFO,
        "debug" => LevelFilter::DEBUG,
        "trace" => LevelFilter::TRACE,
        _ => return Err(UnknownLevel(text.to_owned())),
    })
}

impl fmt::Display for UnknownLevel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = self;
        write!(
            out,
            "`{text}` is not a level; levels are `off`, `error`, `warn`, `info`, `debug` and `trace`"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Filter {
        Filter::parse(text, LevelFilter::WARN).unwrap()
    }

    #[test]
    fn the_longest_module_that_matches_decides() {
        let filter = parse("backlot_cos=info, info,backlot_cos::store=trace,backlot_http=off");
        for (target, level) in [
            ("backlot_cos::store::fs", LevelFilter::TRACE),
            ("backlot_cos::store", LevelFilter::TRACE),
            ("backlot_cos::storekeeper", LevelFilter::INFO),
            ("backlot_cosmos", LevelFilter::INFO),
            ("backlot_http::server", LevelFilter::OFF),
            ("backlot::scf", LevelFilter::INFO),
        ] {
            assert_eq!(filter.level_of(target), level, "{target}");
        }
        assert_eq!(filter.most(), LevelFilter::TRACE);
    }

    #[test]
    fn a_cap_holds_for_every_module() {
        let mut filter = parse("backlot_cos=trace,backlot_http=off");
        filter.cap(LevelFilter::ERROR);
        assert_eq!(filter.most(), LevelFilter::ERROR);
        assert_eq!(filter.level_of("backlot_cos"), LevelFilter::ERROR);
        assert_eq!(filter.level_of("backlot_http"), LevelFilter::OFF);
    }

    #[test]
    fn nothing_written_leaves_the_default() {
        assert_eq!(parse(""), parse("warn"));
        assert_eq!(parse("DEBUG").general, LevelFilter::DEBUG);
        assert_eq!(
            parse("backlot_cos=debug").general,
            LevelFilter::WARN,
            "a module's level is not everybody's"
        );
    }

    #[test]
    fn an_unknown_level_is_named() {
        for text in ["debgu", "warn,debgu", "backlot_cos=debgu"] {
            let error = Filter::parse(text, LevelFilter::WARN).unwrap_err();
            assert_eq!(error, UnknownLevel("debgu".to_owned()), "{text}");
        }
    }
}
