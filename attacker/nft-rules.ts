import type { Endpoint } from '../network/network';

/** What the attacker's router tells its kernel, as text for `nft -f -`. Pure. */

/** New connections to `to`, arriving at `arrivingAt`, are delivered to a listener of the router's own. */
export interface Redirect {
  /** The interface on the victim's side. */
  readonly arrivingAt: string;
  readonly to: Endpoint;
  readonly deliverTo: Endpoint;
}

/** A table of the attacker's own: in a container, others hold rules of the container engine's (its DNS resolver). */
const TABLE = 'table ip midplane';

/** dstnat and srcnat by number: the names are younger than some of the nft releases that read this. */
const DSTNAT = -100;
const SRCNAT = 100;

/**
 * The whole table, to replace the one before it in one transaction. Its chain is there even without a rule: the kernel
 * begins to follow connections when a NAT chain appears, and must know those that are older than an attack.
 */
export function renderTable(redirects: readonly Redirect[]): string {
  const rules = redirects.map((redirect) => `    ${renderRedirect(redirect)}\n`).join('');
  return (
    `${removeTable()}${TABLE} {\n` +
    '  chain prerouting {\n' +
    `    type nat hook prerouting priority ${DSTNAT}; policy accept;\n` +
    `${rules}  }\n}\n`
  );
}

/** What this machine sends to such a port of a neighbour's comes from `from`, an address that need not be its own. */
export interface Pretence {
  readonly to: Endpoint;
  readonly from: string;
}

/** A table in place of the one with redirects. */
export function renderPretences(pretences: readonly Pretence[]): string {
  const rules = pretences.map(
    ({ to, from }) => `    ip daddr ${ipv4(to.address)} udp dport ${port(to.port)} snat to ${ipv4(from)}\n`,
  );
  return (
    `${removeTable()}${TABLE} {\n` +
    '  chain postrouting {\n' +
    `    type nat hook postrouting priority ${SRCNAT}; policy accept;\n` +
    `${rules.join('')}  }\n}\n`
  );
}

/** Removes the table, whether it is there or not: one that is declared first is sure to be. */
export function removeTable(): string {
  return `${TABLE}\ndelete ${TABLE}\n`;
}

/**
 * - `prerouting` sees what comes in and not what this machine sends: its own connections to the genuine endpoint pass.
 * - Only a SYN counts: of a connection that the kernel does not know yet every packet looks like the first.
 * - `dnat` to an address and not `redirect`, which would choose the first address of the interface; the listener is
 *   bound to one address alone.
 */
export function renderRedirect({ arrivingAt, to, deliverTo }: Redirect): string {
  return (
    `iifname "${interfaceName(arrivingAt)}" ip daddr ${ipv4(to.address)} tcp dport ${port(to.port)} ` +
    `tcp flags & (fin | syn | rst | ack) == syn dnat to ${ipv4(deliverTo.address)}:${port(deliverTo.port)}`
  );
}

// These three stop whatever could end one rule and begin another. Callers check what users send, so this is a bug's end.

function interfaceName(name: string): string {
  if (!/^[\w.@:-]{1,15}$/.test(name)) throw new RangeError(`not an interface's name: "${name}"`);
  return name;
}

function ipv4(address: string): string {
  if (!isIpv4(address)) throw new RangeError(`not an IPv4 address: "${address}"`);
  return address;
}

function port(number: number): number {
  if (!isPort(number)) throw new RangeError(`not a port: ${number}`);
  return number;
}

/** Dotted, four octets, none with a leading zero (which some programs read as octal). */
export function isIpv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text);
}

export function isPort(number: number): boolean {
  return Number.isInteger(number) && number >= 1 && number <= 65_535;
}
