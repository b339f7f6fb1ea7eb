import { type Document, isMap, isSeq, parseDocument, type YAMLMap } from 'yaml';
import { MidplaneError } from '../error';
import { type ClientConfig, kubeconfigEntries } from './kubeconfig';

/**
 * One context in a kubeconfig that belongs to somebody else: put in, found again, taken out; everything beside it stays
 * as it was, comments and order too. Text in, text out. What we put in carries an extension that says so, and nothing
 * without it is ever touched.
 */
const EXTENSION = 'midplane';

/**
 * The text with this context in it. An empty text is a new file. `current-context` is set only where there was none.
 * Throws MidplaneError CONFIG_INVALID for a file that is no kubeconfig, or has a context of this name that is not ours.
 */
export function putContext(text: string, fileName: string, name: string, config: ClientConfig): string {
  const document = read(text, fileName);
  for (const list of ['clusters', 'contexts', 'users']) {
    const entry = entryOf(document, list, name);
    if (entry !== null && !isOurs(document, name)) {
      throw new MidplaneError(
        'CONFIG_INVALID',
        `kubeconfig "${fileName}" has something named "${name}" under ${list} that midplane did not put there`,
        {
          hint: `rename it (kubectl config rename-context ${name} OTHER), or choose another file with --kubeconfig`,
        },
      );
    }
  }
  removeEntries(document, name);
  if (!document.has('apiVersion')) document.set('apiVersion', 'v1');
  if (!document.has('kind')) document.set('kind', 'Config');
  const { cluster, user } = kubeconfigEntries(config);
  const extensions = [{ name: EXTENSION, extension: { lab: true } }];
  append(document, 'clusters', { name, cluster: { ...cluster, extensions } });
  append(document, 'contexts', { name, context: { cluster: name, user: name } });
  append(document, 'users', { name, user });
  if (!document.get('current-context')) document.set('current-context', name);
  return document.toString({ lineWidth: 0 });
}

/** The text without the context, if it is ours; null when there is nothing of ours in it. */
export function removeContext(text: string, fileName: string, name: string): string | null {
  const document = read(text, fileName);
  if (!isOurs(document, name)) return null;
  removeEntries(document, name);
  if (document.get('current-context') === name) document.set('current-context', '');
  return document.toString({ lineWidth: 0 });
}

function read(text: string, fileName: string): Document.Parsed {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) {
    const [line = ''] = error.message.split('\n');
    throw new MidplaneError('CONFIG_INVALID', `kubeconfig "${fileName}": not YAML: ${line}`, {
      hint: 'mend it, or choose another file with --kubeconfig',
    });
  }
  if (document.contents !== null && !isMap(document.contents)) {
    throw new MidplaneError('CONFIG_INVALID', `kubeconfig "${fileName}" holds no configuration`, {
      hint: 'a kubeconfig begins with apiVersion: v1, kind: Config',
    });
  }
  if (document.contents === null) document.contents = document.createNode({}) as never;
  return document;
}

function entryOf(document: Document.Parsed, list: string, name: string): YAMLMap | null {
  const entries = document.get(list);
  if (!isSeq(entries)) return null;
  const found = entries.items.find((item) => isMap(item) && item.get('name') === name);
  return isMap(found) ? found : null;
}

function isOurs(document: Document.Parsed, name: string): boolean {
  const cluster = entryOf(document, 'clusters', name)?.get('cluster');
  const extensions = isMap(cluster) ? cluster.get('extensions') : null;
  return isSeq(extensions) && extensions.items.some((item) => isMap(item) && item.get('name') === EXTENSION);
}

function removeEntries(document: Document.Parsed, name: string): void {
  for (const list of ['clusters', 'contexts', 'users']) {
    const entries = document.get(list);
    if (!isSeq(entries)) continue;
    entries.items = entries.items.filter((item) => !(isMap(item) && item.get('name') === name));
  }
}

function append(document: Document.Parsed, list: string, entry: object): void {
  const entries = document.get(list);
  if (isSeq(entries)) {
    // `clusters: []` is written in one line; what is put in should not be.
    if (entries.items.length === 0) entries.flow = false;
    entries.add(document.createNode(entry));
  } else document.set(list, document.createNode([entry]));
}
