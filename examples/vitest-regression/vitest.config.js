import { defineConfig } from 'vitest/config';

// A lab is started and every path is attacked: more than the five seconds that a test has by itself.
export default defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000 } });
