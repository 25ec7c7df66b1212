//! What a process finds around it.

use backlot::http::auth::Credentials;
use backlot::journal::Lane;
use backlot::scf::{Function, InProcess};
use bytes::Bytes;

use super::rig::{Rig, folder};

fn bootstrap() -> Function {
    Function {
        environment: vec![("GREETING".into(), "hello".into())],
        handler: "any text".into(),
        ..Function::folder("echo", folder().join("bootstrap-echo"))
    }
}

async fn view(rig: &Rig) -> serde_json::Value {
    let reply = rig.reply("echo", "{}").await;
    serde_json::from_slice(&reply.ret_msg).unwrap()
}

#[tokio::test]
async fn a_bootstrap_finds_its_folder_and_its_variables() {
    let rig = Rig::new([bootstrap()]);
    let view = view(&rig).await;
    rig.scf.stop().await;
    let root = folder().join("bootstrap-echo");
    let root = root.to_str().unwrap();
    assert_eq!(view["cwd"], root);
    let environment = &view["environment"];
    for (name, value) in [
        ("SCF_RUNTIME_API", "127.0.0.1"),
        ("_HANDLER", "any text"),
        ("SCF_FUNCTIONNAME", "echo"),
        ("SCF_FUNCTIONVERSION", "$LATEST"),
        ("SCF_NAMESPACE", "default"),
        ("TENCENTCLOUD_RUNENV", "SCF"),
        ("TENCENTCLOUD_REGION", "ap-guangzhou"),
        ("TENCENTCLOUD_APPID", "1250000000"),
        ("TENCENTCLOUD_UIN", "100000000001"),
        ("TZ", "UTC"),
        ("GREETING", "hello"),
    ] {
        assert_eq!(environment[name], value, "{name}");
    }
    let proxy = environment["HTTP_PROXY"].as_str().unwrap();
    let password = proxy.strip_prefix("http://echo:");
    let password = password.and_then(|rest| rest.strip_suffix("@127.0.0.1:4680"));
    // The proxy learns from the password whose calls these are; no other instance has it.
    assert_eq!(password.map(str::len), Some(16), "{proxy}");
    assert_eq!(environment["USER_CODE_ROOT"], format!("{root}/"));
    assert!(
        environment.get("CARGO_MANIFEST_DIR").is_none(),
        "nothing is inherited"
    );
    assert!(
        environment.get("TENCENTCLOUD_SECRETID").is_none(),
        "no role"
    );
    assert!(
        environment.get("TRIGGER_SRC").is_none(),
        "a call of the API"
    );
}

#[tokio::test]
async fn the_private_folder_lives_as_long_as_the_instance() {
    let rig = Rig::new([bootstrap()]);
    let first = view(&rig).await;
    let second = view(&rig).await;
    assert_eq!(
        (&first["marker"], &second["marker"]),
        (&false.into(), &true.into())
    );
    let scratch = first["environment"]["TMPDIR"].as_str().unwrap().to_owned();
    assert!(std::fs::exists(&scratch).unwrap());
    rig.scf.stop().await;
    assert!(!std::fs::exists(&scratch).unwrap());
}

#[tokio::test]
async fn a_role_gives_credentials_that_end_with_the_instance() {
    let code = InProcess::handler(|embedded, _| async move {
        let secret = |name: &str| {
            let mut variables = embedded.environment.iter();
            let found = variables.find(|(found, _)| found == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let all = [
            secret("TENCENTCLOUD_SECRETID"),
            secret("TENCENTCLOUD_SECRETKEY"),
            secret("TENCENTCLOUD_SESSIONTOKEN"),
        ];
        Ok(Bytes::from(all.join(" ")))
    });
    let rig = Rig::new([Function {
        has_role: true,
        ..Function::in_process("role", code)
    }]);
    let reply = rig.reply("role", "{}").await;
    let text = std::str::from_utf8(&reply.ret_msg).unwrap();
    let [id, key, token] = text.split(' ').collect::<Vec<_>>().try_into().unwrap();
    assert!(id.starts_with("AKIDBACKLOT"), "{id}");
    let issued = rig.keyring.find(id).expect("it is valid");
    let expected = Credentials {
        secret_id: id.into(),
        secret_key: key.into(),
        token: Some(token.into()),
    };
    assert_eq!(issued.credentials, expected);
    assert_eq!(issued.principal.name, "role/1.1");
    assert_eq!(issued.principal.function.as_deref(), Some("role"));
    assert_eq!(issued.principal.acting().lane, Lane::Invocation(1));
    rig.reply("role", "{}").await;
    assert_eq!(issued.principal.acting().lane, Lane::Invocation(2));
    rig.scf.stop().await;
    assert!(rig.keyring.find(id).is_none(), "it was revoked");
}
