//! The endpoint of the Cloud API: which service answers a call, and in which order the call is checked.
//!
//! Follows: MPS reference, section 14.5, last paragraph (order) and section 14.2 (form of the answer).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::HeaderValue;
use http::header::{CONTENT_TYPE, HOST};

use super::action::{AnyService, Found};
use super::request::{Sent, Unread};
use super::{ApiCall, ApiError, ApiResult, ApiService};
use crate::auth::{Keyring, Principal};
use crate::exchange::{Request, Response, authority, full};
use crate::host::{Host, name_of};
use crate::serving::{Answer, Cut};
use backlot_base::clock::Hold;
use backlot_base::context::Context;
use backlot_base::journal::{HttpRecord, Lane};
use backlot_base::json::{Object, Value};

/// All services of the Cloud API behind one envelope.
#[derive(Debug)]
pub struct CloudApi {
    context: Context,
    keyring: Keyring,
    services: Vec<Box<dyn AnyService>>,
    unsigned: Option<Principal>,
    // How many requests each lane has made. A plain mutex around a counter.
    counts: Mutex<HashMap<Lane, u64>>,
}

/// The host that a request was sent to.
#[derive(Debug)]
struct Addressed {
    /// Spellings of the host that the client may have signed: with and without the port.
    spellings: Vec<String>,
    service: Option<String>,
    region: Option<String>,
}

/// The caller of a signed call, or of one that need not be signed.
struct Caller {
    principal: Principal,
    secret_id: Option<String>,
}

/// A call that has been answered: on whose behalf it was, and its result.
struct Ended {
    lane: Lane,
    request_id: String,
    result: ApiResult,
}

/// What the journal says about a call, as far as it could be read.
#[derive(Default)]
struct Labels {
    service: String,
    action: String,
    version: String,
}

/// A call whose service and action exist.
struct Named<'a> {
    service: &'a dyn AnyService,
    action: &'a str,
    version: &'a str,
    found: Found<'a>,
}

impl CloudApi {
    /// An envelope without services.
    pub fn new(context: &Context, keyring: Keyring) -> Self {
        Self {
            context: context.clone(),
            keyring,
            services: Vec::new(),
            unsigned: None,
            counts: Mutex::new(HashMap::new()),
        }
    }

    /// Adds a service.
    #[must_use]
    pub fn with(mut self, service: impl ApiService) -> Self {
        self.services.push(Box::new(service));
        self
    }

    /// Accepts calls with `Authorization: SKIP` as those of `principal`. Without this, such calls are refused.
    #[must_use]
    pub fn allowing_unsigned(mut self, principal: Principal) -> Self {
        self.unsigned = Some(principal);
        self
    }

    /// Whether a request looks like a call although its host does not tell: clients may have this port as their endpoint.
    pub fn claims(request: &Request) -> bool {
        let query = || request.uri().query().unwrap_or_default();
        let has = |name: &str| query().split('&').any(|part| part.starts_with(name));
        request.headers().contains_key("x-tc-action")
            || (has("Action=") && has("SecretId=") && has("Signature="))
    }

    /// Answers one request. Always with status 200: with any other the SDKs lose the code of the error.
    pub async fn serve(&self, request: Request) -> Answer {
        let hold = self.context.clock.hold("a call of the Cloud API");
        let addressed = Addressed::of(&request);
        let (parts, body) = request.into_parts();
        let mut labels = Labels {
            service: addressed.service.clone().unwrap_or_default(),
            ..Labels::default()
        };
        let ended = match Sent::read(parts, body).await {
            Ok(sent) => self.answer(&sent, &addressed, &mut labels, hold).await,
            Err(Unread::Refused(error)) => self.refused(error),
            Err(Unread::Gone) => return Err(Cut),
        };
        self.record(labels, &ended);
        Ok(envelope(ended))
    }

    /// Records the call. Its parameters and its signature are the client's own business.
    fn record(&self, labels: Labels, ended: &Ended) {
        let code = ended.result.as_ref().err().map(|error| error.code.clone());
        let request = HttpRecord::ApiRequest {
            service: labels.service,
            action: labels.action,
            version: labels.version,
            code,
            request_id: ended.request_id.clone(),
        };
        self.context.record(ended.lane, request);
    }

    async fn answer(
        &self,
        sent: &Sent,
        addressed: &Addressed,
        labels: &mut Labels,
        hold: Hold,
    ) -> Ended {
        let said = |name| sent.common(name).unwrap_or_default().to_owned();
        (labels.action, labels.version) = (said("Action"), said("Version"));
        let named = match self.find(sent, addressed) {
            Ok(named) => named,
            Err(error) => return self.refused(error),
        };
        named.service.name().clone_into(&mut labels.service);
        let caller = match self.caller(sent, addressed) {
            Ok(caller) => caller,
            Err(error) => return self.refused(error),
        };
        let lane = caller.principal.acting().lane;
        let request_id = self.request_id(lane);
        let region = sent.common("Region").or(addressed.region.as_deref());
        let result = match named.found {
            Found::Unsupported => Err(self.unsupported(lane, named.service.name(), named.action)),
            Found::Supported(run) => {
                let call = ApiCall {
                    service: named.service.name().to_owned(),
                    action: named.action.to_owned(),
                    version: named.version.to_owned(),
                    region: region.map(str::to_owned),
                    language: sent.common("Language").unwrap_or("zh-CN").to_owned(),
                    parameters: sent.parameters.clone(),
                    principal: caller.principal,
                    secret_id: caller.secret_id,
                    request_id: request_id.clone(),
                    hold,
                };
                run(call).await
            }
        };
        Ended {
            lane,
            request_id,
            result,
        }
    }

