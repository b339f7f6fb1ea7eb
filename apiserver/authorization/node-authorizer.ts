import { resourceText } from '../../api/failures';
import type { PolicyRule } from '../../api/objects';
import { type Attributes, type Authorizer, allow, type Decision, noOpinion } from '../authorize';
import { ruleAllows } from '../rbac';
import type { NodeGraph } from './node-graph';
import { nodeIdentity } from './node-identity';

/**
 * Node: a kubelet may do what a kubelet has to, and read what the pods on its node name. Never a Deny: RBAC may allow
 * more. What a write may say is the business of admission (NodeRestriction).
 * Source: plugin/pkg/auth/authorizer/node/node_authorizer.go (release 1.33, AuthorizeNodeWithSelectors on).
 */
export function nodeAuthorizer(
  graph: NodeGraph,
  rules: readonly PolicyRule[],
  denied: (nodeName: string, attributes: Attributes) => void = () => undefined,
): Authorizer {
  return (attributes) => {
    const nodeName = nodeIdentity(attributes.user);
    if (nodeName === null) return noOpinion('');
    const decision =
      nodeName === ''
        ? noOpinion(`unknown node for user ${JSON.stringify(attributes.user.name)}`)
        : decide(nodeName, attributes, graph, rules);
    if (decision.kind !== 'allow') denied(nodeName, attributes);
    return decision;
  };
}

type ResourceAttributes = Extract<Attributes, { kind: 'resource' }>;

function decide(
  nodeName: string,
  attributes: Attributes,
  graph: NodeGraph,
  rules: readonly PolicyRule[],
): Decision {
  if (attributes.kind === 'resource') {
    switch (resourceText(attributes)) {
      case 'secrets':
      case 'configmaps':
        return readNamed(nodeName, attributes, graph);
      case 'persistentvolumeclaims':
        return attributes.subresource === 'status'
          ? updateStatus(nodeName, attributes, graph)
          : getNamed(nodeName, attributes, graph);
      // None of these is served, so none is related to any node.
      case 'persistentvolumes':
      case 'resourceclaims.resource.k8s.io':
      case 'volumeattachments.storage.k8s.io':
        return getNamed(nodeName, attributes, graph);
      case 'serviceaccounts':
        return createToken(nodeName, attributes, graph);
      case 'leases.coordination.k8s.io':
        return ownLease(nodeName, attributes);
      case 'csinodes.storage.k8s.io':
        return ownCsiNode(nodeName, attributes);
      case 'resourceslices.resource.k8s.io':
        return ownResourceSlices(nodeName, attributes, graph);
      case 'nodes':
        return ownNode(nodeName, attributes);
      case 'pods':
        return ownPods(nodeName, attributes, graph);
    }
  }
  return rules.some((rule) => ruleAllows(rule, attributes)) ? allow('') : noOpinion('');
}

/** A list or watch of one name carries that name. */
function readNamed(nodeName: string, attributes: ResourceAttributes, graph: NodeGraph): Decision {
  const { verb, subresource, namespace } = attributes;
  if (!['get', 'list', 'watch'].includes(verb)) return noOpinion('can only read resources of this type');
  if (subresource !== '') return noOpinion('cannot read subresource');
  if (namespace === '') return noOpinion('can only read namespaced object of this type');
  return related(nodeName, attributes, graph);
}

function getNamed(nodeName: string, attributes: ResourceAttributes, graph: NodeGraph): Decision {
  if (attributes.verb !== 'get') return noOpinion('can only get individual resources of this type');
  if (attributes.subresource !== '') return noOpinion('cannot get subresource');
  return related(nodeName, attributes, graph);
}

function updateStatus(nodeName: string, attributes: ResourceAttributes, graph: NodeGraph): Decision {
  return attributes.verb === 'update' || attributes.verb === 'patch'
    ? related(nodeName, attributes, graph)
    : noOpinion('can only get/update/patch this type');
}

