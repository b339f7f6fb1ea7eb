import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { networkTools } from './nft';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'midplane-nft-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function tool(name: string, script: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

describe('the network tools', () => {
  test('hand nft its script on standard input', async () => {
    const heard = join(folder, 'heard');
    const nft = await tool('nft', `echo "$@" > ${heard}; cat >> ${heard}`);
    await networkTools({ nft, ip: nft }).nft('table ip midplane\n');
    expect(await readFile(heard, 'utf8')).toBe('-f -\ntable ip midplane\n');
  });

  test('give ip its arguments without a shell, and return what it prints', async () => {
    const ip = await tool('ip', 'for word in "$@"; do echo "<$word>"; done');
    const printed = await networkTools({ nft: ip, ip }).ip(['addr', '$(id)', 'a b']);
    expect(printed).toBe('<addr>\n<$(id)>\n<a b>\n');
  });

  test.each([
    [
      'what the tool says',
      'echo "Error: No such file" >&2; echo "delete table" >&2; exit 1',
      /: Error: No such file; delete table$/,
      undefined,
    ],
    [
      'that a capability is missing',
      'echo "Operation not permitted (you must be root)" >&2; exit 1',
      /not permitted/,
      /NET_ADMIN/,
    ],
    ['the exit code of a tool that says nothing', 'exit 7', /: exit code 7$/, undefined],
  ])('fail with %s', async (_, script, message, hint) => {
    const nft = await tool('failing', script);
    const failure = await networkTools({ nft, ip: nft })
      .nft('x'.repeat(1_000_000))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'LAB_START_FAILED', message: expect.stringMatching(message) });
    const said = (failure as { hint?: string }).hint;
    if (hint === undefined) expect(said).toBeUndefined();
    else expect(said).toMatch(hint);
  });

  test('fail with what to install when they are not there', async () => {
    const nft = join(folder, 'nowhere');
    await expect(networkTools({ nft, ip: nft }).nft('')).rejects.toMatchObject({
      code: 'LAB_START_FAILED',
      message: `${nft} -f -: command not found`,
      hint: expect.stringContaining('nftables'),
    });
  });
});
