import type { Cluster } from '../cluster';
import type { Conversation } from '../lab-under-test';
import type { ClientPathId } from '../paths';
import { joiningKubelet } from './joining-kubelet';
import { kubeProxy } from './kube-proxy';
import { kubelet } from './kubelet';
import { controllerManager, scheduler } from './leaders';
import { podClient } from './pod-client';
import { scraper } from './scraper';
import { user } from './user';

const conversations: Readonly<Record<ClientPathId, (cluster: Cluster) => Conversation>> = {
  'kubelet-api': kubelet,
  'kubelet-bootstrap': joiningKubelet,
  'kube-proxy-api': kubeProxy,
  'pod-api': podClient,
  'controller-manager-api': controllerManager,
  'scheduler-api': scheduler,
  'kubectl-api': user,
  'metrics-scrape': scraper,
};

/**
 * The paths of those who dial: each starts the component itself, with a kubeconfig of its own on a machine of its own,
 * and ends it when it got what it wanted or cannot go on. The genuine server holds the `down` word in an object that the
 * component reads; the `up` word is in something that it sends.
 */
export function clientConversation(id: ClientPathId, cluster: Cluster): Conversation {
  return conversations[id](cluster);
}
