//! Which attempts `GetFunctionLogs` is asked for. Follows: SCF reference, section 13.3.

use super::names::{existing, filled, namespace};
use super::window::{Window, choice, window};
use crate::scf::Scf;
use crate::scf::history::{self, Past, Run};
use crate::scf::status::Status;
use backlot_http::cloud_api::{ApiError, Parameter, Parameters};

/// What an attempt has to match.
#[derive(Debug)]
pub(super) struct LogFilter {
    namespace: String,
    function: Option<String>,
    /// A version or an alias.
    qualifier: Option<String>,
    request_id: Option<String>,
    window: Option<Window>,
    ret_code: Option<RetCode>,
}

/// `Filter.RetCode`. An attempt that runs matches none.
///
/// Choice: statuses 432 and 434 are a limit that was exceeded; 430, 439 and 443, whose names blame the user's code or
/// process, are its exception.
#[derive(Clone, Copy, Debug)]
enum RetCode {
    Success,
    Failure,
    TimeLimit,
    ResourceLimit,
    UserCode,
}

impl LogFilter {
    pub(super) fn read(scf: &Scf, parameters: &Parameters<'_>) -> Result<Self, ApiError> {
        let namespace = namespace(parameters)?.to_owned();
        let function = match filled(parameters, "FunctionName")? {
            Some(_) => Some(existing(scf, parameters)?.name),
            None => None,
        };
        let filter = parameters.optional("Filter", Parameter::object)?;
        let ret_code = match &filter {
            Some(filter) => choice(
                filter,
                "RetCode",
                "InvalidParameterValue.RetCode",
                &RetCode::CHOICES,
            )?,
            None => None,
        };
        Ok(Self {
            namespace,
            function,
            qualifier: filled(parameters, "Qualifier")?.map(str::to_owned),
            request_id: filled(parameters, "FunctionRequestId")?.map(str::to_owned),
            window: window(parameters)?,
            ret_code,
        })
    }

    /// The invocations among whose attempts there may be some that match.
    pub(super) fn past(&self, scf: &Scf) -> Vec<Past> {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        history::read(
            &scf.context().journal,
            |began| {
                let target = &began.target;
                target.namespace == self.namespace
                    && is(&self.function, &target.function)
                    && is(&self.request_id, began.request_id)
                    && (is(&self.qualifier, &target.qualifier)
                        || is(&self.qualifier, &began.version))
            },
            |target| scf.memory_mb(target),
        )
    }

    /// Whether an attempt of these invocations matches.
    pub(super) fn has(&self, run: &Run) -> bool {
        let window = self.window.as_ref();
        if window.is_some_and(|window| !window.contains(&run.started)) {
            return false;
        }
        let Some(ret_code) = self.ret_code else {
            return true;
        };
        run.end.as_ref().is_some_and(|end| ret_code.is(end.status))
    }
}

impl RetCode {
    const CHOICES: [(&str, Self); 5] = [
        ("is0", Self::Success),
        ("not0", Self::Failure),
        ("TimeLimitExceeded", Self::TimeLimit),
        ("ResourceLimitExceeded", Self::ResourceLimit),
        ("UserCodeException", Self::UserCode),
    ];

    fn is(self, status: Status) -> bool {
        match self {
            Self::Success => status.is_success(),
            Self::Failure => !status.is_success(),
            Self::TimeLimit => status == Status::TIME_LIMIT,
            Self::ResourceLimit => matches!(status, Status::OVERRUN | Status::MEMORY_LIMIT),
            Self::UserCode => matches!(
                status,
                Status::USER_ERROR | Status::PROCESS_EXIT | Status::CODE_ERROR
            ),
        }
    }
}
