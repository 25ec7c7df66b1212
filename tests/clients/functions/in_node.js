'use strict';
// A function for a custom runtime: uses the official SDKs with what it finds in its environment, and says what it saw.

const http = require('http');
const COS = require('cos-nodejs-sdk-v5');
const { mps } = require('tencentcloud-sdk-nodejs-mps');
const { sts } = require('tencentcloud-sdk-nodejs-sts');

const { TENCENTCLOUD_SECRETID: secretId, TENCENTCLOUD_SECRETKEY: secretKey } = process.env;
const { TENCENTCLOUD_SESSIONTOKEN: token, TENCENTCLOUD_REGION: region } = process.env;
const agent = new http.Agent({ keepAlive: true });

function ask(method, path, body) {
  const { SCF_RUNTIME_API: host, SCF_RUNTIME_API_PORT: port } = process.env;
  return new Promise((resolve, reject) => {
    const request = http.request({ agent, host, port, method, path }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve(Buffer.concat(parts)));
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function handle({ bucket: Bucket, key: Key, prefix: Prefix, body: Body }) {
  const cos = new COS({ SecretId: secretId, SecretKey: secretKey, SecurityToken: token });
  const at = { Bucket, Region: region };
  await cos.putObject({ ...at, Key, Body });
  const read = (await cos.getObject({ ...at, Key })).Body.toString();
  const listed = (await cos.getBucket({ ...at, Prefix })).Contents.map((item) => item.Key);
  const made = { credential: { secretId, secretKey, token }, region };
  const identity = await new sts.v20180813.Client(made).GetCallerIdentity({});
  const asked = new mps.v20190612.Client(made).DescribeStreamLinkRegions({});
  const refused = await asked.then(() => '', (error) => error.code);
  return { read, listed, account: identity.AccountId, refused };
}

async function main() {
  await ask('POST', '/runtime/init/ready', ' ');
  for (;;) {
    const event = JSON.parse(await ask('GET', '/runtime/invocation/next'));
    try {
      await ask('POST', '/runtime/invocation/response', JSON.stringify(await handle(event)));
    } catch (error) {
      await ask('POST', '/runtime/invocation/error', String(error.stack || error));
    }
  }
}

main();
