/** Upstream listens on every address; a lab that was started without a thought must not be open to the network. */
export const LOOPBACK = '127.0.0.1';
