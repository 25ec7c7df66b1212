//! Rules as a scenario writes them, asked in order; the first verdict other than *pass* wins.

use std::collections::HashMap;
use std::sync::Mutex;

use super::{Call, FaultPlan, Verdict};
use crate::journal::Lane;

/// Which calls a rule is about. An empty field matches anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matcher {
    /// `cos` or `scf`.
    pub service: Option<String>,
    /// For example `PutObject`.
    pub operation: Option<String>,
    /// The bucket's full name.
    pub bucket: Option<String>,
    /// A key, in which `*` stands for any text.
    pub key: Option<String>,
    /// The function that makes or takes the call.
    pub function: Option<String>,
    /// The attempt during which the call is made, from 1.
    pub attempt: Option<u32>,
}

/// One rule: when it applies, how often, and what happens then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// How records name it.
    pub name: String,
    /// Which calls it is about.
    pub on: Matcher,
    /// Only the n-th matching call of its lane, from 1; all of them if `None`.
    pub nth: Option<u32>,
    /// The maximal number of times in each lane; no limit if `None`.
    pub times: Option<u32>,
    /// What happens.
    pub verdict: Verdict,
}

/// A scripted plan. Calls are counted for each lane on its own, so that the count does not depend on how lanes interleave.
#[derive(Debug, Default)]
pub struct Rules {
    rules: Vec<Rule>,
    // A plain mutex: counting is short and never awaits.
    counts: Mutex<HashMap<(usize, Lane), Count>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    matched: u32,
    fired: u32,
}

/// How often a rule was about to strike, and did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The calls in one lane that it was about: the largest number of all lanes.
    pub matched: u32,
    /// The calls that it struck, in all lanes.
    pub fired: u32,
}

impl Rules {
    /// A plan that asks `rules` in order.
    pub fn new(rules: Vec<Rule>) -> Self {
        Self {
            rules,
            counts: Mutex::default(),
        }
    }
}

impl FaultPlan for Rules {
    fn judge(&self, call: &Call<'_>) -> (Verdict, Option<String>) {
        let mut counts = self.counts.lock().expect("no code panics while it counts");
        for (index, rule) in self.rules.iter().enumerate() {
            if !rule.on.covers(call) {
                continue;
            }
            let count = counts.entry((index, call.lane)).or_default();
            count.matched += 1;
            let is_turn = rule.nth.is_none_or(|nth| nth == count.matched);
            let is_left = rule.times.is_none_or(|times| count.fired < times);
            if is_turn && is_left && rule.verdict != Verdict::Pass {
                count.fired += 1;
                return (rule.verdict.clone(), Some(rule.name.clone()));
            }
        }
        (Verdict::Pass, None)
    }

    fn rules(&self) -> Vec<Rule> {
        self.rules.clone()
    }

    fn tallies(&self) -> Vec<Tally> {
        let mut tallies = vec![Tally::default(); self.rules.len()];
        let counts = self.counts.lock().expect("no code panics while it counts");
        for ((index, _), count) in counts.iter() {
            let tally = &mut tallies[*index];
            tally.matched = tally.matched.max(count.matched);
            tally.fired += count.fired;
        }
        tallies
    }
}

impl Matcher {
    /// Whether the rule is about `call`.
    pub fn covers(&self, call: &Call<'_>) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        is(&self.service, call.service)
            && is(&self.operation, call.operation)
            && is(&self.bucket, call.bucket)
            && is(&self.function, call.function)
            && self.attempt.is_none_or(|attempt| attempt == call.attempt)
            && self
                .key
                .as_deref()
                .is_none_or(|pattern| matches_pattern(pattern, call.key))
    }
}

/// Whether `text` is what `pattern` describes, where `*` stands for any text, also none.
pub fn matches_pattern(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().expect("a split yields at least one part");
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: &str, attempt: u32, lane: u32) -> Call<'_> {
        Call {
            service: "cos",
            operation: "PutObject",
            bucket: "archive-1250000000",
            key,
            function: "archive",
            attempt,
            lane: Lane::Invocation(lane),
        }
    }

    fn slow_down(on: Matcher, nth: Option<u32>, times: Option<u32>) -> Rules {
        Rules::new(vec![Rule {
            name: "slow".into(),
            on,
            nth,
            times,
            verdict: Verdict::Fail {
                status: 503,
                code: "SlowDown".into(),
            },
        }])
    }

    fn fires(plan: &Rules, call: &Call<'_>) -> bool {
        plan.judge(call).0 != Verdict::Pass
    }

    #[test]
    fn the_second_put_of_the_first_attempt() {
        let on = Matcher {
            operation: Some("PutObject".into()),
            attempt: Some(1),
            ..Matcher::default()
        };
        let plan = slow_down(on, Some(2), None);
        assert!(!fires(&plan, &put("a", 1, 1)));
        assert!(fires(&plan, &put("a", 1, 1)));
        assert!(!fires(&plan, &put("a", 2, 1)), "another attempt");
        assert!(!fires(&plan, &put("a", 1, 2)), "another lane counts anew");
    }

    #[test]
    fn times_limits_each_lane() {
        let plan = slow_down(Matcher::default(), None, Some(1));
        assert!(fires(&plan, &put("a", 1, 1)));
        assert!(!fires(&plan, &put("a", 1, 1)));
        assert!(fires(&plan, &put("a", 1, 2)));
    }

    #[test]
    fn a_rule_knows_how_often_it_struck() {
        let plan = slow_down(Matcher::default(), Some(2), None);
        assert_eq!(plan.tallies(), [Tally::default()]);
        for lane in [1, 2, 2] {
            fires(&plan, &put("a", 1, lane));
        }
        let (matched, fired) = (2, 1);
        assert_eq!(plan.tallies(), [Tally { matched, fired }]);
    }

    #[test]
    fn patterns_match_keys() {
        for (pattern, text, expected) in [
            ("a/b", "a/b", true),
            ("a/b", "a/bc", false),
            ("*", "", true),
            ("a/*", "a/b/c", true),
            ("*.json", "x.json", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(
                matches_pattern(pattern, text),
                expected,
                "{pattern} on {text}"
            );
        }
    }
}
