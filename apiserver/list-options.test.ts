import { describe, expect, test } from '@jest/globals';
import { parseListOptions } from './list-options';
import { kindOf } from './registry';

const [pods, configMaps] = [kindOf('pods'), kindOf('configmaps')];

function refusal(query: string, kind = pods) {
  const options = parseListOptions(kind, new URLSearchParams(query));
  return options.kind === 'Status' ? [options.code, options.message] : options;
}

const listOptions = 'ListOptions.meta.k8s.io "" is invalid: ';

describe('the query of a list', () => {
  test('is taken as it is meant', () => {
    expect(
      parseListOptions(pods, new URLSearchParams('limit=500&resourceVersion=7&resourceVersionMatch=Exact')),
    ).toMatchObject({ limit: 500, resourceVersion: '7', resourceVersionMatch: 'Exact', continue: '' });
  });

  test.each([
    [
      'resourceVersionMatch=Exact',
      422,
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
    [
      'resourceVersionMatch=Exact&resourceVersion=0',
      422,
      'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    ],
    [
      'resourceVersionMatch=exact&resourceVersion=1',
      422,
      'resourceVersionMatch: Unsupported value: "exact": supported values: "Exact", "NotOlderThan", ""',
    ],
    [
      'resourceVersionMatch=NotOlderThan&resourceVersion=1&continue=x',
      422,
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided',
    ],
    ['sendInitialEvents=true', 422, 'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list'],
  ])('%s is refused with %i', (query, code, message) => {
    expect(refusal(query)).toEqual([code, `${listOptions}${message}`]);
  });

  test.each([
    ['limit=many', 'strconv.ParseInt: parsing "many": invalid syntax'],
    [
      'resourceVersion=abc',
      'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    ['fieldSelector=spec.nope%3D1', 'field label not supported: spec.nope'],
  ])('%s is a bad request', (query, message) => {
    expect(refusal(query)).toEqual([400, message]);
  });

  test('names the fields that a kind without its own ones can be selected by', () => {
    expect(refusal('fieldSelector=spec.nope%3D1', configMaps)).toEqual([
      400,
      '"spec.nope" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ]);
  });
});

describe('the query of a watch', () => {
  test.each([
    [
      'sendInitialEvents=true&resourceVersionMatch=NotOlderThan',
      'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
    ],
    [
      'sendInitialEvents=false',
      '[resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled]',
    ],
    [
      'resourceVersionMatch=Exact',
      '[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided, resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]',
    ],
  ])('%s is refused, so that clients list and watch', (query, message) => {
    expect(refusal(`watch=1&${query}`)).toEqual([422, `${listOptions}${message}`]);
  });

  test('a version that is no number is invalid there', () => {
    expect(refusal('watch=1&resourceVersion=x')).toEqual([
      422,
      'pods "" is invalid: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
    ]);
  });
});
