import { expand } from './expansion';
import { fieldValue, type PodFacts, resourceValue } from './field-path';
import type { Found, ObjectSource } from './object-source';
import { type ContainerSpec, containersOf, type EnvVar, specOf } from './pod-spec';
import { serviceEnvironment } from './service-environment';

/**
 * The environment of a container, in the order in which later ones win: services, envFrom, env.
 * Source: pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables).
 */
export type Environment =
  | { readonly kind: 'environment'; readonly variables: ReadonlyMap<string, string> }
  /** CreateContainerConfigError with this message. */
  | { readonly kind: 'config-error'; readonly text: string };

export async function containerEnvironment(
  spec: ContainerSpec,
  facts: PodFacts,
  source: ObjectSource,
): Promise<Environment> {
  const { namespace = 'default' } = facts.pod.metadata;
  const links = specOf(facts.pod).enableServiceLinks !== false;
  const services = await source.services([...new Set(['default', ...(links ? [namespace] : [])])]);
  const ofServices = new Map(serviceEnvironment(services, namespace, links));
  const result = new Map<string, string>();
  for (const from of spec.envFrom ?? []) {
    const data = await allKeys(from, namespace, source);
    if ('kind' in data) return data;
    for (const [key, value] of data.entries) result.set(`${from.prefix ?? ''}${key}`, value);
  }
  const mapping = (name: string): string | undefined => result.get(name) ?? ofServices.get(name);
  for (const variable of spec.env ?? []) {
    const value = await variableValue(variable, spec, facts, source, mapping);
    if (value === null) continue;
    if (typeof value !== 'string') return value;
    result.set(variable.name, value);
  }
  return { kind: 'environment', variables: new Map([...ofServices, ...result]) };
}

type ConfigError = Extract<Environment, { kind: 'config-error' }>;

async function allKeys(
  { configMapRef, secretRef }: NonNullable<ContainerSpec['envFrom']>[number],
  namespace: string,
  source: ObjectSource,
): Promise<{ entries: [string, string][] } | ConfigError> {
  if (configMapRef !== undefined) {
    const found = await source.configMap(namespace, configMapRef.name);
    if (found.kind === 'found') return { entries: Object.entries(found.value.data ?? {}) };
    return missing(found, configMapRef.optional) ?? { entries: [] };
  }
  if (secretRef !== undefined) {
    const found = await source.secret(namespace, secretRef.name);
    if (found.kind !== 'found') return missing(found, secretRef.optional) ?? { entries: [] };
    return { entries: Object.entries(found.value.data ?? {}).map(([key, value]) => [key, decoded(value)]) };
  }
  return { entries: [] };
}

/** Null: the variable is left out, because what it refers to is optional. */
async function variableValue(
  { value, valueFrom }: EnvVar,
  spec: ContainerSpec,
  facts: PodFacts,
  source: ObjectSource,
  mapping: (name: string) => string | undefined,
): Promise<string | null | ConfigError> {
  if (valueFrom === undefined) return expand(value ?? '', mapping);
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  const { namespace = 'default' } = facts.pod.metadata;
  if (fieldRef !== undefined) {
    const text = fieldValue(fieldRef.fieldPath, facts);
    return text ?? configError(`unsupported fieldPath: ${fieldRef.fieldPath}`);
  }
  if (resourceFieldRef !== undefined) {
    const { containerName = spec.name, resource } = resourceFieldRef;
    const of = containersOf(facts.pod).find((it) => it.spec.name === containerName)?.spec;
    return (
      resourceValue(resourceFieldRef, of, facts) ??
      configError(
        of === undefined
          ? `container ${containerName} not found`
          : `unsupported container resource : ${resource}`,
      )
    );
  }
  if (configMapKeyRef !== undefined) {
    const { name, key, optional } = configMapKeyRef;
    const found = await source.configMap(namespace, name);
    if (found.kind !== 'found') return missing(found, optional);
    const text = found.value.data?.[key];
    if (text !== undefined || optional === true) return text ?? null;
    return configError(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
  }
  if (secretKeyRef !== undefined) {
    const { name, key, optional } = secretKeyRef;
    const found = await source.secret(namespace, name);
    if (found.kind !== 'found') return missing(found, optional);
    const text = found.value.data?.[key];
    if (text !== undefined || optional === true) return text === undefined ? null : decoded(text);
    return configError(`couldn't find key ${key} in Secret ${namespace}/${name}`);
  }
  return '';
}

function missing(found: Exclude<Found<unknown>, { kind: 'found' }>, optional = false): ConfigError | null {
  return found.kind === 'missing' && optional ? null : configError(found.text);
}

function configError(text: string): ConfigError {
  return { kind: 'config-error', text };
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}
