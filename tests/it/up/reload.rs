//! Hot reload: what is saved is in use at the next event, and nothing else is lost.

use std::time::Duration;

use backlot::base::clock::Clock;
use backlot::base::seed::Seed;
use backlot::http::Query;
use backlot::http::auth::v5::{Signed, sign};
use backlot::stage::owner_keys;
use hyper::header::HeaderMap;
use serde_json::Value;

use super::kit::{Lines, Place, Up};

pub(super) const BUCKET: &str = "media-in-1250000000";
/// Prints the answer of another file, and how many events this process has had.
const INDEX: &str = "import lib\nevents = 0\n\ndef main_handler(event, context):\n    global events\n    events += 1\n    \
                     print(lib.answer, events)\n";

/// An emulator whose function runs for each object, and what its journal says.
pub(super) struct Running {
    up: Up,
    records: Lines,
    objects: u32,
}

impl Running {
    pub(super) fn start(keys: &str, arguments: &str, prepare: impl FnOnce(&Place)) -> Self {
        let place = Place::new();
        place.write(
            "backlot.yaml",
            &format!(
                "functions:\n  hello:\n    runtime: Python3.10\n    code: code\n    \
                 cos-triggers: [{{ bucket: {BUCKET} }}]\n{keys}"
            ),
        );
        std::fs::create_dir(place.path().join("code")).expect("a folder");
        place.write("code/index.py", INDEX);
        place.write("code/lib.py", "answer = 'one'\n");
        prepare(&place);
        let up = place.up(&format!("--seed 1 {arguments}"));
        let records = up
            .client()
            .send("GET", "/_backlot/journal?follow=true", "", b"");
        Self {
            records: Lines::of(records),
            up,
            objects: 0,
        }
    }

    /// Writes an object, and returns what the function prints because of it.
    fn event(&mut self) -> String {
        self.send();
        self.printed()
    }

    pub(super) fn send(&mut self) {
        self.objects += 1;
        let path = format!("/{BUCKET}/{}", self.objects);
        let request = Signed {
            method: "PUT",
            hosts: &["127.0.0.1"],
            paths: &[path.as_bytes().to_vec()],
            query: &Query::default(),
            headers: &HeaderMap::new(),
        };
        let now = Clock::real().client_now().as_second();
        let signature = sign(
            &request,
            &["host"],
            &owner_keys(Seed(1)),
            (now - 60, now + 600),
        );
        let headers = format!("Authorization: {signature}\r\n");
        let put = self.up.client().ask("PUT", &path, &headers, b"x");
        assert_eq!(put.status, 200, "{put:?}");
    }

    pub(super) fn printed(&mut self) -> String {
        self.until("log-line")["text"]
            .as_str()
            .expect("a text")
            .to_owned()
    }

    /// The next record of a kind.
    pub(super) fn until(&mut self, kind: &str) -> Value {
        loop {
            let line = self.records.next("{").expect("the journal goes on");
            let record: Value = serde_json::from_str(&line).expect("a record");
            if record["what"] == kind {
                return record;
            }
        }
    }

    fn write(&self, name: &str, text: &str) {
        self.up.place.write(name, text);
    }

    fn replaced(&mut self) -> String {
        self.until("code-replaced")["changed"]
            .as_str()
            .expect("a text")
            .to_owned()
    }

    /// Everything that it said, after its end.
    fn end(self) -> String {
        assert_eq!(self.up.backlot("stop").code, Some(0));
        self.up.running.end().stderr
    }
}

#[test]
fn a_saved_change_is_in_use_at_the_next_event() {
    let mut running = Running::start("", "", |_| {});
    assert_eq!(running.event(), "one 1");
    assert_eq!(running.event(), "one 2");
    let watch = Clock::real().stopwatch();
    running.write("code/lib.py", "answer = 'two'\n");
    assert_eq!(running.replaced(), "`lib.py`");
    let took = watch.elapsed();
    assert!(took < Duration::from_millis(100) * patience(), "{took:?}");
    assert_eq!(running.event(), "two 1");
    // As editors save: another file takes the name.
    running.write("code/.lib.py.swp", "");
    running.write("code/lib.new", "answer = 'three'\n");
    let code = running.up.place.path().join("code");
    std::fs::rename(code.join("lib.new"), code.join("lib.py")).expect("a file");
    while running.event() != "three 1" {}
    let said = running.end();
    assert!(
        said.contains("function `hello`: `lib.py` changed; the next event gets the new code"),
        "{said}"
    );
}

/// Tests of many run at once on one machine.
fn patience() -> u32 {
    10
}

#[test]
fn what_is_no_change_of_the_code_loses_no_warm_instance() {
    let mut running = Running::start("", "", |_| {});
    assert_eq!(running.event(), "one 1");
    // The same bytes, what tools write, and what is not in the folder of the code.
    running.write("code/lib.py", "answer = 'one'\n");
    for folder in ["code/__pycache__", "code/node_modules", "code/.git"] {
        std::fs::create_dir(running.up.place.path().join(folder)).expect("a folder");
        running.write(&format!("{folder}/file"), "x");
    }
    running.write("other.py", "x");
    assert_eq!(running.event(), "one 2");
    // The last of several changes is the only one that was a change.
    running.write("code/new.py", "");
    assert_eq!(running.replaced(), "`new.py`");
    assert_eq!(running.event(), "one 1");
}

