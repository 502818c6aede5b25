// What Backstage's provider makes of bucket URLs and keys: `node locations.mjs > locations.tsv`.
// The two functions are those of AwsS3EntityProvider (plugin-catalog-backend-module-aws 0.4.28) and of
// locationSpecToLocationEntity (plugin-catalog-node 2.2.5), without what is around them.
import { createHash } from 'node:crypto';

function createObjectUrl(endpoint, key) {
  const encodedKey = key.split('/').map(encodeURIComponent).join('/');
  const objectUrl = new URL(endpoint.endsWith('/') ? endpoint : `${endpoint}/`);
  objectUrl.pathname = `${objectUrl.pathname}${encodedKey}`;
  objectUrl.search = '';
  objectUrl.hash = '';
  return objectUrl.href;
}

function reference(target) {
  return `location:default/generated-${createHash('sha1').update(`url:${target}`).digest('hex')}`;
}

const key = 'entities/main/marketplace.kratix.io/app/default/todo.yaml';
const cases = [
  // Path style, as an endpoint with s3ForcePathStyle gives it, with and without what does not matter.
  ['http://minio.storage:9000/catalog', key],
  ['http://minio.storage:9000/catalog/', key],
  ['HTTP://Minio.Storage:80/catalog', key],
  ['https://[::1]:8333/catalog', key],
  ['https://gateway.example.org/s3/v1/my%20catalog/', key],
  // AWS: virtual host, and path style where the bucket's name has a dot.
  ['https://catalog.s3.eu-central-1.amazonaws.com/', key],
  ['https://s3.eu-central-1.amazonaws.com/my.catalog/', key],
  // Keys.
  ["!'()*~", ':@+,;=&$', 'a b', 'ä€😀/ß', '100%', '%2F', '?#[]{}|\\^`"<>', 'a//b', '/a', 'a/', '...', '%2e%2e/x', '-_.~'].map(
    (key) => ['http://127.0.0.1:9000/catalog', key],
  ),
].flatMap((it) => (typeof it[0] === 'string' ? [it] : it));

for (const [bucket, key] of cases) {
  const target = createObjectUrl(bucket, key);
  console.log([bucket, key, target, reference(target)].join('\t'));
}
