//! Names in faults that no service has: a rule with such a name could never strike.

use std::collections::BTreeSet;

use serde_saphyr::Spanned;

use super::fault::{CallConfig, FailConfig, FaultAction, FaultConfig};
use super::yaml::at;
use crate::scf::Status;
use backlot_base::source::{Diagnostic, nearest, nearest_few};
use backlot_cos::request::error_codes;
use backlot_cos::request::operation::Operation;

/// The services that faults can strike.
const SERVICES: [&str; 2] = ["cos", "scf"];

/// The one operation of SCF that is judged.
const ATTEMPT: &str = "Attempt";

/// Statuses with which COS can fail.
const COS_STATUSES: std::ops::RangeInclusive<u16> = 300..=599;

/// The mistakes in these faults.
pub fn check<'a>(faults: impl IntoIterator<Item = &'a FaultConfig>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for fault in faults {
        found.extend(service(&fault.on));
        found.extend(operation(&fault.on));
        if let FaultAction::Fail(fail) = &fault.action {
            found.extend(status(&fault.on, fail));
            found.extend(code(&fault.on, fail));
        }
    }
    found
}

fn service(on: &CallConfig) -> Option<Diagnostic> {
    let service = on.service.as_ref()?;
    if SERVICES.contains(&service.value.as_str()) {
        return None;
    }
    if service.value == "mps" {
        let title = "faults do not strike `mps`";
        let hint = "a task fails by the `failures:` or `failure:` of its step";
        return Some(at(&service.referenced, title.to_owned()).hint(hint));
    }
    Some(unknown(service, "service", SERVICES))
}

fn operation(on: &CallConfig) -> Option<Diagnostic> {
    let operation = on.operation.as_ref()?;
    let name = operation.value.as_str();
    let service = on.service.as_ref().map(|service| service.value.as_str());
    let of_cos = Operation::all().any(|known| known.name() == name);
    match service {
        Some("cos") if name == ATTEMPT => {
            let title = format!("`{ATTEMPT}` is an operation of `scf`");
            Some(at(&operation.referenced, title).hint("say `service: scf`"))
        }
        Some("scf") if of_cos => {
            let title = format!("`{name}` is an operation of `cos`");
            Some(at(&operation.referenced, title).hint("say `service: cos`"))
        }
        Some("scf") if name == ATTEMPT => None,
        Some("scf") => Some(unknown(operation, "operation of `scf`", [ATTEMPT])),
        _ if of_cos || (service.is_none() && name == ATTEMPT) => None,
        _ => Some(unknown_operation(operation)),
    }
}

/// Many write the name of the action that policies know, or the title of the page.
fn unknown_operation(written: &Spanned<String>) -> Diagnostic {
    let plain: String = written.value.split_whitespace().collect();
    let mut all = Operation::all();
    let by_action = all.find(|known| {
        known.action().trim_start_matches("name/cos:") == plain.trim_start_matches("name/cos:")
            || known.name().eq_ignore_ascii_case(&plain)
    });
    match by_action {
        Some(known) => {
            let title = format!("unknown operation `{}`", written.value);
            at(&written.referenced, title).hint(format!("did you mean `{}`?", known.name()))
        }
        None => unknown(
            written,
            "operation",
            Operation::all().map(Operation::name).chain([ATTEMPT]),
        ),
    }
}

fn status(on: &CallConfig, fail: &FailConfig) -> Option<Diagnostic> {
    let status = fail.status.value;
    let is_scf = is_of_scf(on);
    let is_known = if is_scf {
        Status::failures().any(|(known, _)| known.0 == status)
    } else {
        COS_STATUSES.contains(&status)
    };
    if is_known {
        return None;
    }
    let (of, hint) = if is_scf {
        let statuses: BTreeSet<_> = Status::failures().map(|(known, _)| known.0).collect();
        let statuses: Vec<_> = statuses.iter().map(u16::to_string).collect();
        ("scf", format!("expected one of {}", statuses.join(", ")))
    } else {
        let (first, last) = (COS_STATUSES.start(), COS_STATUSES.end());
        ("cos", format!("expected one from {first} to {last}"))
    };
    let title = format!("`{status}` is not a status with which `{of}` fails");
    Some(at(&fail.status.referenced, title).hint(hint))
}

fn code(on: &CallConfig, fail: &FailConfig) -> Option<Diagnostic> {
    let code = fail.code.value.as_str();
    let of_scf = || Status::failures().map(|(_, name)| name);
    if code.is_empty() {
        return None;
    }
    if is_of_scf(on) {
        let is_known = of_scf().any(|known| known == code);
        return (!is_known).then(|| unknown(&fail.code, "error code of `scf`", of_scf()));
    }
    let is_known = error_codes::all().any(|known| known == code);
    let is_of_any = on.service.is_none() && of_scf().any(|known| known == code);
    (!is_known && !is_of_any)
        .then(|| unknown(&fail.code, "error code of `cos`", error_codes::all()))
}

fn is_of_scf(on: &CallConfig) -> bool {
    let is = |written: &Option<Spanned<String>>, name: &str| {
        written
            .as_ref()
            .is_some_and(|written| written.value == name)
    };
    is(&on.service, "scf") || is(&on.operation, ATTEMPT)
}

/// A name that is in no list; the nearest one is offered, or all of them if they are few.
fn unknown(
    written: &Spanned<String>,
    what: &str,
    known: impl IntoIterator<Item = &'static str>,
) -> Diagnostic {
    const FEW: usize = 8;
    const SHOWN: usize = 3;
    let title = format!("unknown {what} `{}`", written.value);
    let mistake = at(&written.referenced, title);
    let known: BTreeSet<&str> = known.into_iter().collect();
    if let Some(near) = nearest(&written.value, known.iter().copied()) {
        return mistake.hint(format!("did you mean `{near}`?"));
    }
    let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [only] => mistake.hint(format!("expected {only}")),
        few if few.len() <= FEW => mistake.hint(format!("expected one of {}", few.join(", "))),
        _ => {
            let near = nearest_few(&written.value, known, SHOWN);
            let near: Vec<_> = near.iter().map(|name| format!("`{name}`")).collect();
            mistake.hint(format!("the nearest known names are {}", near.join(", ")))
        }
    }
}
