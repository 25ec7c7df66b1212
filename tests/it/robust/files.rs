//! Files of backlot's own in which bytes have changed: they are read as they are or refused with the file's name, and nothing
//! panics.

use std::fs;
use std::path::{Path, PathBuf};

use backlot::base::clock::Clock;
use backlot::base::seed::Seed;
use backlot::context::Context;
use backlot::cos::store::{self, Durability, Kind, StoreSettings};
use backlot::cos::{Cos, Listener, Settings, Upload};
use backlot::http::auth::Keyring;
use backlot::http::{Authority, Emulated};
use backlot::journal::Lane;

const BUCKET: &str = "media-1250000000";

/// Opens the store and uses it: what is there is listed and read, and something is written and removed. Errors as text.
async fn work(kind: Kind, path: &Path) -> Result<usize, String> {
    let context = Context::new(&Clock::virtual_default(), Seed(7));
    let settings = StoreSettings {
        kind,
        path: path.to_owned(),
        durability: Durability::Relaxed,
    };
    let store = store::open(&settings).map_err(|error| error.to_string())?;
    let cos = Cos::new(
        context,
        Keyring::default(),
        store,
        Settings::default(),
        Listener::none(),
    );
    let text = |error: backlot::cos::Error| match error.store {
        Some(store) => store.to_string(),
        None => error.to_string(),
    };
    cos.create_bucket(BUCKET, "ap-guangzhou")
        .await
        .map_err(text)?;
    let objects = cos.all_objects().await.map_err(text)?;
    for key in ["in/a", "new"] {
        let upload = Upload {
            bucket: BUCKET.to_owned(),
            key: key.to_owned(),
            body: "some bytes".into(),
            ..Upload::default()
        };
        cos.put_object(Lane::Stage, upload).await.map_err(text)?;
    }
    cos.delete_object(Lane::Stage, BUCKET, "new")
        .await
        .map_err(text)?;
    Ok(objects.len())
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
    found.sort();
}

/// Places spread over a file, and what becomes of it there.
fn damages(bytes: &[u8], places: usize) -> Vec<Vec<u8>> {
    let step = (bytes.len() / places).max(1);
    let mut damaged = vec![Vec::new(), bytes[..bytes.len() / 2].to_vec()];
    for at in (0..bytes.len()).step_by(step) {
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 1 << (at % 8);
        damaged.push(flipped);
    }
    damaged
}

async fn survives(kind: Kind, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    assert_eq!(work(kind, &path).await, Ok(0));
    assert_eq!(work(kind, &path).await, Ok(1));
    let mut all = Vec::new();
    files(folder.path(), &mut all);
    let kept: Vec<_> = all
        .iter()
        .map(|path| (path, fs::read(path).unwrap()))
        .collect();
    for (changed, whole) in &kept {
        for damaged in damages(whole, 24) {
            for (path, bytes) in &kept {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
            fs::write(changed, &damaged).unwrap();
            match work(kind, &path).await {
                Ok(_) => {}
                Err(text) => assert!(text.len() > 10, "{}: {text}", changed.display()),
            }
            // What a run on damaged files has added is no part of the next one.
            let mut now = Vec::new();
            files(folder.path(), &mut now);
            for path in now.iter().filter(|path| !all.contains(path)) {
                fs::remove_file(path).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn damaged_databases_are_read_or_refused() {
    survives(Kind::Sqlite, "objects.sqlite").await;
}

#[tokio::test]
async fn damaged_folders_are_read_or_refused() {
    survives(Kind::Fs, "objects").await;
}

#[test]
fn damaged_authorities_are_read_made_anew_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Authority::open(&Clock::real(), folder.path(), &Emulated::default());
    open().unwrap();
    let mut all = Vec::new();
    files(folder.path(), &mut all);
    assert!(!all.is_empty());
    for path in all {
        let whole = fs::read(&path).unwrap();
        for damaged in damages(&whole, 40) {
            // In place, so that the permissions stay.
            fs::write(&path, &damaged).unwrap();
            if let Err(error) = open() {
                let text = error.to_string();
                let name = path.file_name().unwrap().to_string_lossy();
                assert!(text.contains(&*name), "{name}: {text}");
            }
            fs::write(&path, &whole).unwrap();
        }
    }
    open().unwrap();
}
