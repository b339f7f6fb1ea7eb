import type { Message, Schema } from './schema';
import { entriesOf, listMessage, parseMessage, type TypeEntry, type TypeTable } from './type-table';
import { appsTypes } from './types/apps';
import {
  authenticationTypes,
  authenticationV1Alpha1Types,
  authenticationV1Beta1Types,
} from './types/authentication';
import { authorizationTypes } from './types/authorization';
import { autoscalingTypes } from './types/autoscaling';
import { certificatesTypes } from './types/certificates';
import { coordinationTypes } from './types/coordination';
import { coreClusterTypes } from './types/core-cluster';
import { coreConfigTypes } from './types/core-config';
import { coreContainerTypes } from './types/core-container';
import { coreNodeTypes } from './types/core-node';
import { corePodTypes } from './types/core-pod';
import { corePodStatusTypes } from './types/core-pod-status';
import { coreSchedulingTypes } from './types/core-scheduling';
import { coreSecurityTypes } from './types/core-security';
import { coreServiceTypes } from './types/core-service';
import { coreVolumeTypes } from './types/core-volume';
import { coreVolumeDriversTypes } from './types/core-volume-drivers';
import { discoveryTypes } from './types/discovery';
import { metaTypes } from './types/meta';
import { metricsTypes } from './types/metrics';
import { policyTypes, policyV1Beta1Types } from './types/policy';
import { rbacTypes } from './types/rbac';
/** The types that this apiserver serves or reads. Nothing is parsed before somebody asks for it, and that only once. */
export const kubernetesSchema: Schema = {
  message(name) {
    const parsed = messages.get(name);
    if (parsed !== undefined) return parsed;
    const message = parse(name);
    if (message === null)
      throw new Error(`no type ${JSON.stringify(name)} in the tables of api/schema/types`);
    messages.set(name, message);
    return message;
  },
  messageOf(apiVersion, kind) {
    const name = indexed().kinds.get(`${apiVersion} ${kind}`);
    return name === undefined ? null : kubernetesSchema.message(name);
  },
};

/** Every message of the tables, for tests. */
export function messageNames(): string[] {
  return [...indexed().entries.values()]
    .filter(({ lines }) => !lines[0]?.includes(' = '))
    .map(({ table, name }) => `${table.package}.${name}`);
}

/** Every kind of the tables, lists included. */
export function kindNames(): { apiVersion: string; kind: string; message: Message }[] {
  return [...indexed().kinds].map(([key, name]) => {
    const [apiVersion = '', kind = ''] = key.split(' ');
    return { apiVersion, kind, message: kubernetesSchema.message(name) };
  });
}

const tables: readonly TypeTable[] = [
  appsTypes,
  authenticationTypes,
  authenticationV1Beta1Types,
  authenticationV1Alpha1Types,
  authorizationTypes,
  autoscalingTypes,
  certificatesTypes,
  coordinationTypes,
  coreClusterTypes,
  coreConfigTypes,
  coreContainerTypes,
  coreNodeTypes,
  corePodStatusTypes,
  corePodTypes,
  coreSchedulingTypes,
  coreSecurityTypes,
  coreServiceTypes,
  coreVolumeDriversTypes,
  coreVolumeTypes,
  discoveryTypes,
  metaTypes,
  metricsTypes,
  policyTypes,
  policyV1Beta1Types,
  rbacTypes,
];

/** The tables that others refer to by name. */
const packages: Readonly<Record<string, string>> = {
  core: corePodTypes.package,
  meta: metaTypes.package,
  authentication: authenticationTypes.package,
};

interface Index {
  readonly entries: ReadonlyMap<string, TypeEntry>;
  /** From the OpenAPI name of a list to the type of its items. */
  readonly lists: ReadonlyMap<string, TypeEntry>;
  /** From `apps/v1 Deployment` to an OpenAPI name. */
  readonly kinds: ReadonlyMap<string, string>;
}

const messages = new Map<string, Message>();
let index: Index | null = null;

function indexed(): Index {
  if (index !== null) return index;
  const entries = new Map<string, TypeEntry>();
  const lists = new Map<string, TypeEntry>();
  const kinds = new Map<string, string>();
  for (const table of tables) {
    for (const entry of entriesOf(table)) {
      entries.set(`${table.package}.${entry.name}`, entry);
      if (entry.list === null) continue;
      kinds.set(`${table.apiVersion} ${entry.name}`, `${table.package}.${entry.name}`);
      if (entry.list === '') continue;
      kinds.set(`${table.apiVersion} ${entry.list}`, `${table.package}.${entry.list}`);
      lists.set(`${table.package}.${entry.list}`, entry);
    }
  }
  index = { entries, lists, kinds };
  return index;
}

function parse(name: string): Message | null {
  const { entries, lists } = indexed();
  const entry = entries.get(name);
  if (entry !== undefined) return parseMessage(entry, find);
  const items = lists.get(name);
  return items === undefined ? null : listMessage(items);
}

function find(from: TypeTable, written: string): TypeEntry {
  const [before = '', after] = written.split('.');
  const name = after === undefined ? `${from.package}.${before}` : `${packages[before]}.${after}`;
  const entry = indexed().entries.get(name);
  if (entry === undefined)
    throw new Error(`no type ${JSON.stringify(name)}, which ${from.package} refers to`);
  return entry;
}
