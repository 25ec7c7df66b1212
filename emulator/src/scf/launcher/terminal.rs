//! The standard input of this process, lent to the instance that is debugged.
//!
//! The instance is in a process group of its own, so that it can be killed with all that it has started, and the system does
//! not let it read from the terminal. So what is typed is read here and passed on. Whoever was lent the input last gets it.

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Who gets what is typed.
#[derive(Debug)]
struct Lent {
    to: Option<PipeWriter>,
    is_read: bool,
    /// Whether there is no more to read.
    is_over: bool,
}

/// A process has one standard input, whatever stages it has.
static LENT: Mutex<Lent> = Mutex::new(Lent {
    to: None,
    is_read: false,
    is_over: false,
});
static IS_LENT: Condvar = Condvar::new();

/// Lends the input: what becomes the standard input of the instance.
pub(super) fn lend() -> io::Result<PipeReader> {
    let (reader, writer) = io::pipe()?;
    let mut lent = lent();
    if lent.is_over {
        return Ok(reader);
    }
    lent.to = Some(writer);
    IS_LENT.notify_all();
    if !std::mem::replace(&mut lent.is_read, true) {
        // Reading cannot be interrupted, so the thread ends with the process.
        let thread = std::thread::Builder::new().name("stdin of a function".to_owned());
        thread.spawn(pass_on)?;
    }
    Ok(reader)
}

fn pass_on() {
    let mut chunk = [0; 4096];
    loop {
        let read = match io::stdin().read(&mut chunk) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                tracing::warn!(%error, "standard input cannot be read: the function gets no more of it");
                0
            }
        };
        if read == 0 {
            let mut lent = lent();
            lent.is_over = true;
            lent.to = None;
            return;
        }
        if let Err(error) = write(&chunk[..read]) {
            tracing::warn!(%error, "the function did not get what was typed");
        }
    }
}

/// Writes to whoever has the input, outside the lock, as a full pipe waits for its reader.
fn write(bytes: &[u8]) -> io::Result<()> {
    let lent = IS_LENT.wait_while(lent(), |lent| lent.to.is_none());
    let lent = lent.unwrap_or_else(PoisonError::into_inner);
    let to = lent.to.as_ref().map(PipeWriter::try_clone);
    drop(lent);
    match to {
        Some(to) => to?.write_all(bytes),
        None => Ok(()),
    }
}

fn lent() -> MutexGuard<'static, Lent> {
    LENT.lock().unwrap_or_else(PoisonError::into_inner)
}
