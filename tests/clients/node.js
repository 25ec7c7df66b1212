'use strict';
// cos-nodejs-sdk-v5 against backlot: default https endpoints, credentials from the environment, nothing else.

const crypto = require('crypto');
const fs = require('fs');
const os = require('os');
const path = require('path');
const http = require('http');
const { PassThrough } = require('stream');
const COS = require('cos-nodejs-sdk-v5');
const { check, end, equal, truthy } = require('./checks');

const { TENCENTCLOUD_SECRETID: SecretId, TENCENTCLOUD_SECRETKEY: SecretKey } = process.env;
const { TENCENTCLOUD_REGION: Region, TENCENTCLOUD_APPID: AppId } = process.env;
const Bucket = `node-${AppId}`;
const MIB = 1024 * 1024;
const cos = new COS({ SecretId, SecretKey });
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'clients-'));
const file = (name) => path.join(folder, name);

// Tools

/** Fails unless the promise is refused with this status and, if given, this code. Answers the error. */
async function refused(promise, status, code) {
  let error;
  try {
    await promise;
  } catch (thrown) {
    error = thrown;
  }
  truthy(error, 'an error');
  equal([error.statusCode, code ? error.code : code], [status, code]);
  return error;
}

/** The same bytes for the same size and seed. */
function data(size, seed = 1) {
  const cipher = crypto.createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(size));
}

const sha = (body) => crypto.createHash('sha256').update(body).digest('hex');
const md5 = (body) => crypto.createHash('md5').update(body).digest('hex');
const at = { Bucket, Region };
const put = (Key, Body = 'x', more = {}) => cos.putObject({ ...at, Key, Body, ...more });
const get = async (Key, more = {}) => (await cos.getObject({ ...at, Key, ...more })).Body;
const head = async (Key, more = {}) => (await cos.headObject({ ...at, Key, ...more })).headers;
const keys = (list) => list.map((item) => item.Key);

async function newBucket(name) {
  const where = { Bucket: `${name}-${AppId}`, Region };
  await cos.putBucket(where);
  return where;
}

