//! The code of functions that is in COS.

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::scf::CodeObjects;
use backlot_cos::Cos;

/// Objects of COS as SCF reads them. No permission is asked for: the account reads its own code.
#[derive(Debug)]
pub struct CosCode {
    cos: Cos,
}

impl CosCode {
    /// The objects of this COS.
    pub fn new(cos: &Cos) -> Self {
        Self { cos: cos.clone() }
    }
}

impl CodeObjects for CosCode {
    fn read<'a>(
        &'a self,
        bucket: &'a str,
        key: &'a str,
    ) -> BoxFuture<'a, Result<Option<Bytes>, String>> {
        async move {
            let found = self.cos.get_object(bucket, key).await;
            let found = found.map_err(|error| error.to_string())?;
            Ok(found.map(|(_record, body)| body))
        }
        .boxed()
    }
}