    /// The service that is meant, the action and the version.
    fn find<'a>(&'a self, sent: &'a Sent, addressed: &Addressed) -> Result<Named<'a>, ApiError> {
        let needed = |name| sent.common(name).ok_or_else(|| ApiError::missing(name));
        let action = needed("Action")?;
        let version = needed("Version")?;
        let service = match &addressed.service {
            Some(name) => {
                let mut services = self.services();
                let found = services.find(|service| service.name() == name);
                found.ok_or_else(|| self.unsupported(Lane::Stage, name, action))?
            }
            None => self
                .guess(sent, action, version)
                .ok_or_else(|| unknown(action))?,
        };
        let found = service.find(action).ok_or_else(|| unknown(action))?;
        if service.version() != version {
            let message = format!(
                "The version `{version}` of the API does not exist: `{action}` belongs to `{}`.",
                service.version()
            );
            return Err(ApiError::new("NoSuchVersion", message));
        }
        Ok(Named {
            service,
            action,
            version,
            found,
        })
    }

    /// A client with an endpoint of its own names the service in its signature; the first form and some SDKs do not, then
    /// action and version tell.
    fn guess(&self, sent: &Sent, action: &str, version: &str) -> Option<&dyn AnyService> {
        let signed = sent.signed_service();
        let named = |service: &&dyn AnyService| Some(service.name()) == signed;
        let has_action = |service: &&dyn AnyService| service.find(action).is_some();
        let fits = |service: &&dyn AnyService| service.version() == version && has_action(service);
        self.services()
            .find(named)
            .or_else(|| self.services().find(fits))
            .or_else(|| self.services().find(has_action))
    }

    fn services(&self) -> impl Iterator<Item = &dyn AnyService> {
        self.services.iter().map(|service| &**service)
    }

    /// Records that the platform would have done something, and makes the error that says so. Every service leaves this to
    /// the envelope.
    fn unsupported(&self, lane: Lane, service: &str, action: &str) -> ApiError {
        let text = "backlot does not support this action";
        self.context
            .record_unsupported(lane, service, action, "", text);
        let message = if self.services().any(|known| known.name() == service) {
            format!("backlot does not support the action `{action}` of `{service}`.")
        } else {
            format!("backlot does not support the service `{service}`.")
        };
        ApiError::new("UnsupportedOperation", message)
    }

    fn caller(&self, sent: &Sent, addressed: &Addressed) -> Result<Caller, ApiError> {
        if sent.is_unsigned()
            && let Some(principal) = &self.unsigned
        {
            return Ok(Caller {
                principal: principal.clone(),
                secret_id: None,
            });
        }
        let hosts: Vec<_> = addressed.spellings.iter().map(String::as_str).collect();
        let now = self.context.clock.client_now().as_second();
        let key = sent.signer(&hosts, addressed.service.as_deref(), &self.keyring, now)?;
        Ok(Caller {
            principal: key.principal.clone(),
            secret_id: Some(key.credentials.secret_id.clone()),
        })
    }

    /// The end of a call whose caller is not known.
    fn refused(&self, error: ApiError) -> Ended {
        Ended {
            lane: Lane::Stage,
            request_id: self.request_id(Lane::Stage),
            result: Err(error),
        }
    }

    /// An id that depends only on the lane and its count, so that it does not depend on calls in other lanes.
    fn request_id(&self, lane: Lane) -> String {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(lane).or_default();
        *count += 1;
        let draw = ["cloud-api-request", &lane.to_string(), &count.to_string()];
        self.context.seed.draw(&draw).uuid()
    }
}

impl Addressed {
    fn of(request: &Request) -> Self {
        let authority = authority(request);
        let (service, region) = match Host::of(authority) {
            Host::CloudApi(host) => (Some(host.service), host.region),
            _ => (None, None),
        };
        let header = request.headers().get(HOST);
        let header = header.and_then(|host| host.to_str().ok());
        let mut spellings = Vec::new();
        for written in [Some(authority), header].into_iter().flatten() {
            for spelling in [written.to_owned(), without_port(written)] {
                if !spellings.contains(&spelling) {
                    spellings.push(spelling);
                }
            }
        }
        Self {
            spellings,
            service,
            region,
        }
    }
}

/// An address of version 6 keeps its brackets where a port may follow.
fn without_port(authority: &str) -> String {
    let name = name_of(authority).into_owned();
    if name.contains(':') {
        format!("[{name}]")
    } else {
        name
    }
}

fn unknown(action: &str) -> ApiError {
    let message = format!("The action `{action}` does not exist.");
    ApiError::new("InvalidAction", message)
}

/// Follows: MPS reference, section 14.2. The type must be exactly this: with a charset the Python SDK takes an error for
/// an empty success.
fn envelope(ended: Ended) -> Response {
    let members = match ended.result {
        Ok(Value::Object(members)) => members,
        Ok(Value::Null) => Vec::new(),
        Ok(other) => {
            let message = format!("The answer is {}, not an object.", other.kind());
            failure(&ApiError::new("InternalError", message))
        }
        Err(error) => failure(&error),
    };
    let mut response = Value::Object(members);
    if let Value::Object(members) = &mut response {
        members.push(("RequestId".to_owned(), ended.request_id.into()));
    }
    let body = Value::from(Object::new().with("Response", response)).to_string();
    let mut response = Response::new(full(body));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

fn failure(error: &ApiError) -> Vec<(String, Value)> {
    let error = Object::new()
        .with("Code", error.code.as_str())
        .with("Message", error.message.as_str());
    vec![("Error".to_owned(), error.into())]
}
