//! The error codes of COS: those that the emulator answers with itself, and the rest of what is documented.
//!
//! Follows: COS reference, section 4.3.

use super::error::KINDS;

/// Documented codes that the emulator answers with only where a fault is planned.
const OTHERS: &[&str] = &[
    "ActionAccelerateNotSupported",
    "AttachmentFull",
    "BadRquest",
    "BucketLocked",
    "BucketVersionNotOpen",
    "DNSRecordVerifyFailed",
    "DomainAuditFailed",
    "EntitySizeNotMatch",
    "ImageResolutionExceed",
    "ImageTooLarge",
    "InvalidImageFormat",
    "InvalidImageSource",
    "InvalidLocationConstraint",
    "InvalidPicOperations",
    "InvalidRegionName",
    "InvalidUploadStatus",
    "JsonAPINotSupportOnMAZBucket",
    "KmsException",
    "KmsFreqControl",
    "KmsInternalException",
    "KmsKeyDisabled",
    "KmsKeyNotExist",
    "LifeCycleRuleConflicted",
    "LoggingConfExists",
    "LoggingPrefixInvalid",
    "MAZOperationNotSupportOnOAZBucket",
    "MissingAppid",
    "MissingContentMD5",
    "MissingHost",
    "MissingRequestBodyError",
    "MultiAZFeatureNotSupport",
    "MultiBucketNotSupport",
    "NoBucketQuotaPolicy",
    "NoProcessAuthority",
    "NoSuchCopySource",
    "NoSuchJob",
    "NoSuchPolicyVersion",
    "NotifyRuleEventConflict",
    "NotifyRulePrefixConflict",
    "NotifyRuleSuffixConflict",
    "OAZOperationNotSupportOnMAZBucket",
    "PaymentRequired",
    "PermanentRedirect",
    "PolicyFull",
    "PolicyVersionFull",
    "QuotaConflict",
    "QuotaOperationConflict",
    "RecordAlreadyExist",
    "Redirect",
    "RequestTimeout",
    "SSEContentNotSupported",
    "SSEHeaderNotAllowed",
    "SsecDecryptHeaderInvalid",
    "TargetBucketNameInvalid",
    "TemporaryRedirect",
    "TooManyBuckets",
    "UnavailableForLegalReasons",
    "UnexpectedContent",
    "UploadConflict",
    "UploadIdNotSupported",
    "UserCnameInvalid",
    "UserNetworkTooSlow",
    "UserNotSourceBucketOwner",
    "UserNotTargetBucketOwner",
    "VerifyAlgorithmNotSupported",
    "WebsiteURLInvalid",
];

/// All codes, each at least once.
pub fn all() -> impl Iterator<Item = &'static str> {
    let own = KINDS.iter().map(|kind| kind.code());
    own.chain(OTHERS.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_of_the_table_are_there() {
        for code in ["SlowDown", "NoSuchKey", "RequestTimeout"] {
            assert!(all().any(|known| known == code), "{code}");
        }
    }
}
