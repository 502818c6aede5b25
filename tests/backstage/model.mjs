// A catalog file as Backstage's own code reads and judges it, and Callboard's own rules, for which Backstage is too lax.
import {
  DefaultNamespaceEntityPolicy,
  EntityPolicies,
  FieldFormatEntityPolicy,
  KubernetesValidatorFunctions as valid,
  NoForeignRootFieldsEntityPolicy,
  SchemaValidEntityPolicy,
  apiEntityV1alpha1Validator,
  componentEntityV1alpha1Validator,
  domainEntityV1alpha1Validator,
  entityEnvelopeSchemaValidator,
  groupEntityV1alpha1Validator,
  locationEntityV1alpha1Validator,
  makeValidator,
  parseEntityRef,
  resourceEntityV1alpha1Validator,
  stringifyEntityRef,
  systemEntityV1alpha1Validator,
  userEntityV1alpha1Validator,
} from '@backstage/catalog-model';
import { templateEntityV1beta3Validator } from '@backstage/plugin-scaffolder-common';
import Ajv from 'ajv';
import { parse, parseAllDocuments } from 'yaml';

const envelope = entityEnvelopeSchemaValidator();

// The order of CatalogBuilder.buildEntityPolicy.
const policy = EntityPolicies.allOf([
  new SchemaValidEntityPolicy(),
  new DefaultNamespaceEntityPolicy(),
  new NoForeignRootFieldsEntityPolicy(),
  new FieldFormatEntityPolicy(makeValidator()),
]);

const kinds = [
  apiEntityV1alpha1Validator,
  componentEntityV1alpha1Validator,
  resourceEntityV1alpha1Validator,
  groupEntityV1alpha1Validator,
  locationEntityV1alpha1Validator,
  userEntityV1alpha1Validator,
  systemEntityV1alpha1Validator,
  domainEntityV1alpha1Validator,
  templateEntityV1beta3Validator,
];

// Fields of spec that hold refs, with the kind that a bare name gets.
const refFields = {
  owner: 'Group',
  system: 'System',
  domain: 'Domain',
  subdomainOf: 'Domain',
  subcomponentOf: 'Component',
  providesApis: 'API',
  consumesApis: 'API',
  dependsOn: undefined,
  dependencyOf: undefined,
  memberOf: 'Group',
  parent: 'Group',
  children: 'Group',
  members: 'User',
};

/** Documents of a text as the catalog's parseEntityYaml reads them: `{value}` or `{error}` each. */
export function documents(text) {
  return parseAllDocuments(text, { merge: false }).map(document =>
    document.errors.length ? { error: document.errors[0].message } : { value: document.toJSON() },
  );
}

/** The ref of an entity that passes every rule; throws the first rule that it breaks. */
export async function check(entity) {
  if (typeof entity !== 'object' || Array.isArray(entity)) throw new Error('expected object at root');
  envelope(entity);
  await policy.enforce(structuredClone(entity));
  await checkKind(entity);
  checkRefs(entity);
  checkPlaceholders(entity);
  checkExpressions(entity);
  checkForm(entity);
  checkOpenapi(entity);
  await checkAsyncapi(entity);
  return stringifyEntityRef(entity);
}

async function checkKind(entity) {
  for (const kind of kinds) {
    if (await kind.check(entity)) return;
  }
  throw new Error(`no validator knows kind ${entity.kind} of ${entity.apiVersion}`);
}

function checkRefs({ metadata, spec = {} }) {
  const defaultNamespace = metadata.namespace ?? 'default';
  for (const [field, defaultKind] of Object.entries(refFields)) {
    for (const ref of [spec[field] ?? []].flat()) {
      const { kind, namespace, name } = parseEntityRef(ref, { defaultKind, defaultNamespace });
      const sound = valid.isValidKind(kind) && valid.isValidNamespace(namespace) && valid.isValidObjectName(name);
      if (!sound) throw new Error(`spec.${field}: no entity can have the ref ${ref}`);
    }
  }
}

