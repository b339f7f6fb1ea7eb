import { expect, test } from '@jest/globals';
import { parseSchedulerFlags } from './flags';

test('the command line of the scheduler has its own port, and needs a kubeconfig', () => {
  expect(parseSchedulerFlags(['--kubeconfig=a.conf'])).toMatchObject({
    leaderElect: true,
    securePort: 10259,
  });
  expect(() => parseSchedulerFlags([])).toThrow('kube-scheduler needs --kubeconfig');
});
