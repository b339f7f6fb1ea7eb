import type { LifeFacts, Terminated } from './container-life';
import type { ContainerKind } from './pod-spec';

/** Containers in the states that tables ask about. */
const at = new Date('2026-11-28T10:00:00Z');

export function end(exitCode: number): Terminated {
  const reason = exitCode === 0 ? 'Completed' : 'Error';
  return {
    kind: 'terminated',
    exitCode,
    reason,
    message: '',
    startedAt: at,
    finishedAt: at,
    containerId: 'ab12',
  };
}

export function fresh(name = 'c'): LifeFacts {
  return {
    name,
    kind: 'regular',
    spec: { image: 'midplane/web' },
    state: { kind: 'waiting', reason: 'ContainerCreating', message: '' },
    last: null,
    restartCount: 0,
    started: false,
    ready: false,
  };
}

export function running(name = 'c'): LifeFacts {
  return { ...fresh(name), state: { kind: 'running', startedAt: at }, started: true, ready: true };
}

export function ended(exitCode: number, name = 'c'): LifeFacts {
  return { ...fresh(name), state: end(exitCode) };
}

/** In back-off after such an end. */
export function waitsAgain(exitCode: number, name = 'c'): LifeFacts {
  const state = { kind: 'waiting', reason: 'CrashLoopBackOff', message: '' } as const;
  return { ...fresh(name), state, last: end(exitCode), restartCount: 1 };
}

export function life(kind: ContainerKind, facts: LifeFacts): LifeFacts {
  const ready = kind === 'init' && facts.state.kind === 'terminated' && facts.state.exitCode === 0;
  return { ...facts, kind, name: facts.name === 'c' ? kind : facts.name, ready: ready || facts.ready };
}
