//! A data folder that comes from another party: links in it that lead out are not followed, and nothing is created, emptied or
//! removed through one.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use backlot::base::clock::Clock;
use backlot::base::seed::Seed;
use backlot::context::Context;
use backlot::cos::store::{self, Durability, Kind, StoreSettings};
use backlot::cos::{Cos, Listener, Settings, Upload};
use backlot::http::auth::Keyring;
use backlot::journal::Lane;
use backlot::stage::{Settings as StageSettings, Stage, StoreChoice};
use tempfile::TempDir;

const BUCKET: &str = "media-1250000000";
const SECRET: &str = "nobody's business";

/// A store, and beside it a folder with a file that is none of its business.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("outside")).unwrap();
        fs::write(folder.path().join("outside/secret"), SECRET).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self) -> Result<Cos, String> {
        let context = Context::new(&Clock::virtual_default(), Seed(7));
        let settings = StoreSettings {
            kind: Kind::Fs,
            path: self.path("data"),
            durability: Durability::Relaxed,
        };
        let store = store::open(&settings).map_err(|error| error.to_string())?;
        let nobody = Listener::none();
        Ok(Cos::new(
            context,
            Keyring::default(),
            store,
            Settings::default(),
            nobody,
        ))
    }

    fn untouched(&self) {
        let outside: Vec<_> = fs::read_dir(self.path("outside")).unwrap().collect();
        assert_eq!(outside.len(), 1);
        assert_eq!(
            fs::read_to_string(self.path("outside/secret")).unwrap(),
            SECRET
        );
    }
}

async fn put(cos: &Cos, key: &str) -> Result<(), String> {
    let upload = Upload {
        bucket: BUCKET.to_owned(),
        key: key.to_owned(),
        body: SECRET.to_uppercase().into(),
        ..Upload::default()
    };
    match cos.put_object(Lane::Stage, upload).await {
        Ok(_) => Ok(()),
        Err(error) => Err(error
            .store
            .map_or_else(|| error.code.to_string(), |store| store.to_string())),
    }
}

#[tokio::test]
async fn nothing_is_written_read_or_removed_through_a_link() {
    let place = Place::new();
    let cos = place.open().unwrap();
    cos.create_bucket(BUCKET, "ap-guangzhou").await.unwrap();
    let bucket = place.path("data").join(BUCKET);

    symlink(place.path("outside"), bucket.join("out")).unwrap();
    // A link is in their way, so they get another place.
    for key in ["out/secret", "out/new"] {
        put(&cos, key).await.unwrap();
        let (_, body) = cos.get_object(BUCKET, key).await.unwrap().unwrap();
        assert_eq!(body, SECRET.to_uppercase());
    }
    place.untouched();

    put(&cos, "file").await.unwrap();
    fs::remove_file(bucket.join("file")).unwrap();
    symlink(place.path("outside/secret"), bucket.join("file")).unwrap();
    let read = cos
        .get_object(BUCKET, "file")
        .await
        .map(|found| found.map(|(_, body)| body));
    assert!(read.is_err(), "{read:?}");

    put(&cos, "folder/secret").await.unwrap();
    fs::remove_dir_all(bucket.join("folder")).unwrap();
    symlink(place.path("outside"), bucket.join("folder")).unwrap();
    let removed = cos
        .delete_object(Lane::Stage, BUCKET, "folder/secret")
        .await;
    assert!(removed.is_err(), "{removed:?}");
    place.untouched();
}

/// A data folder in which a name is a link that leads to what is outside.
async fn start_with(kind: Kind, link: &str, outside: &str) -> (Place, Result<(), String>) {
    let place = Place::new();
    let at = place.path("data").join(link);
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    symlink(place.path(outside), &at).unwrap();
    let settings = StageSettings {
        store: StoreChoice {
            kind,
            folder: Some(place.path("data")),
            durability: Durability::Relaxed,
        },
        ..StageSettings::default()
    };
    let started = match Stage::start(settings).await {
        Ok(stage) => {
            stage.stop().await;
            Ok(())
        }
        Err(error) => Err(explain(&error)),
    };
    (place, started)
}

fn explain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[tokio::test]
async fn a_data_folder_with_a_planted_link_is_refused_and_named() {
    for (kind, link) in [
        (Kind::Fs, "cos"),
        (Kind::Fs, "cos/.backlot"),
        (Kind::Fs, "cos/.backlot/staging"),
        (Kind::Fs, "cos/.backlot/format"),
        (Kind::Fs, "cos/.backlot/lock"),
        (Kind::Fs, "cos/.backlot/catalog.sqlite"),
        (Kind::Fs, "cos/.backlot/catalog.sqlite-wal"),
        (Kind::Fs, "cos/.backlot/catalog.sqlite-shm"),
        (Kind::Sqlite, "cos.sqlite"),
        (Kind::Sqlite, "cos.sqlite-lock"),
        (Kind::Sqlite, "cos.sqlite-wal"),
        (Kind::Sqlite, "cos.sqlite-journal"),
        (Kind::Sqlite, "ca-key.pem"),
        (Kind::Sqlite, "ca.pem"),
    ] {
        for outside in ["outside", "outside/secret", "nowhere"] {
            let (place, started) = start_with(kind, link, outside).await;
            let refused = started.expect_err(link);
            assert!(refused.contains("a symbolic link"), "{link}: {refused}");
            let name = link.rsplit('/').next().unwrap();
            assert!(refused.contains(name), "{link}: {refused}");
            place.untouched();
            assert!(!place.path("nowhere").exists(), "{link}");
        }
    }
}

#[tokio::test]
async fn what_is_not_ours_in_the_staging_folder_stays() {
    let place = Place::new();
    drop(place.open().unwrap());
    let staging = place.path("data/.backlot/staging");
    symlink(place.path("outside/secret"), staging.join("17.body")).unwrap();
    fs::write(staging.join("note.txt"), "mine").unwrap();
    fs::create_dir(staging.join("18.body")).unwrap();
    fs::write(staging.join("19.body"), "left over").unwrap();
    drop(place.open().unwrap());
    let mut names: Vec<_> = fs::read_dir(&staging)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["17.body", "18.body", "note.txt"]);
    place.untouched();
}
