import type { Endpoint } from '../network/network';
import { joinHostPort } from '../network/network';
import type { Trace, TraceKind } from '../report/outcome';
import type { AuditLine, LogLine } from './footprint';
import type { Footprint } from './recorder';
import type { MachineView, NodeView, View } from './view';

/**
 * What an attack left behind: the difference between views of the lab, and between what was recorded with and without
 * it. Only what was collected is said; what nobody could have seen is not there. Pure.
 */
export interface Observed {
  readonly before: View;
  /** While the attack lasted. */
  readonly during: View;
  readonly after: View;
  readonly attack: Footprint;
  /** The same action without an attacker; null where there was none, of a whole scenario. */
  readonly control: Footprint | null;
  /** The attacker's own machine: one that is on no list of the cluster's. */
  readonly stranger: readonly string[];
  /** What the client itself said, and where; null when it noticed nothing. */
  readonly complaint: { readonly where: string; readonly text: string } | null;
  /** What was attacked; null of a whole scenario. */
  readonly target: Endpoint | null;
}

export function tracesOf(observed: Observed): Trace[] {
  return [
    ...tableTraces(observed),
    ...nodeTraces(observed),
    ...requestTraces(observed),
    ...auditTraces(observed),
    ...connectionTraces(observed),
    ...logTraces(observed),
    ...complaintTraces(observed),
  ];
}

/** The first of each kind say it; how many there were is said too. */
const MOST_OF_A_KIND = 6;

function limited(kind: TraceKind, traces: readonly Trace[]): Trace[] {
  const more = traces.length - MOST_OF_A_KIND;
  const [first] = traces;
  if (more <= 0 || first === undefined) return [...traces];
  return [...traces.slice(0, MOST_OF_A_KIND), { ...first, kind, text: `and ${more} more of this kind` }];
}

function tableTraces({ before, during, after }: Observed): Trace[] {
  return during.machines.flatMap((now) => {
    const then = before.machines.find(({ name }) => name === now.name) ?? justBegun(now);
    const later = after.machines.find(({ name }) => name === now.name) ?? then;
    const where = now.name;
    return [
      ...neighbourTraces(then, now, later, during),
      ...added(then.routes, now.routes).map((text): Trace => {
        const look = `ip route show (on ${where})`;
        return {
          kind: 'route',
          where,
          text: `a new route: ${text}`,
          look,
          lasts: later.routes.includes(text),
        };
      }),
      ...changedKeys(then.names, now.names).map((name): Trace => {
        const was = then.names[name];
        const text = `${name} is ${now.names[name]}${was === undefined ? ', which its resolver was not told before' : `, was ${was}`}`;
        const look = `dig +short ${name} (on ${where}, and at another resolver)`;
        return { kind: 'resolver', where, text, look, lasts: later.names[name] === now.names[name] };
      }),
      ...added(then.redirects, now.redirects).map((text): Trace => {
        const look = `nft list ruleset (on ${where})`;
        return { kind: 'nat', where, text, look, lasts: later.redirects.includes(text) };
      }),
    ].filter(({ kind }) => kind !== 'nat' || !isStranger(now, during));
  });
}

/** A pod that was not there before has been told nothing yet. */
function justBegun(machine: MachineView): MachineView {
  return { ...machine, names: {}, redirects: [] };
}

/** What the attacker does with its own machine nobody of the cluster can look at. */
function isStranger({ name }: MachineView, { nodes }: View): boolean {
  return name === 'attacker' && !nodes.some((node) => node.name === name);
}

function neighbourTraces(then: MachineView, now: MachineView, later: MachineView, during: View): Trace[] {
  return changedKeys(then.neighbours, now.neighbours)
    .filter((address) => then.neighbours[address] !== undefined)
    .map((address) => {
      const lladdr = now.neighbours[address];
      const owner = during.machines.find(({ hardwareAddress }) => hardwareAddress === lladdr);
      const shared = owner === undefined ? '' : `; ${owner.addresses[0]} has the same`;
      return {
        kind: 'neighbour',
        where: now.name,
        text: `${address} lladdr ${lladdr}, was ${then.neighbours[address]}${shared}`,
        look: `ip neigh show ${address} (on ${now.name})`,
        lasts: later.neighbours[address] === lladdr,
      };
    });
}

