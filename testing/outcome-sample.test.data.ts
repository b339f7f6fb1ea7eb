import { sampleCell } from '../report/matrix-sample.test.data';
import type { Cell } from '../report/outcome';
import type { TechniqueId } from '../scenarios/vocabulary';
import type { AttackOutcome } from './attack-outcome';

/** Outcomes as a lab would give them. Not part of the package. */

export function outcomeOf(cells: readonly Cell[], settings = 'none'): AttackOutcome {
  return { settings, cells, elsewhere: [] };
}

export function sealedCell(): Cell {
  return cellOf('sealed', 'tap');
}

export function refusedCell(): Cell {
  return {
    ...cellOf('refused', 'self-signed'),
    clientSaw: 'x509: certificate signed by unknown authority',
    tls: { version: 'TLSv1.3', alert: 'bad_certificate' },
    reason: 'The client hung up.',
  };
}

export function impersonatedCell(): Cell {
  return {
    ...cellOf('impersonated', 'self-signed'),
    clientSaw: 'forged-1',
    reason: 'The client took the attacker for the endpoint.',
    evidence: { lootQuote: 'GET /containerLogs', connections: 1, genuineAnswers: [] },
  };
}

export function brokenCell(): Cell {
  return { ...cellOf('broken', 'self-signed'), works: false, reason: 'Without any attacker the path fails.' };
}

export function cellOf(verdict: Cell['verdict'], technique: TechniqueId): Cell {
  return {
    ...sampleCell('logs', 'none', technique),
    verdict,
    clientSaw: '',
    tls: null,
    evidence: { lootQuote: null, connections: 0, genuineAnswers: [] },
  };
}
