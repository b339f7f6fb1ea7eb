import { expect, test } from '@jest/globals';
import { healthAnswer } from './health';
import { healthChecks } from './health-checks';

const well = { bootstrapped: true, closing: false, broken: null };
const at = (target: string, state = {}) => {
  const [path = '', query = ''] = target.split('?');
  return healthAnswer(healthChecks({ ...well, ...state }), path, new URLSearchParams(query));
};

test.each([
  ['/readyz', 200, 'ok'],
  ['/livez/etcd', 200, 'ok'],
  [
    '/healthz?verbose',
    200,
    '[+]ping ok\n[+]log ok\n[+]etcd ok\n[+]poststarthook/rbac/bootstrap-roles ok\nhealthz check passed\n',
  ],
  [
    '/livez?verbose&exclude=etcd&exclude=nothing',
    200,
    '[+]ping ok\n[+]log ok\n[+]etcd excluded: ok\n[+]poststarthook/rbac/bootstrap-roles ok\nwarn: some health checks cannot be excluded: no matches for "nothing"\nlivez check passed\n',
  ],
])('%s is answered with %d', (target, code, text) => {
  expect(at(target)).toEqual({ code, text, failures: [] });
});

test('what fails is told with all the others, and its reason only to the log', () => {
  expect(at('/livez', { broken: 'disk full' })).toEqual({
    code: 500,
    text: '[+]ping ok\n[+]log ok\n[-]etcd failed: reason withheld\n[+]poststarthook/rbac/bootstrap-roles ok\nlivez check failed\n',
    failures: ['etcd: disk full'],
  });
  expect(at('/readyz', { closing: true })?.code).toBe(500);
  expect(at('/livez', { closing: true })?.code).toBe(200);
});

test('a check that is not there is no path', () => {
  expect(at('/livez/nothing')).toBeNull();
  expect(at('/metrics')).toBeNull();
});
