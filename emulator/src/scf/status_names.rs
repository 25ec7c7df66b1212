//! The names of SCF's status codes. Follows: SCF reference, section 8.

use super::Status;

const NAMES: &[(u16, &str)] = &[
    (400, "InvalidParameterValue"),
    (401, "InvalidCredentials"),
    (402, "ServiceSuspended"),
    (403, "ResourceUnavailable"),
    (404, "InvalidSubnetID"),
    (405, "ContainerStateExited"),
    (406, "RequestTooLarge"),
    (407, "ResponseTooLarge"),
    (410, "InsufficientBalance"),
    (429, "ResourceLimit"),
    (430, "UserCodeException"),
    (432, "ResourceLimitReached"),
    (433, "TimeLimitReached"),
    (434, "MemoryLimitReached"),
    (435, "FunctionNotFound"),
    (436, "InvalidParameterValue"),
    (437, "HandlerNotFound"),
    (438, "FunctionStatusError"),
    (439, "UserProcessExit"),
    (440, "BorrowContainerDegrade"),
    (441, "UnauthorizedOperation"),
    (442, "QualifierNotFound"),
    (443, "UserCodeError"),
    (444, "PullImageFailed"),
    (445, "ContainerInitError"),
    (446, "PortBindingFailed"),
    (447, "PullImageTimeOut"),
    (449, "InsufficientResources"),
    (450, "InitContainerTimeout"),
    (499, "RequestCanceled"),
    (500, "InternalError"),
    (532, "ResourceExhausted"),
    (600, "NodeAsyncInvokeReturn"),
    (601, "ContainerNotExists"),
];

impl Status {
    /// All statuses of attempts that fail, with their names. A name may belong to several. Choice: the statuses 407, 430 and
    /// 439, which the platform describes by a sentence only, have names of the same kind.
    pub fn failures() -> impl Iterator<Item = (Self, &'static str)> {
        NAMES.iter().map(|&(status, name)| (Self(status), name))
    }
}
