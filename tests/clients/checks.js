'use strict';
// Named checks: each prints one line, and the suite ends with a count and an exit code.

const { isDeepStrictEqual } = require('util');

const checks = [];

/** A check of the suite, which runs when those before it have ended. */
const check = (name, run) => checks.push({ name, run });

/** Fails with both sides if they differ. */
function equal(got, want) {
  if (!isDeepStrictEqual(got, want)) throw new Error(`got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

/** Fails unless `got` is true. */
function truthy(got, about) {
  if (!got) throw new Error(`${about || 'claim'}: got ${JSON.stringify(got)}`);
}

/** Fails unless the API refuses with this code and names the request. */
async function refused(wanted, promise) {
  const error = await promise.then(() => undefined, (thrown) => thrown);
  truthy(error, `no ${wanted}`);
  equal(error.code, wanted);
  truthy(error.requestId, 'a request id');
}

/** The line of the suite `file` in which a check has failed, not that of a tool that says so. */
function lineOf(error, file) {
  const frames = (error.stack || '').split('\n').filter((frame) => !/at (async )?(refused|equal|truthy) /.test(frame));
  const frame = frames.find((text) => text.includes(`${file}:`));
  return frame ? Number(/:(\d+):\d+\)?$/.exec(frame)[1]) : 0;
}

/** Runs the checks of the suite `file`, prints the count, and sets the exit code. */
async function end(file) {
  // A check that never ends lets the process end early, which is a failure.
  process.exitCode = 1;
  let passed = 0;
  let failed = 0;
  for (const { name, run } of checks) {
    try {
      await run();
      passed += 1;
      console.log(`ok ${name}`);
    } catch (error) {
      failed += 1;
      const text = `${error.code || ''} ${error.statusCode || ''} ${error.message}`.replace(/\s+/g, ' ').trim();
      console.log(`FAIL ${name}: line ${lineOf(error, file)}: ${text.slice(0, 600)}`);
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed || !passed ? 1 : 0;
}

module.exports = { check, end, equal, refused, truthy };
