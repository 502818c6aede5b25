// node validate.mjs PATH...: checks every *.yaml at or below each PATH. A ref may stand only once per PATH.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { check, documents } from './model.mjs';

let passed = 0;
let failed = 0;

function fail(where, why) {
  failed += 1;
  console.log(`FAIL ${where} ${why}`);
}

async function validate(file, seen) {
  // The catalog skips empty documents.
  const found = documents(readFileSync(file, 'utf8')).filter(document => document.value !== null);
  if (found.length === 0) fail(file, 'no document in it');
  for (const [index, { error, value }] of found.entries()) {
    const where = `${file}#${index + 1}`;
    try {
      if (error) throw new Error(error);
      const ref = await check(value);
      if (seen.has(ref)) throw new Error(`duplicate ref ${ref}, first in ${seen.get(ref)}`);
      seen.set(ref, where);
      passed += 1;
      console.log(`ok ${where} ${ref}`);
    } catch (e) {
      fail(where, e.message.replaceAll('\n', ' '));
    }
  }
}

function yamlFiles(path) {
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path, { recursive: true }).filter(name => name.endsWith('.yaml'));
  return names.sort().map(name => join(path, name));
}

const paths = process.argv.slice(2);
if (paths.length === 0) fail('validate.mjs', 'no path given');
for (const path of paths) {
  const files = yamlFiles(path);
  if (files.length === 0) fail(path, 'no *.yaml file there');
  const seen = new Map();
  for (const file of files) await validate(file, seen);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
