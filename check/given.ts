import type { JudgedSetting, SettingClass } from '../report/given-outcome';
import type { FilePlace } from '../report/outcome';

/** What people give to midplane check, as it is written in their files: nothing of it is judged here. */
export interface GivenFlag {
  /** Without dashes. */
  readonly name: string;
  readonly value: string;
  readonly at: FilePlace;
}

/** A leaf of a configuration file. */
export interface GivenField {
  /** `authentication.anonymous.enabled`. */
  readonly name: string;
  readonly value: unknown;
  readonly at: FilePlace;
}

/** What puts flags of its own beside the given ones. */
export type Installer = 'kubeadm' | 'k3s';

/** `at`: where its settings stand, and one more would be added. */
export type GivenPart =
  | {
      readonly kind: 'apiserver';
      readonly flags: readonly GivenFlag[];
      readonly installer: Installer | null;
      readonly at: FilePlace;
    }
  | {
      readonly kind: 'kubelet';
      readonly flags: readonly GivenFlag[];
      readonly installer: Installer | null;
      /** Which of kubeadm's machines: the first of the control plane, or one that joins. */
      readonly of?: 'InitConfiguration' | 'JoinConfiguration';
      readonly at: FilePlace;
    }
  | {
      readonly kind: 'kubelet-configuration';
      readonly fields: readonly GivenField[];
      readonly at: FilePlace;
    }
  | {
      readonly kind: 'egress-selector';
      /** How the cluster is dialled; null where nothing is said of it, which is as good as Direct. */
      readonly protocol: EgressProtocol | null;
      readonly at: FilePlace;
    }
  | { readonly kind: 'kubeconfig'; readonly skipsVerification: boolean; readonly at: FilePlace }
  /** What is neither: judged where it was read. */
  | {
      readonly kind: 'other';
      /** Empty for a document that is about no component. */
      readonly component: string;
      readonly name: string;
      readonly class: SettingClass;
      readonly why: string;
      readonly at: FilePlace;
    };

export const egressProtocols = ['Direct', 'HTTPConnect', 'GRPC'] as const;
export type EgressProtocol = (typeof egressProtocols)[number];

export type Component = 'kube-apiserver' | 'kubelet';

export function unread(name: string, at: FilePlace): GivenPart {
  return {
    kind: 'other',
    component: '',
    name,
    class: 'not-played',
    why: 'nothing in it that midplane check reads',
    at,
  };
}

/** Of what is said twice the last word counts. */
export function givenAgain(component: Component, name: string, at: FilePlace | null): JudgedSetting {
  return {
    component,
    name,
    value: null,
    class: 'no-influence',
    why: 'given again, and the last one counts',
    at,
  };
}

/** For the hints of whatever could not be read. */
export const forms =
  'midplane check reads a manifest of pods, a KubeletConfiguration, a kubeadm ClusterConfiguration, a config.yaml of k3s or RKE2, an EgressSelectorConfiguration, a kubeconfig, a systemd unit, and a command line of kube-apiserver or kubelet';
