import { seconds } from '../client/api-time';
import { type LifeFacts, lastEnd } from './container-life';
import type { PodPhase } from './pod-phase';

/** Source: pkg/kubelet/status/generate.go. */
export interface PodCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastProbeTime?: string | null;
  readonly lastTransitionTime?: string;
}

export interface ConditionFacts {
  readonly lives: readonly Pick<LifeFacts, 'name' | 'kind' | 'state' | 'last' | 'started' | 'ready'>[];
  readonly phase: PodPhase;
  /** Whether the pod has its network. */
  readonly sandboxReady: boolean;
  /** The types that the pod's readinessGates name. */
  readonly readinessGates: readonly string[];
  /** As the apiserver has them: those of other writers are kept, and say whether a gate is open. */
  readonly stored: readonly PodCondition[];
  /** As the kubelet last reported them: a condition that has not changed keeps its time. */
  readonly before: readonly PodCondition[];
  readonly now: Date;
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

const TRUE: Verdict = { status: 'True' };
const OWN = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];

export function podConditions(facts: ConditionFacts): PodCondition[] {
  const containersReady = readyContainers(facts);
  const verdicts: Record<string, Verdict> = {
    PodReadyToStartContainers: { status: facts.sandboxReady ? 'True' : 'False' },
    Initialized: initialized(facts),
    Ready: containersReady.status === 'True' ? openGates(facts) : containersReady,
    ContainersReady: containersReady,
    PodScheduled: TRUE,
  };
  const before = [...facts.before, ...facts.stored];
  const own = OWN.map((type): PodCondition => {
    const verdict = verdicts[type] ?? TRUE;
    const same = before.find((it) => it.type === type && it.status === verdict.status);
    const lastTransitionTime = same?.lastTransitionTime ?? seconds(facts.now);
    return { type, ...verdict, lastProbeTime: null, lastTransitionTime };
  });
  return [...own, ...facts.stored.filter((it) => !OWN.includes(it.type))];
}

function readyContainers({ lives, phase }: ConditionFacts): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const unready = lives.filter((it) => (it.kind === 'regular' || it.kind === 'sidecar') && !it.ready);
  return unready.length === 0 ? TRUE : refused('ContainersNotReady', 'unready', unready);
}

function openGates({ readinessGates, stored }: ConditionFacts): Verdict {
  const closed = readinessGates.flatMap((type) => {
    const condition = stored.find((it) => it.type === type);
    if (condition === undefined) {
      return [`corresponding condition of pod readiness gate ${JSON.stringify(type)} does not exist.`];
    }
    if (condition.status === 'True') return [];
    return [
      `the status of pod readiness gate ${JSON.stringify(type)} is not "True", but ${condition.status}`,
    ];
  });
  if (closed.length === 0) return TRUE;
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: closed.join(', ') };
}

function initialized({ lives, phase }: ConditionFacts): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  const begun = lives.some(
    (it) => it.kind === 'regular' && (it.state.kind === 'running' || lastEnd(it) !== null),
  );
  if (begun) return TRUE;
  const incomplete = lives.filter(
    (it) => (it.kind === 'init' && !it.ready) || (it.kind === 'sidecar' && !it.started),
  );
  return incomplete.length === 0 ? TRUE : refused('ContainersNotInitialized', 'incomplete', incomplete);
}

function refused(reason: string, how: string, lives: readonly { readonly name: string }[]): Verdict {
  const message = `containers with ${how} status: [${lives.map((it) => it.name).join(' ')}]`;
  return { status: 'False', reason, message };
}
