// A handler that stores its event as `JSON.stringify` spells it, with a signature of its own.
'use strict';
const { createHash, createHmac } = require('crypto');
const http = require('http');

const hmac = (key, text) => createHmac('sha1', key).update(text).digest('hex');

function authorization(path) {
  const now = Math.floor(Date.now() / 1000);
  const time = `${now - 60};${now + 600}`;
  const request = createHash('sha1').update(`put\n${path}\n\n\n`).digest('hex');
  const signature = hmac(hmac(process.env.TENCENTCLOUD_SECRETKEY, time), `sha1\n${time}\n${request}\n`);
  return `q-sign-algorithm=sha1&q-ak=${process.env.TENCENTCLOUD_SECRETID}&q-sign-time=${time}&q-key-time=${time}`
    + `&q-header-list=&q-url-param-list=&q-signature=${signature}`;
}

function put(host, path, body) {
  const proxy = new URL(process.env.HTTP_PROXY);
  const headers = {
    Host: host,
    'Content-Length': Buffer.byteLength(body),
    Authorization: authorization(path),
    'x-cos-security-token': process.env.TENCENTCLOUD_SESSIONTOKEN,
    'Proxy-Authorization': `Basic ${Buffer.from(`${proxy.username}:${proxy.password}`).toString('base64')}`,
  };
  const target = { host: proxy.hostname, port: proxy.port, method: 'PUT', path: `http://${host}${path}`, headers };
  return new Promise((resolve, reject) => {
    const asked = http.request(target, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

exports.main_handler = async (event, context) => {
  const { TENCENTCLOUD_APPID: id, TENCENTCLOUD_REGION: region } = process.env;
  const host = `archive-${id}.cos.${region}.myqcloud.com`;
  const status = await put(host, `/${context.request_id}.json`, JSON.stringify(event));
  if (status !== 200) throw new Error(`COS answered ${status}`);
  console.log('stored', event.EventType);
  return { stored: true };
};
