import type { Service } from '../api/objects';

/**
 * The variables by which containers find services without DNS. Source: pkg/kubelet/envvars/envvars.go (FromServices)
 * and kubelet_pods.go (getServiceEnvVarMap): the `kubernetes` service always, those of the pod's own namespace with
 * enableServiceLinks.
 */
export function serviceEnvironment(
  services: readonly Service[],
  namespace: string,
  enableServiceLinks: boolean,
): [name: string, value: string][] {
  const chosen = new Map<string, Service>();
  for (const service of services) {
    const { name, namespace: home = 'default' } = service.metadata;
    const master = home === 'default' && name === 'kubernetes';
    if (master && !chosen.has(name)) chosen.set(name, service);
    else if (home === namespace && enableServiceLinks) chosen.set(name, service);
  }
  return [...chosen.values()].flatMap(variablesOf);
}

function variablesOf({ metadata, spec }: Service): [string, string][] {
  const { clusterIP = '', ports = [] } = spec;
  const [first] = ports;
  if (clusterIP === '' || clusterIP === 'None' || first === undefined) return [];
  const prefix = shouted(metadata.name);
  const named = ports.flatMap(({ name = '', port }): [string, string][] =>
    name === '' ? [] : [[`${prefix}_SERVICE_PORT_${shouted(name)}`, String(port)]],
  );
  return [
    [`${prefix}_SERVICE_HOST`, clusterIP],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
    ...named,
    ...ports.flatMap((it, at) => linkVariables(prefix, clusterIP, it, at === 0)),
  ];
}

/** As Docker links had them. */
function linkVariables(
  prefix: string,
  address: string,
  { port, protocol = 'TCP' }: { readonly port: number; readonly protocol?: string },
  first: boolean,
): [string, string][] {
  const url = `${protocol.toLowerCase()}://${address}:${port}`;
  const stem = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
  return [
    ...(first ? [[`${prefix}_PORT`, url] satisfies [string, string]] : []),
    [stem, url],
    [`${stem}_PROTO`, protocol.toLowerCase()],
    [`${stem}_PORT`, String(port)],
    [`${stem}_ADDR`, address],
  ];
}

function shouted(name: string): string {
  return name.replaceAll('-', '_').toUpperCase();
}
