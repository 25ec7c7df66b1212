//! Interpreters, the port, the clock, and proxies in the environment.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;

use super::Finding;
use crate::cli::remote::Remote;
use backlot_base::clock::Clock;

/// How long a program may take to print its version, in real time.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much the file system and the clock may differ: a file has the time of the last tick.
const TICK: SignedDuration = SignedDuration::from_secs(2);

/// Whether the interpreter of functions in a language is installed.
#[expect(clippy::disallowed_methods, reason = "this starts interpreters")]
pub(super) async fn program(name: &'static str, arguments: &[&str]) -> Finding {
    let mut command = tokio::process::Command::new(name);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let clock = Clock::real();
    let missing = |why: String| {
        Finding::warn(
            name,
            format!("{why}; functions that need it will not start: install it, or add it to PATH"),
        )
    };
    match clock.within(PATIENCE, command.output()).await {
        Ok(Ok(output)) if output.status.success() => {
            let version = String::from_utf8_lossy(&output.stdout);
            Finding::ok(name, version.trim().to_owned())
        }
        Ok(Ok(output)) => missing(format!("exited with {}", output.status)),
        Ok(Err(error)) => missing(error.to_string()),
        Err(elapsed) => missing(elapsed.to_string()),
    }
}

/// Whether `backlot up` could listen.
pub(super) async fn port(address: SocketAddr) -> Finding {
    const ABOUT: &str = "port";
    match TcpListener::bind(address).await {
        Ok(_) => Finding::ok(ABOUT, format!("{address} is free")),
        Err(error) => match (Remote { address }).health().await {
            Ok(_) => Finding::ok(ABOUT, format!("the emulator listens on {address}")),
            Err(_) => Finding::fail(
                ABOUT,
                format!("{address} cannot be used: {error}; choose another with `--listen`"),
            ),
        },
    }
}

/// Signatures hold for minutes around the time of signing, so clock and disk have to agree on what time it is.
pub(super) fn clock() -> Finding {
    const ABOUT: &str = "clock";
    let now = Clock::real().client_now();
    let written = tempfile::tempfile()
        .and_then(|file| file.metadata())
        .and_then(|file| file.modified());
    match written {
        Ok(written) => skew(now, written),
        Err(error) => Finding::fail(
            ABOUT,
            format!(
                "no temporary file can be created: {error}; set `TMPDIR` to a folder that can be written"
            ),
        ),
    }
}

fn skew(now: Timestamp, written: SystemTime) -> Finding {
    const ABOUT: &str = "clock";
    let Ok(written) = Timestamp::try_from(written) else {
        return Finding::fail(
            ABOUT,
            "the time of a new file is out of range; set the machine's clock",
        );
    };
    let skew = written.duration_since(now).abs();
    if skew > TICK {
        let text = format!("it is {now}, but a new file is of {written}; set the machine's clock");
        return Finding::warn(ABOUT, text);
    }
    Finding::ok(ABOUT, format!("{now:.0}"))
}

/// Proxies in the environment hide the emulator from programs that do not run inside `exec` or after `env`.
pub(super) fn proxy(variable: impl Fn(&str) -> Option<String>) -> Finding {
    const ABOUT: &str = "proxy";
    let filled = |name: &str| variable(name).filter(|value| !value.is_empty());
    let bypass = ["NO_PROXY", "no_proxy"].into_iter().find(|name| {
        filled(name).is_some_and(|value| {
            let mut names = value
                .split(',')
                .map(|name| name.trim().trim_start_matches(['*', '.']));
            names.any(|name| {
                name.is_empty() && value.contains('*')
                    || name.ends_with("myqcloud.com")
                    || name.ends_with("tencentcloudapi.com")
            })
        })
    });
    if let Some(name) = bypass {
        let text = format!(
            "`{name}` keeps requests for the emulated hosts from the emulator; use `backlot exec` or `backlot env`, which set it"
        );
        return Finding::warn(ABOUT, text);
    }
    let set = [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
    ];
    match set.into_iter().find(|name| filled(name).is_some()) {
        Some(name) => Finding::ok(
            ABOUT,
            format!("`{name}` is set; `backlot exec` and `backlot env` replace it"),
        ),
        None => Finding::ok(ABOUT, "none is set"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Mark;

    #[test]
    fn a_clock_that_is_wrong_is_noticed() {
        let now = Timestamp::from_second(1_704_067_200).unwrap();
        let second = Duration::from_secs(1);
        let written = SystemTime::from(now);
        assert_eq!(skew(now, written + second).mark, Mark::Ok);
        assert_eq!(skew(now, written - 3600 * second).mark, Mark::Warn);
        assert_eq!(skew(now, written + 3600 * second).mark, Mark::Warn);
    }

    #[test]
    fn a_bypass_of_the_emulated_hosts_is_noticed() {
        for (name, value, mark) in [
            ("NO_PROXY", "localhost,.myqcloud.com", Mark::Warn),
            ("no_proxy", "*", Mark::Warn),
            ("NO_PROXY", "localhost, 10.0.0.1", Mark::Ok),
            ("HTTP_PROXY", "http://proxy:3128", Mark::Ok),
            ("NO_PROXY", "", Mark::Ok),
        ] {
            let found = proxy(|asked| (asked == name).then(|| value.to_owned()));
            assert_eq!(found.mark, mark, "{name}={value}: {found}");
        }
    }
}
