'use strict';
// The AWS SDK for JavaScript, version 3, against backlot: at the endpoint that COS documents, through the proxy; and at the
// local address.

const {
  S3Client, CreateBucketCommand, PutObjectCommand, GetObjectCommand, HeadObjectCommand, CopyObjectCommand,
  DeleteObjectCommand, DeleteBucketCommand, ListBucketsCommand, paginateListObjectsV2, PutObjectTaggingCommand,
  GetObjectTaggingCommand, PutObjectLegalHoldCommand,
} = require('@aws-sdk/client-s3');
const { Upload } = require('@aws-sdk/lib-storage');
const { NodeHttpHandler } = require('@smithy/node-http-handler');
const { HttpsProxyAgent } = require('https-proxy-agent');

const { check, equal, truthy, end } = require('./checks');

const { TENCENTCLOUD_REGION: region, TENCENTCLOUD_APPID: appid, BACKLOT_ADDRESS: address } = process.env;
const credentials = { accessKeyId: process.env.TENCENTCLOUD_SECRETID, secretAccessKey: process.env.TENCENTCLOUD_SECRETKEY };
const common = { region, credentials, maxAttempts: 1, requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' };
const ODD = ['plain', 'with space', 'plus+and&amp=', 'percent%41', '目录/文件 一', "~'quote()*!", '🎬', 'hash#question?'];

/** Whether the promise is rejected; its error. */
async function refused(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('nothing was refused');
}

function suite(style, s3) {
  const Bucket = `awsjs-${style}-${appid}`;
  const text = async (Key, more) => (await s3.send(new GetObjectCommand({ Bucket, Key, ...more }))).Body.transformToString();
  const put = (Key, Body, more) => s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  const keys = async (more) => {
    const found = [];
    for await (const page of paginateListObjectsV2({ client: s3, pageSize: 3 }, { Bucket, ...more })) {
      found.push(...(page.Contents || []).map(({ Key }) => Key));
    }
    return found;
  };

  check(`${style}: makes a bucket, which is listed`, async () => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    truthy(Buckets.some(({ Name }) => Name === Bucket), Buckets);
  });

  check(`${style}: odd names, put, got and listed in pages`, async () => {
    for (const name of ODD) await put(`odd/${name}`, name);
    for (const name of ODD) equal(await text(`odd/${name}`), name);
    equal((await keys({ Prefix: 'odd/' })).sort(), ODD.map((name) => `odd/${name}`).sort());
  });

  check(`${style}: folders`, async () => {
    await put('a/b/c', 'x');
    const { CommonPrefixes } = (await paginateListObjectsV2({ client: s3 }, { Bucket, Delimiter: '/' }).next()).value;
    equal(CommonPrefixes.map(({ Prefix }) => Prefix), ['a/', 'odd/']);
  });

  check(`${style}: upload in parts`, async () => {
    const Body = Buffer.alloc(11 * 1024 * 1024 + 1, 'parts');
    const upload = new Upload({ client: s3, params: { Bucket, Key: '大 large', Body }, partSize: 5 * 1024 * 1024 });
    await upload.done();
    const found = await s3.send(new GetObjectCommand({ Bucket, Key: '大 large' }));
    truthy(Buffer.from(await found.Body.transformToByteArray()).equals(Body), 'the same bytes');
  });

  check(`${style}: metadata, type and ranges`, async () => {
    await put('described', 'abcdefgh', { ContentType: 'text/own', Metadata: { color: 'blue' } });
    const { ContentType, Metadata, ContentLength } = await s3.send(new HeadObjectCommand({ Bucket, Key: 'described' }));
    equal({ ContentType, color: Metadata.color, ContentLength }, { ContentType: 'text/own', color: 'blue', ContentLength: 8 });
    equal(await text('described', { Range: 'bytes=2-4' }), 'cde');
  });

  check(`${style}: copy`, async () => {
    const CopySource = `${Bucket}/${encodeURIComponent('odd/with space')}`;
    await s3.send(new CopyObjectCommand({ Bucket, Key: 'copied', CopySource }));
    equal(await text('copied'), 'with space');
  });

  check(`${style}: tags`, async () => {
    const TagSet = [{ Key: 'kind', Value: 'test' }];
    await s3.send(new PutObjectTaggingCommand({ Bucket, Key: 'copied', Tagging: { TagSet } }));
    equal((await s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'copied' }))).TagSet, TagSet);
  });

  check(`${style}: what is not there`, async () => {
    equal((await refused(text('nothing'))).name, 'NoSuchKey');
  });

  check(`${style}: what COS has not is refused and changes nothing`, async () => {
    const LegalHold = { Status: 'ON' };
    await refused(s3.send(new PutObjectLegalHoldCommand({ Bucket, Key: 'copied', LegalHold })));
    equal(await text('copied'), 'with space');
  });

  check(`${style}: deletes all, and the bucket`, async () => {
    for (const Key of await keys()) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    await s3.send(new DeleteBucketCommand({ Bucket }));
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    truthy(!(Buckets || []).some(({ Name }) => Name === Bucket), Buckets);
  });
}

// The SDK takes no proxy from the environment: it is handed an agent, as its documentation says.
const requestHandler = new NodeHttpHandler({ httpsAgent: new HttpsProxyAgent(process.env.HTTPS_PROXY) });
suite('hosts', new S3Client({ ...common, endpoint: `https://cos.${region}.myqcloud.com`, requestHandler }));
suite('local', new S3Client({ ...common, endpoint: `http://${address}`, forcePathStyle: true }));

end('aws_sdk.js');
