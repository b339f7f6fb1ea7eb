import { MidplaneError } from '../../error';
import { nearestNames } from '../../nearest';
import { anonymousKubelet } from './anonymous-kubelet';
import { dnsTakeover } from './dns-takeover';
import { externalIps } from './external-ips';
import { fakeApiserver } from './fake-apiserver';
import { falseNodeAddress } from './false-node-address';
import { getNodesProxy } from './get-nodes-proxy';
import { hijackedShell } from './hijacked-shell';
import { joinWithoutCaHash } from './join-without-ca-hash';
import { konnectivityFrontDoor } from './konnectivity-front-door';
import { konnectivityRogueAgent } from './konnectivity-rogue-agent';
import { leakedBootstrapToken } from './leaked-bootstrap-token';
import { logsRewritten } from './logs-rewritten';
import { nodeAddressInControlPlane } from './node-address-in-control-plane';
import { nodeAddressOnLoopback } from './node-address-on-loopback';
import { nodeWithoutRestriction } from './node-without-restriction';
import { readOnlyPort } from './read-only-port';
import { redirectStealsToken } from './redirect-steals-token';
import { redirectedApiserver } from './redirected-apiserver';
import { redirectedExec } from './redirected-exec';
import { rogueServingCsr } from './rogue-serving-csr';
import { rootOnANode } from './root-on-a-node';
import type { Scenario } from './scenario';
import { scraperToken } from './scraper-token';
import { secretsInPassing } from './secrets-in-passing';
import { smuggledBehindUpgrade } from './smuggled-behind-upgrade';
import { stolenNodeCredentials } from './stolen-node-credentials';
import { tokenAfterItsPod } from './token-after-its-pod';
import { tunnelByChance } from './tunnel-by-chance';
import { uncheckedHostKey } from './unchecked-host-key';

/** Those that ship, in the order in which they teach. */
export const scenarios: readonly Scenario[] = [
  anonymousKubelet,
  readOnlyPort,
  getNodesProxy,
  joinWithoutCaHash,
  leakedBootstrapToken,
  stolenNodeCredentials,
  nodeWithoutRestriction,
  falseNodeAddress,
  rootOnANode,
  nodeAddressInControlPlane,
  nodeAddressOnLoopback,
  rogueServingCsr,
  fakeApiserver,
  logsRewritten,
  hijackedShell,
  scraperToken,
  dnsTakeover,
  secretsInPassing,
  redirectStealsToken,
  smuggledBehindUpgrade,
  redirectedExec,
  redirectedApiserver,
  tokenAfterItsPod,
  externalIps,
  uncheckedHostKey,
  tunnelByChance,
  konnectivityRogueAgent,
  konnectivityFrontDoor,
];

/** Throws MidplaneError USAGE, which names the nearest ones. */
export function scenarioOf(id: string): Scenario {
  const found = scenarios.find((it) => it.id === id);
  if (found !== undefined) return found;
  const near = nearestNames(
    id,
    scenarios.map((it) => it.id),
  );
  throw new MidplaneError('USAGE', `unknown scenario "${id}"`, {
    hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'midplane list scenarios shows them all',
  });
}
