//! Commands with an emulator of their own, and the variables that they get.

use backlot::stage::python;
use backlot_tests::command::{CommandLine, Ended};

use super::kit::{Place, Up};

#[track_caller]
fn exec(place: &Place, script: &str) -> Ended {
    place.backlot("exec -- sh -c").arg(script).run()
}

#[test]
fn the_command_decides_the_exit_code() {
    let place = Place::new();
    for (script, code) in [
        ("exit 0", 0),
        ("exit 7", 7),
        ("kill -KILL $$", 137),
        ("kill -TERM $$", 143),
    ] {
        assert_eq!(exec(&place, script).code, Some(code), "{script}");
    }
    assert_eq!(
        place.backlot("exec -- no-such-program-anywhere").run().code,
        Some(127)
    );
    place.write("data", "not a program");
    assert_eq!(place.backlot("exec -- ./data").run().code, Some(126));
    assert_eq!(place.backlot("exec").run().code, Some(2));
}

#[test]
fn the_command_finds_everything_in_its_environment() {
    let place = Place::new();
    let ended = exec(
        &place,
        "echo $HTTP_PROXY $http_proxy $NO_PROXY $TENCENTCLOUD_APPID $TENCENTCLOUD_REGION $TENCENTCLOUD_UIN \
         $BACKLOT_ADDRESS ${#TENCENTCLOUD_SECRETKEY} ${TENCENTCLOUD_SECRETID%%KLOT*} ${PYTHONPATH##*/} $HTTPS_PROXY",
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let words: Vec<_> = ended.stdout.split_whitespace().collect();
    let address = words[6];
    let proxy = format!("http://{address}");
    let expected = [
        &proxy,
        &proxy,
        "localhost,127.0.0.1,::1",
        "1250000000",
        "ap-guangzhou",
        "100000000001",
        address,
        "32",
        "AKIDBAC",
        "python",
        &proxy,
    ];
    assert_eq!(words, expected);
    let gone = address.parse().expect("an address");
    assert!(
        std::net::TcpStream::connect::<std::net::SocketAddr>(gone).is_err(),
        "it is down afterwards"
    );
}

#[test]
fn without_functions_nothing_is_built() {
    let place = Place::new();
    // A cargo project in which the configured function's package cannot be built.
    place.write(
        "Cargo.toml",
        "[package]\nname = \"another\"\nversion = \"0.1.0\"\n",
    );
    let refused = place.backlot("exec -- true").run();
    assert_eq!(refused.code, Some(3), "{refused:?}");
    assert!(refused.stderr.contains("--no-functions"), "{refused:?}");
    let backlot = env!("CARGO_BIN_EXE_backlot-under-test");
    let script = format!("'{backlot}' status");
    let ended = place
        .backlot("exec --no-functions -- sh -c")
        .arg(script)
        .run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("functions  none"), "{ended:?}");
    assert!(!ended.stderr.contains("building"), "{ended:?}");
    let both = place
        .backlot("up --no-functions --function archive=true")
        .run();
    assert_eq!(both.code, Some(2), "{both:?}");
}

