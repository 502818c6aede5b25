// What Backstage's scaffolder makes of a Template and the values of its form: {template, values} on stdin, the manifests
// of its steps on stdout. As NunjucksWorkflowRunner of @backstage/plugin-scaffolder-backend 4.2.0 renders the input of a step,
// with the same engine, options and context; what it does not render, it leaves as it is and says nothing, and so here that is
// an error.
import { createTemplateRenderer } from 'nunjitsu';
import { readFileSync } from 'node:fs';

const { template, values } = JSON.parse(readFileSync(0, 'utf8'));
const renderer = createTemplateRenderer({ allowRegexExecution: true });
const context = renderer.prepareContext({
  parameters: values,
  environment: { parameters: {}, secrets: {} },
  steps: {},
  user: {},
  context: { task: { id: 'e2e' } },
  secrets: {},
});

const render = input =>
  JSON.parse(JSON.stringify(input), (_key, value) => {
    try {
      return typeof value === 'string' ? renderer.renderValue(value, context) : value;
    } catch {
      return value;
    }
  });

for (const step of template.spec.steps) {
  const input = render(step.input);
  if (JSON.stringify(input).includes('${{')) throw new Error(`step ${step.id} is not rendered: ${JSON.stringify(input)}`);
  if (step.action !== 'kube:apply') throw new Error(`step ${step.id} has the action ${step.action}`);
  console.log(`---\n${input.manifest}`);
}
