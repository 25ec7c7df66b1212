// Asks for the next event without waiting until its answer was taken. `slow` is the number of milliseconds to the answer.

const base = `http://${process.env.SCF_RUNTIME_API}:${process.env.SCF_RUNTIME_API_PORT}/runtime`;
const post = (path, body) => fetch(`${base}/${path}`, { method: 'POST', body }).then((answer) => answer.text());

await post('init/ready', ' ');
for (;;) {
  const answer = await fetch(`${base}/invocation/next`);
  const event = await answer.json();
  const respond = () => post('invocation/response', String(event.n)).catch(() => {});
  if (event.slow) setTimeout(respond, event.slow);
  else respond();
}
