/** What runs, and tells when it has ended by itself. */
interface Component {
  readonly failed: Promise<unknown>;
  close(): Promise<void>;
}

/** Starts it again whenever it ends by itself, as a kubelet does with the static pods of a control plane. */
export function keepRunning(start: () => Component): { close(): Promise<void> } {
  let current = start();
  let closing = false;
  void watch(current);

  async function watch(watched: Component): Promise<void> {
    await watched.failed;
    await watched.close();
    if (closing) return;
    current = start();
    void watch(current);
  }

  return {
    close: async () => {
      closing = true;
      await current.close();
    },
  };
}
