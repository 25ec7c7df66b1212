//! Letting the runtime read what has been sent to it.
//!
//! Bytes that a process on this machine has sent are in a buffer at once, but the task that reads them runs only when the
//! runtime has asked the system for news. One turn is one such question: a byte that is sent here and awaited here.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

/// A connection is accepted in the first turn, its bytes are read in the second, and whoever they are for answers in the
/// third.
const TURNS: usize = 4;

/// Returns when what had been sent to this process before the call has been read and handed on.
pub(super) async fn several_turns() {
    let Ok((mut near, mut far)) = UnixStream::pair() else {
        // Without another descriptor there is no way to wait for a turn.
        return;
    };
    for _ in 0..TURNS {
        let turn = async {
            near.write_all(b".").await?;
            far.read_u8().await
        };
        if let Err(error) = turn.await {
            tracing::debug!(%error, "a turn could not be waited for");
            return;
        }
        tokio::task::yield_now().await;
    }
}
