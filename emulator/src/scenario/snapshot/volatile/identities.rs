//! Values by which programs tell things apart: uuids, addresses in memory, numbers of processes.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::Volatile;

static UUID: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}",
    )
});

/// Addresses are longer than constants that people write in this way.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| pattern("0x[0-9a-fA-F]{9,16}"));

static PROCESS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?i)(?P<before>\bp?pid["']?\s*[:=#]?\s*)(?P<number>\d{1,7})"#));

/// Ports that the system picks; services have smaller ones.
static PORT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?P<before>(?:127\.0\.0\.1|0\.0\.0\.0|localhost|\[::1\]):)(?P<number>\d{5})")
});
const FIRST_PORT: u32 = 32_768;

/// Replaces all of them.
pub(super) fn replace(volatile: &mut Volatile<'_>, text: &str) -> String {
    let text = volatile.pass(text, &UUID, uuid);
    let text = volatile.pass(&text, &ADDRESS, address);
    let text = volatile.pass(&text, &PORT, port);
    volatile.pass(&text, &PROCESS, process)
}

fn uuid(volatile: &mut Volatile<'_>, found: &Captures<'_>) -> Option<String> {
    if volatile.is_given(&found[0]) {
        return None;
    }
    // All uuids have one length, so an object that holds one keeps its size.
    Some(format!("<uuid:{}>", volatile.number("uuid", &found[0])))
}

fn address(volatile: &mut Volatile<'_>, found: &Captures<'_>) -> Option<String> {
    (!volatile.is_given(&found[0])).then(|| volatile.token("address"))
}

fn port(volatile: &mut Volatile<'_>, found: &Captures<'_>) -> Option<String> {
    let number: u32 = found["number"].parse().ok()?;
    if number < FIRST_PORT || volatile.is_given(&found[0]) {
        return None;
    }
    let token = volatile.token("port");
    Some(format!("{}{token}", &found["before"]))
}

#[expect(clippy::unnecessary_wraps, reason = "the form that `pass` asks for")]
fn process(volatile: &mut Volatile<'_>, found: &Captures<'_>) -> Option<String> {
    let number = volatile.number("pid", &found["number"]);
    let token = volatile.token(&format!("pid:{number}"));
    Some(format!("{}{token}", &found["before"]))
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the patterns of identities are valid")
}
