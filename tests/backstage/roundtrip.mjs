// node roundtrip.mjs FILE: each line {"value": ..., "yaml": "..."} must hold a text that Backstage reads as that value.
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { documents } from './model.mjs';

let passed = 0;
let failed = 0;

const lines = readFileSync(process.argv[2], 'utf8').split('\n').filter(line => line !== '');
for (const [index, line] of lines.entries()) {
  const { value, yaml } = JSON.parse(line);
  const read = documents(yaml);
  if (read.length === 1 && isDeepStrictEqual(read[0].value, value)) {
    passed += 1;
  } else {
    failed += 1;
    console.log(`FAIL line ${index + 1}: ${JSON.stringify(yaml)} is read as ${JSON.stringify(read)}, not ${JSON.stringify(value)}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