function nodeTraces({ before, during, after }: Pick<Observed, 'before' | 'during' | 'after'>): Trace[] {
  const seen = [during, after].flatMap(({ nodes }) => nodes);
  const traces = seen.flatMap((now) => {
    const then = before.nodes.find(({ name }) => name === now.name);
    const later = after.nodes.find(({ name }) => name === now.name);
    return then === undefined ? [] : changesOf(then, now, later ?? then);
  });
  return unique(traces);
}

/** Whether there is anything to tell about them. */
export function sameNodes(before: View, now: View): boolean {
  return nodeTraces({ before, during: now, after: now }).length === 0;
}

function changesOf(then: NodeView, now: NodeView, later: NodeView): Trace[] {
  const where = `Node ${now.name}`;
  const trace = (text: string, look: string, lasts: boolean): Trace => ({
    kind: 'node',
    where,
    text,
    look,
    lasts,
  });
  const yaml = `kubectl get node ${now.name} -o yaml --show-managed-fields`;
  const traces: Trace[] = [];
  if (!same(then.addresses, now.addresses)) {
    traces.push(
      trace(
        `status.addresses: ${now.addresses.join(', ')}; was ${then.addresses.join(', ')} (resourceVersion ${then.resourceVersion} → ${now.resourceVersion})`,
        'kubectl get nodes -o wide -w',
        same(later.addresses, now.addresses),
      ),
    );
  }
  const writers = added(then.owners, now.owners);
  if (writers.length > 0) {
    const text = `managedFields: f:addresses written by ${writers.join(', ')}; was ${then.owners.join(', ')}`;
    traces.push(trace(text, yaml, same(later.owners, now.owners)));
  }
  for (const label of added(then.labels, now.labels))
    traces.push(trace(`a new label: ${label}`, yaml, later.labels.includes(label)));
  if (then.unschedulable !== now.unschedulable)
    traces.push(
      trace(
        `spec.unschedulable: ${now.unschedulable}`,
        'kubectl get nodes',
        later.unschedulable === now.unschedulable,
      ),
    );
  return traces;
}

/** A joining node asks for certificates in the control run too. */
function requestTraces({ before, after, control }: Observed): Trace[] {
  if (control !== null) return [];
  return after.requests
    .filter(({ name }) => !before.requests.some((known) => known.name === name))
    .map(({ name, username, signerName }) => ({
      kind: 'csr',
      where: `CertificateSigningRequest ${name}`,
      text: `${signerName}, requested by ${username}`,
      look: `kubectl get csr ${name} -o yaml`,
      lasts: true,
    }));
}

function auditTraces({ attack, control, stranger }: Observed): Trace[] {
  const known = control?.audit ?? [];
  const lines = unique(
    attack.audit.flatMap((line): Trace[] => {
      const text = newInAudit(line, known, control === null, stranger);
      return text === null ? [] : [auditTrace(text, line)];
    }),
  );
  return limited('audit', [...lines, ...missingInAudit(attack.audit, known, stranger)]);
}

function auditTrace(text: string, { user, verb }: AuditLine): Trace {
  const look = `jq 'select(.user.username=="${user}" and .verb=="${verb}") | .sourceIPs, .objectRef' audit.log`;
  return { kind: 'audit', where: 'audit log', text, look, lasts: true };
}

function newInAudit(
  line: AuditLine,
  known: readonly AuditLine[],
  wholeScenario: boolean,
  stranger: readonly string[],
): string | null {
  const said = `${line.verb} ${line.what} by ${line.user || 'nobody that it knows'} from ${line.source}: ${line.code ?? 'no answer'}`;
  if (stranger.includes(line.source)) {
    const usual = known.find(({ user, source }) => user === line.user && source !== line.source);
    return usual === undefined ? said : `${said}; otherwise that user comes from ${usual.source}`;
  }
  if (wholeScenario) return line.code === 401 || line.code === 403 ? said : null;
  // What nobody has written down yet says nothing.
  const codes = known.filter((it) => sameRequest(it, line)).flatMap(({ code }) => code ?? []);
  if (codes.length === 0 || line.code === null || codes.includes(line.code)) return null;
  return `${said}; without the attacker ${[...new Set(codes)].join(', ')}`;
}

/** What the client got an answer to and the apiserver never heard of: somebody else answered. */
function missingInAudit(
  lines: readonly AuditLine[],
  known: readonly AuditLine[],
  stranger: readonly string[],
): Trace[] {
  const missing = known.filter(
    (line) =>
      !isHeartbeat(line) && !stranger.includes(line.source) && !lines.some((it) => sameRequest(it, line)),
  );
  return unique(
    missing.map((line) =>
      auditTrace(
        `no ${line.verb} ${line.resource} by ${line.user} from ${line.source}, as there is without the attacker`,
        line,
      ),
    ),
  );
}

