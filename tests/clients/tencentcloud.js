'use strict';
// tencentcloud-sdk-nodejs against backlot: default https endpoints, credentials from the environment, nothing else.

const { sts } = require('tencentcloud-sdk-nodejs-sts');
const { mps } = require('tencentcloud-sdk-nodejs-mps');
const { scf } = require('tencentcloud-sdk-nodejs-scf');
const { CommonClient } = require('tencentcloud-sdk-nodejs-common');
const COS = require('cos-nodejs-sdk-v5');
const { check, end, equal, truthy } = require('./checks');

const { TENCENTCLOUD_SECRETID: secretId, TENCENTCLOUD_SECRETKEY: secretKey } = process.env;
const { TENCENTCLOUD_REGION: region, TENCENTCLOUD_APPID: appId, TENCENTCLOUD_UIN: uin } = process.env;
const owner = { secretId, secretKey };
const everything = [{ effect: 'allow', action: ['*'], resource: ['*'] }];
const signatures = ['TC3-HMAC-SHA256', 'HmacSHA256', 'HmacSHA1'];
const each = signatures.flatMap((signMethod) => ['POST', 'GET'].map((reqMethod) => ({ signMethod, reqMethod })));

// Tools

/** What a client is made with. */
function made({ credential = owner, signMethod = 'TC3-HMAC-SHA256', language, at = region, ...httpProfile } = {}) {
  return { credential, region: at, profile: { signMethod, language, httpProfile } };
}

const stsOf = (options) => new sts.v20180813.Client(made(options));
const mpsOf = (options) => new mps.v20190612.Client(made(options));
const scfOf = (options) => new scf.v20180416.Client(made(options));
const accountOf = async (options) => (await stsOf(options).GetCallerIdentity({})).AccountId;

/** Fails unless the API refuses with this code and names the request. Answers the error. */
async function refused(code, promise) {
  let error;
  try {
    await promise;
  } catch (thrown) {
    error = thrown;
  }
  truthy(error, `no ${code}`);
  equal(error.code, code);
  truthy(error.requestId, 'a request id');
  return error;
}

async function temporary(statement = everything, name = 'tester') {
  const asked = { Name: name, Policy: JSON.stringify({ version: '2.0', statement }), DurationSeconds: 1800 };
  const { Credentials: keys } = await stsOf().GetFederationToken(asked);
  return { secretId: keys.TmpSecretId, secretKey: keys.TmpSecretKey, token: keys.Token };
}

// Signatures

for (const how of each) {
  check(`${how.signMethod}, ${how.reqMethod}: sts, mps and scf`, async () => {
    const identity = await stsOf(how).GetCallerIdentity({});
    equal([identity.AccountId, identity.Type], [uin, 'RootAccount']);
    truthy(identity.RequestId);
    const asked = { Type: 'Preset', Definitions: [1, 20], Offset: 0 };
    const found = await mpsOf(how).DescribeTranscodeTemplates(asked);
    equal(found.TranscodeTemplateSet.map((template) => template.Definition), ['20']);
    await refused('ResourceNotFound.Function', scfOf(how).ListAliases({ FunctionName: 'a-b_c' }));
  });
}

check('parameters that are not ASCII, in a body', async () => {
  await refused('ResourceNotFound.Function', scfOf().ListAliases({ FunctionName: '中文 a+b&c=d/%~*' }));
});

check('a wrong key is said by its code, with each signature', async () => {
  for (const how of each) {
    await refused('AuthFailure.SignatureFailure', accountOf({ ...how, credential: { secretId, secretKey: 'wrong' } }));
  }
});

check('an unknown key is said by its code', async () => {
  const credential = { secretId: `${secretId.slice(0, -4)}0000`, secretKey };
  await refused('AuthFailure.SecretIdNotFound', accountOf({ credential }));
});

// Endpoints

check('regional endpoints, and those of the intranet', async () => {
  for (const at of [`sts.${region}`, 'sts.internal', 'sts.intl']) {
    equal(await accountOf({ endpoint: `${at}.tencentcloudapi.com` }), uin);
  }
});

check('without TLS', async () => {
  equal(await accountOf({ protocol: 'http://' }), uin);
});

check('any region, and answers in another language', async () => {
  equal(await accountOf({ at: 'ap-singapore' }), uin);
  equal(await accountOf({ at: undefined }), uin);
  equal(await accountOf({ language: 'en-US' }), uin);
});

check('the common client: any product, by its names', async () => {
  const client = new CommonClient('sts.tencentcloudapi.com', '2018-08-13', made());
  equal((await client.request('GetCallerIdentity', {})).AccountId, uin);
});

check('many calls at once', async () => {
  const client = stsOf();
  const answers = await Promise.all(Array.from({ length: 20 }, () => client.GetCallerIdentity({})));
  equal(new Set(answers.map((answer) => answer.RequestId)).size, 20);
});

// Errors

check('an unsupported action names itself', async () => {
  const error = await refused('UnsupportedOperation', mpsOf().DescribeStreamLinkRegions({}));
  truthy(error.message.includes('DescribeStreamLinkRegions'), error.message);
});

check('an action that does not exist', async () => {
  const client = new CommonClient('scf.tencentcloudapi.com', '2018-04-16', made());
  await refused('InvalidAction', client.request('ListNothing', {}));
});

check('another product is refused by its host', async () => {
  const client = new CommonClient('cvm.tencentcloudapi.com', '2017-03-12', made());
  const error = await client.request('DescribeZones', {}).then(() => undefined, (thrown) => thrown);
  truthy(error && /cvm/.test(error.message), String(error));
});

// Temporary credentials

check('sts: keys of a federated user work, with each signature', async () => {
  const credential = await temporary();
  for (const how of each) equal(await accountOf({ ...how, credential }), uin);
});

check('sts: a key without its token, and with another', async () => {
  const { secretId: id, secretKey: key } = await temporary();
  await refused('AuthFailure.TokenFailure', accountOf({ credential: { secretId: id, secretKey: key } }));
  const { token } = await temporary(everything, 'other');
  await refused('AuthFailure.TokenFailure', accountOf({ credential: { secretId: id, secretKey: key, token } }));
});

check('sts: a role is assumed', async () => {
  const asked = { RoleArn: `qcs::cam::uin/${uin}:roleName/SCF_ExecuteRole`, RoleSessionName: 'session' };
  const { Credentials: keys } = await stsOf().AssumeRole(asked);
  const credential = { secretId: keys.TmpSecretId, secretKey: keys.TmpSecretKey, token: keys.Token };
  equal(await accountOf({ credential }), uin);
});

check('sts: temporary keys open COS as far as their policy goes', async () => {
  const at = { Bucket: `tencentcloud-node-${appId}`, Region: region };
  await new COS({ SecretId: secretId, SecretKey: secretKey }).putBucket(at);
  const resource = [`qcs::cos:${region}:uid/${appId}:${at.Bucket}/in/*`];
  const keys = await temporary([{ effect: 'allow', action: ['name/cos:PutObject'], resource }]);
  const cos = new COS({ SecretId: keys.secretId, SecretKey: keys.secretKey, SecurityToken: keys.token });
  await cos.putObject({ ...at, Key: 'in/a', Body: 'allowed' });
  const error = await cos.putObject({ ...at, Key: 'out/a', Body: 'denied' }).then(() => undefined, (thrown) => thrown);
  equal([error && error.statusCode, error && error.code], [403, 'AccessDenied']);
});

end('tencentcloud.js');
