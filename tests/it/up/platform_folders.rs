//! `/var/user` and `/opt`: code and layers where the platform has them, and read-only.

use super::kit::Place;

/// Says where it is, what it finds, and what it may write.
const LOOKS: &str = r#"
import errno, os, sys

def writes(path):
    try:
        open(path, "w").close()
        return "yes"
    except OSError as error:
        return errno.errorcode[error.errno]

def main_handler(event, context):
    import of_a_layer
    return [
        __file__,
        os.getcwd(),
        os.environ["USER_CODE_ROOT"],
        sorted(os.listdir("/var/user")) if os.path.exists("/var/user") else None,
        of_a_layer.__file__,
        of_a_layer.value,
        open("/opt/only-first").read() if os.path.exists("/opt/only-first") else None,
        writes(os.environ["USER_CODE_ROOT"] + "written"),
        writes(os.path.dirname(of_a_layer.__file__) + "/written"),
        writes("/tmp/written"),
        os.path.isdir("/var/lib") == os.path.isdir("/var/user/../lib"),
    ]
"#;

fn project(keys: &str) -> Place {
    let place = Place::new();
    for (name, text) in [
        ("code/index.py", LOOKS),
        ("first/of_a_layer.py", "value = 'first'\n"),
        ("first/only-first", "here"),
        ("second/of_a_layer.py", "value = 'second'\n"),
    ] {
        let path = place.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        place.write(name, text);
    }
    let zip = backlot::scf::package::pack(&place.path().join("code")).expect("a zip");
    std::fs::write(place.path().join("code.zip"), zip).expect("room on the disk");
    place.write(
        "backlot.yaml",
        &format!(
            "functions:\n  looks:\n    runtime: Python3.10\n    layers: [first, second]\n{keys}"
        ),
    );
    place.write("event.json", "{}");
    place
}

fn answer(place: &Place) -> (serde_json::Value, String) {
    let ended = place.backlot("invoke looks -e event.json").run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let answer = serde_json::from_str(&ended.stdout).expect("JSON");
    (answer, ended.stderr)
}

#[test]
fn code_from_a_zip_and_layers_are_where_the_platform_has_them() {
    for keys in [
        "    code: code.zip\n",
        "    code: code\n    read-only: true\n",
    ] {
        let (answer, said) = answer(&project(keys));
        let wanted = serde_json::json!([
            "/var/user/index.py",
            "/var/user",
            "/var/user/",
            ["index.py"],
            "/opt/of_a_layer.py",
            "second",
            "here",
            "EROFS",
            "EROFS",
            "yes",
            true
        ]);
        assert_eq!(answer, wanted, "{said}");
        assert!(!std::path::Path::new("/var/user").exists());
    }
}

/// Without a namespace of its own, an instance finds everything, but elsewhere.
#[test]
fn without_namespaces_a_note_says_where_code_and_layers_are() {
    let (answer, said) = answer(&project("    code: code.zip\n    private-tmp: false\n"));
    assert_eq!(answer[3], serde_json::Value::Null, "{answer}");
    assert_eq!(
        (&answer[5], &answer[7]),
        (&"second".into(), &"yes".into()),
        "{answer}"
    );
    assert_eq!(
        said.matches("has no `/var/user` and no `/opt`").count(),
        1,
        "{said}"
    );
}

#[test]
fn too_many_layers_are_a_mistake() {
    let place = project("    code: code\n");
    let yaml = place.read("backlot.yaml");
    place.write(
        "backlot.yaml",
        &yaml.replace("first, second", "first, first, first, first, first, second"),
    );
    let ended = place.backlot("invoke looks -e event.json").run();
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.stderr.contains("6 layers are more than 5"),
        "{ended:?}"
    );
}
