/** Two groups: the rooms, side by side; then the recordings of this machine, one by one, as others' load is in their figures. */
import { defineConfig } from 'vitest/config';

const LIVE = 'test/live/**/*.test.ts';
const timeouts = { testTimeout: 60_000, hookTimeout: 120_000 };

// biome-ignore lint/style/noDefaultExport: vitest takes nothing else
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...timeouts,
          name: 'rooms',
          include: ['test/**/*.test.ts'],
          exclude: [LIVE],
          sequence: { groupOrder: 0 },
        },
      },
      { test: { ...timeouts, name: 'live', include: [LIVE], maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
