import type { Launch } from './containers/simulated-container';
import { containerEnvironment } from './environment';
import { expand } from './expansion';
import type { PodFacts } from './field-path';
import type { ObjectSource } from './object-source';
import type { ContainerSpec } from './pod-spec';

/** What a container is started with: its environment, and its command with the environment's values put in. */
export async function launchOf(
  spec: ContainerSpec,
  facts: PodFacts,
  source: ObjectSource,
): Promise<
  | { readonly kind: 'launch'; readonly launch: Launch }
  | { readonly kind: 'config-error'; readonly text: string }
> {
  const environment = await containerEnvironment(spec, facts, source);
  if (environment.kind === 'config-error') return environment;
  const { variables } = environment;
  const put = (text: string): string => expand(text, (name) => variables.get(name));
  return {
    kind: 'launch',
    launch: {
      command: (spec.command ?? []).map(put),
      args: (spec.args ?? []).map(put),
      env: [...variables],
      workingDir: spec.workingDir ?? '',
    },
  };
}
