import type { DefenceSettings } from '../lab/defences';
import type { JudgedSetting } from '../report/given-outcome';
import type { GivenPart } from './given';

export type EgressPart = GivenPart & { kind: 'egress-selector' };

/** Through what the lab's apiserver dials nodes and pods, and the flags that are left then. */
export interface JudgedTunnel {
  readonly tunnel: NonNullable<DefenceSettings['tunnel']> | null;
  readonly flags: ReadonlyMap<string, string>;
  readonly settings: readonly JudgedSetting[];
  readonly assumptions: readonly string[];
}

const fileFlag = 'egress-selector-config-file';

/** Pure. That both kinds of tunnel are given at once is refused where flags are read. */
export function judgeTunnel(
  flags: ReadonlyMap<string, string>,
  configuration: EgressPart | null,
): JudgedTunnel {
  if ((flags.get(fileFlag) ?? '') === '') {
    const settings = judged(configuration, 'no-influence', `no --${fileFlag} names this configuration`);
    if ((flags.get('ssh-user') ?? '') === '') return { tunnel: null, flags, settings, assumptions: [] };
    return { tunnel: 'ssh', flags, settings, assumptions: [sshNodes] };
  }
  if (configuration !== null && protocolOf(configuration) === 'Direct') {
    const direct = new Map([...flags].filter(([name]) => name !== fileFlag));
    const settings = judged(configuration, 'used', 'nodes and pods are dialled directly');
    return { tunnel: null, flags: direct, settings, assumptions: [] };
  }
  return {
    tunnel: 'konnectivity',
    flags,
    settings: judged(configuration, 'used', 'nodes and pods are dialled through Konnectivity'),
    assumptions: configuration === null ? [unseenConfiguration, labKonnectivity] : [labKonnectivity],
  };
}

const sshNodes = 'The nodes are taken to have an SSH server that lets the user of --ssh-user in.';
const unseenConfiguration = `What --${fileFlag} names was not given: nodes and pods are taken to be dialled through Konnectivity; give that file too.`;
const labKonnectivity =
  'Konnectivity is reached by HTTPConnect over TLS in the lab, and one agent, on node-2, carries everything.';

function protocolOf({ protocol }: EgressPart): string {
  return protocol ?? 'Direct';
}

function judged(
  configuration: EgressPart | null,
  of: JudgedSetting['class'],
  why: string,
): readonly JudgedSetting[] {
  if (configuration === null) return [];
  const { at } = configuration;
  const value = of === 'used' ? protocolOf(configuration) : null;
  const name = 'egressSelections[cluster].connection.proxyProtocol';
  return [{ component: 'kube-apiserver', name, value, class: of, why, at }];
}
