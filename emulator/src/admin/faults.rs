//! Reads and replaces the fault rules.

use serde_json::json;

use super::Inner;
use super::answer::{AdminError, body_of, value};
use crate::config::{FaultConfig, fault_check, yaml};
use backlot_base::source::{Diagnostics, SourceFile};
use backlot_http::{Request, Response};

impl Inner {
    pub(super) fn faults(&self) -> Response {
        let rules = self.services.context.faults.rules();
        let written: Vec<_> = rules.iter().filter_map(FaultConfig::of).collect();
        value(&json!(written))
    }

    /// Replaces all rules. They are written as in a scenario; JSON is YAML.
    pub(super) async fn put_faults(&self, request: Request) -> Result<Response, AdminError> {
        let body = body_of(request).await?;
        let text = String::from_utf8(body.into())
            .map_err(|_| AdminError::bad("the rules are not UTF-8"))?;
        let source = SourceFile::new("faults", text);
        let written: Vec<FaultConfig> =
            yaml::parse(&source).map_err(|mistakes| AdminError::bad(mistakes.to_string()))?;
        let found = fault_check::check(&written);
        if !found.is_empty() {
            let mistakes = Diagnostics { source, found };
            return Err(AdminError::bad(mistakes.to_string()));
        }
        let rules = written.iter().enumerate();
        let rules = rules.map(|(index, fault)| fault.rule(index)).collect();
        self.services.faults.replace(rules);
        Ok(self.faults())
    }
}