function sameRequest(a: AuditLine, b: AuditLine): boolean {
  return a.user === b.user && a.verb === b.verb && a.resource === b.resource && a.source === b.source;
}

/** What components say from time to time is in one recording and not in the other by chance. */
function isHeartbeat({ user, verb, resource }: AuditLine): boolean {
  // A kubelet keeps the services for a second (kubelet/object-source).
  const isOfCache = user.startsWith('system:node:') && verb === 'list' && resource === 'services';
  return (
    isOfCache ||
    resource === 'leases' ||
    resource === 'events' ||
    resource.endsWith('reviews') ||
    resource === 'pods/status' ||
    resource === 'nodes/status' ||
    verb === 'watch'
  );
}

function connectionTraces({ attack, control, stranger, target }: Observed): Trace[] {
  const known = control?.connections ?? [];
  const here = attack.connections.map((it) => ({ ...it, key: keyOf(it) }));
  const strange = here
    .filter(({ key }) => !known.some((it) => keyOf(it) === key))
    .filter((it) => !(stranger.includes(it.source) && stranger.includes(it.to.address)))
    .flatMap((it): Trace[] => {
      const flow = `${it.source} → ${joinHostPort(it.destination.address, it.destination.port)}`;
      if (stranger.includes(it.source) && it.deliveredTo !== 'attacker')
        return [
          connectionTrace(it.deliveredTo, `a connection ${flow}, from a machine that is not of the cluster`),
        ];
      if (stranger.includes(it.to.address))
        return [connectionTrace(it.from, `a connection ${flow}, to a machine that is not of the cluster`)];
      return [];
    });
  const lost =
    target === null
      ? []
      : known
          .filter(
            ({ destination }) => destination.address === target.address && destination.port === target.port,
          )
          .filter(
            (it) =>
              attack.connections.some(({ from }) => from === it.from) &&
              !attack.connections.some(
                ({ source, deliveredTo, destination }) =>
                  source === it.source &&
                  deliveredTo === it.deliveredTo &&
                  destination.port === it.destination.port,
              ),
          )
          .map((it) =>
            connectionTrace(
              it.deliveredTo,
              `no connection ${it.source} → ${joinHostPort(it.destination.address, it.destination.port)}, as there is without the attacker; ask ${it.from} whether it has one`,
            ),
          );
  return limited('connection', unique([...strange, ...lost]));
}

function connectionTrace(where: string, text: string): Trace {
  return { kind: 'connection', where, text, look: `conntrack -E -p tcp (on ${where})`, lasts: false };
}

function keyOf({ source, to, deliveredTo }: Footprint['connections'][number]): string {
  return `${source} ${joinHostPort(to.address, to.port)} ${deliveredTo}`;
}

const LEAST_LEVEL = 30;

function logTraces({ attack, control, target }: Observed): Trace[] {
  const known = control?.logs ?? [];
  const fresh = attack.logs.filter(
    (line) => line.level >= LEAST_LEVEL && !known.some(({ message }) => message === line.message),
  );
  // Of a whole scenario everything that components do is in it: only complaints are telling.
  const telling = target === null ? fresh.filter(isComplaint) : fresh;
  return limited(
    'log',
    unique(
      telling.map((line) => {
        const { component = 'component', node, ...fields } = line.fields;
        const where = `log of ${String(component)}${typeof node === 'string' ? ` on ${node}` : ''}`;
        const rest = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`;
        const text = `${line.message}${rest}`.slice(0, 300);
        return { kind: 'log', where, text, look: `journalctl -u ${String(component)}`, lasts: true };
      }),
    ),
  );
}

function complaintTraces({ complaint }: Observed): Trace[] {
  if (complaint === null) return [];
  return [{ kind: 'client', ...complaint, look: 'the words themselves', lasts: true }];
}

function isComplaint({ level, message }: LogLine): boolean {
  return level > LEAST_LEVEL || /error|unable|deny|denied|refus/i.test(message);
}

function added(before: readonly string[], now: readonly string[]): string[] {
  return now.filter((it) => !before.includes(it));
}

function changedKeys(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): string[] {
  return Object.keys(now).filter((key) => now[key] !== before[key]);
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((it, index) => it === b[index]);
}

function unique(traces: readonly Trace[]): Trace[] {
  const seen = new Set<string>();
  return traces.filter(({ kind, where, text }) => {
    const key = `${kind} ${where} ${text}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}
