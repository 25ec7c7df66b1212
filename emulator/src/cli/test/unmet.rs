//! Faults and stubs of `backlot.yaml` that no scenario of a run met.

use std::collections::BTreeMap;

use crate::scenario::idle::Shared;
use backlot_base::words::count;

/// What the scenarios of a run say of the faults and stubs that they share.
#[derive(Debug, Default)]
pub(super) struct Unmet {
    scenarios: usize,
    met: BTreeMap<(u64, u64, String), bool>,
}

impl Unmet {
    /// Takes what one scenario says.
    pub(super) fn take(&mut self, shared: &[Shared]) {
        self.scenarios += 1;
        for one in shared {
            let (line, column) = one.place;
            let key = (line, column, one.title.clone());
            *self.met.entry(key).or_default() |= one.is_met;
        }
    }

    /// The errors about those that none of the scenarios met, for people.
    pub(super) fn errors(&self) -> Vec<String> {
        let unmet = self.met.iter().filter(|(_, is_met)| !**is_met);
        let errors = unmet.map(|((line, column, title), _)| {
            let scenarios = count(self.scenarios, "scenario", "scenarios");
            let what = if title.starts_with("fault") {
                "never struck"
            } else {
                "answered no call"
            };
            format!(
                "error: {title} {what} in {scenarios}\n --> backlot.yaml:{line}:{column}\n\nhint: move it to the scenario \
                 that needs it, or say `optional: true`"
            )
        });
        errors.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(line: u64, is_met: bool) -> Shared {
        Shared {
            place: (line, 5),
            title: format!("fault `{line}`"),
            is_met,
        }
    }

    #[test]
    fn one_scenario_that_needs_it_is_enough() {
        let mut unmet = Unmet::default();
        unmet.take(&[shared(1, false), shared(2, false)]);
        unmet.take(&[shared(1, true), shared(2, false)]);
        let errors = unmet.errors();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(
            errors[0].contains("fault `2` never struck in 2 scenarios"),
            "{errors:?}"
        );
        assert!(errors[0].contains("backlot.yaml:2:5"), "{errors:?}");
    }
}
