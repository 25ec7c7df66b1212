//! One project with three kinds of functions: one that archives nothing, one that keeps values, one that keeps bytes.

use super::project::Project;

const CONFIG: &str = "
functions:
  webhook:
    command: [python3, ./webhook.py]
  values:
    command: [node, ./values.mjs]
  archive:
    command: [HANDLER]
    handler: archive
    environment: { ARCHIVE_BUCKET: archive-1250000000, ARCHIVE_RETRY_BASE_MS: \"1\", COS_SCHEME: http }
stubs:
  - { name: chat, host: chat.example.com, reply: { status: 204 } }
triggers: { WorkflowTask: archive, EditMediaTask: archive }
";

/// Tells a chat of the task, and keeps nothing.
const WEBHOOK: &str = "
def handle(event):
    task = json.loads(event)['EditMediaTaskEvent']['TaskId']
    message = json.dumps({'text': f'{task} is done', 'at': time.time()}).encode()
    request = urllib.request.Request('http://chat.example.com/hook', data=message, method='POST')
    urllib.request.urlopen(request).read()
    print(f'told of {task} at {datetime.datetime.now()}', flush=True)
    return 'told'
";

/// Keeps `JSON.stringify(event)`.
const VALUES: &str = "
import http from 'node:http';
import crypto from 'node:crypto';

function ask(options, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(options, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

const { SCF_RUNTIME_API: host, SCF_RUNTIME_API_PORT: port, HTTP_PROXY } = process.env;
const proxy = new URL(HTTP_PROXY);
const runtime = (method, path, body) => ask({ host, port, method, path }, body);

function sign(key) {
  const hmac = (secret, text) => crypto.createHmac('sha1', secret).update(text).digest('hex');
  const span = '1700000000;1900000000';
  const text = `put\\n${key}\\n\\n\\n`;
  const signed = `sha1\\n${span}\\n${crypto.createHash('sha1').update(text).digest('hex')}\\n`;
  const signature = hmac(hmac(process.env.TENCENTCLOUD_SECRETKEY, span), signed);
  return `q-sign-algorithm=sha1&q-ak=${process.env.TENCENTCLOUD_SECRETID}&q-sign-time=${span}&q-key-time=${span}` +
    `&q-header-list=&q-url-param-list=&q-signature=${signature}`;
}

async function put(bucket, key, body) {
  const name = `${bucket}.cos.ap-guangzhou.myqcloud.com`;
  const user = Buffer.from(`${proxy.username}:${proxy.password}`).toString('base64');
  const headers = {
    host: name,
    authorization: sign(key),
    'x-cos-security-token': process.env.TENCENTCLOUD_SESSIONTOKEN,
    'proxy-authorization': `Basic ${user}`,
    'content-type': 'application/json',
  };
  const path = `http://${name}${key}`;
  const answer = await ask({ host: proxy.hostname, port: proxy.port, method: 'PUT', path, headers }, body);
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body}`);
}

await runtime('POST', '/runtime/init/ready', ' ');
for (;;) {
  const { body } = await runtime('GET', '/runtime/invocation/next');
  const event = JSON.parse(body);
  const key = `/values/${crypto.createHash('md5').update(body).digest('hex')}.json`;
  await put('archive-1250000000', key, JSON.stringify(event, null, 1));
  console.log(`${new Date().toISOString()} kept ${event.EventType}`);
  await runtime('POST', '/runtime/invocation/response', JSON.stringify({ kept: key }));
}
";

#[test]
fn a_webhook_a_keeper_of_values_and_the_shipped_handler_are_green_in_one_project() {
    let config = CONFIG.replace("HANDLER", env!("CARGO_BIN_EXE_bootstrap-under-test"));
    let project = Project::new(&config)
        .scenario(
            "webhook",
            "oracle: { off: \"notifies only\" }\ntriggers: { EditMediaTask: webhook }\nsteps:\n  - finish-edit: {}\n  \
             - expect-calls: { stub: chat, count: 1 }\n",
        )
        .scenario(
            "values",
            "oracle: json\narchive: { prefix: values/ }\ntriggers: { EditMediaTask: values, WorkflowTask: values }\n\
             steps:\n  - finish-edit: {}\n  - finish-workflow: {}\n  - expect-object: { key: \"values/*\", count: 2 }\n",
        )
        .scenario(
            "bytes",
            "steps:\n  - finish-edit: {}\n  - finish-workflow: {}\n  - redeliver: { invocation: 1 }\n",
        );
    project.function("webhook", WEBHOOK);
    project.write("values.mjs", VALUES);
    let first = project.test("--accept");
    assert_eq!(first.code, Some(0), "{}{}", first.stdout, first.stderr);
    for name in ["webhook", "values", "bytes"] {
        assert!(project.exists(&format!("snapshots/{name}.snap")));
    }
    let again = project.test("");
    assert_eq!(again.code, Some(0), "{}{}", again.stdout, again.stderr);
    assert!(
        again.stdout.contains("3 passed, 0 failed"),
        "{}",
        again.stdout
    );
}
