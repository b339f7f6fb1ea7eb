import { MidplaneError } from '../error';
import { type FilePlace, placeText } from '../report/outcome';
import { commandOf, readCommand } from './command-line';
import { egressProtocols, forms, type GivenPart, unread } from './given';
import { isK3sConfig, readK3sConfig } from './k3s';
import { readKubeadm } from './kubeadm';
import { find, itemsOf, type Located, plain, readLocated, textOf } from './located';
import { readConfiguration } from './read-configuration';
import { shellWords, type Word } from './shell-words';
import { readUnit } from './systemd-unit';

/**
 * What a file says about the components that the lab plays, whatever form it has. Values that the lab has no use for are
 * never quoted: they may be secrets. Throws MidplaneError CONFIG_INVALID with file, line and column.
 */
export function readGiven(written: string, file: string): GivenPart[] {
  const start: FilePlace = { file, line: 1, column: 1 };
  // As editors of Windows leave it.
  const text = written.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  if (text.trim() === '') throw nothingIn(start, 'is empty');
  if (/^\[(Unit|Service)\]/m.test(text)) {
    const parts = readUnit(text, file);
    if (parts.length === 0) throw nothingIn(start, 'starts neither kube-apiserver nor kubelet');
    return parts;
  }
  if (isCommandLine(text)) return [readWords(commandOf(shellWords(text, start)), start)];
  const parts = readLocated(text, file).flatMap(readDocument);
  if (parts.length === 0) throw nothingIn(start, 'holds no document');
  return parts;
}

/** The words behind `--` of our own command line. */
export function readGivenWords(words: readonly string[]): GivenPart {
  const file = 'the command line';
  return readWords(
    words.map((text, index) => ({ text, at: { file, line: 1, column: index + 1 } })),
    { file, line: 1, column: 1 },
  );
}

function readWords(words: readonly Word[], at: FilePlace): GivenPart {
  const part = readCommand(words);
  if (part === null) throw nothingIn(at, 'names neither kube-apiserver nor kubelet');
  return part;
}

/** The first line that says something: a word with a colon behind it begins YAML, a brace JSON. */
function isCommandLine(text: string): boolean {
  const first = text
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '' && !line.startsWith('#'));
  return first !== undefined && !/^(---|%|\{|\[|- |["']?[\w./-]+["']?\s*:(\s|$))/.test(first);
}

function readDocument(document: Located): GivenPart[] {
  const { at } = document;
  const kind = textOf(find(document, 'kind'));
  const running = find(document, 'kubeletconfig');
  switch (kind) {
    case 'Pod':
      return readManifest(document, find(document, 'spec'));
    case 'DaemonSet':
    case 'Deployment':
    case 'StatefulSet':
      return readManifest(document, find(document, 'spec', 'template', 'spec'));
    case 'List':
      return itemsOf(find(document, 'items')).flatMap(readDocument);
    case 'KubeletConfiguration':
      return [{ kind: 'kubelet-configuration', fields: readConfiguration(document), at }];
    case 'ClusterConfiguration':
    case 'InitConfiguration':
    case 'JoinConfiguration':
      return readKubeadm(document, kind);
    case 'EgressSelectorConfiguration':
      return [readEgressSelector(document)];
    case 'Config':
      return [readKubeconfig(document)];
    case '':
      // What a kubelet says of itself: /api/v1/nodes/NAME/proxy/configz.
      if (running !== null)
        return [{ kind: 'kubelet-configuration', fields: readConfiguration(running), at }];
      if (isK3sConfig(document)) return readK3sConfig(document);
      throw nothingIn(at, 'holds a document without a kind, and it is no config.yaml of k3s');
    default:
      return [unread(`kind ${kind}`, at)];
  }
}

/** The containers of pods; of those that start nothing of ours it is said. */
function readManifest(document: Located, podSpec: Located | null): GivenPart[] {
  const containers = itemsOf(find(podSpec, 'containers'));
  const parts = containers.flatMap((container): GivenPart[] => {
    const words = [...itemsOf(find(container, 'command')), ...itemsOf(find(container, 'args'))].map(
      (item) => ({
        text: textOf(item),
        at: item.at,
        isBlock: item.kind === 'scalar' && item.isBlock,
      }),
    );
    const part = readCommand(words);
    return part === null ? [] : [part];
  });
  if (parts.length > 0) return parts;
  const kind = textOf(find(document, 'kind'));
  return [unread(`${kind} ${textOf(find(document, 'metadata', 'name'))}`, document.at)];
}

/** Source: k8s.io/apiserver pkg/server/egressselector/config.go. */
function readEgressSelector(document: Located): GivenPart {
  const cluster = itemsOf(find(document, 'egressSelections')).find(
    (it) => textOf(find(it, 'name')).toLowerCase() === 'cluster',
  );
  if (cluster === undefined) return { kind: 'egress-selector', protocol: null, at: document.at };
  const given = find(cluster, 'connection', 'proxyProtocol');
  const at = given?.at ?? cluster.at;
  const protocol = egressProtocols.find((it) => it === textOf(given));
  if (protocol !== undefined) return { kind: 'egress-selector', protocol, at };
  throw new MidplaneError(
    'CONFIG_INVALID',
    `${placeText(at)}: connection.proxyProtocol of cluster is ${JSON.stringify(textOf(given))}`,
    { hint: `it must be ${egressProtocols.join(', ')}` },
  );
}

/** Of the context that is in use, or of any cluster when none is. Source: client-go tools/clientcmd/client_config.go. */
function readKubeconfig(config: Located): GivenPart {
  const current = textOf(find(config, 'current-context'));
  const context = itemsOf(find(config, 'contexts')).find((it) => textOf(find(it, 'name')) === current);
  const inUse = context === undefined ? null : textOf(find(context, 'context', 'cluster'));
  const clusters = itemsOf(find(config, 'clusters')).filter(
    (it) => inUse === null || textOf(find(it, 'name')) === inUse,
  );
  const skips = clusters
    .map((it) => find(it, 'cluster', 'insecure-skip-tls-verify'))
    .find((it) => it !== null && plain(it) === true);
  return {
    kind: 'kubeconfig',
    skipsVerification: skips !== undefined,
    at: skips?.at ?? clusters[0]?.at ?? config.at,
  };
}

function nothingIn(at: FilePlace, what: string): MidplaneError {
  return new MidplaneError('CONFIG_INVALID', `${placeText(at)}: the text ${what}`, { hint: forms });
}
