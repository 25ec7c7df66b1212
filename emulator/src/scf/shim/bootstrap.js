'use strict';
// The platform's part of a Node function: takes events from the runtime API, hands them to the handler, reports results.
//
// Written by backlot; Node 10 or newer, built-in modules only. Follows: SCF reference, sections 6.1, 6.2, 6.4 and 7.
//
// An answer given by `callback` while the event loop must become empty is sent at once, for a caller that waits for it; the
// event ends when the loop is empty, and can exceed its time until then. Choice: without anything left in the loop, answer
// and end are one, so that the caller gets the log; and a failure ends the event.

// The name that this code has in stack traces: where it is on the platform, not a temporary folder.
const FILE = '/var/runtime/node/bootstrap.js';
if (module.filename !== FILE) {
  const fs = require('fs');
  const text = fs.readFileSync(module.filename, 'utf8');
  // The handler finds its temporary folder empty.
  fs.unlinkSync(module.filename);
  fs.rmdirSync(__dirname);
  const named = new module.constructor(FILE);
  named.filename = FILE;
  named._compile(text, FILE);
  return;
}

// Milliseconds in which an event loop without work becomes empty.
const SOON = 10;

// Taken now: what the handler replaces in them concerns the handler only.
const { Agent, request } = require('http');
const { dirname, resolve } = require('path');
const { format, types } = require('util');
const { clearTimeout, setTimeout } = global;

/** Calls the runtime API on one connection that stays open. While nothing is asked, it does not keep the event loop busy. */
class RuntimeApi {
  constructor(host, port) {
    this.target = { host, port, agent: new Agent({ keepAlive: true, maxSockets: 1 }) };
  }

  ask(method, path, body, then) {
    const bytes = Buffer.from(body);
    const headers = { 'Content-Length': bytes.length };
    const asked = request(Object.assign({ method, path: `/runtime/${path}`, headers }, this.target), (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => then(answer.headers, Buffer.concat(parts)));
    });
    asked.on('error', () => process.exit()); // The instance is gone.
    asked.setNoDelay(true);
    asked.end(bytes);
  }
}

/** What the context says in every event. */
function factsOf(environment) {
  const namespace = environment.SCF_NAMESPACE;
  return {
    environment: JSON.stringify({ SCF_NAMESPACE: namespace }),
    environ: `SCF_NAMESPACE=${namespace};SCF_NAMESPACE=${namespace}`, // The duplicate is the platform's.
    function_version: environment.SCF_FUNCTIONVERSION,
    function_name: environment.SCF_FUNCTIONNAME,
    namespace,
    tencentcloud_region: environment.TENCENTCLOUD_REGION,
    tencentcloud_appid: environment.TENCENTCLOUD_APPID,
    tencentcloud_uin: environment.TENCENTCLOUD_UIN,
  };
}

function isError(value) {
  return value instanceof Error || types.isNativeError(value);
}

/** The text of what was thrown, without the frames that lead from this code to the user's. */
function textOf(thrown) {
  if (!isError(thrown)) return `${String(thrown)}(callback err is not instance of Error)`;
  const stack = String(thrown.stack || thrown);
  const lines = stack.split('\n');
  const ours = lines.findIndex((line) => line.includes(FILE) && /^\s+at /.test(line));
  return (ours < 0 ? lines : lines.slice(0, ours)).join('\n');
}

