//! Which stub answers a call, and why no stub does.
//!
//! Stubs are asked in order. Their answers are counted for each lane on its own, as those of faults are: the first call of
//! an invocation gets the first answer, however invocations interleave.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{OutboundCall, Stub, StubReply};
use backlot_base::journal::Lane;
use backlot_http::HostPattern;

/// The stubs of one stage.
#[derive(Debug, Default)]
pub struct Stubs {
    stubs: Vec<Stub>,
    // A plain mutex: counting is short and never awaits.
    answered: Mutex<HashMap<(usize, Lane), u32>>,
}

/// The choice for a call to a stubbed host.
#[derive(Debug, PartialEq, Eq)]
pub enum Chosen<'a> {
    /// A stub answers.
    Reply(&'a Stub, &'a StubReply),
    /// No stub answers; the text says which one is nearest, and why it does not match.
    Unanswered(String),
}

impl Stubs {
    /// Stubs, in the order in which they are asked.
    pub fn new(stubs: Vec<Stub>) -> Self {
        Self {
            stubs,
            answered: Mutex::default(),
        }
    }

    /// Whether there are no stubs.
    pub fn is_empty(&self) -> bool {
        self.stubs.is_empty()
    }

    /// The hosts, each once.
    pub fn hosts(&self) -> Vec<HostPattern> {
        let mut hosts: Vec<HostPattern> = Vec::new();
        for host in self.stubs.iter().filter_map(|stub| stub.on.host.as_ref()) {
            if !hosts.contains(host) {
                hosts.push(host.clone());
            }
        }
        hosts
    }

    /// Whether there is a stub for this host.
    pub fn cover(&self, host: &str, port: u16) -> bool {
        self.for_host(host, port).next().is_some()
    }

    /// The answer to a call.
    pub fn choose(&self, lane: Lane, call: &OutboundCall<'_>) -> Chosen<'_> {
        let mut nearest: Option<(usize, String)> = None;
        for (index, stub) in self.for_host(call.host, call.port) {
            let misses = stub.on.misses(call);
            let why = if let Some(first) = misses.first() {
                first.to_string()
            } else if let Some(reply) = self.take(index, stub, lane) {
                return Chosen::Reply(stub, reply);
            } else {
                let times = stub.times.unwrap_or_default();
                let calls = if times == 1 { "call" } else { "calls" };
                format!("it matches, but has already answered {times} {calls}")
            };
            if nearest
                .as_ref()
                .is_none_or(|(least, _)| misses.len() < *least)
            {
                let text = format!("stub `{}` is nearest: {why}", stub.name);
                nearest = Some((misses.len(), text));
            }
        }
        let nearest = nearest.map(|(_, text)| text);
        Chosen::Unanswered(nearest.unwrap_or_else(|| "there is no stub for this host".to_owned()))
    }

    /// Sets all counts to zero.
    pub fn reset(&self) {
        self.counts().clear();
    }

    /// How many calls each stub has answered, in all lanes, in their order.
    pub fn answered(&self) -> Vec<u32> {
        let mut answered = vec![0; self.stubs.len()];
        for ((index, _), count) in self.counts().iter() {
            answered[*index] += count;
        }
        answered
    }

    fn for_host(&self, host: &str, port: u16) -> impl Iterator<Item = (usize, &Stub)> {
        let is_for = move |stub: &Stub| {
            let wanted = stub.on.host.as_ref();
            wanted.is_some_and(|wanted| wanted.covers(host, port))
        };
        let numbered = self.stubs.iter().enumerate();
        numbered.filter(move |(_, stub)| is_for(stub))
    }

    /// The next answer of a stub; `None` if the stub has reached its limit.
    fn take<'a>(&self, index: usize, stub: &'a Stub, lane: Lane) -> Option<&'a StubReply> {
        let mut counts = self.counts();
        let count = counts.entry((index, lane)).or_default();
        if stub.times.is_some_and(|times| *count >= times) {
            return None;
        }
        let turn = usize::try_from(*count).unwrap_or(usize::MAX);
        *count = count.saturating_add(1);
        stub.replies.get(turn).or_else(|| stub.replies.last())
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, HashMap<(usize, Lane), u32>> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stub::CallMatcher;
    use http::StatusCode;

    const CALL: OutboundCall<'_> = OutboundCall {
        host: "api.example.com",
        port: 443,
        method: "GET",
        target: "/items",
        headers: None,
        body: b"",
    };

    fn stub(name: &str, path: &str, statuses: &[u16], times: Option<u32>) -> Stub {
        let reply = |status: &u16| StubReply {
            status: StatusCode::from_u16(*status).unwrap(),
            ..StubReply::default()
        };
        Stub {
            name: name.into(),
            on: CallMatcher {
                host: Some("api.example.com".parse().unwrap()),
                method: Some("GET".into()),
                path: Some(path.into()),
                ..CallMatcher::default()
            },
            replies: statuses.iter().map(reply).collect(),
            times,
        }
    }

    fn told(chosen: &Chosen<'_>) -> String {
        match chosen {
            Chosen::Reply(stub, reply) => format!("{} {}", stub.name, reply.status.as_u16()),
            Chosen::Unanswered(why) => why.clone(),
        }
    }

    #[test]
    fn answers_come_in_order_and_each_lane_begins_anew() {
        let stubs = Stubs::new(vec![stub("a", "/items", &[503, 200], None)]);
        let ask = |lane| told(&stubs.choose(Lane::Invocation(lane), &CALL));
        assert_eq!([ask(1), ask(1), ask(1)], ["a 503", "a 200", "a 200"]);
        assert_eq!(ask(2), "a 503");
        assert_eq!(stubs.answered(), [4]);
        stubs.reset();
        assert_eq!(stubs.answered(), [0]);
        assert_eq!(ask(1), "a 503");
    }

    #[test]
    fn the_first_that_fits_answers_until_it_has_answered_enough() {
        let once = stub("once", "/*", &[500], Some(1));
        let stubs = Stubs::new(vec![once.clone(), stub("then", "/items", &[200], None)]);
        let ask = |stubs: &Stubs| told(&stubs.choose(Lane::Stage, &CALL));
        assert_eq!([ask(&stubs), ask(&stubs)], ["once 500", "then 200"]);
        let alone = Stubs::new(vec![once]);
        ask(&alone);
        assert_eq!(
            ask(&alone),
            "stub `once` is nearest: it matches, but has already answered 1 call"
        );
    }

    #[test]
    fn the_stub_with_the_fewest_misses_is_the_nearest() {
        let mut far = stub("far", "/other", &[200], None);
        far.on.method = Some("PUT".into());
        let stubs = Stubs::new(vec![far, stub("near", "/item", &[200], None)]);
        assert_eq!(
            told(&stubs.choose(Lane::Stage, &CALL)),
            "stub `near` is nearest: path: expected `/item`, found `/items`"
        );
        assert!(stubs.cover("api.example.com", 443));
        assert!(!stubs.cover("www.example.com", 443));
        assert_eq!(stubs.hosts().len(), 1);
    }
}
