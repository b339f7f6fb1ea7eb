import { usage } from '../pflag';

/**
 * The feature gates that this apiserver knows. Every other one is refused as upstream refuses a gate that it does not
 * know, so that nobody believes in something that is not there.
 * Source: k8s.io/component-base featuregate/feature_gate.go (Set, SetFromMap).
 */
export type FeatureGate = 'KubeletCertCNValidation';

interface GateSpec {
  readonly stage: 'ALPHA' | 'BETA' | 'GA';
  readonly default: boolean;
}

/** KubeletCertCNValidation is KEP-4872's, off by default; no release of Kubernetes has it. */
const known: Readonly<Record<FeatureGate, GateSpec>> = {
  KubeletCertCNValidation: { stage: 'ALPHA', default: false },
};

/** Which stand for all gates of a stage, but for those that are named themselves. */
const stages: Readonly<Record<string, GateSpec['stage']>> = { AllAlpha: 'ALPHA', AllBeta: 'BETA' };

/** From `Gate=true,Other=false`. Throws MidplaneError USAGE. */
export function readFeatureGates(words: readonly string[]): Readonly<Record<FeatureGate, boolean>> {
  const named = new Map(words.filter((word) => word !== '').map(readGate));
  const gates = Object.entries(known).map(([gate, spec]) => {
    const [stage] = Object.entries(stages).find(([, it]) => it === spec.stage) ?? [];
    const byStage = stage === undefined ? undefined : named.get(stage);
    return [gate, named.get(gate) ?? byStage ?? spec.default] as const;
  });
  return Object.fromEntries(gates) as Record<FeatureGate, boolean>;
}

function readGate(word: string): readonly [gate: string, on: boolean] {
  const [name = '', ...rest] = word.split('=');
  const gate = name.trim();
  if (rest.length === 0)
    throw refused(`missing bool value for ${gate}`, `write --feature-gates=${gate}=true`);
  if (!Object.hasOwn(known, gate) && !Object.hasOwn(stages, gate)) {
    const all = [...Object.keys(known), ...Object.keys(stages)].join(', ');
    throw refused(`unrecognized feature gate: ${gate}`, `this lab's kube-apiserver knows ${all}`);
  }
  const value = rest.join('=').trim();
  if (/^(1|t|T|TRUE|true|True)$/.test(value)) return [gate, true];
  if (/^(0|f|F|FALSE|false|False)$/.test(value)) return [gate, false];
  throw refused(
    `invalid value of ${gate}=${value}, err: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`,
    `write --feature-gates=${gate}=true`,
  );
}

function refused(why: string, hint: string) {
  return usage(`--feature-gates: ${why}`, hint);
}
