//! The variables that an instance finds in its environment. It inherits none from the emulator.
//!
//! Follows: SCF reference, section 4.1.
//!
//! Deviates:
//! - `USER_CODE_ROOT`, `PWD`, `PYTHONPATH` and `NODE_PATH` name the real folder, as nothing is mounted at `/var/user`.
//! - `PYTHONPATH` ends with a folder of the stage, by which `certifi` finds its certificates.
//! - `PATH` is the emulator's own, so that the interpreters of this machine are found.
//! - `HOME` and `TMPDIR` are the private folder of the instance, and not `/home/qcloud`.
//! - `BACKLOT_PID` marks the processes of functions (see `strays`).
//! - `LANG` and `LC_ALL` are `C.UTF-8`: where `en_US.UTF8` is not installed, shells complain into the log.
//! - `TZ` is `UTC` unless the user sets it, which is what the platform's machines are set to.
//! - `HTTP_PROXY` and its like name a user where the stage gives a proxy: the function.
//! - `NO_PROXY` excepts this machine where the stage gives a proxy, or clients would ask it for the runtime API.
//! - `CLASSPATH` is not set, and `LD_LIBRARY_PATH` and `NODE_PATH` have no folder of a runtime: these do not exist here.
//! - `PHP_INI_SCAN_DIR` begins with PHP's own folder, which enables what this machine's PHP has in extensions.
//! - `_` is set for handlers only; shells set it themselves.

use std::path::Path;

use super::account::Account;
use super::function::Function;
use super::runtime::Runtime;
use backlot_http::auth::Credentials;

/// What the values of the variables are taken from.
#[derive(Debug)]
pub(super) struct Environment<'a> {
    /// The function, with the variables that its user has set.
    pub(super) function: &'a Function,
    /// The runtime of the function.
    pub(super) runtime: Runtime,
    /// The owner of the function.
    pub(super) account: &'a Account,
    /// Variables of the stage: proxy and certificates.
    pub(super) platform_extra: &'a [(String, String)],
    /// The folder of the code.
    pub(super) root: &'a Path,
    /// The instance's private folder.
    pub(super) scratch: &'a Path,
    /// The port of the instance's runtime API.
    pub(super) port: u16,
    /// The password by which the proxy knows the instance.
    pub(super) proxy_password: &'a str,
    /// The temporary keys of a function with a role.
    pub(super) credentials: Option<&'a Credentials>,
    /// What sent the first event, in SCF's words.
    pub(super) source: &'a str,
    /// `HOSTNAME`, drawn for the instance.
    pub(super) host_name: String,
}

/// The platform's own `PATH`, used if the emulator was started without a `PATH`.
const PLATFORM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl Environment<'_> {
    /// All variables; the user's come after the platform's, and the stage's last.
    pub(super) fn variables(&self) -> Vec<(String, String)> {
        let mut variables = self.built_in();
        if let Some(source) = trigger_source(self.source) {
            variables.push(("TRIGGER_SRC".into(), source));
        }
        if let Some(credentials) = self.credentials {
            variables.extend(credential_variables(credentials));
        }
        if self.platform_extra.iter().any(|(name, _)| is_proxy(name)) {
            // The runtime API is not asked through a proxy.
            for name in ["NO_PROXY", "no_proxy"] {
                variables.push((name.into(), "127.0.0.1,localhost".into()));
            }
        }
        variables.extend(self.function.environment.iter().cloned());
        for (name, value) in self.platform_extra {
            let own = variables.iter_mut().rfind(|(own, _)| own == name);
            match own {
                // The code and its layers come before what the stage adds.
                Some((_, own)) if name == "PYTHONPATH" => *own = format!("{own}:{value}"),
                _ if is_proxy(name) => variables.push((name.clone(), self.with_user(value))),
                _ => variables.push((name.clone(), value.clone())),
            }
        }
        variables
    }

    /// The variables that every instance of the platform has.
    fn built_in(&self) -> Vec<(String, String)> {
        let root = self.root.display();
        let opt = self.function.merged_layers.as_ref();
        let opt = opt.map_or_else(
            || "/opt".to_owned(),
            |opt| opt.folder().display().to_string(),
        );
        let scratch = self.scratch.display().to_string();
        let path = std::env::var("PATH").unwrap_or_else(|_| PLATFORM_PATH.into());
        [
            ("SCF_RUNTIME_API", "127.0.0.1".into()),
            ("SCF_RUNTIME_API_PORT", self.port.to_string()),
            ("_HANDLER", self.function.handler.clone()),
            ("SCF_FUNCTIONNAME", self.function.name.clone()),
            ("SCF_FUNCTIONVERSION", self.function.version.clone()),
            ("SCF_NAMESPACE", self.function.namespace.clone()),
            ("SCF_RUNTIME", self.runtime.name().into()),
            ("TENCENTCLOUD_RUNENV", "SCF".into()),
            ("TENCENTCLOUD_REGION", self.account.region.clone()),
            ("TENCENTCLOUD_APPID", self.account.app_id.to_string()),
            ("TENCENTCLOUD_UIN", self.account.uin.clone()),
            ("TENCENTCLOUD_TZ", "UTC".into()),
            ("USER_CODE_ROOT", format!("{root}/")),
            ("_SCF_SERVER_PORT", "28902".into()),
            ("PYTHONDONTWRITEBYTECODE", "x".into()),
            ("PYTHONPATH", format!("{root}:{opt}")),
            (
                "NODE_PATH",
                format!("{root}:{root}/node_modules:{opt}:{opt}/node_modules"),
            ),
            ("LD_LIBRARY_PATH", format!("{root}:/opt")),
            (
                "PHP_INI_SCAN_DIR",
                format!(":{root}/php_extension:/opt/php_extension"),
            ),
            ("PATH", path),
            ("PWD", root.to_string()),
            ("HOME", scratch.clone()),
            ("TMPDIR", scratch),
            ("USER", "qcloud".into()),
            ("LOGNAME", "qcloud".into()),
            ("SHELL", "/bin/bash".into()),
            ("SHLVL", "3".into()),
            ("HOSTNAME", self.host_name.clone()),
            ("LANG", "C.UTF-8".into()),
            ("LC_ALL", "C.UTF-8".into()),
            ("TZ", "UTC".into()),
        ]
        .map(|(name, value): (&str, String)| (name.to_owned(), value))
        .into()
    }

    /// The proxy's address with the function's name and the instance's password. Clients send both along, so that a call
    /// to another host is known to be the function's.
    fn with_user(&self, proxy: &str) -> String {
        let user = format!("{}:{}", self.function.name, self.proxy_password);
        match proxy.split_once("://") {
            Some((scheme, address)) => format!("{scheme}://{user}@{address}"),
            None => proxy.to_owned(),
        }
    }
}

