// Each file in seen-to-fail must be refused for the reason on its first line ("# refused: ..."), seen-to-pass must pass.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const here = import.meta.dirname;
let passed = 0;
let failed = 0;

function run(script, path) {
  return spawnSync(process.execPath, [join(here, script), path], { encoding: 'utf8' });
}

function expect(claim, holds, { status, stdout }) {
  if (holds) {
    passed += 1;
  } else {
    failed += 1;
    console.log(`FAIL ${claim}; exit ${status}:\n${stdout}`);
  }
}

const bad = join(here, 'seen-to-fail');
for (const name of readdirSync(bad).filter(name => name.endsWith('.yaml'))) {
  const reason = /^# refused: (.+)/.exec(readFileSync(join(bad, name), 'utf8'))[1];
  const outcome = run('validate.mjs', join(bad, name));
  const refused = outcome.status === 1 && outcome.stdout.includes('FAIL') && outcome.stdout.includes(reason);
  expect(`${name} is refused with "${reason}"`, refused, outcome);
}

const roundtrip = run('roundtrip.mjs', join(bad, 'roundtrip.jsonl'));
expect('no line of roundtrip.jsonl is read back', roundtrip.stdout.includes('\n0 passed'), roundtrip);
const empty = mkdtempSync(join(tmpdir(), 'callboard-'));
const nothing = run('validate.mjs', empty);
rmdirSync(empty);
expect('a folder without YAML fails', nothing.status === 1, nothing);
const good = run('validate.mjs', join(here, 'seen-to-pass'));
expect('the good files pass', good.status === 0, good);

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
