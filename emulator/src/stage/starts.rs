//! How often an emulator was started on a data folder, so that ids do not repeat.
//!
//! Ids are drawn from the seed and from numbers that begin with 1 at every start. What an earlier run has left in the folder,
//! or in a client's books, has ids of that run; so each start on a folder draws from a seed of its own. The first one
//! draws from the seed as it is.

use std::io;
use std::path::Path;

use super::Error;
use backlot_base::folder::{Folder, PRIVATE_FILE};
use backlot_base::seed::Seed;

/// The file in the data folder.
const FILE: &str = "starts";

/// What ids are drawn from after this start on a folder, which is counted.
pub(super) fn seed_of_ids(seed: Seed, folder: &Path) -> Result<Seed, Error> {
    let earlier = count(folder).map_err(|source| Error::DataFolder {
        path: folder.join(FILE),
        source,
    })?;
    Ok(match earlier {
        0 => seed,
        earlier => Seed(seed.draw(&["start", &earlier.to_string()]).below(u64::MAX)),
    })
}

/// The number of earlier starts.
fn count(folder: &Path) -> io::Result<u64> {
    let folder = Folder::create(folder)?;
    let earlier = match folder.read_text(FILE) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        text => text?.trim_end().parse().map_err(|_| {
            io::Error::other("it does not hold a number: remove it to count from the beginning")
        })?,
    };
    let text = format!("{}\n", u64::saturating_add(earlier, 1));
    folder.replace(FILE, text.as_bytes(), PRIVATE_FILE)?;
    Ok(earlier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_start_on_a_folder_draws_other_ids() {
        let folder = tempfile::tempdir().unwrap();
        let seeds = [1, 2, 3].map(|_| seed_of_ids(Seed(7), folder.path()).unwrap());
        assert_eq!(seeds[0], Seed(7));
        assert!(seeds[1] != seeds[0] && seeds[2] != seeds[1] && seeds[2] != seeds[0]);
        std::fs::write(folder.path().join(FILE), "many").unwrap();
        assert!(seed_of_ids(Seed(7), folder.path()).is_err());
    }
}
