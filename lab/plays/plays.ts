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
import type { Play } from './play';
import { readOnlyPort } from './read-only-port';
import { redirectStealsToken } from './redirect-steals-token';
import { redirectedApiserver } from './redirected-apiserver';
import { redirectedExec } from './redirected-exec';
import { rogueServingCsr } from './rogue-serving-csr';
import { rootOnANode } from './root-on-a-node';
import { scraperToken } from './scraper-token';
import { secretsInPassing } from './secrets-in-passing';
import { smuggledBehindUpgrade } from './smuggled-behind-upgrade';
import { stolenNodeCredentials } from './stolen-node-credentials';
import { tokenAfterItsPod } from './token-after-its-pod';
import { tunnelByChance } from './tunnel-by-chance';
import { uncheckedHostKey } from './unchecked-host-key';

/** Those that ship, by what scenario files call them. */
export const plays: Readonly<Record<string, Play>> = {
  'anonymous-kubelet': anonymousKubelet,
  'read-only-port': readOnlyPort,
  'get-nodes-proxy': getNodesProxy,
  'join-without-ca-hash': joinWithoutCaHash,
  'leaked-bootstrap-token': leakedBootstrapToken,
  'stolen-node-credentials': stolenNodeCredentials,
  'node-without-restriction': nodeWithoutRestriction,
  'false-node-address': falseNodeAddress,
  'root-on-a-node': rootOnANode,
  'node-address-in-control-plane': nodeAddressInControlPlane,
  'node-address-on-loopback': nodeAddressOnLoopback,
  'rogue-serving-csr': rogueServingCsr,
  'fake-apiserver': fakeApiserver,
  'logs-rewritten': logsRewritten,
  'hijacked-shell': hijackedShell,
  'scraper-token': scraperToken,
  'dns-takeover': dnsTakeover,
  'secrets-in-passing': secretsInPassing,
  'redirect-steals-token': redirectStealsToken,
  'smuggled-behind-upgrade': smuggledBehindUpgrade,
  'redirected-exec': redirectedExec,
  'redirected-apiserver': redirectedApiserver,
  'token-after-its-pod': tokenAfterItsPod,
  'external-ips': externalIps,
  'unchecked-host-key': uncheckedHostKey,
  'tunnel-by-chance': tunnelByChance,
  'konnectivity-rogue-agent': konnectivityRogueAgent,
  'konnectivity-front-door': konnectivityFrontDoor,
};
