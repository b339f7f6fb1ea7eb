import { describe, expect, test } from '@jest/globals';
import { composeSettings, type FlagFiles } from './compose-settings';
import { formatFlags } from './flag-file';
import { filesInMemory } from './remote-lab.test.fixtures';
import { remoteSettings } from './remote-settings';

const none = composeSettings('none') as FlagFiles;
const kubeletCa = composeSettings('kubelet-ca') as FlagFiles;

function lab(apiserver = formatFlags(none['apiserver.flags'])) {
  const { texts, files } = filesInMemory({
    '/settings/apiserver.flags': apiserver,
    '/settings/node-1.flags': formatFlags(none['node-1.flags']),
    '/settings/node-2.flags': formatFlags(none['node-2.flags']),
  });
  return { texts, settings: remoteSettings('/settings', files) };
}

describe('the flag files of a lab in containers', () => {
  test('are changed where they differ', async () => {
    const { texts, settings } = lab();
    const change = await settings.plan({ ...none, 'apiserver.flags': kubeletCa['apiserver.flags'] });
    expect(change.files).toEqual([
      {
        file: 'apiserver.flags',
        lines: ['+ --kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt'],
      },
    ]);
    await change.write();
    expect(await settings.flags()).toEqual({ ...none, 'apiserver.flags': kubeletCa['apiserver.flags'] });
    expect(texts.size).toBe(3);
  });

  test('are left alone where they say the same in other words', async () => {
    const text = `# mine\n\n${formatFlags(none['apiserver.flags'])}`;
    const { texts, settings } = lab(text);
    const change = await settings.plan(none);
    await change.write();
    expect(change.files).toEqual([]);
    expect(texts.get('/settings/apiserver.flags')).toBe(text);
  });

  test('say something else in another order, because the last of two flags counts', async () => {
    const { settings } = lab();
    const flags = [...none['apiserver.flags'], '--v=4', '--v=2'];
    await (await settings.plan({ ...none, 'apiserver.flags': flags })).write();
    const other = await settings.plan({ ...none, 'apiserver.flags': [...flags, '--v=4'] });
    expect(other.files).toEqual([{ file: 'apiserver.flags', lines: ['the same flags in another order'] }]);
  });

  test('are put back to the letter, and only what reads them anew is restarted', async () => {
    const text = `# mine\n--v=4\n${formatFlags(none['apiserver.flags'])}`;
    const { texts, settings } = lab(text);
    const kept = await settings.keep();
    await (await settings.plan(kubeletCa)).write();
    texts.set('/settings/node-1.flags', `# somebody's\n${formatFlags(none['node-1.flags'])}`);
    const change = await kept.plan();
    await change.write();
    expect(change.files.map(({ file }) => file)).toEqual(['apiserver.flags', 'node-2.flags']);
    expect(texts.get('/settings/apiserver.flags')).toBe(text);
    expect(texts.get('/settings/node-1.flags')).toBe(formatFlags(none['node-1.flags']));
  });

  test('that are not there are written', async () => {
    const { texts, files } = filesInMemory({});
    const settings = remoteSettings('/settings', files);
    await (await settings.plan(none)).write();
    expect(texts.get('/settings/node-2.flags')).toBe(formatFlags(none['node-2.flags']));
  });
});
