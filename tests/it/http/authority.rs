//! The local authority: its files, what it vouches for, and that it does not make the same thing twice.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use backlot::base::clock::Clock;
use backlot::http::{Authority, Emulated};

fn open(folder: &std::path::Path, extra: &[&str]) -> Authority {
    let emulated = Emulated::with(extra.iter().map(|&name| name.parse().unwrap()));
    Authority::open(&Clock::real(), folder, &emulated).unwrap()
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Whether the DER bytes of a certificate hold some others.
fn holds(authority: &Authority, wanted: &[u8]) -> bool {
    let der = authority.der().as_ref();
    der.windows(wanted.len()).any(|part| part == wanted)
}

#[test]
fn an_installation_keeps_its_authority() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("new/data");
    let first = open(&data, &[]);
    assert_eq!(mode(&data.join("ca-key.pem")), 0o600);
    assert_eq!(mode(&data.join("ca.pem")), 0o644);
    assert_eq!(
        fs::read_to_string(data.join("ca.pem")).unwrap(),
        first.pem()
    );
    let second = open(&data, &[]);
    assert_eq!(first.pem(), second.pem());
    let files = fs::read_dir(&data).unwrap().count();
    assert_eq!(files, 2, "nothing is left behind");
}

#[test]
fn other_hosts_need_another_certificate_of_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path(), &[]);
    let key = fs::read(folder.path().join("ca-key.pem")).unwrap();
    let second = open(folder.path(), &["hooks.example.com"]);
    assert_ne!(first.pem(), second.pem());
    assert!(holds(&second, b"hooks.example.com"));
    assert_eq!(fs::read(folder.path().join("ca-key.pem")).unwrap(), key);
    assert_eq!(
        fs::read_to_string(folder.path().join("ca.pem")).unwrap(),
        second.pem()
    );
}

#[test]
fn the_certificate_is_constrained_to_the_emulated_names() {
    let folder = tempfile::tempdir().unwrap();
    let authority = open(folder.path(), &["10.0.0.7"]);
    // id-ce-nameConstraints, critical.
    assert!(holds(
        &authority,
        &[0x06, 3, 0x55, 0x1d, 0x1e, 0x01, 1, 0xff]
    ));
    for name in [
        "myqcloud.com",
        "tencentcos.cn",
        "tencentcloudapi.com",
        "tencentyun.com",
        "localhost",
    ] {
        assert!(holds(&authority, name.as_bytes()), "{name}");
    }
    assert!(holds(&authority, &[127, 0, 0, 0, 255, 0, 0, 0]));
    assert!(holds(&authority, &[10, 0, 0, 7, 255, 255, 255, 255]));
}

#[test]
fn a_key_that_others_can_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path(), &[]);
    let key = folder.path().join("ca-key.pem");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    let refused = Authority::open(&Clock::real(), folder.path(), &Emulated::default());
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("ca-key.pem"), "{message}");
    assert!(message.contains("mode 640"), "{message}");
    assert!(message.contains("chmod 600"), "{message}");
}

#[test]
fn a_file_that_holds_no_key_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("ca-key.pem");
    fs::write(&key, "no key").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let refused = Authority::open(&Clock::real(), folder.path(), &Emulated::default());
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("ca-key.pem"), "{message}");
    assert_eq!(fs::read_to_string(&key).unwrap(), "no key");
}

#[test]
fn a_damaged_certificate_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path(), &[]);
    let path = folder.path().join("ca.pem");
    for damaged in [&b"-----BEGIN CERTIFICATE-----\n"[..], b"", b"\xff\xfe"] {
        fs::write(&path, damaged).unwrap();
        let authority = open(folder.path(), &[]);
        assert_eq!(fs::read_to_string(&path).unwrap(), authority.pem());
    }
}

#[test]
fn two_that_start_at_once_share_one_authority() {
    let folder = tempfile::tempdir().unwrap();
    let pems: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| open(folder.path(), &[])))
            .collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap().pem().to_owned())
            .collect()
    });
    let kept = open(folder.path(), &[]);
    // The certificates may differ in their signatures, not in their key: a leaf of one is good for all.
    assert!(
        pems.iter()
            .all(|pem| pem.len().abs_diff(kept.pem().len()) < 9)
    );
    let key = fs::read(folder.path().join("ca-key.pem")).unwrap();
    open(folder.path(), &[]);
    assert_eq!(fs::read(folder.path().join("ca-key.pem")).unwrap(), key);
}

#[test]
fn a_leaf_is_made_once_for_each_host() {
    let authority = Authority::in_memory(&Clock::real(), &Emulated::default()).unwrap();
    let first = authority.config_for("mps.tencentcloudapi.com").unwrap();
    let again = authority.config_for("MPS.tencentcloudapi.com:443").unwrap();
    let other = authority.config_for("scf.tencentcloudapi.com").unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    assert!(!Arc::ptr_eq(&first, &other));
    let refusing = authority.config_for("www.example.com").unwrap();
    let also = authority.config_for("www.example.org").unwrap();
    assert!(Arc::ptr_eq(&refusing, &also));
    assert!(!Arc::ptr_eq(&refusing, &first));
}

#[test]
fn clients_get_a_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::in_memory(&Clock::real(), &Emulated::default()).unwrap();
    let certificate = authority.write_certificate(folder.path()).unwrap();
    assert_eq!(fs::read_to_string(&certificate).unwrap(), authority.pem());
    assert!(!folder.path().join("ca-key.pem").exists());
    let bundle = authority.write_bundle(folder.path(), None).unwrap();
    assert_eq!(fs::read_to_string(&bundle).unwrap(), authority.pem());
    let roots = folder.path().join("roots.crt");
    fs::write(&roots, "the system's roots\n").unwrap();
    let bundle = authority.write_bundle(folder.path(), Some(&roots)).unwrap();
    let text = fs::read_to_string(&bundle).unwrap();
    assert!(text.starts_with(authority.pem()));
    assert!(text.ends_with("the system's roots\n"));
    assert_eq!(mode(&bundle), 0o644);
}
