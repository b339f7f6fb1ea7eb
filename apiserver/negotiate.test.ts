import { describe, expect, test } from '@jest/globals';
import { negotiate, negotiateStream } from './negotiate';

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const partial = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

function chosen(accept: string, scope: 'object' | 'resource' = 'resource'): string {
  const picked = negotiate(accept, scope);
  if (picked.kind === 'Status') return `${picked.code}`;
  const { as } = picked;
  return [picked.format, as.kind, 'version' in as ? as.version : ''].join(' ').trim();
}

describe('what a client accepts', () => {
  test.each([
    ['', 'json object'],
    ['*/*', 'json object'],
    ['application/*', 'json object'],
    ['application/yaml', 'yaml object'],
    ['application/vnd.kubernetes.protobuf, */*', 'json object'],
    ['application/vnd.kubernetes.protobuf,application/json', 'json object'],
    [`${table},application/json`, 'json table v1'],
    [table.replace('v=v1', 'v=v1beta1'), 'json table v1beta1'],
    ['application/yaml;as=Table;v=v1;g=meta.k8s.io', 'yaml table v1'],
    [`${partial},application/json`, 'json partial-metadata v1'],
    [partial.replace('List', ''), 'json partial-metadata v1'],
    // What it cannot be converted to is passed over, as the next one may do.
    ['application/json;as=Sheet;v=v1;g=meta.k8s.io,application/yaml', 'yaml object'],
    ['application/json;as=Table;v=v2;g=meta.k8s.io,application/json', 'json object'],
    ['application/yaml;q=0.5, application/json', 'json object'],
    ['*/*, application/yaml', 'yaml object'],
  ])('%j is answered with %s', (accept, answer) => {
    expect(chosen(accept)).toBe(answer);
  });

  test('what is no resource has no Table', () => {
    expect(chosen(`${table},application/json`, 'object')).toBe('json object');
  });

  test.each([
    'application/vnd.kubernetes.protobuf',
    'text/html',
    'application/json;as=Sheet;v=v1;g=meta.k8s.io',
    'application/json;stream=other',
  ])('%j alone cannot be had', (accept) => {
    expect(negotiate(accept, 'resource')).toMatchObject({
      code: 406,
      reason: 'NotAcceptable',
      message: 'only the following media types are accepted: application/json, application/yaml',
    });
  });

  test('a watch is JSON and no YAML', () => {
    expect(negotiateStream('application/json;stream=watch')).toMatchObject({ format: 'json' });
    expect(negotiateStream('application/yaml')).toMatchObject({
      code: 406,
      message: 'only the following media types are accepted: application/json;stream=watch',
    });
  });
});
