// Answers every event at once, and leaves behind what the event says: `die` ends the process after this number of milliseconds.

import http from 'node:http';

function ask(method, path, body) {
  return new Promise((resolve, reject) => {
    const { SCF_RUNTIME_API: host, SCF_RUNTIME_API_PORT: port } = process.env;
    const request = http.request({ host, port, method, path }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve(Buffer.concat(parts)));
    });
    request.on('error', reject);
    request.end(body);
  });
}

await ask('POST', '/runtime/init/ready', ' ');
for (;;) {
  const event = JSON.parse(await ask('GET', '/runtime/invocation/next'));
  if (event.die !== undefined) setTimeout(() => process.exit(1), event.die);
  await ask('POST', '/runtime/invocation/response', '1');
}
