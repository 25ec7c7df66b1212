//! Who answers a call, and in which order things are checked.
//!
//! Follows: MPS reference, section 14.5, last paragraph (order) and section 14.2 (form of the answer).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderValue;
use http::header::{CONTENT_TYPE, HOST};

use super::request::{Sent, Unread};
use super::{ApiCall, ApiError, ApiService};
use crate::auth::{Keyring, Principal};
use crate::exchange::{Request, Response, authority, full};
use crate::host::{Host, name_of};
use crate::server::{Answer, Cut};
use backlot_base::clock::Hold;
use backlot_base::context::Context;
use backlot_base::journal::{Lane, What};
use backlot_base::json::{Object, Value};

/// All services of the Cloud API behind one envelope.
#[derive(Debug)]
pub struct CloudApi {
    context: Context,
    keyring: Keyring,
    services: Vec<Arc<dyn ApiService>>,
    unsigned: Option<Principal>,
    // How many requests each lane has made. A plain mutex around a counter.
    counts: Mutex<HashMap<Lane, u64>>,
}

/// Where a request came to.
#[derive(Debug)]
struct Addressed {
    /// Spellings of the host that the client may have signed.
    spellings: Vec<String>,
    service: Option<String>,
    region: Option<String>,
}

/// Who calls, and with which key.
struct Caller {
    principal: Principal,
    secret_id: Option<String>,
}

/// How a call ends: on whose behalf it was, and what comes of it.
struct Ended {
    lane: Lane,
    request_id: String,
    result: Result<Value, ApiError>,
}

/// What a call says that it is, as far as it could be read.
#[derive(Default)]
struct Meant {
    service: String,
    action: String,
    version: String,
}

/// What stands in an error when backlot lacks what the real service has.
const NOT_HERE: &str = "UnsupportedOperation";

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
    pub fn with(mut self, service: Arc<dyn ApiService>) -> Self {
        self.services.push(service);
        self
    }

    /// Takes calls with `Authorization: SKIP` for those of `principal`. Otherwise they are refused.
    #[must_use]
    pub fn allowing_unsigned(mut self, principal: Principal) -> Self {
        self.unsigned = Some(principal);
        self
    }

    /// Whether a request looks like a call although its host does not say so: clients whose endpoint is this port.
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
        let mut meant = Meant {
            service: addressed.service.clone().unwrap_or_default(),
            ..Meant::default()
        };
        let ended = match Sent::read(parts, body).await {
            Ok(sent) => self.answer(&sent, &addressed, &mut meant, hold).await,
            Err(Unread::Refused(error)) => self.refused(error),
            Err(Unread::Gone) => return Err(Cut),
        };
        self.write_down(meant, &ended);
        Ok(envelope(ended))
    }

    /// Records the call. What it was about and how it was signed are the client's own business.
    fn write_down(&self, meant: Meant, ended: &Ended) {
        let code = ended.result.as_ref().err().map(|error| error.code.clone());
        let request = What::ApiRequest {
            service: meant.service,
            action: meant.action,
            version: meant.version,
            code,
            request_id: ended.request_id.clone(),
        };
        self.context.record(ended.lane, request);
    }

    /// Records that the real platform would have done something.
    fn confess(&self, lane: Lane, service: &str, action: &str) {
        let unsupported = What::Unsupported {
            service: service.to_owned(),
            feature: action.to_owned(),
            subject: String::new(),
            text: "backlot does not play this action".to_owned(),
        };
        self.context.record(lane, unsupported);
    }

    async fn answer(
        &self,
        sent: &Sent,
        addressed: &Addressed,
        meant: &mut Meant,
        hold: Hold,
    ) -> Ended {
        let said = |name| sent.common(name).unwrap_or_default().to_owned();
        (meant.action, meant.version) = (said("Action"), said("Version"));
        let (service, action, version) = match self.find(sent, addressed) {
            Ok(found) => found,
            Err(error) => {
                if error.code == NOT_HERE {
                    self.confess(Lane::Stage, &meant.service, &meant.action);
                }
                return self.refused(error);
            }
        };
        service.name().clone_into(&mut meant.service);
        let caller = match self.caller(sent, addressed) {
            Ok(caller) => caller,
            Err(error) => return self.refused(error),
        };
        let lane = caller.principal.acting().lane;
        let request_id = self.request_id(lane);
        let region = sent.common("Region").or(addressed.region.as_deref());
        let mut actions = service.actions().iter();
        if !actions.any(|known| known.name == action && known.is_here) {
            self.confess(lane, service.name(), action);
            let message = format!("backlot does not play the action `{action}`.");
            return Ended {
                lane,
                request_id,
                result: Err(ApiError::new(NOT_HERE, message)),
            };
        }
        let call = ApiCall {
            service: service.name().to_owned(),
            action: action.to_owned(),
            version: version.to_owned(),
            region: region.map(str::to_owned),
            language: sent.common("Language").unwrap_or("zh-CN").to_owned(),
            parameters: sent.parameters.clone(),
            principal: caller.principal,
            secret_id: caller.secret_id,
            request_id: request_id.clone(),
            hold,
        };
        let result = service.call(call).await;
        Ended {
            lane,
            request_id,
            result,
        }
    }

    /// The service that is meant, the action and the version.
    fn find<'a>(
        &self,
        sent: &'a Sent,
        addressed: &Addressed,
    ) -> Result<(Arc<dyn ApiService>, &'a str, &'a str), ApiError> {
        let needed = |name| sent.common(name).ok_or_else(|| ApiError::missing(name));
        let action = needed("Action")?;
        let version = needed("Version")?;
        let service = match &addressed.service {
            Some(name) => {
                let here = self.services.iter().find(|service| service.name() == name);
                here.ok_or_else(|| {
                    let message = format!("backlot plays no service `{name}`.");
                    ApiError::new(NOT_HERE, message)
                })?
            }
            None => self
                .guess(sent, action, version)
                .ok_or_else(|| unknown(action))?,
        };
        if !service.actions().iter().any(|known| known.name == action) {
            return Err(unknown(action));
        }
        if service.version() != version {
            let message = format!(
                "The version `{version}` of the API does not exist: `{action}` belongs to `{}`.",
                service.version()
            );
            return Err(ApiError::new("NoSuchVersion", message));
        }
        Ok((Arc::clone(service), action, version))
    }

    /// A client with an endpoint of its own says in its signature which service it means; the first form and some SDKs
    /// do not, then action and version tell.
    fn guess(&self, sent: &Sent, action: &str, version: &str) -> Option<&Arc<dyn ApiService>> {
        let knows = |service: &&Arc<dyn ApiService>| {
            service.actions().iter().any(|known| known.name == action)
        };
        let signed = sent.signed_service();
        let named = self
            .services
            .iter()
            .find(|service| Some(service.name()) == signed);
        let fits = |service: &&Arc<dyn ApiService>| service.version() == version && knows(service);
        named
            .or_else(|| self.services.iter().find(fits))
            .or_else(|| self.services.iter().find(knows))
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

    /// The same for the same lane and count, whatever happens beside it.
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