/** Backstage would fetch what `{$text: URL}` names. */
function checkPlaceholders(node) {
  if (node === null || typeof node !== 'object') return;
  for (const [key, value] of Object.entries(node)) {
    if (['$text', '$json', '$yaml'].includes(key)) throw new Error(`placeholder ${key}`);
    checkPlaceholders(value);
  }
}

/** The scaffolder evaluates a Template's steps and output, which may read what was asked for and no secret. */
function checkExpressions({ kind, spec }) {
  if (kind !== 'Template') return;
  const foreign = /\$\{\{(?!\s*(parameters|steps)\.)|\{%|\{#/.exec(JSON.stringify({ steps: spec.steps, output: spec.output }));
  if (foreign) throw new Error(`steps: ${foreign[0]} reads neither parameters nor steps`);
}

// Backstage's forms are lax about what they do not know; a typo must not pass.
const formats = ['date', 'date-time', 'email', 'hostname', 'ipv4', 'ipv6', 'uri', 'uuid'];
const ajv = new Ajv({ strict: true, strictTypes: false, formats: Object.fromEntries(formats.map(name => [name, true])) });

/** A page that does not compile breaks the whole form; a parameter that no page asks for is never there. */
function checkForm({ kind, spec }) {
  if (kind !== 'Template') return;
  const pages = [spec.parameters ?? []].flat();
  for (const [index, page] of pages.entries()) {
    try {
      ajv.compile(withoutUi(page));
    } catch (e) {
      throw new Error(`spec.parameters[${index}]: ${e.message}`);
    }
  }
  const asked = pages.flatMap(page => Object.keys(page.properties ?? {}));
  const read = JSON.stringify([spec.steps, spec.output]).matchAll(/\bparameters(?:\.|\[\W*)(\w+)/g);
  for (const [, name] of read) {
    if (!asked.includes(name)) throw new Error(`steps: no page asks for parameters.${name}`);
  }
}

/** The JSON Schema without the keys that steer the form, which Backstage takes out as well. */
function withoutUi(node) {
  if (node === null || typeof node !== 'object') return node;
  if (Array.isArray(node)) return node.map(withoutUi);
  const kept = Object.entries(node).filter(([key]) => !key.startsWith('ui:'));
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutUi(value)]));
}

function checkOpenapi({ kind, spec }) {
  if (kind !== 'API' || spec.type !== 'openapi') return;
  const document = parse(spec.definition);
  if (!/^3\.0\.\d+$/.test(document?.openapi)) throw new Error('spec.definition: openapi is not 3.0.x');
  if (typeof document.paths !== 'object' || document.paths === null) throw new Error('spec.definition: no paths');
}

/** As Backstage's renderer reads it, which shows 3.0.0 and not 3.1, and fetches what a `$ref` names. */
async function checkAsyncapi({ kind, spec }) {
  if (kind !== 'API' || spec.type !== 'asyncapi') return;
  const written = parse(spec.definition);
  if (written?.asyncapi !== '3.0.0') throw new Error('spec.definition: asyncapi is not 3.0.0');
  const foreign = refs(written).find(ref => !/^#(\/|$)/.test(ref));
  if (foreign !== undefined) throw new Error(`spec.definition: $ref ${foreign} leads out of the document`);
  const { Parser } = await import('@asyncapi/parser');
  const { document, diagnostics } = await new Parser().parse(spec.definition);
  const errors = diagnostics.filter(({ severity }) => severity === 0).map(({ message, path }) => `${message} at /${path.join('/')}`);
  if (errors.length > 0 || !document) throw new Error(`spec.definition: ${errors.join('; ')}`);
  if (document.allMessages().length === 0) throw new Error('spec.definition: no message');
}

/** Every `$ref` at or below a node, whatever it is. */
function refs(node) {
  if (node === null || typeof node !== 'object') return [];
  return Object.entries(node).flatMap(([key, value]) => (key === '$ref' ? [value] : refs(value)));
}