#[test]
fn folders_that_are_new_are_watched_too() {
    let mut running = Running::start("", "", |_| {});
    assert_eq!(running.event(), "one 1");
    std::fs::create_dir_all(running.up.place.path().join("code/a/b")).expect("folders");
    running.write("code/a/b/c.py", "x = 1\n");
    assert_eq!(running.replaced(), "`a/b/c.py`");
    running.write("code/a/b/c.py", "x = 2\n");
    assert_eq!(running.replaced(), "`a/b/c.py`");
    std::fs::remove_dir_all(running.up.place.path().join("code/a")).expect("folders");
    assert_eq!(running.replaced(), "`a/b/c.py`");
    assert_eq!(running.event(), "one 1");
}

/// Decision 0011.
#[test]
fn an_attempt_under_way_ends_on_the_old_code() {
    let mut running = Running::start("", "", |place| {
        let waits = "import os\n\ndef main_handler(event, context):\n    print('begun')\n    \
                     open('../gate').read()\n    print('old')\n";
        place.write("code/index.py", waits);
        let gate = place.path().join("gate");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mkfifoat(rustix::fs::CWD, &gate, mode).expect("a pipe");
    });
    running.send();
    assert_eq!(running.printed(), "begun");
    running.write(
        "code/index.py",
        "def main_handler(event, context):\n    print('new')\n",
    );
    running.replaced();
    running.send();
    std::fs::write(running.up.place.path().join("gate"), "").expect("a reader");
    assert_eq!(running.printed(), "old");
    assert_eq!(running.printed(), "new");
}

#[test]
fn a_build_runs_again_and_what_it_writes_is_no_change() {
    let keys = "    build: cat text && sed 's/^/answer = /' text > lib.py\n";
    let mut running = Running::start(keys, "", |place| place.write("code/text", "'one'\n"));
    assert_eq!(running.event(), "one 1");
    running.write("code/text", "'two'\n");
    assert_eq!(running.replaced(), "`text`");
    assert_eq!(running.event(), "two 1");
    assert_eq!(running.event(), "two 2");
    // It fails, and the old code stays.
    std::fs::remove_file(running.up.place.path().join("code/text")).expect("a file");
    assert_eq!(running.event(), "two 3");
    running.write("code/text", "'three'\n");
    running.replaced();
    assert_eq!(running.event(), "three 1");
    let said = running.end();
    assert!(
        said.matches("building function `hello`").count() >= 3,
        "{said}"
    );
}

#[test]
fn a_new_zip_is_unpacked() {
    let zip = |place: &Place, answer: &str| {
        place.write("code/lib.py", &format!("answer = '{answer}'\n"));
        let bytes = backlot::scf::package::pack(&place.path().join("code")).expect("a zip");
        std::fs::write(place.path().join("new.zip"), bytes).expect("room on the disk");
        let place = place.path();
        std::fs::rename(place.join("new.zip"), place.join("code.zip")).expect("a file");
    };
    let keys = "";
    let mut running = Running::start(keys, "", |place| {
        zip(place, "one");
        let yaml = place
            .read("backlot.yaml")
            .replace("code: code", "code: code.zip");
        place.write("backlot.yaml", &yaml);
    });
    assert_eq!(running.event(), "one 1");
    zip(&running.up.place, "two");
    assert_eq!(running.replaced(), "`code.zip`");
    assert_eq!(running.event(), "two 1");
    // Equal bytes in a new file.
    zip(&running.up.place, "two");
    assert_eq!(running.event(), "two 2");
    running.write("code.zip", "no zip");
    assert_eq!(running.event(), "two 3");
    let said = running.end();
    assert!(!said.contains("not noticed"), "{said}");
}

#[test]
fn nothing_is_watched_if_that_is_not_wanted() {
    for (keys, arguments) in [("", "--no-watch"), ("    watch: false\n", "")] {
        let mut running = Running::start(keys, arguments, |_| {});
        assert_eq!(running.event(), "one 1");
        running.write("code/lib.py", "answer = 'two'\n");
        assert_eq!(running.event(), "one 2");
        assert_eq!(running.event(), "one 3");
    }
}

#[test]
fn a_changed_configuration_is_told() {
    let mut running = Running::start("", "", |_| {});
    assert_eq!(running.event(), "one 1");
    let yaml = running.up.place.read("backlot.yaml");
    running.write("backlot.yaml", &format!("{yaml}    memory: 256\n"));
    // A change that is noticed later is noticed after it.
    running.write("code/lib.py", "answer = 'two'\n");
    running.replaced();
    running.write("code/lib.py", "answer = 'three'\n");
    running.replaced();
    let said = running.end();
    assert!(
        said.contains("`backlot.yaml` has changed: restart"),
        "{said}"
    );
}
