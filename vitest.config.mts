import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          globalSetup: ["test/build-package.ts"],
          // Only a machine that does much else needs it.
          testTimeout: 30_000,
          // Before the others: order 0 with a single worker is vitest's "last".
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "real",
          include: ["test/{contract,engine,package,sandbox,scenarios}/**/*.test.ts"],
          globalSetup: ["test/build-package.ts", "test/sandbox/global-setup.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Scenarios mostly wait for servers, so that three fit on two cores. More make Velero slow.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "nodes",
          include: ["test/nodes/**/*.test.ts"],
          globalSetup: ["test/build-package.ts"],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          // A file has clusters of its own, each with a node: two files at a time are too much for two cores.
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
