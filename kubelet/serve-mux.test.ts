import { describe, expect, test } from '@jest/globals';
import { serveMux } from './serve-mux';

const patterns = ['/healthz', '/pods', '/pods/', '/stats/', '/exec', '/exec/'];

function shown(target: string): string {
  const muxed = serveMux(target, patterns);
  switch (muxed.kind) {
    case 'handler':
      return `handler ${muxed.path}`;
    case 'redirect':
      return `redirect ${muxed.location}`;
    case 'not-found':
    case 'malformed':
      return muxed.kind;
  }
}

describe('the mux', () => {
  // What Go's own answered when it was asked with these patterns.
  test.each([
    ['/', 'not-found'],
    ['/nope', 'not-found'],
    ['/healthz', 'handler /healthz'],
    ['/healthz/', 'not-found'],
    ['/healthz/x', 'not-found'],
    ['/pods', 'handler /pods'],
    ['/pods/', 'handler /pods/'],
    ['/pods/x', 'handler /pods/x'],
    ['/podsx', 'not-found'],
    ['/stats', 'redirect /stats/'],
    ['/stats?a=b', 'redirect /stats/?a=b'],
    ['/stats/summary', 'handler /stats/summary'],
    ['//exec/a/b/c', 'redirect /exec/a/b/c'],
    ['/exec//b/c', 'redirect /exec/b/c'],
    ['/exec/a/../b/c/d?command=id', 'redirect /exec/b/c/d?command=id'],
    ['/metrics/../exec/a/b/c', 'redirect /exec/a/b/c'],
    ['/exec/a%2fb/c/d', 'handler /exec/a/b/c/d'],
    ['/%70ods', 'handler /pods'],
    ['/pods/%2e%2e/exec/a/b/c', 'handler /pods/../exec/a/b/c'],
    ['/pods%2f', 'not-found'],
    ['http://node-1:10250/pods?x', 'handler /pods'],
    ['/%zz', 'malformed'],
    ['*', 'malformed'],
  ])('%s is %s', (target, expected) => {
    expect(shown(target)).toBe(expected);
  });
});
