import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { attackerCapture, type CaptureFile, legCaptures } from '../report/capture-files';
import type { WireRecording } from '../report/wire-recording';
import { runScenario, type ScenarioOptions } from './run-scenario';

const tshark = hasTshark();
if (!tshark)
  process.stderr.write('SKIPPED LOUDLY: no tshark, nobody reads the captures of evidence bundles\n');
const folder = mkdtempSync(join(tmpdir(), 'midplane-evidence-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Asked = Pick<ScenarioOptions, 'path' | 'defence' | 'technique' | 'position'>;

(tshark ? describe : describe.skip)('what tshark reads in the captures, without any setting', () => {
  test('is the canary in HTTP on every leg of a relayed request, and in the attacker’s copy', async () => {
    const { legs, attackers } = await captured({
      path: 'pod-proxy-https',
      defence: 'none',
      technique: 'relay',
    });
    const attacked = legs.filter(({ name }) => /^(workstation|control-plane|attacker)-/.test(name));
    expect(attacked.map(({ name }) => name.replace(/-\d+\.pcapng$/, '')).sort()).toEqual([
      'attacker-via-node-1-to-default_web',
      'control-plane-to-attacker',
      'control-plane-via-node-1-to-default_web',
      'workstation-to-control-plane',
    ]);
    for (const leg of attacked)
      expect([leg.name, bodies(leg)]).toEqual([leg.name, expect.stringMatching(UP)]);
    expect(bodies(attackers)).toMatch(UP);
    expect(bodies(attackers)).toMatch(DOWN);
  });

  test('is the victim’s command in the attacker’s copy where the attacker is believed', async () => {
    const { attackers } = await captured({ path: 'exec', defence: 'none', technique: 'self-signed' });
    expect(uris(attackers)).toMatch(UP);
  });

  test('is nothing of it in the attacker’s copy of a refused handshake, and an alert that its keys open', async () => {
    const { attackers, legs } = await captured({
      path: 'exec',
      defence: 'kubelet-ca',
      technique: 'self-signed',
    });
    expect(fields(attackers, 'frame', ['frame.number'])).not.toBe('');
    expect(everything(attackers)).not.toMatch(UP);
    expect(fields(attackers, 'tls.alert_message', ['tls.alert_message.desc']).trim()).toBe('42');
    const genuine = legs.find(({ name }) => name.startsWith('control-plane-to-node-1'));
    expect(genuine && uris(genuine)).toMatch(UP);
  });

  test('is ciphertext in the copy of one who only listens, where both ends’ keys open the same leg', async () => {
    const { attackers, legs } = await captured({ path: 'exec', defence: 'none', technique: 'tap' });
    expect(everything(attackers)).not.toMatch(UP);
    const tapped = legs.find(({ name }) => name.startsWith('control-plane-via-attacker-to-node-1'));
    expect(tapped && uris(tapped)).toMatch(UP);
  });

  test('is what root on a node got with the node’s own key, and none of the kubelet’s other connections', async () => {
    const { attackers } = await captured({
      path: 'exec',
      defence: 'kubelet-ca',
      technique: 'stolen',
      position: 'compromised-node',
    });
    expect(uris(attackers)).toMatch(UP);
    expect(fields(attackers, 'tcp.port == 6443', ['frame.number'])).toBe('');
  });

  test('is a TCP without a fault', async () => {
    const { legs } = await captured({ path: 'logs', defence: 'none', technique: 'relay' });
    const checks = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
    for (const leg of legs) {
      const found = ask(leg, [
        ...checks,
        '-Y',
        '_ws.expert.severity >= 6291456',
        '-T',
        'fields',
        '-e',
        '_ws.expert',
      ]);
      expect([leg.name, found]).toEqual([leg.name, '']);
    }
  });
});

const UP = /up-[0-9a-f]{16}/;
const DOWN = /down-[0-9a-f]{16}/;

async function captured(asked: Asked): Promise<{ legs: CaptureFile[]; attackers: CaptureFile }> {
  const wires: WireRecording[] = [];
  await runScenario({ ...asked, onWire: (wire) => wires.push(wire) });
  const [wire] = wires;
  const attackers = wire === undefined ? null : attackerCapture(wire, 'a test');
  if (wire === undefined || attackers === null) throw new Error('nothing came to the attacker');
  return { legs: legCaptures(wire, 'a test'), attackers };
}

function uris(file: CaptureFile): string {
  return fields(file, 'http', ['http.request.uri']);
}

function bodies(file: CaptureFile): string {
  return fields(file, 'http', ['http.request.uri', 'http.file_data']).replace(/[0-9a-f]{40,}/g, (hex) =>
    Buffer.from(hex, 'hex').toString('latin1'),
  );
}

/** Every layer as text, decrypted where a key is there. */
function everything(file: CaptureFile): string {
  return ask(file, ['-V', '-x']);
}

function fields(file: CaptureFile, filter: string, names: readonly string[]): string {
  return ask(file, ['-Y', filter, '-T', 'fields', ...names.flatMap((name) => ['-e', name])]);
}

function ask({ name, content }: CaptureFile, args: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return execFileSync('tshark', ['-r', path, ...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

function hasTshark(): boolean {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
