import type { KubeObject } from '../../api/objects';
import { parseApiserverFlags } from '../../apiserver/flags';
import { MidplaneError } from '../../error';
import { CONFIGURATION_FIELDS, type FieldKinds } from '../../kubelet/configuration-fields';
import { parseKubeletConfiguration } from '../../kubelet/kubelet-configuration';
import { defencesRun } from '../../scenarios/vocabulary';
import type { DocumentPath } from '../../wire/located-yaml';
import { stockApiserverFlags } from '../control-plane';
import type { KubeletFields } from '../defences';
import type { PlacedObject } from '../kubeadm-objects';
import { collectionOf } from '../object-path';
import { type DocumentPart, nearOf, quoted } from './document-part';
import { noteObjectFaults } from './note-object-faults';
import { type ClusterChanges, stockCluster } from './scenario-file';

export const clusterFields = ['defence', 'apiserver', 'insteadOf', 'kubelet', 'objects'] as const;

/** What is not said is as in `otherwise`. */
export function readCluster(part: DocumentPart | null, otherwise = stockCluster): ClusterChanges {
  if (part === null) return otherwise;
  return {
    defence: part.word('defence', defencesRun) ?? otherwise.defence,
    apiserver: part.has('apiserver') ? flagsOf(part) : otherwise.apiserver,
    insteadOf: part.has('insteadOf') ? othersOf(part) : otherwise.insteadOf,
    kubelet: part.has('kubelet') ? kubeletOf(part) : otherwise.kubelet,
    objects: part.has('objects') ? objectsOf(part) : otherwise.objects,
  };
}

/** By their real names, as on the command line: read by the apiserver's own reader. */
function flagsOf(part: DocumentPart): readonly string[] {
  const flags = part.texts('apiserver');
  const complaint = complaintOf(() => parseApiserverFlags([...flags]));
  if (complaint === null) return flags;
  // The first that brings it about.
  const at = flags.findIndex((_, index) => {
    const sofar = complaintOf(() => parseApiserverFlags(flags.slice(0, index + 1)));
    return sofar?.message === complaint.message;
  });
  part.note('apiserver', complaint.message, complaint.hint ?? 'midplane apiserver --help lists them', [
    Math.max(0, at),
  ]);
  return flags;
}

/** Flags of the lab's own with what stands in their place. */
function othersOf(around: DocumentPart): Readonly<Record<string, string>> {
  const part = around.part('insteadOf');
  const others = (part?.names() ?? []).map((own): [string, string] => {
    if (!stockApiserverFlags.includes(own)) {
      part?.noteName(
        own,
        `"${own}" is no flag of the lab's kube-apiserver`,
        nearOf(own, stockApiserverFlags),
      );
    }
    return [own, part?.text(own)?.trim() ?? ''];
  });
  const read = Object.fromEntries(others);
  for (const [own, other] of others) {
    if (other === '') continue;
    const complaint = complaintOf(() => parseApiserverFlags([other]));
    if (complaint !== null) part?.note(own, complaint.message, complaint.hint ?? '');
  }
  return read;
}

/** By the fields' real names: read by the kubelet's own reader. */
function kubeletOf(part: DocumentPart): KubeletFields {
  const given = part.value('kubelet');
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    part.note(
      'kubelet',
      `spec.cluster.kubelet is ${quoted(given)}`,
      'it holds fields of KubeletConfiguration',
    );
    return {};
  }
  if (unknownFields(part, given as Fields, CONFIGURATION_FIELDS, [])) return {};
  for (const [name, value] of Object.entries(given)) {
    const head = { apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration' };
    const configuration = JSON.stringify({ ...head, [name]: value });
    const complaint = complaintOf(() => parseKubeletConfiguration(configuration, 'KubeletConfiguration'));
    if (complaint !== null) part.note('kubelet', complaint.message, complaint.hint ?? '', [name]);
  }
  return given as KubeletFields;
}

type Fields = Readonly<Record<string, unknown>>;

function unknownFields(part: DocumentPart, given: Fields, known: FieldKinds, path: DocumentPath): boolean {
  let found = false;
  for (const [name, value] of Object.entries(given)) {
    const kind = Object.hasOwn(known, name) ? known[name] : undefined;
    const here = [...path, name];
    if (kind === undefined) {
      const text = `unknown field "${here.join('.')}" of KubeletConfiguration`;
      part.noteName('kubelet', text, nearOf(name, Object.keys(known)), here);
      found = true;
    } else if (typeof kind === 'object' && typeof value === 'object' && value !== null) {
      found = unknownFields(part, value as Fields, kind, here) || found;
    }
  }
  return found;
}

function objectsOf(part: DocumentPart): readonly PlacedObject[] {
  return part.parts('objects').flatMap((object, at) => {
    const given = part.items('objects')[at] as KubeObject;
    const apiVersion = object.neededText('apiVersion');
    const kind = object.neededText('kind');
    const name = object.neededPart('metadata').neededText('name');
    object.part('metadata')?.text('namespace');
    if (apiVersion === '' || kind === '' || name === '') return [];
    // Noted above, like the others.
    if (typeof (given.metadata.namespace ?? '') !== 'string') return [];
    const complaint = complaintOf(() => collectionOf(given));
    if (complaint !== null) {
      object.note('kind', complaint.message, complaint.hint ?? '');
      return [];
    }
    noteObjectFaults(object, given);
    return [{ path: collectionOf(given), object: given }];
  });
}

function complaintOf(read: () => unknown): MidplaneError | null {
  try {
    read();
    return null;
  } catch (error) {
    if (error instanceof MidplaneError) return error;
    throw error;
  }
}
