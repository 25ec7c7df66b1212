'use strict';
// tencentcloud-sdk-nodejs drives SCF: a function from a zip in Node, and what is around it.

const zlib = require('zlib');
const { scf } = require('tencentcloud-sdk-nodejs-scf');
const { check, end, equal, refused, truthy } = require('./checks');

const { TENCENTCLOUD_SECRETID: secretId, TENCENTCLOUD_SECRETKEY: secretKey, TENCENTCLOUD_REGION: region } = process.env;
const client = new scf.v20180416.Client({ credential: { secretId, secretKey }, region, profile: {} });

const ECHO = 'exports.main_handler = async (event) => ({ echo: event });\n';

/** A zip of one file, in base64. */
function packed(name, text) {
  const [file, body] = [Buffer.from(name), Buffer.from(text)];
  const sizes = Buffer.alloc(12);
  sizes.writeUInt32LE(zlib.crc32 ? zlib.crc32(body) : crc32(body), 0);
  sizes.writeUInt32LE(body.length, 4);
  sizes.writeUInt32LE(body.length, 8);
  const lengths = Buffer.alloc(4);
  lengths.writeUInt16LE(file.length, 0);
  const local = Buffer.concat([Buffer.from(`504b03041400${'0000'.repeat(4)}`, 'hex'), sizes, lengths, file]);
  const more = Buffer.alloc(14);
  const central = Buffer.concat([Buffer.from(`504b010214031400${'0000'.repeat(4)}`, 'hex'), sizes, lengths, more, file]);
  central.writeUInt32LE((0o100644 << 16) >>> 0, 38);
  const last = Buffer.alloc(22);
  last.writeUInt32LE(0x06054b50, 0);
  last.writeUInt16LE(1, 8);
  last.writeUInt16LE(1, 10);
  last.writeUInt32LE(central.length, 12);
  last.writeUInt32LE(local.length + body.length, 16);
  return Buffer.concat([local, body, central, last]).toString('base64');
}

