import { describe, expect, test } from '@jest/globals';
import { brokenCell, impersonatedCell, outcomeOf, refusedCell, sealedCell } from './outcome-sample.test.data';
import { type MidplaneMatchers, matchers } from './testing';

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T> extends MidplaneMatchers {}
}

expect.extend(matchers);

const open = {
  ...outcomeOf([sealedCell(), impersonatedCell()]),
  elsewhere: [{ path: 'logs', defence: 'kubelet-ca', verdict: 'refused' }] as const,
};
const shut = outcomeOf([sealedCell(), refusedCell()], 'kubelet-ca');
const broken = outcomeOf([brokenCell()]);

describe('the matchers', () => {
  test('pass for what was so', async () => {
    await expect(shut).toBeRefused();
    await expect(shut).toBeSealed();
    await expect(shut).toStayClosed();
    await expect(open).toBeIntercepted();
    await expect(open).toBeIntercepted({ as: 'impersonated' });
  });

  test('pass with not for what was not so', async () => {
    await expect(open).not.toBeRefused();
    await expect(open).not.toBeSealed();
    await expect(open).not.toStayClosed();
    await expect(shut).not.toBeIntercepted();
    await expect(open).not.toBeIntercepted({ as: 'relayed' });
  });

  test('take a promise as well as an outcome', async () => {
    await expect(Promise.resolve(shut)).toBeRefused();
    await expect(Promise.reject(new Error('the lab could not'))).rejects.toThrow('the lab could not');
    await expect(expect(Promise.reject(new Error('the lab could not'))).toBeRefused()).rejects.toThrow(
      'the lab could not',
    );
  });

  test('leave no promise behind where the expectation itself is none', async () => {
    const failing = Promise.reject(new Error('the lab could not'));
    await expect(expect(failing).toBeIntercepted({ as: 'refused' })).rejects.toThrow('the lab could not');
    await expect(expect(Promise.resolve(open)).toBeIntercepted({ as: 'refused' })).rejects.toThrow(
      /^nothing is intercepted where the verdict is "refused"\nhint: as takes /,
    );
  });

  test('attack every path of a lab, with the options that are given', async () => {
    const asked: unknown[] = [];
    const lab = {
      everyPath: async (options: unknown) => {
        asked.push(options);
        return shut;
      },
    };
    await expect(lab).toStayClosed();
    await expect(lab).toStayClosed({ except: ['exec'] });
    expect(asked).toEqual([{}, { except: ['exec'] }]);
  });

  test('tell the whole story of a path that was to be refused', async () => {
    await expect(failureOf(expect(open).toBeRefused())).resolves.toBe(
      [
        'expected logs to be refused under none, and it was impersonated',
        '',
        '  logs / self-signed: impersonated',
        '    the user saw       “forged-1”',
        '    the attacker held  “GET /containerLogs”',
        '    why                The client took the attacker for the endpoint.',
        '    besides            tap sealed',
        '    closed by          kubelet-ca (--kubelet-certificate-authority, serverTLSBootstrap: true): refused there',
      ].join('\n'),
    );
  });

  test('tell the whole story of a path that was to be intercepted', async () => {
    await expect(failureOf(expect(shut).toBeIntercepted({ as: 'impersonated' }))).resolves.toBe(
      [
        'expected logs to be intercepted as impersonated under kubelet-ca, and it was refused',
        '',
        '  logs / self-signed: refused',
        '    the user saw       “x509: certificate signed by unknown authority”',
        '    the attacker held  nothing readable',
        '    TLS alert          bad_certificate',
        '    why                The client hung up.',
        '    besides            tap sealed',
      ].join('\n'),
    );
  });

  test.each([
    [
      'toBeSealed',
      () => expect(open).toBeSealed(),
      'expected logs to be sealed under none, and it was impersonated',
    ],
    [
      'toStayClosed',
      () => expect(open).toStayClosed(),
      'expected logs to stay closed under none, and it was impersonated',
    ],
    [
      'toBeIntercepted',
      () => expect(shut).toBeIntercepted(),
      'expected logs to be intercepted under kubelet-ca, and it was refused',
    ],
    [
      'not.toBeRefused',
      () => expect(shut).not.toBeRefused(),
      'expected logs not to be refused under kubelet-ca, and it was refused',
    ],
    [
      'not.toBeSealed',
      () => expect(shut).not.toBeSealed(),
      'expected logs not to be sealed under kubelet-ca, and it was refused',
    ],
    [
      'not.toStayClosed',
      () => expect(shut).not.toStayClosed(),
      'expected logs not to stay closed under kubelet-ca, and it was refused',
    ],
    [
      'not.toBeIntercepted',
      () => expect(open).not.toBeIntercepted(),
      'expected logs not to be intercepted under none, and it was impersonated',
    ],
  ])('%s fails for the opposite', async (_, fails, firstLine) => {
    expect((await failureOf(fails())).split('\n')[0]).toBe(firstLine);
  });

  test('fail with and without not where the path is broken: nothing is proved', async () => {
    const told = 'under none, and that could not be told';
    await expect(failureOf(expect(broken).toBeRefused())).resolves.toContain(told);
    await expect(failureOf(expect(broken).not.toBeRefused())).resolves.toContain(told);
    await expect(failureOf(expect(broken).not.toBeIntercepted())).resolves.toContain(
      'Without any attacker the path fails.',
    );
  });

  test('say so where nothing that was tried closes a path', async () => {
    const elsewhere = [{ path: 'logs', defence: 'kubelet-ca', verdict: 'plaintext' }] as const;
    await expect(failureOf(expect({ ...open, elsewhere }).toStayClosed())).resolves.toContain(
      'closed by          not by kubelet-ca (plaintext there too); midplane explain logs says what helps',
    );
    await expect(failureOf(expect({ ...open, elsewhere: [] }).toStayClosed())).resolves.toContain(
      'closed by          no other preset; midplane explain logs says what helps',
    );
  });
});

async function failureOf(failing: Promise<void>): Promise<string> {
  const passed = Symbol('passed');
  const result = await failing.then(
    () => passed,
    (error: Error) => error.message,
  );
  if (typeof result === 'string') return result;
  throw new Error('it passed');
}