/** A request without the SDK: over the proxy of the environment, in plain text. */
function ask(method, url, body, headers = {}) {
  const proxy = new URL(process.env.HTTP_PROXY);
  const target = url.replace(/^https:/, 'http:');
  return new Promise((resolve, reject) => {
    const host = new URL(target).host;
    const options = { host: proxy.hostname, port: proxy.port, method, path: target, headers: { Host: host, ...headers } };
    const request = http.request(options, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(chunks).toString() }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

// Buckets

check('bucket: create and head', async () => {
  await refused(cos.headBucket(at), 404);
  await cos.putBucket(at);
  equal((await cos.headBucket(at)).headers['x-cos-bucket-region'], Region);
});

check("bucket: a second create is refused as one's own", () => refused(cos.putBucket(at), 409, 'BucketAlreadyOwnedByYou'));

check('bucket: getService', async () => {
  const found = (await cos.getService({ Region })).Buckets.find((item) => item.Name === Bucket);
  equal(found.Location, Region);
  truthy((await cos.getService()).Buckets.length > 0);
});

check('bucket: location', async () => {
  truthy([Region, `cos.${Region}`].includes((await cos.getBucketLocation(at)).LocationConstraint));
});

check('bucket: delete; a full one is refused', async () => {
  const where = await newBucket('node-gone');
  await cos.putObject({ ...where, Key: 'a', Body: 'a' });
  await refused(cos.deleteBucket(where), 409, 'BucketNotEmpty');
  await cos.deleteObject({ ...where, Key: 'a' });
  await cos.deleteBucket(where);
  await refused(cos.getBucket(where), 404, 'NoSuchBucket');
});

// Objects

check('object: put and get give the same bytes', async () => {
  const body = data(300000);
  equal((await put('plain', body)).ETag, `"${md5(body)}"`);
  equal(sha(await get('plain')), sha(body));
});

check('object: empty', async () => {
  await put('empty', Buffer.alloc(0));
  equal((await get('empty')).length, 0);
  equal((await head('empty'))['content-length'], '0');
});

check('object: unusual keys', async () => {
  for (const key of ['目录/文件 一.txt', 'a b+c%20d?e&f=g.txt', "~tilde'(1)!*.txt", 'emoji-😀']) {
    await put(key, key);
    equal((await get(key)).toString(), key);
  }
});

check('object: put from a stream', async () => {
  const body = data(500000, 2);
  fs.writeFileSync(file('stream'), body);
  await put('stream', fs.createReadStream(file('stream')), { ContentLength: body.length });
  equal(sha(await get('stream')), sha(body));
});

check('object: get into a stream, and as one', async () => {
  const sink = fs.createWriteStream(file('sink'));
  const written = new Promise((resolve) => sink.on('close', resolve));
  await cos.getObject({ ...at, Key: 'stream', Output: sink });
  await written;
  equal(sha(fs.readFileSync(file('sink'))), sha(data(500000, 2)));
  const chunks = [];
  const stream = cos.getObjectStream({ ...at, Key: 'stream' });
  for await (const chunk of stream.pipe(new PassThrough())) chunks.push(chunk);
  equal(sha(Buffer.concat(chunks)), sha(data(500000, 2)));
});

check('object: headers and metadata come back', async () => {
  await put('headers', 'x', {
    CacheControl: 'max-age=60',
    ContentType: 'text/plain',
    ContentDisposition: 'inline',
    ContentEncoding: 'identity',
    Expires: 'Thu, 01 Dec 2044 16:00:00 GMT',
    Headers: { 'x-cos-meta-one': '1', 'x-cos-meta-two-words': 'b c' },
  });
  const got = await head('headers');
  equal([got['cache-control'], got['content-type'], got['content-disposition']], ['max-age=60', 'text/plain', 'inline']);
  equal([got['x-cos-meta-one'], got['x-cos-meta-two-words']], ['1', 'b c']);
});

check('object: Content-MD5, right and wrong', async () => {
  const sum = (text) => crypto.createHash('md5').update(text).digest('base64');
  await put('md5', 'abc', { ContentMD5: sum('abc') });
  await refused(put('md5', 'abc', { ContentMD5: sum('other') }), 400, 'BadDigest');
});

check('object: UploadCheckContentMd5', async () => {
  const checking = new COS({ SecretId, SecretKey, UploadCheckContentMd5: true });
  await checking.putObject({ ...at, Key: 'checked', Body: 'abc' });
  equal((await get('checked')).toString(), 'abc');
});

check('object: storage class', async () => {
  await put('class', 'x', { StorageClass: 'STANDARD_IA' });
  equal((await head('class'))['x-cos-storage-class'], 'STANDARD_IA');
});

check('object: crc64 of the body', async () => {
  equal((await put('crc', '123456789')).headers['x-cos-hash-crc64ecma'], '11051210869376104954');
});

check('object: delete, and again', async () => {
  await put('gone');
  equal((await cos.deleteObject({ ...at, Key: 'gone' })).statusCode, 204);
  await cos.deleteObject({ ...at, Key: 'gone' });
  await refused(get('gone'), 404, 'NoSuchKey');
});

check('object: append, and a wrong position', async () => {
  const first = await cos.appendObject({ ...at, Key: 'append', Body: 'one,', Position: 0 });
  equal(first.headers['x-cos-next-append-position'], '4');
  await cos.appendObject({ ...at, Key: 'append', Body: 'two', Position: 4 });
  equal((await get('append')).toString(), 'one,two');
  await refused(cos.appendObject({ ...at, Key: 'append', Body: 'x', Position: 1 }), 409, 'AppendPositionErr');
});

check('object: forbid-overwrite', async () => {
  await put('once');
  await refused(put('once', 'y', { Headers: { 'x-cos-forbid-overwrite': 'true' } }), 409, 'FileAlreadyExists');
});

check('object: restore of an archived one', async () => {
  await put('cold', 'x', { StorageClass: 'ARCHIVE' });
  await refused(get('cold'), 403, 'InvalidObjectState');
  const answer = await cos.restoreObject({
    ...at,
    Key: 'cold',
    RestoreRequest: { Days: 1, CASJobParameters: { Tier: 'Expedited' } },
  });
  equal(answer.statusCode, 202);
  truthy((await head('cold'))['x-cos-restore'].includes('ongoing-request'));
});

check('object: server-side encryption is echoed', async () => {
  equal((await put('sse', 'x', { ServerSideEncryption: 'AES256' })).headers['x-cos-server-side-encryption'], 'AES256');
});

check('range: first, last, beyond', async () => {
  await put('range', '0123456789');
  equal((await get('range', { Range: 'bytes=2-4' })).toString(), '234');
  equal((await get('range', { Range: 'bytes=-3' })).toString(), '789');
  const answer = await cos.getObject({ ...at, Key: 'range', Range: 'bytes=2-4' });
  equal([answer.statusCode, answer.headers['content-range']], [206, 'bytes 2-4/10']);
  await refused(get('range', { Range: 'bytes=10-' }), 416, 'InvalidRange');
});

check('condition: If-Match and If-None-Match', async () => {
  const etag = (await put('condition', 'abc')).ETag;
  equal((await get('condition', { IfMatch: etag })).toString(), 'abc');
  await refused(get('condition', { IfMatch: '"0"' }), 412, 'PreconditionFailed');
  await refused(get('condition', { IfNoneMatch: etag }), 304);
  equal((await get('condition', { IfNoneMatch: '"0"' })).toString(), 'abc');
});

check('condition: not modified, in the words of the SDK', async () => {
  const IfModifiedSince = 'Thu, 01 Dec 2022 16:00:00 GMT';
  equal((await get('condition', { IfModifiedSince })).toString(), 'abc');
  const same = { ...at, Key: 'condition', IfModifiedSince: (await head('condition'))['last-modified'] };
  truthy((await cos.headObject(same)).NotModified, 'head');
  truthy((await cos.getObject(same)).NotModified, 'get');
});

check('get: response headers on demand', async () => {
  const answer = await cos.getObject({ ...at, Key: 'condition', ResponseContentType: 'text/x', ResponseCacheControl: 'no-store' });
  equal([answer.headers['content-type'], answer.headers['cache-control']], ['text/x', 'no-store']);
});

check('options: a preflight by the SDK', async () => {
  const where = await newBucket('node-cors');
  const rule = { AllowedOrigin: ['https://a.example'], AllowedMethod: ['PUT'], AllowedHeader: ['*'], MaxAgeSeconds: '5' };
  await cos.putBucketCors({ ...where, CORSRules: [rule] });
  const asked = { ...where, Key: 'k', Origin: 'https://a.example', AccessControlRequestMethod: 'PUT', AccessControlRequestHeaders: '' };
  const answer = await cos.optionsObject(asked);
  equal([answer.statusCode, answer.AccessControlAllowOrigin], [200, 'https://a.example']);
  truthy((await cos.optionsObject({ ...asked, Origin: 'https://b.example' })).OptionsForbidden);
});

// Transfer managers

const BIG = data(5 * MIB + 17, 4);
fs.writeFileSync(file('big'), BIG);

check('sliceUploadFile: many parts, with progress', async () => {
  let last;
  const answer = await cos.sliceUploadFile({
    ...at,
    Key: 'sliced',
    FilePath: file('big'),
    ChunkSize: MIB,
    AsyncLimit: 3,
    onProgress: (progress) => (last = progress),
    Headers: { 'x-cos-meta-a': 'b' },
  });
  truthy(/-6"$/.test(answer.ETag), answer.ETag);
  truthy(answer.Location.endsWith('/sliced'), answer.Location);
  equal([last.loaded, last.percent], [BIG.length, 1]);
  equal(sha(await get('sliced')), sha(BIG));
  equal((await head('sliced'))['x-cos-meta-a'], 'b');
});

check('sliceUploadFile: resumes from the parts that are there', async () => {
  const { UploadId } = await cos.multipartInit({ ...at, Key: 'resumed' });
  for (const PartNumber of [1, 3]) {
    const Body = BIG.subarray((PartNumber - 1) * MIB, PartNumber * MIB);
    await cos.multipartUpload({ ...at, Key: 'resumed', UploadId, PartNumber, Body });
  }
  const sent = [];
  const fresh = new COS({ SecretId, SecretKey });
  fresh.on('before-send', ({ method, qs, url }) => {
    const number = (qs && qs.partNumber) || (/partNumber=(\d+)/.exec(url) || [])[1];
    if (method === 'PUT' && number) sent.push(Number(number));
  });
  const answer = await fresh.sliceUploadFile({ ...at, Key: 'resumed', FilePath: file('big'), ChunkSize: MIB });
  equal(answer.UploadId, UploadId);
  equal(sent.sort(), [2, 4, 5, 6]);
  equal(sha(await get('resumed')), sha(BIG));
});

check('sliceUploadFile: paused on the way, then again by another client', async () => {
  const first = new COS({ SecretId, SecretKey, ProgressInterval: 0 });
  let task;
  let ended;
  const stopped = new Promise((resolve) => (ended = resolve));
  first.on('list-update', ({ list }) => list[0] && list[0].state === 'paused' && ended());
  const options = { ...at, Key: 'paused', FilePath: file('big'), ChunkSize: MIB, AsyncLimit: 1 };
  first.sliceUploadFile({
    ...options,
    onTaskReady: (id) => (task = id),
    onProgress: ({ loaded }) => loaded >= 2 * MIB && loaded < BIG.length && first.pauseTask(task),
  }).then(ended, ended);
  await stopped;
  const [left] = (await cos.multipartList({ ...at, Prefix: 'paused' })).Upload;
  truthy((await cos.multipartListPart({ ...at, Key: 'paused', UploadId: left.UploadId })).Part.length >= 2, 'parts');
  await refused(get('paused'), 404, 'NoSuchKey');
  await new COS({ SecretId, SecretKey }).sliceUploadFile(options);
  equal(sha(await get('paused')), sha(BIG));
});

check('abortUploadTask: all of a key', async () => {
  const { UploadId } = await cos.multipartInit({ ...at, Key: 'left' });
  await cos.abortUploadTask({ ...at, Key: 'left', Level: 'file' });
  await refused(cos.multipartListPart({ ...at, Key: 'left', UploadId }), 404, 'NoSuchUpload');
});

check('abortUploadTask: all of a bucket', async () => {
  const where = await newBucket('node-abort');
  for (const Key of ['a', 'b']) await cos.multipartInit({ ...where, Key });
  await cos.abortUploadTask({ ...where, Level: 'bucket' });
  equal((await cos.multipartList(where)).Upload, []);
});

check('uploadFile: chooses by size', async () => {
  fs.writeFileSync(file('small'), 'small');
  await cos.uploadFile({ ...at, Key: 'chosen-small', FilePath: file('small'), SliceSize: MIB });
  equal((await get('chosen-small')).toString(), 'small');
  await cos.uploadFile({ ...at, Key: 'chosen-big', FilePath: file('big'), SliceSize: MIB });
  truthy(/-6"$/.test((await head('chosen-big')).etag));
});

check('uploadFiles: several at once', async () => {
  const files = [
    { ...at, Key: 'several/1', FilePath: file('small') },
    { ...at, Key: 'several/2', FilePath: file('big') },
  ];
  const answer = await cos.uploadFiles({ files, SliceSize: MIB });
  equal(answer.files.map((item) => item.error), [null, null]);
  equal(sha(await get('several/2')), sha(BIG));
});

check('downloadFile: in ranges', async () => {
  await cos.downloadFile({ ...at, Key: 'sliced', FilePath: file('down'), ChunkSize: MIB, ParallelLimit: 3, RetryTimes: 1 });
  equal(sha(fs.readFileSync(file('down'))), sha(BIG));
});

check('sliceCopyFile: in parts', async () => {
  const CopySource = `${Bucket}.cos.${Region}.myqcloud.com/sliced`;
  await cos.sliceCopyFile({ ...at, Key: 'slice-copied', CopySource, CopySliceSize: MIB, CopyChunkSize: 2 * MIB });
  equal(sha(await get('slice-copied')), sha(BIG));
});

// Multipart by hand

check('multipart: upload, list, complete', async () => {
  const { UploadId } = await cos.multipartInit({ ...at, Key: 'parts', ContentType: 'video/mp4' });
  const where = { ...at, Key: 'parts', UploadId };
  const Parts = [];
  for (const PartNumber of [1, 2]) {
    Parts.push({ PartNumber, ETag: (await cos.multipartUpload({ ...where, PartNumber, Body: data(MIB, PartNumber) })).ETag });
  }
  const listed = await cos.multipartListPart(where);
  equal(listed.Part.map((part) => [part.PartNumber, part.Size]), [['1', `${MIB}`], ['2', `${MIB}`]]);
  await cos.multipartComplete({ ...where, Parts });
  equal(sha(await get('parts')), sha(Buffer.concat([data(MIB, 1), data(MIB, 2)])));
  equal((await head('parts'))['content-type'], 'video/mp4');
});

check('multipart: parts in pages', async () => {
  const { UploadId } = await cos.multipartInit({ ...at, Key: 'paged' });
  const where = { ...at, Key: 'paged', UploadId };
  for (const PartNumber of [1, 2, 3]) await cos.multipartUpload({ ...where, PartNumber, Body: 'x' });
  const one = await cos.multipartListPart({ ...where, MaxParts: '2' });
  equal([one.Part.length, one.IsTruncated, one.NextPartNumberMarker], [2, 'true', '2']);
  const two = await cos.multipartListPart({ ...where, PartNumberMarker: '2' });
  equal([two.Part.map((part) => part.PartNumber), two.IsTruncated], [['3'], 'false']);
});

check('multipart: wrong order, wrong part, too small', async () => {
  const { UploadId } = await cos.multipartInit({ ...at, Key: 'wrong' });
  const where = { ...at, Key: 'wrong', UploadId };
  const Parts = [];
  for (const PartNumber of [1, 2]) Parts.push({ PartNumber, ETag: (await cos.multipartUpload({ ...where, PartNumber, Body: `${PartNumber}` })).ETag });
  await refused(cos.multipartComplete({ ...where, Parts: [Parts[1], Parts[0]] }), 400, 'InvalidPartOrder');
  await refused(cos.multipartComplete({ ...where, Parts: [Parts[0], { PartNumber: 2, ETag: Parts[0].ETag }] }), 400, 'InvalidPart');
  await refused(cos.multipartComplete({ ...where, Parts }), 400, 'EntityTooSmall');
  await cos.multipartAbort(where);
  await refused(cos.multipartComplete({ ...where, Parts }), 404, 'NoSuchUpload');
});

check('multipart: uploads by prefix, delimiter, pages', async () => {
  const where = await newBucket('node-uploads');
  for (const Key of ['a/1', 'a/2', 'b', 'c d']) await cos.multipartInit({ ...where, Key });
  equal(keys((await cos.multipartList({ ...where, Prefix: 'a/' })).Upload), ['a/1', 'a/2']);
  const grouped = await cos.multipartList({ ...where, Delimiter: '/' });
  equal([[].concat(grouped.CommonPrefixes).map((item) => item.Prefix), keys(grouped.Upload)], [['a/'], ['b', 'c d']]);
  const one = await cos.multipartList({ ...where, MaxUploads: '3' });
  equal([one.IsTruncated, keys(one.Upload)], ['true', ['a/1', 'a/2', 'b']]);
  const two = await cos.multipartList({ ...where, KeyMarker: one.NextKeyMarker, UploadIdMarker: one.NextUploadIdMarker });
  equal([two.IsTruncated, keys(two.Upload)], ['false', ['c d']]);
});

check('multipart: a part copied from a range', async () => {
  const { UploadId } = await cos.multipartInit({ ...at, Key: 'part-copy' });
  const CopySource = `${Bucket}.cos.${Region}.myqcloud.com/sliced`;
  const where = { ...at, Key: 'part-copy', UploadId };
  const copied = await cos.uploadPartCopy({ ...where, PartNumber: 1, CopySource, CopySourceRange: 'bytes=10-19' });
  await cos.multipartComplete({ ...where, Parts: [{ PartNumber: 1, ETag: copied.ETag }] });
  equal(sha(await get('part-copy')), sha(BIG.subarray(10, 20)));
});

// Copies

const source = (key) => `${Bucket}.cos.${Region}.myqcloud.com/${encodeURIComponent(key).replace(/%2F/g, '/')}`;

check('copy: metadata kept, and replaced', async () => {
  await put('来源 a+b', 'copied', { Headers: { 'x-cos-meta-a': '1' } });
  await cos.putObjectCopy({ ...at, Key: 'copy', CopySource: source('来源 a+b') });
  equal([(await get('copy')).toString(), (await head('copy'))['x-cos-meta-a']], ['copied', '1']);
  const answer = await cos.putObjectCopy({
    ...at,
    Key: 'copy2',
    CopySource: source('copy'),
    MetadataDirective: 'Replaced',
    Headers: { 'x-cos-meta-b': '2' },
  });
  equal(answer.ETag, `"${md5('copied')}"`);
  const got = await head('copy2');
  equal([got['x-cos-meta-a'], got['x-cos-meta-b']], [undefined, '2']);
});

check('copy: conditions and an absent source', async () => {
  const condition = { CopySourceIfMatch: '"0"' };
  await refused(cos.putObjectCopy({ ...at, Key: 'c', CopySource: source('copy'), ...condition }), 412, 'PreconditionFailed');
  await refused(cos.putObjectCopy({ ...at, Key: 'c', CopySource: source('absent') }), 404);
});

// Listings

const LISTED = ['a/1', 'a/2', 'a/b/3', 'b', 'c d', 'e+f', '中'];
const list = { Bucket: `node-list-${AppId}`, Region };

check('list: all in order', async () => {
  await cos.putBucket(list);
  for (const Key of LISTED) await cos.putObject({ ...list, Key, Body: Key });
  const answer = await cos.getBucket(list);
  equal([keys(answer.Contents), answer.IsTruncated, answer.Name], [LISTED, 'false', list.Bucket]);
  equal([answer.Contents[0].Size, answer.Contents[0].ETag], ['3', `"${md5('a/1')}"`]);
});

check('list: prefix', async () => {
  equal(keys((await cos.getBucket({ ...list, Prefix: 'a/' })).Contents), LISTED.slice(0, 3));
  equal((await cos.getBucket({ ...list, Prefix: 'absent' })).Contents, []);
});

check('list: delimiter', async () => {
  const answer = await cos.getBucket({ ...list, Prefix: 'a/', Delimiter: '/' });
  equal([answer.CommonPrefixes, keys(answer.Contents)], [[{ Prefix: 'a/b/' }], ['a/1', 'a/2']]);
});

check('list: pages by marker', async () => {
  const found = [];
  let Marker = '';
  for (;;) {
    const answer = await cos.getBucket({ ...list, MaxKeys: 2, Marker });
    found.push(...keys(answer.Contents));
    if (answer.IsTruncated === 'false') break;
    Marker = answer.NextMarker;
  }
  equal(found, LISTED);
});

check('list: encoding-type url', async () => {
  const answer = await cos.getBucket({ ...list, EncodingType: 'url' });
  equal([answer.EncodingType, keys(answer.Contents).map(decodeURIComponent)], ['url', LISTED]);
});

check('deleteMultipleObject: several, absent, quiet', async () => {
  const answer = await cos.deleteMultipleObject({ ...list, Objects: [{ Key: 'a/1' }, { Key: 'c d' }, { Key: 'absent' }] });
  equal(keys(answer.Deleted).sort(), ['a/1', 'absent', 'c d']);
  equal((await cos.deleteMultipleObject({ ...list, Objects: [{ Key: '中' }], Quiet: true })).Deleted, []);
  equal(keys((await cos.getBucket(list)).Contents), ['a/2', 'a/b/3', 'b', 'e+f']);
});

// Versions

const versioned = { Bucket: `node-versions-${AppId}`, Region };
let one;

check('versioning: enable, two versions, read each', async () => {
  await cos.putBucket(versioned);
  await cos.putBucketVersioning({ ...versioned, VersioningConfiguration: { Status: 'Enabled' } });
  equal((await cos.getBucketVersioning(versioned)).VersioningConfiguration.Status, 'Enabled');
  one = (await cos.putObject({ ...versioned, Key: 'v', Body: 'one' })).VersionId;
  await cos.putObject({ ...versioned, Key: 'v', Body: 'two' });
  equal((await cos.getObject({ ...versioned, Key: 'v', VersionId: one })).Body.toString(), 'one');
  equal((await cos.getObject({ ...versioned, Key: 'v' })).Body.toString(), 'two');
});

check('versioning: delete markers, and their listing', async () => {
  const gone = await cos.deleteObject({ ...versioned, Key: 'v' });
  equal(gone.headers['x-cos-delete-marker'], 'true');
  await refused(cos.getObject({ ...versioned, Key: 'v' }), 404, 'NoSuchKey');
  const answer = await cos.listObjectVersions(versioned);
  equal([answer.Versions.length, answer.DeleteMarkers.length, answer.DeleteMarkers[0].IsLatest], [2, 1, 'true']);
  await cos.deleteMultipleObject({ ...versioned, Objects: [{ Key: 'v', VersionId: answer.DeleteMarkers[0].VersionId }] });
  equal((await cos.getObject({ ...versioned, Key: 'v' })).Body.toString(), 'two');
});

check('versioning: list in pages, prefix, delimiter', async () => {
  for (const Key of ['d/1', 'd/2']) await cos.putObject({ ...versioned, Key, Body: 'x' });
  const first = await cos.listObjectVersions({ ...versioned, MaxKeys: 3 });
  equal([first.IsTruncated, keys(first.Versions)], ['true', ['d/1', 'd/2', 'v']]);
  const more = { KeyMarker: first.NextKeyMarker, VersionIdMarker: first.NextVersionIdMarker };
  const second = await cos.listObjectVersions({ ...versioned, ...more });
  equal([second.IsTruncated, second.Versions.map((item) => item.VersionId)], ['false', [one]]);
  const grouped = await cos.listObjectVersions({ ...versioned, Delimiter: '/' });
  equal([].concat(grouped.CommonPrefixes).map((item) => item.Prefix), ['d/']);
});

check('versioning: suspended', async () => {
  await cos.putBucketVersioning({ ...versioned, VersioningConfiguration: { Status: 'Suspended' } });
  await cos.putObject({ ...versioned, Key: 's', Body: '1' });
  await cos.putObject({ ...versioned, Key: 's', Body: '2' });
  equal((await cos.listObjectVersions({ ...versioned, Prefix: 's' })).Versions.map((item) => item.VersionId), ['null']);
});

// Signed URLs

const urlOf = (params) =>
  new Promise((resolve, reject) => cos.getObjectUrl({ ...at, Sign: true, ...params }, (error, found) => (error ? reject(error) : resolve(found.Url))));

check('getObjectUrl: download and upload', async () => {
  const upload = await urlOf({ Key: 'signed 文', Method: 'PUT', Expires: 60 });
  equal((await ask('PUT', upload, 'by url', { 'Content-Length': '6' })).status, 200);
  equal((await ask('GET', await urlOf({ Key: 'signed 文', Expires: 60 }))).text, 'by url');
});

check('getObjectUrl: with parameters', async () => {
  const url = await urlOf({ Key: 'range', Query: { 'response-content-type': 'text/x' } });
  equal((await ask('GET', url)).headers['content-type'], 'text/x');
});

check('getObjectUrl: expired, other method, other key', async () => {
  equal((await ask('GET', await urlOf({ Key: 'range', Expires: -600 }))).status, 403);
  const url = await urlOf({ Key: 'range' });
  equal((await ask('DELETE', url)).status, 403);
  equal((await ask('GET', url.replace('/range', '/plain'))).status, 403);
});

check('getObjectUrl: without a signature, public and private', async () => {
  await put('open', 'for all', { ACL: 'public-read' });
  equal((await ask('GET', await urlOf({ Key: 'open', Sign: false }))).text, 'for all');
  equal((await ask('GET', await urlOf({ Key: 'plain', Sign: false }))).status, 403);
});

check('getAuth: a header of one\'s own', async () => {
  const Authorization = cos.getAuth({ Method: 'GET', Key: 'range', Query: {}, Headers: {} });
  const answer = await ask('GET', `http://${Bucket}.cos.${Region}.myqcloud.com/range`, undefined, { Authorization });
  equal([answer.status, answer.text], [200, '0123456789']);
});

// Access and configuration

check('acl: of a bucket', async () => {
  const where = await newBucket('node-acl');
  await cos.putBucketAcl({ ...where, ACL: 'public-read' });
  equal((await cos.getBucketAcl(where)).ACL, 'public-read');
  await cos.putBucketAcl({ ...where, GrantRead: 'id="100000000007"' });
  const answer = await cos.getBucketAcl(where);
  truthy(answer.GrantRead.includes('100000000007'), answer);
  await cos.putBucketAcl({ ...where, ACL: 'private' });
  equal((await cos.getBucketAcl(where)).ACL, 'private');
});

check('acl: of an object', async () => {
  await put('acl');
  equal((await cos.getObjectAcl({ ...at, Key: 'acl' })).ACL, 'default');
  await cos.putObjectAcl({ ...at, Key: 'acl', ACL: 'public-read' });
  equal((await cos.getObjectAcl({ ...at, Key: 'acl' })).ACL, 'public-read');
  await cos.putObjectAcl({ ...at, Key: 'acl', ACL: 'private' });
  equal((await cos.getObjectAcl({ ...at, Key: 'acl' })).ACL, 'private');
});

check('tagging: of an object', async () => {
  await put('tags', 'x', { Headers: { 'x-cos-tagging': 'a=1&b=2' } });
  equal((await cos.getObjectTagging({ ...at, Key: 'tags' })).Tags, [{ Key: 'a', Value: '1' }, { Key: 'b', Value: '2' }]);
  await cos.putObjectTagging({ ...at, Key: 'tags', Tags: [{ Key: 'c', Value: '3' }] });
  equal((await cos.getObjectTagging({ ...at, Key: 'tags' })).Tags, [{ Key: 'c', Value: '3' }]);
  await cos.deleteObjectTagging({ ...at, Key: 'tags' });
  equal((await cos.getObjectTagging({ ...at, Key: 'tags' })).Tags, []);
});

check('config: cors', async () => {
  const rule = { AllowedOrigin: ['*'], AllowedMethod: ['GET', 'PUT'], AllowedHeader: ['*'], ExposeHeader: ['ETag'], MaxAgeSeconds: '5' };
  await cos.putBucketCors({ ...at, CORSRules: [rule] });
  const [got] = (await cos.getBucketCors(at)).CORSRules;
  equal([got.AllowedOrigins || got.AllowedOrigin, got.AllowedMethods || got.AllowedMethod], [['*'], ['GET', 'PUT']]);
  await cos.deleteBucketCors(at);
  equal((await cos.getBucketCors(at)).CORSRules, []);
});

check('config: lifecycle', async () => {
  const Rules = [{ ID: 'r', Status: 'Enabled', Filter: { Prefix: 'logs/' }, Expiration: { Days: '7' } }];
  await cos.putBucketLifecycle({ ...at, Rules });
  equal((await cos.getBucketLifecycle(at)).Rules[0].Expiration.Days, '7');
  await cos.deleteBucketLifecycle(at);
  equal((await cos.getBucketLifecycle(at)).Rules, []);
});

check('config: tagging', async () => {
  await cos.putBucketTagging({ ...at, Tags: [{ Key: 'k', Value: 'v' }] });
  equal((await cos.getBucketTagging(at)).Tags, [{ Key: 'k', Value: 'v' }]);
  await cos.deleteBucketTagging(at);
  equal((await cos.getBucketTagging(at)).Tags, []);
});

check('config: policy', async () => {
  const Statement = [
    {
      Principal: { qcs: ['qcs::cam::anyone:anyone'] },
      Effect: 'allow',
      Action: ['name/cos:GetObject'],
      Resource: [`qcs::cos:${Region}:uid/${AppId}:${Bucket}/shown/*`],
    },
  ];
  await cos.putBucketPolicy({ ...at, Policy: { version: '2.0', Statement } });
  truthy(JSON.stringify((await cos.getBucketPolicy(at)).Policy).includes('shown'));
  await put('shown/a', 'shown');
  equal((await ask('GET', await urlOf({ Key: 'shown/a', Sign: false }))).text, 'shown');
  await cos.deleteBucketPolicy(at);
  equal((await ask('GET', await urlOf({ Key: 'shown/a', Sign: false }))).status, 403);
});

check('config: website', async () => {
  await cos.putBucketWebsite({ ...at, WebsiteConfiguration: { IndexDocument: { Suffix: 'i.html' } } });
  equal((await cos.getBucketWebsite(at)).WebsiteConfiguration.IndexDocument.Suffix, 'i.html');
  await cos.deleteBucketWebsite(at);
  truthy(!(await cos.getBucketWebsite(at)).WebsiteConfiguration.IndexDocument);
});

check('config: referer', async () => {
  const RefererConfiguration = { Status: 'Enabled', RefererType: 'White-List', DomainList: { Domains: ['a.example'] }, EmptyReferConfiguration: 'Allow' };
  const where = await newBucket('node-referer');
  await cos.putBucketReferer({ ...where, RefererConfiguration });
  const got = (await cos.getBucketReferer(where)).RefererConfiguration;
  equal([got.Status, got.DomainList.Domains], ['Enabled', ['a.example']]);
});

check('config: domain', async () => {
  const where = await newBucket('node-domain');
  await cos.putBucketDomain({ ...where, DomainRule: [{ Status: 'DISABLED', Name: 'www.a.example', Type: 'REST' }] });
  equal((await cos.getBucketDomain(where)).DomainRule[0].Name, 'www.a.example');
  await cos.deleteBucketDomain(where);
  await refused(cos.getBucketDomain(where), 404, 'DomainConfigNotFoundError');
});

check('config: origin', async () => {
  const where = await newBucket('node-origin');
  const OriginRule = [
    {
      OriginType: 'Mirror',
      OriginCondition: { HTTPStatusCode: 404, Prefix: '' },
      OriginParameter: { Protocol: 'HTTP' },
      OriginInfo: { HostInfo: { HostName: 'o.example' } },
    },
  ];
  await cos.putBucketOrigin({ ...where, OriginRule });
  truthy(JSON.stringify((await cos.getBucketOrigin(where)).OriginRule).includes('o.example'));
  await cos.deleteBucketOrigin(where);
  await refused(cos.getBucketOrigin(where), 404, 'OriginConfigurationNotFoundError');
});

check('config: logging', async () => {
  const LoggingEnabled = { TargetBucket: Bucket, TargetPrefix: 'logs/' };
  await cos.putBucketLogging({ ...at, BucketLoggingStatus: { LoggingEnabled } });
  equal((await cos.getBucketLogging(at)).BucketLoggingStatus.LoggingEnabled.TargetPrefix, 'logs/');
});

check('config: inventory', async () => {
  const InventoryConfiguration = {
    Id: 'one',
    IsEnabled: 'true',
    Destination: { COSBucketDestination: { Format: 'CSV', AccountId: '100000000001', Bucket: `qcs::cos:${Region}::${Bucket}`, Prefix: 'list' } },
    Schedule: { Frequency: 'Daily' },
    IncludedObjectVersions: 'All',
    OptionalFields: ['Size', 'ETag'],
  };
  await cos.putBucketInventory({ ...at, Id: 'one', InventoryConfiguration });
  equal((await cos.getBucketInventory({ ...at, Id: 'one' })).InventoryConfiguration.OptionalFields, ['Size', 'ETag']);
  equal((await cos.listBucketInventory(at)).InventoryConfigurations.length, 1);
  await cos.deleteBucketInventory({ ...at, Id: 'one' });
  await refused(cos.getBucketInventory({ ...at, Id: 'one' }), 404);
});

check('config: encryption', async () => {
  const Rule = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }];
  const where = await newBucket('node-encryption');
  await cos.putBucketEncryption({ ...where, ServerSideEncryptionConfiguration: { Rule } });
  truthy(JSON.stringify(await cos.getBucketEncryption(where)).includes('AES256'));
  await cos.deleteBucketEncryption(where);
});

check('config: accelerate', async () => {
  const where = await newBucket('node-accelerate');
  await cos.putBucketAccelerate({ ...where, AccelerateConfiguration: { Status: 'Enabled', Type: 'COS' } });
  equal((await cos.getBucketAccelerate(where)).AccelerateConfiguration.Status, 'Enabled');
});

check('request: any call, signed', async () => {
  const answer = await cos.request({ ...at, Method: 'GET', Key: 'range', RawBody: true });
  equal([answer.statusCode, answer.Body.toString()], [200, '0123456789']);
});

// Errors and identities

check('error: an absent object', async () => {
  const error = await refused(get('absent'), 404, 'NoSuchKey');
  truthy(error.headers['x-cos-request-id'], 'request id');
  equal([error.error.Code, error.RequestId || error.error.RequestId], ['NoSuchKey', error.headers['x-cos-request-id']]);
});

check('error: head of an absent object', () => refused(head('absent'), 404));

check('error: an absent bucket', () => refused(cos.putObject({ Bucket: `node-absent-${AppId}`, Region, Key: 'k', Body: 'x' }), 404, 'NoSuchBucket'));

check('error: a wrong key, an unknown owner', async () => {
  await refused(new COS({ SecretId, SecretKey: 'wrong' }).getObject({ ...at, Key: 'plain' }), 403, 'SignatureDoesNotMatch');
  await refused(new COS({ SecretId: 'unknown', SecretKey }).getObject({ ...at, Key: 'plain' }), 403, 'InvalidAccessKeyId');
});

check('error: an invalid storage class', () => refused(put('k', 'x', { StorageClass: 'COLDEST' }), 400));

check('options: credentials by getAuthorization, plain http', async () => {
  const later = new COS({
    getAuthorization: (asked, answer) => answer(COS.getAuthorization({ ...asked, SecretId, SecretKey, Key: asked.Pathname, UseRawKey: true })),
  });
  equal((await later.getObject({ ...at, Key: 'range' })).Body.toString(), '0123456789');
  const plain = new COS({ SecretId, SecretKey, Protocol: 'http:' });
  equal((await plain.getObject({ ...at, Key: 'range' })).Body.toString(), '0123456789');
});

end('node.js').then(() => fs.rmSync(folder, { recursive: true }));
