//! A folder of objects that comes from somebody else: links in it that lead out of the store are not followed.

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
    // There is something at its place, so it gets another one.
    put(&cos, "out/secret").await.unwrap();
    let refused = put(&cos, "out/new").await.unwrap_err();
    assert!(refused.contains("symbolic link"), "{refused}");
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