/** The same of code that did not load: without the module loader's frames, too. */
function textOfLoading(thrown) {
  const isLoader = (line) => /^\s+at .*\(?(node:)?internal\//.test(line) || line === `- ${FILE}`;
  return textOf(thrown).split('\n').filter((line) => !isLoader(line)).join('\n');
}

/** One event on its way through the handler. */
class Run {
  constructor(headers, facts, send, sendEarly) {
    this.id = headers.request_id;
    this.isSettled = false;
    this.isWaiting = true; // For the event loop to become empty.
    this.send = send;
    this.sendEarly = sendEarly;
    this.context = contextOf(this, headers, facts);
  }

  start(handler, event) {
    try {
      const returned = handler(JSON.parse(event), this.context, (error, data) => this.settle(error, data));
      if (returned && typeof returned.then === 'function') {
        returned.then((data) => this.done(null, data), (error) => this.failByPromise(error));
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** As `context.done`: what is left in the event loop does not matter. */
  done(error, data) {
    this.isWaiting = false;
    this.settle(error, data);
  }

  failByPromise(error) {
    this.isWaiting = false;
    this.fail(error);
  }

  wait(isWaiting) {
    this.isWaiting = isWaiting;
    if (this.isSettled && !isWaiting) this.send(this);
  }

  /** As `callback(error, data)`; the first call counts. */
  settle(error, data) {
    if (error) return this.fail(error);
    if (this.isSettled) return;
    let text;
    try {
      text = JSON.stringify(data);
    } catch (cause) {
      return this.failWith(`stringify response to json failed: ${cause.message}`);
    }
    this.end('response', text === undefined ? 'null' : text);
  }

  fail(thrown) {
    const text = textOf(thrown);
    if (!this.isSettled && isError(thrown)) console.error(text);
    this.failWith(text);
  }

  failWith(text) {
    if (!this.isSettled) this.end('error', text);
  }

  end(kind, text) {
    this.isSettled = true;
    this.result = [kind, text];
    if (kind === 'error' || !this.isWaiting) return this.send(this);
    // It does not keep the event loop from becoming empty, which it is soon if there is nothing left.
    this.early = setTimeout(() => this.answerEarly(), SOON);
    this.early.unref();
  }

  answerEarly() {
    const [, text] = this.result;
    this.result = ['end', ''];
    this.sendEarly(text);
  }

  /** The event loop is empty: nothing more will happen. */
  drained() {
    this.isWaiting = false;
    if (this.isSettled) this.send(this);
    else this.settle(null, null);
  }
}

function contextOf(run, headers, facts) {
  const limit = Number(headers.time_limit_in_ms);
  const begun = process.hrtime();
  const raw = Object.assign(
    {
      memory_limit_in_mb: Number(headers.memory_limit_in_mb),
      time_limit_in_ms: limit,
      request_id: run.id,
    },
    facts,
  );
  const done = (error, data) => run.done(error, data);
  const context = {
    getRemainingTimeInMillis() {
      const [seconds, nanoseconds] = process.hrtime(begun);
      return Math.max(0, Math.floor(limit - seconds * 1e3 - nanoseconds / 1e6));
    },
    get callbackWaitsForEmptyEventLoop() {
      return run.isWaiting;
    },
    set callbackWaitsForEmptyEventLoop(value) {
      run.wait(Boolean(value));
    },
    done,
    succeed: (data) => done(null, data),
    fail: (error) => done(error, null),
    getContext: () => raw,
  };
  return Object.assign(context, raw);
}

/** Puts time and request id before what the handler prints by `console`. A clock that stands still says what time it is. */
function prefixConsole(state) {
  for (const name of ['log', 'info', 'warn', 'error']) {
    const print = console[name].bind(console);
    console[name] = (...values) => {
      const time = new Date(state.now === undefined ? Date.now() : state.now).toISOString();
      print(`${time}\t${state.id}\t%s`, format(...values));
    };
  }
}

function load(root, name) {
  const dot = name.lastIndexOf('.');
  const file = resolve(root, `${name.slice(0, dot)}.js`);
  process.chdir(dirname(file));
  const handler = require(file)[name.slice(dot + 1)];
  if (typeof handler !== 'function') {
    throw new TypeError(`${name.slice(dot + 1)} of ${file} is not a function`);
  }
  return handler;
}

function main(environment) {
  const api = new RuntimeApi(environment.SCF_RUNTIME_API, environment.SCF_RUNTIME_API_PORT);
  const facts = factsOf(environment);
  const name = environment._HANDLER;
  for (const hidden of ['SCF_RUNTIME_API', 'SCF_RUNTIME_API_PORT', '_HANDLER']) delete environment[hidden];
  const state = { now: process.argv[2] && Number(process.argv[2]), id: undefined, run: undefined, handler: undefined };
  process.argv = [process.argv[0], FILE];
  prefixConsole(state);

  const send = (run) => {
    if (state.run !== run) return;
    state.run = undefined;
    clearTimeout(run.early);
    const [kind, text] = run.result;
    api.ask('POST', `invocation/${kind}`, text, next);
  };
  const sendEarly = (text) => api.ask('POST', 'invocation/early', text, () => {});
  const next = () => api.ask('GET', 'invocation/next', '', (headers, event) => {
    if (headers['backlot-now']) state.now = Number(headers['backlot-now']);
    state.id = headers.request_id;
    state.run = new Run(headers, facts, send, sendEarly);
    state.run.start(state.handler, event.toString());
  });
  const failToLoad = (error) => api.ask('POST', 'init/error', textOfLoading(error), () => process.exit());

  process.on('beforeExit', () => state.run && state.run.drained());
  process.on('uncaughtException', (error) => {
    if (state.handler === undefined) return failToLoad(error);
    const { run } = state;
    if (run === undefined || run.isSettled) return console.error(textOf(error)); // The result stands.
    run.isWaiting = false;
    run.fail(error);
  });
  try {
    state.handler = load(environment.USER_CODE_ROOT, name);
  } catch (error) {
    return failToLoad(error);
  }
  api.ask('POST', 'init/ready', ' ', next);
}

// On a stack of its own, so that no trace shows how this code was started.
setImmediate(main, process.env);
