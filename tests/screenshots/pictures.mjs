// Takes the pictures, once the catalog holds that many entities: node pictures.mjs ENTITIES FOLDER
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const [entities, folder] = process.argv.slice(2);
const url = process.env.BACKSTAGE_URL;

await catalogHolds(Number(entities));
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium' });
const page = await browser.newPage({ deviceScaleFactor: 1.5 });
try {
  await page.addInitScript(() => localStorage.setItem('sidebarPinState', 'false'));
  await page.goto(`${url}/catalog`);
  await page.getByRole('button', { name: 'Enter' }).click();
  await page.getByRole('link', { name: 'Web shop' }).waitFor();
  await eventMesh();
  await consumers();
  await eventType();
  await templateForm();
} catch (error) {
  const failed = `${import.meta.dirname}/failed.png`;
  await page.screenshot({ path: failed });
  console.error(`what was seen instead is in ${failed}`);
  throw error;
} finally {
  await browser.close();
}

// From the Broker over EventTypes and Triggers to the consumers.
async function eventMesh() {
  const query = new URLSearchParams({ maxDepth: 2, direction: 'RL', showFilters: false });
  for (const name of ['processed', 'received', 'fraud']) query.append('rootEntityRefs[]', `api:payment/${name}`);
  for (const kind of ['api', 'component']) query.append('selectedKinds[]', kind);
  const relations = ['providesApi', 'apiProvidedBy', 'consumesApi', 'apiConsumedBy', 'dependsOn', 'dependencyOf'];
  for (const name of relations) query.append('selectedRelations[]', name);
  await page.setViewportSize({ width: 1400, height: 760 });
  await page.goto(`${url}/catalog-graph?${query}`);
  for (const title of ['default Broker', 'to-logger Trigger', 'detector Service', 'logger', 'Web shop']) await page.getByText(title).first().waitFor();
  await page.getByText('Use pinch & zoom').evaluate(hint => hint.remove());
  await picture('event-mesh', await around('[data-testid=node], [data-testid=edge], [data-testid=label]', 16));
}

// The cards that stock Backstage has for those who consume and who provide an API.
async function consumers() {
  await page.setViewportSize({ width: 1200, height: 900 });
  await page.goto(`${url}/catalog/payment/api/received`);
  const row = page.getByRole('row').filter({ hasText: 'to-shop Trigger' });
  await row.waitFor();
  await page.getByText('Providers', { exact: true }).scrollIntoViewIfNeeded();
  await picture('consumers', await around('table', 56, 16)); // with their titles
}

async function eventType() {
  await page.setViewportSize({ width: 1120, height: 1185 });
  await page.goto(`${url}/catalog/payment/api/received/definition`);
  await page.getByText('Expand all').first().click();
  await page.getByText('Collapse all').waitFor();
  await picture('event-type');
}

async function templateForm() {
  await page.setViewportSize({ width: 1120, height: 1070 });
  await page.goto(`${url}/create/templates/default/app-promise-template`);
  await page.getByLabel('Name').first().fill('cart');
  await page.getByLabel('Namespace').fill('team-a');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByLabel('name').fill('cart');
  await page.getByLabel('image').fill('registry.example.org/shop/cart:1.4.0');
  await page.getByLabel('image').blur();
  await picture('template-form');
}

// The whole page, or what `clip` says of it.
async function picture(name, clip) {
  await settled();
  await page.screenshot({ path: `${folder}/${name}.png`, clip });
}

async function settled() {
  await page.waitForLoadState('networkidle');
  await sleep(1500); // transitions and ripples
}

// The rectangle with all elements of the selector and a margin, at the sides perhaps another one.
async function around(selector, margin, side = margin) {
  await settled(); // the graph moves until it is laid out
  const boxes = await page.locator(selector).evaluateAll(elements => elements.map(it => it.getBoundingClientRect().toJSON()));
  if (boxes.length === 0) throw new Error(`the page has no ${selector}`);
  const [left, top] = ['left', 'top'].map(edge => Math.min(...boxes.map(box => box[edge])));
  const [right, bottom] = ['right', 'bottom'].map(edge => Math.max(...boxes.map(box => box[edge])));
  return { x: left - side, y: top - margin, width: right - left + 2 * side, height: bottom - top + 2 * margin };
}

async function catalogHolds(wanted) {
  const headers = { authorization: `Bearer ${await guestToken()}` };
  let held = [];
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await sleep(500)) {
    const answer = await fetch(`${url}/api/catalog/entities?fields=kind,metadata.name`, { headers });
    held = (await answer.json()).filter(entity => entity.kind !== 'Location');
    if (held.length === wanted) return;
  }
  const names = held.map(entity => `${entity.kind} ${entity.metadata.name}`).join(', ');
  throw new Error(`the catalog does not hold the ${wanted} entities of the story within 120 s, but ${names}`);
}

async function guestToken() {
  const answer = await fetch(`${url}/api/auth/guest/refresh`, { headers: { 'x-requested-with': 'XMLHttpRequest' } });
  return (await answer.json()).backstageIdentity.token;
}
