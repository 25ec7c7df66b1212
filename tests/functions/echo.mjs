// Answers every event with itself, with nothing but Node's own modules.

import http from 'node:http';

const agent = new http.Agent({ keepAlive: true });

function ask(method, path, body) {
  return new Promise((resolve, reject) => {
    const { SCF_RUNTIME_API: host, SCF_RUNTIME_API_PORT: port } = process.env;
    const request = http.request({ agent, host, port, method, path }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({ headers: answer.headers, body: Buffer.concat(parts) }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

await ask('POST', '/runtime/init/ready', ' ');
for (;;) {
  const { headers, body } = await ask('GET', '/runtime/invocation/next');
  console.log(`${headers.request_id} ${headers.time_limit_in_ms}`);
  await ask('POST', '/runtime/invocation/response', body);
}
