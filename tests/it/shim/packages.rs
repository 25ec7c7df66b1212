//! `qcloud_cos_v5`, which the platform's Python has installed.

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
