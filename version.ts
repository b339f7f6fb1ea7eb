/** midplane's own version; a test compares it with package.json. */
export const midplaneVersion = '0.1.0';

/** The Kubernetes release whose behaviour every component copies. */
export const emulatedKubernetes = 'v1.33.1';
