//! The owner of the functions: the numbers that SCF puts into environments and dead letters.

/// The account and the region of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The number at the end of bucket names, for example 1250000000.
    pub app_id: u64,
    /// The owner's account id, for example `100000000001`.
    pub uin: String,
    /// The region, for example `ap-guangzhou`.
    pub region: String,
}
