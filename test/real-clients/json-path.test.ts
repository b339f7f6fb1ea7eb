import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseJsonPath, printJsonPath } from '../../api/json-path';
import { findKubectls } from './find-kubectl';
import { openWorkplace, type Workplace } from './standing.fixture';

/** Our JSONPath beside that of real kubectl, on an object of the lab. */
const kubectl = findKubectls().at(-1);
let place: Workplace;

beforeAll(async () => {
  place = await openWorkplace();
}, 60_000);
afterAll(async () => place[Symbol.asyncDispose]());

if (kubectl === undefined) test.skip('NOT RUN: no kubectl on this machine', () => undefined);
else {
  test.each([
    '{.metadata.name}',
    `{.metadata['name']}`,
    '{.metadata.labels.kubernetes\\.io/os}',
    `{.metadata['name','uid']}`,
    '{.status.conditions[*].type}',
    '{.status.conditions[0].type}',
    '{.status.conditions[-1].type}',
    '{.status.conditions[0:2].type}',
    '{.status.conditions[0,1].type}',
    '{.status.conditions[?(@.type=="Ready")].status}',
    `{.status.conditions[?(@.type!='Ready')].type}`,
    '{.status.conditions[?(@.nothing)].type}',
    '{.status.addresses[?(@.type=="InternalIP")].address}',
    '{.status.daemonEndpoints.kubeletEndpoint.Port}',
    '{.status.daemonEndpoints}',
    '{.status.nothing}',
    '{..kubeletEndpoint.Port}',
    '{.status.addresses..address}',
  ])('%s gives the same', async (expression) => {
    const get = ['get', 'node', 'node-1', '-o'];
    const [printed, json] = await Promise.all([
      place.ok(kubectl, [...get, `jsonpath=${expression}`]),
      place.ok(kubectl, [...get, 'json']),
    ]);
    const path = parseJsonPath(expression);
    expect(path.kind === 'path' ? printJsonPath(path.read(JSON.parse(json))) : path.text).toBe(printed);
  });
}
