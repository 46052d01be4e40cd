import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          globalSetup: ["test/build-package.ts"],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "real",
          include: ["test/{contract,engine,sandbox,scenarios}/**/*.test.ts"],
          globalSetup: ["test/build-package.ts", "test/sandbox/global-setup.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Scenarios mostly wait for servers, so that three fit on two cores. More make Velero slow.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
