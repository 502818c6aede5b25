// Backstage's backend, stock, with the frontend that was built beside it.
const { createBackend } = require('@backstage/backend-defaults');

const backend = createBackend();
for (const plugin of [
  'app-backend',
  'auth-backend',
  'auth-backend-module-guest-provider',
  'catalog-backend',
  'catalog-backend-module-aws',
  'catalog-backend-module-logs',
  'catalog-backend-module-scaffolder-entity-model',
  'scaffolder-backend',
]) {
  backend.add(import(`@backstage/plugin-${plugin}`));
}
backend.start();
