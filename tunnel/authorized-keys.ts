import { MidplaneError } from '../error';

/**
 * The keys of an authorized_keys file in their wire form, base64. Throws MidplaneError CONFIG_INVALID, also for options
 * before a key: one that restricts a key and is passed over would be worse than none.
 */
export function parseAuthorizedKeys(text: string, file: string): string[] {
  const keys = text.split(/\r?\n/).flatMap((line, index): string[] => {
    const [type = '', key = ''] = line.trim().split(/[ \t]+/);
    if (type === '' || type.startsWith('#')) return [];
    const blob = Buffer.from(key, 'base64');
    const named = blob.length < 4 ? '' : blob.toString('latin1', 4, 4 + blob.readUInt32BE(0));
    if (named === type) return [key];
    throw new MidplaneError(
      'CONFIG_INVALID',
      `${file}: line ${index + 1} is no public key: ${JSON.stringify(line.trim().slice(0, 40))}`,
      {
        hint: 'each line is `<key type> <key>`, as in the .pub file that the apiserver or ssh-keygen writes; options are not supported',
      },
    );
  });
  if (keys.length > 0) return keys;
  throw new MidplaneError('CONFIG_INVALID', `${file} has no public key in it`, {
    hint: 'put the public key of the apiserver there: the .pub file beside its --ssh-keyfile',
  });
}