#[test]
fn commands_inside_find_the_backlot_around_them() {
    let place = Place::new();
    let backlot = env!("CARGO_BIN_EXE_backlot-under-test");
    let ended = exec(
        &place,
        &format!("'{backlot}' status --output json && '{backlot}' reset"),
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains(r#""status":"ok""#), "{ended:?}");
}

#[test]
fn signals_are_the_commands() {
    let place = Place::new();
    place.write(
        "waits.py",
        "import signal, sys\nall = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}\n\
         signal.pthread_sigmask(signal.SIG_BLOCK, all)\nprint('waits', flush=True)\n\
         sys.exit(100 + signal.sigwait(all))\n",
    );
    for (signal, code) in [("HUP", 101), ("INT", 102), ("TERM", 115)] {
        let running = place.backlot("exec -- python3 waits.py").start();
        assert_eq!(running.first, "waits", "{signal}");
        running.signal(signal);
        assert_eq!(running.end().code, Some(code), "{signal}");
    }
}

#[test]
fn a_shell_reads_the_variables_back() {
    let up = Up::start("");
    let printed = up.backlot("env");
    assert_eq!(printed.code, Some(0), "{printed:?}");
    let script = format!(
        "{}\necho $HTTP_PROXY $TENCENTCLOUD_APPID ${{PYTHONPATH##*/}}",
        printed.stdout
    );
    let read = CommandLine::new("sh", up.place.path())
        .args("-c")
        .arg(script)
        .run();
    assert_eq!(
        read.stdout,
        format!("http://{} 1250000000 python\n", up.address)
    );
    let without = up.backlot("env --no-python").stdout;
    assert!(!without.contains("PYTHONPATH"), "{without}");
    let fish = up.backlot("env --shell fish").stdout;
    assert!(fish.lines().all(|line| line.starts_with("set -")), "{fish}");
    let powershell = up.backlot("env --shell powershell").stdout;
    assert!(
        powershell
            .lines()
            .all(|line| line.starts_with("$env:") || line.starts_with("Remove-Item -Path Env:")),
        "{powershell}"
    );
    assert_eq!(fish.lines().count(), printed.stdout.lines().count());
}

#[test]
fn this_machine_serves_buckets_by_their_path() {
    let up = Up::start("");
    let answered = up.client().ask("GET", "/archive-1250000000/k", "", b"");
    assert_eq!(answered.status, 403, "it is not signed");
    assert!(answered.text().contains("<Code>AccessDenied</Code>"));
    let answered = up.client().ask("GET", "/elsewhere", "", b"");
    assert_eq!(answered.status, 501, "no bucket is meant");
}

#[test]
fn python_programs_that_use_certifi_trust_the_bundle() {
    let place = Place::new();
    std::fs::create_dir_all(place.path().join("packages/certifi")).expect("a folder");
    place.write(
        "packages/certifi/__init__.py",
        "from .core import contents, where\n",
    );
    place.write(
        "packages/certifi/core.py",
        "def where(): return 'own'\ndef contents(): return 'own'\n",
    );
    place.write("packages/sitecustomize.py", "print('the next one runs')\n");
    place.write("bundle.pem", "the bundle");
    let shim = python::write(place.path()).expect("a folder");
    let packages = place.path().join("packages");
    let path = python::path_with(&shim, Some(packages.as_os_str()));
    let bundle = place.path().join("bundle.pem").display().to_string();
    let ask = |bundle: &str, script: &str| {
        let line = CommandLine::new("python3", place.path())
            .env("PYTHONPATH", &path.to_string_lossy())
            .env("BACKLOT_CA_BUNDLE", bundle)
            .args("-c")
            .arg(script);
        let ended = line.run();
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (Some(0), ""),
            "{ended:?}"
        );
        ended.stdout
    };
    let both = "import certifi; print(certifi.where(), certifi.contents())";
    let next = "the next one runs\n";
    assert_eq!(ask(&bundle, both), format!("{next}{bundle} the bundle\n"));
    assert_eq!(ask("", both), format!("{next}own own\n"));
    assert_eq!(ask("/nowhere", both), format!("{next}own own\n"));
    std::fs::remove_dir_all(packages.join("certifi")).expect("a folder");
    assert_eq!(
        ask(&bundle, "print(1)"),
        format!("{next}1\n"),
        "without certifi nothing happens"
    );
}

#[test]
fn there_is_a_manual_page_for_each_verb() {
    let place = Place::new();
    let ended = place.backlot("man pages").run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for name in ["backlot.1", "backlot-up.1", "backlot-state-save.1"] {
        assert!(
            place.read(&format!("pages/{name}")).contains(".TH "),
            "{name}"
        );
    }
}