/** CRC-32, for a Node without `zlib.crc32`. */
function crc32(body) {
  let crc = 0xffffffff;
  for (const byte of body) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const code = (text) => ({ ZipFile: packed('index.js', text) });
const create = (FunctionName, text, more) =>
  client.CreateFunction({ FunctionName, Runtime: 'Nodejs18.15', Handler: 'index.main_handler', Code: code(text), ...more });
const invoke = async (FunctionName, data, more) =>
  (await client.Invoke({ FunctionName, ClientContext: JSON.stringify(data), ...more })).Result;

check('create from a zip, and read it back', async () => {
  truthy((await create('node-echo', ECHO, { Timeout: 10 })).RequestId);
  const got = await client.GetFunction({ FunctionName: 'node-echo' });
  equal([got.Status, got.Runtime, got.Timeout, got.MemorySize], ['Active', 'Nodejs18.15', 10, 128]);
  equal(got.Environment.Variables, []);
});

check('invoke: the event comes back', async () => {
  const result = await invoke('node-echo', { a: '中文' });
  equal([JSON.parse(result.RetMsg), result.InvokeResult], [{ echo: { a: '中文' } }, 0]);
});

check('invoke: the tail of the log', async () => {
  await create('node-prints', "exports.main_handler = async () => { console.log('printed'); return 1; };\n");
  const { Log, RetMsg } = await invoke('node-prints', {}, { LogType: 'Tail' });
  truthy(Log.startsWith('START RequestId: ') && Log.includes('printed'), Log);
  equal(RetMsg, '1');
});

check('invoke: in the background', async () => {
  const result = await invoke('node-echo', {}, { InvocationType: 'Event' });
  equal([result.RetMsg, result.FunctionRequestId.length], ['', 36]);
});

check('InvokeFunction', async () => {
  const { Result } = await client.InvokeFunction({ FunctionName: 'node-echo', Event: '[1]' });
  equal(JSON.parse(Result.RetMsg), { echo: [1] });
});

check('invoke: a function that throws', async () => {
  await create('node-throws', "exports.main_handler = async () => { throw new Error('no luck'); };\n");
  const result = await invoke('node-throws', {});
  equal([result.InvokeResult, JSON.parse(result.RetMsg).statusCode], [1, 430]);
  truthy(result.RetMsg.includes('no luck'), result.RetMsg);
});

check('update the code and the settings', async () => {
  await client.UpdateFunctionCode({ FunctionName: 'node-prints', Code: code("exports.main_handler = async () => process.env.A;\n") });
  const Environment = { Variables: [{ Key: 'A', Value: 'set' }] };
  await client.UpdateFunctionConfiguration({ FunctionName: 'node-prints', Environment });
  equal((await invoke('node-prints', {})).RetMsg, '"set"');
});

check('versions and aliases', async () => {
  const { FunctionVersion } = await client.PublishVersion({ FunctionName: 'node-prints' });
  equal(FunctionVersion, '1');
  await client.UpdateFunctionConfiguration({ FunctionName: 'node-prints', Environment: { Variables: [{ Key: 'A', Value: 'later' }] } });
  await client.CreateAlias({ FunctionName: 'node-prints', Name: 'live', FunctionVersion });
  equal((await invoke('node-prints', {}, { Qualifier: 'live' })).RetMsg, '"set"');
  equal((await invoke('node-prints', {})).RetMsg, '"later"');
  const { Aliases, TotalCount } = await client.ListAliases({ FunctionName: 'node-prints' });
  equal([Aliases.map(({ Name }) => Name), TotalCount], [['$DEFAULT', 'live'], 2]);
});

check('lists', async () => {
  const { Functions, TotalCount } = await client.ListFunctions({ SearchKey: 'node-', Orderby: 'FunctionName', Order: 'ASC' });
  equal([Functions.map(({ FunctionName }) => FunctionName), TotalCount], [['node-echo', 'node-prints', 'node-throws'], 3]);
});

check('namespaces', async () => {
  await client.CreateNamespace({ Namespace: 'node-space' });
  await create('node-echo', ECHO, { Namespace: 'node-space' });
  equal((await client.ListFunctions({ Namespace: 'node-space' })).TotalCount, 1);
  await refused('FailedOperation.DeleteNamespace', client.DeleteNamespace({ Namespace: 'node-space' }));
  await client.DeleteFunction({ FunctionName: 'node-echo', Namespace: 'node-space' });
  await client.DeleteNamespace({ Namespace: 'node-space' });
});

check('reserved concurrency', async () => {
  await client.PutReservedConcurrencyConfig({ FunctionName: 'node-echo', ReservedConcurrencyMem: 256 });
  equal((await client.GetReservedConcurrencyConfig({ FunctionName: 'node-echo' })).ReservedMem, 256);
  await client.DeleteReservedConcurrencyConfig({ FunctionName: 'node-echo' });
});

check('a timer trigger', async () => {
  const timer = { FunctionName: 'node-echo', TriggerName: 'each-hour', Type: 'timer' };
  const { TriggerInfo } = await client.CreateTrigger({ ...timer, TriggerDesc: '0 0 * * * * *', Enable: 'OPEN' });
  equal([TriggerInfo.Type, TriggerInfo.Enable, JSON.parse(TriggerInfo.TriggerDesc)], ['timer', 1, { cron: '0 0 * * * * *' }]);
  await client.UpdateTriggerStatus({ ...timer, Enable: 'CLOSE' });
  await refused('FailedOperation.UpdateTriggerStatus', client.UpdateTriggerStatus({ ...timer, Enable: 'CLOSE' }));
  const { Triggers, TotalCount } = await client.ListTriggers({ FunctionName: 'node-echo' });
  equal([TotalCount, Triggers[0].TriggerName, Triggers[0].Enable], [1, 'each-hour', 0]);
  const settings = { ...timer, TriggerDesc: '0 0 * * * * *' };
  await refused('ResourceInUse.TriggerName', client.CreateTrigger(settings));
  await refused('UnsupportedOperation.Trigger', client.CreateTrigger({ ...settings, Type: 'ckafka' }));
  await client.DeleteTrigger(timer);
  await refused('ResourceNotFound.Trigger', client.DeleteTrigger(timer));
});

check('an MPS trigger belongs to one function', async () => {
  const TriggerDesc = JSON.stringify({ eventType: 'EditMediaTask' });
  const trigger = { TriggerName: 'EditMediaTaskEvent', Type: 'mps', TriggerDesc };
  await client.CreateTrigger({ FunctionName: 'node-echo', ...trigger });
  await refused('ResourceInUse.Trigger', client.CreateTrigger({ FunctionName: 'node-prints', ...trigger }));
  await client.DeleteTrigger({ FunctionName: 'node-echo', ...trigger });
});

check('asynchronous events: listed, and ended', async () => {
  const FunctionName = 'node-sleeps';
  await create(FunctionName, 'exports.main_handler = () => new Promise((done) => setTimeout(done, 100000));\n', { Timeout: 200 });
  const { FunctionRequestId: InvokeRequestId } = await invoke(FunctionName, {}, { InvocationType: 'Event' });
  const { EventList, TotalCount } = await client.ListAsyncEvents({ FunctionName, Status: ['RUNNING'] });
  equal([TotalCount, EventList[0].InvokeRequestId, EventList[0].EndTime], [1, InvokeRequestId, '']);
  await client.TerminateAsyncEvent({ FunctionName, InvokeRequestId });
  const { Result } = await client.GetAsyncEventStatus({ InvokeRequestId });
  equal([Result.Status, Result.StatusCode], ['ABORTED', 499]);
  await client.DeleteFunction({ FunctionName });
});

check('retries of events, and logs', async () => {
  const AsyncTriggerConfig = { MsgTTL: 120, RetryConfig: [{ RetryNum: 1 }] };
  await client.UpdateFunctionEventInvokeConfig({ FunctionName: 'node-echo', AsyncTriggerConfig });
  const got = await client.GetFunctionEventInvokeConfig({ FunctionName: 'node-echo' });
  equal([got.AsyncTriggerConfig.MsgTTL, got.AsyncTriggerConfig.RetryConfig[0].RetryNum], [120, 1]);
  const { FunctionRequestId } = await invoke('node-echo', { logged: true });
  const { Data } = await client.GetFunctionLogs({ FunctionName: 'node-echo', FunctionRequestId });
  equal([Data.length, Data[0].RetMsg], [1, '{"echo":{"logged":true}}']);
  const states = await client.GetRequestStatus({ FunctionName: 'node-echo', FunctionRequestId });
  equal(states.Data[0].RetCode, 0);
});

check('errors have their codes', async () => {
  await refused('ResourceNotFound.FunctionName', client.GetFunction({ FunctionName: 'nobody' }));
  await refused('ResourceNotFound.Function', invoke('nobody', {}));
  await refused('ResourceInUse.FunctionName', create('node-echo', ECHO));
  await refused('InvalidParameterValue.Runtime', create('node-new', ECHO, { Runtime: 'Nodejs99' }));
  await refused('UnsupportedOperation', client.ListLayers({}));
});

check('delete', async () => {
  await client.DeleteFunction({ FunctionName: 'node-throws' });
  await refused('ResourceNotFound.Function', invoke('node-throws', {}));
});

end(__filename);
