import { describe, expect, test } from '@jest/globals';
import { startLab } from './start-lab';

const kubeletCa = {
  flags: ['--kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt'],
  kubelet: { serverTLSBootstrap: true },
};

describe('the lab of a test', () => {
  test('is attacked as often as it is asked, and tries which preset closes what is open', async () => {
    await using lab = await startLab();
    const [logs, tapped] = await Promise.all([
      lab.path('logs'),
      lab.path('exec', { technique: 'tap', position: 'route' }),
    ]);
    expect(verdictsOf(logs)).toMatchObject({ tap: 'sealed', 'self-signed': 'impersonated' });
    expect(logs.elsewhere).toEqual([{ path: 'logs', defence: 'kubelet-ca', verdict: 'refused' }]);
    expect(verdictsOf(tapped)).toEqual({ tap: 'sealed' });
    expect(tapped).toMatchObject({ elsewhere: [], cells: [{ position: 'route' }] });
  });

  test('has the flags and fields that are given, and nothing else decides', async () => {
    await using lab = await startLab(kubeletCa);
    const outcome = await lab.everyPath({
      paths: ['logs', 'logs-skip-verify', 'exec'],
      except: ['exec'],
      technique: ['self-signed'],
    });
    expect(outcome.cells.map(({ path, verdict }) => `${path}: ${verdict}`)).toEqual([
      'logs: refused',
      'logs-skip-verify: impersonated',
    ]);
    expect(outcome.settings).toBe(
      'none with --kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt, serverTLSBootstrap: true',
    );
    expect(outcome.elsewhere).toEqual([
      { path: 'logs-skip-verify', defence: 'kubelet-ca', verdict: 'impersonated' },
    ]);
  });

  test('is broken where the flag comes without certificates for it', async () => {
    await using lab = await startLab({ flags: kubeletCa.flags });
    expect(verdictsOf(await lab.path('logs', { technique: 'self-signed' }))).toEqual({
      'self-signed': 'broken',
    });
  });

  test('is attacked on one side of a tunnel', async () => {
    await using lab = await startLab({ defence: 'konnectivity' });
    const outcome = await lab.path('logs', { technique: 'self-signed', side: 'control-plane' });
    expect(outcome.cells).toMatchObject([{ side: 'control-plane', verdict: 'refused' }]);
  });

  test('names a word that there is not, and the nearest one', async () => {
    await expect(startLab({ defence: 'kubelet_ca' as 'kubelet-ca' })).rejects.toMatchObject({
      message: expect.stringMatching(/^unknown defence "kubelet_ca"\nhint: did you mean "kubelet-ca"/),
      hint: expect.stringContaining('"kubelet-ca"'),
    });
    await using lab = await startLab();
    await expect(lab.path('log' as 'logs')).rejects.toThrow('unknown path "log"');
    await expect(lab.path('logs', { technique: 'selfsigned' as 'tap' })).rejects.toThrow(
      'unknown technique "selfsigned"',
    );
    await expect(lab.path('logs', { position: 'apr' as 'arp' })).rejects.toThrow('unknown position "apr"');
    await expect(lab.path('logs', { side: 'node' })).rejects.toThrow('side "node" says nothing under none');
    await expect(lab.everyPath({ paths: ['logs'], except: ['logs'] })).rejects.toThrow('no path is left');
  });

  test('refuses an option that there is not: the lab would be another one than was meant', async () => {
    await expect(startLab({ flag: ['--anonymous-auth=false'] } as object)).rejects.toThrow(
      'unknown option "flag"\nhint: did you mean "flags"? docs/testing.md shows them all',
    );
    await using lab = await startLab();
    await expect(lab.path('logs', { techniques: ['tap'] } as object)).rejects.toThrow(
      'unknown option "techniques"',
    );
    await expect(lab.everyPath({ exept: ['logs'] } as object)).rejects.toThrow('unknown option "exept"');
  });

  test('refuses a flag that kube-apiserver has not', async () => {
    await expect(startLab({ flags: ['--kubelet-certificate-autority=/x'] })).rejects.toThrow(
      '--kubelet-certificate-autority',
    );
  });

  test('ends what is going on when it is closed, and says so', async () => {
    const lab = await startLab();
    const going = expect(lab.path('exec')).rejects.toThrow('the lab is closed');
    await lab.close();
    await going;
    await lab.close();
    await expect(lab.path('logs')).rejects.toThrow('the lab is closed');
  });
});

function verdictsOf({ cells }: Awaited<ReturnType<Awaited<ReturnType<typeof startLab>>['path']>>) {
  return Object.fromEntries(cells.map(({ technique, verdict }) => [technique, verdict]));
}
