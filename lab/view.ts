/** A lab at one moment, as those see it who look after it: plain data, to be compared with another moment's. */
export interface View {
  readonly machines: readonly MachineView[];
  readonly nodes: readonly NodeView[];
  readonly requests: readonly RequestView[];
}

export interface MachineView {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly hardwareAddress: string;
  /** Address on the link → hardware address, as `ip neigh` shows it. */
  readonly neighbours: Readonly<Record<string, string>>;
  /** As `ip route` shows them. */
  readonly routes: readonly string[];
  /** What its resolver holds. */
  readonly names: Readonly<Record<string, string>>;
  /** Of its address translation what leads to the machine itself. */
  readonly redirects: readonly string[];
}

export interface NodeView {
  readonly name: string;
  readonly resourceVersion: string;
  /** `InternalIP 10.0.0.11` */
  readonly addresses: readonly string[];
  readonly labels: readonly string[];
  readonly unschedulable: boolean;
  /** Who, by managedFields, wrote status.addresses. */
  readonly owners: readonly string[];
}

export interface RequestView {
  readonly name: string;
  readonly username: string;
  readonly signerName: string;
}
