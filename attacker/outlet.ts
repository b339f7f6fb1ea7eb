/** Where the attacker writes in a multiplexed session: a SPDY stream or a WebSocket channel. */
export interface Outlet {
  accept(): void;
  refuse(): void;
  write(text: string): void;
  finish(): void;
}
