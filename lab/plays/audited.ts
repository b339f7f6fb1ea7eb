import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cluster } from '../cluster';
import type { Stage } from '../scenarios/stage';

interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly responseStatus?: { readonly code?: number };
}

/** A file for --audit-log-path that ends with the stage. */
export async function auditLog(stage: Stage): Promise<{
  readonly flag: string;
  /** What the apiserver wrote of this user's requests, a line each. The cluster is over then. */
  told(cluster: Cluster, username: string): Promise<string[]>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'midplane-audit-'));
  stage.closeLater({ close: () => rm(folder, { recursive: true, force: true }) });
  const file = join(folder, 'audit.log');
  return {
    flag: `--audit-log-path=${file}`,
    told: async (cluster, username) => {
      // Its log is written to its end then.
      await cluster.close();
      const lines = (await readFile(file, 'utf8')).trim().split('\n');
      return lines
        .map((line) => JSON.parse(line) as AuditEvent)
        .filter((event) => event.user.username === username && event.stage === 'ResponseComplete')
        .map(({ verb, requestURI, responseStatus }) => `${verb} ${requestURI} ${responseStatus?.code ?? ''}`);
    },
  };
}
