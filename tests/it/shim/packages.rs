//! Installed packages: `qcloud_cos_v5`, which the platform's Python has, and what packages log.

use super::kit::Code;

const USES_IT: &str = "import qcloud_cos_v5\nfrom qcloud_cos_v5 import CosS3Client\nfrom qcloud_cos_v5.cos_exception import CosServiceError\n\
    def main_handler(event, context):\n    import qcloud_cos, qcloud_cos.cos_exception\n    \
    same = qcloud_cos.cos_exception.CosServiceError is CosServiceError\n    \
    return [CosS3Client.NAME, same, qcloud_cos.__spec__.name, qcloud_cos.cos_exception.__spec__.name]\n";

#[tokio::test(flavor = "multi_thread")]
async fn the_installed_package_has_the_platforms_name_as_well() {
    let code = Code::python(USES_IT);
    code.write(
        "qcloud_cos/__init__.py",
        "class CosS3Client:\n    NAME = 'installed'\n",
    );
    code.write(
        "qcloud_cos/cos_exception.py",
        "class CosServiceError(Exception):\n    pass\n",
    );
    let answer = code.answer("{}").await;
    let expected = r#"["installed", true, "qcloud_cos", "qcloud_cos.cos_exception"]"#;
    assert_eq!(answer.text, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_that_the_user_has_packed_wins() {
    let text = "from qcloud_cos_v5.client import NAME\ndef main_handler(event, context):\n    return NAME\n";
    let code = Code::python(text);
    code.write("qcloud_cos_v5/__init__.py", "");
    code.write("qcloud_cos_v5/client.py", "NAME = 'packed'\n");
    assert_eq!(code.answer("{}").await.text, "\"packed\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_package_it_is_said_what_to_install() {
    // Whatever this machine has installed: a package of that name whose import fails for the same reason.
    let code = Code::python("import sys\nsys.modules['qcloud_cos'] = None\nimport qcloud_cos_v5\n");
    let answer = code.answer("{}").await;
    assert_eq!(answer.status, 443);
    let message = "-m pip install cos-python-sdk-v5";
    assert!(answer.text.contains(message), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn debug_lines_of_packages_are_printed_on_request_only() {
    let code = Code::python(
        "import logging, own, packed, sys\nsys.path.append('lib/site-packages')\nimport installed\n\
         def main_handler(event, context):\n    logging.getLogger('mine').debug('handler')\n    \
         for module in (own, packed, installed): module.log()\n",
    );
    let module = |name: &str| {
        format!(
            "import logging\ndef log():\n    logging.debug('{name} debug')\n    logging.info('{name} info')\n"
        )
    };
    code.write("own.py", &module("own"));
    code.write("packed/__init__.py", &module("packed"));
    code.write(
        "packed-1.0.dist-info/RECORD",
        "packed/__init__.py,sha256=x,1\n",
    );
    code.write("lib/site-packages/installed.py", &module("installed"));
    let all = [
        "handler",
        "own debug",
        "own info",
        "packed debug",
        "packed info",
        "installed debug",
        "installed info",
    ];
    let mut function = code.function();
    assert!(!function.library_logs);
    let answers = code.run(function.clone(), &["{}"]).await;
    let without = all
        .into_iter()
        .filter(|line| !matches!(*line, "packed debug" | "installed debug"));
    assert_eq!(answers[0].lines, without.collect::<Vec<_>>());
    function.library_logs = true;
    let answers = code.run(function, &["{}"]).await;
    assert_eq!(answers[0].lines, all);
}