fn is_proxy(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("_proxy") && name != "no_proxy"
}

fn credential_variables(credentials: &Credentials) -> Vec<(String, String)> {
    let mut variables = vec![
        (
            "TENCENTCLOUD_SECRETID".to_owned(),
            credentials.secret_id.clone(),
        ),
        (
            "TENCENTCLOUD_SECRETKEY".to_owned(),
            credentials.secret_key.clone(),
        ),
    ];
    if let Some(token) = &credentials.token {
        variables.push(("TENCENTCLOUD_SESSIONTOKEN".into(), token.clone()));
    }
    variables
}

/// `TRIGGER_SRC` for an event's source, unset for calls of the API.
///
/// Choice: documented for timers only; other sources are spelled in the same way.
fn trigger_source(source: &str) -> Option<String> {
    let name = source
        .strip_suffix("_TRIGGER")
        .or_else(|| source.strip_prefix("TRIGGER_"))
        .unwrap_or(source);
    let is_trigger = !matches!(name, "" | "OTHERS" | "API");
    is_trigger.then(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(function: &Function, credentials: Option<&Credentials>) -> Vec<(String, String)> {
        let account = Account {
            app_id: 1_250_000_000,
            uin: "100000000001".into(),
            region: "ap-guangzhou".into(),
        };
        Environment {
            function,
            runtime: Runtime::Custom,
            account: &account,
            platform_extra: &[
                ("HTTP_PROXY".into(), "http://127.0.0.1:4680".into()),
                ("PYTHONPATH".into(), "/stage".into()),
            ],
            root: Path::new("/code"),
            scratch: Path::new("/scratch"),
            port: 9001,
            proxy_password: "password",
            credentials,
            source: "MPS_TRIGGER",
            host_name: "host".into(),
        }
        .variables()
    }

    fn value<'a>(variables: &'a [(String, String)], name: &str) -> Option<&'a str> {
        let found = variables.iter().rfind(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    #[test]
    fn credentials_are_there_only_with_a_role() {
        let function = Function::folder("archive", "/code");
        let none = variables(&function, None);
        assert!(!none.iter().any(|(name, _)| name.contains("SECRET")));
        let credentials = Credentials {
            secret_id: "AKIDx".into(),
            secret_key: "key".into(),
            token: Some("token".into()),
        };
        let some = variables(&function, Some(&credentials));
        assert_eq!(value(&some, "TENCENTCLOUD_SECRETID"), Some("AKIDx"));
        assert_eq!(value(&some, "TENCENTCLOUD_SECRETKEY"), Some("key"));
        assert_eq!(value(&some, "TENCENTCLOUD_SESSIONTOKEN"), Some("token"));
    }

    #[test]
    fn the_user_may_set_the_time_zone_and_the_stage_has_the_last_word() {
        let mut function = Function::folder("archive", "/code");
        function.environment = vec![
            ("TZ".into(), "Asia/Shanghai".into()),
            ("HTTP_PROXY".into(), "elsewhere".into()),
        ];
        let variables = variables(&function, None);
        assert_eq!(value(&variables, "TZ"), Some("Asia/Shanghai"));
        assert_eq!(
            value(&variables, "HTTP_PROXY"),
            Some("http://archive:password@127.0.0.1:4680")
        );
        assert_eq!(value(&variables, "NO_PROXY"), Some("127.0.0.1,localhost"));
        assert_eq!(value(&variables, "PYTHONPATH"), Some("/code:/opt:/stage"));
        assert_eq!(value(&variables, "USER_CODE_ROOT"), Some("/code/"));
        assert_eq!(value(&variables, "TRIGGER_SRC"), Some("mps"));
    }

    #[test]
    fn api_calls_have_no_trigger() {
        assert_eq!(trigger_source("OTHERS"), None);
        assert_eq!(trigger_source("TRIGGER_TIMER").as_deref(), Some("timer"));
        assert_eq!(trigger_source("COS").as_deref(), Some("cos"));
    }
}