function related(nodeName: string, { resource, namespace, name }: ResourceAttributes, graph: NodeGraph) {
  if (name === '') return noOpinion('No Object name found');
  return graph.isRelated(nodeName, resource, namespace, name)
    ? allow('')
    : noOpinion(`no relationship found between node '${nodeName}' and this object`);
}

function createToken(nodeName: string, attributes: ResourceAttributes, graph: NodeGraph): Decision {
  const { verb, subresource, name } = attributes;
  if (verb !== 'create' || name === '')
    return noOpinion('can only create tokens for individual service accounts');
  if (subresource !== 'token') return noOpinion('can only create token subresource of serviceaccount');
  return related(nodeName, attributes, graph);
}

const ownVerbs = ['get', 'create', 'update', 'patch', 'delete'];

/** The name of what is created is not known yet: admission looks at it. */
function ownLease(nodeName: string, { verb, namespace, name }: ResourceAttributes): Decision {
  if (!ownVerbs.includes(verb))
    return noOpinion('can only get, create, update, patch, or delete a node lease');
  if (namespace !== 'kube-node-lease')
    return noOpinion('can only access leases in the "kube-node-lease" system namespace');
  return verb === 'create' || name === nodeName
    ? allow('')
    : noOpinion('can only access node lease with the same name as the requesting node');
}

function ownCsiNode(nodeName: string, { verb, subresource, name }: ResourceAttributes): Decision {
  if (!ownVerbs.includes(verb)) return noOpinion('can only get, create, update, patch, or delete a CSINode');
  if (subresource !== '') return noOpinion('cannot authorize CSINode subresources');
  return verb === 'create' || name === nodeName
    ? allow('')
    : noOpinion('can only access CSINode with the same name as the requesting node');
}

function ownResourceSlices(nodeName: string, attributes: ResourceAttributes, graph: NodeGraph): Decision {
  if (attributes.subresource !== '') return noOpinion('cannot authorize ResourceSlice subresources');
  switch (attributes.verb) {
    case 'create':
      return allow('');
    case 'get':
    case 'update':
    case 'patch':
    case 'delete':
      return related(nodeName, attributes, graph);
    case 'list':
    case 'watch':
    case 'deletecollection':
      return selects(attributes, 'nodeName', nodeName)
        ? allow('')
        : noOpinion('can only list/watch/deletecollection resourceslices with nodeName field selector');
  }
  return noOpinion(
    'only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection',
  );
}

/** Its own is read by name, so that it can be looked for before it is there. */
function ownNode(nodeName: string, { verb, subresource, name }: ResourceAttributes): Decision {
  switch (`${verb} ${subresource}`) {
    case 'create ':
    case 'update ':
    case 'patch ':
    case 'update status':
    case 'patch status':
      return allow('');
    case 'get ':
    case 'list ':
    case 'watch ':
      if (name === nodeName) return allow('');
      return noOpinion(
        name === ''
          ? `node '${nodeName}' cannot read all nodes, only its own Node object`
          : `node '${nodeName}' cannot read '${name}', only its own Node object`,
      );
  }
  return noOpinion('');
}

function ownPods(nodeName: string, attributes: ResourceAttributes, graph: NodeGraph): Decision {
  const { verb, subresource, name } = attributes;
  switch (`${verb} ${subresource}`) {
    case 'get ':
      return getNamed(nodeName, attributes, graph);
    case 'list ':
    case 'watch ':
      if (selects(attributes, 'spec.nodeName', nodeName)) return allow('');
      return name === ''
        ? noOpinion('can only list/watch pods with spec.nodeName field selector')
        : related(nodeName, attributes, graph);
    case 'create ':
    case 'delete ':
    case 'update status':
    case 'patch status':
    case 'create eviction':
      return allow('');
  }
  return noOpinion('');
}

function selects({ fieldTerms = [] }: ResourceAttributes, field: string, value: string): boolean {
  return fieldTerms.some((term) => term.field === field && term.equal && term.value === value);
}
