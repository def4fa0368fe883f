import { defineConfig } from "vitest/config";

// Averages gate little; the rooms that keep the promise are held to a higher bar, each on its own.
const securityRoom = { branches: 95 };

export default defineConfig({
  test: {
    include: ["packages/**/src/**/*.test.ts", "tests/**/*.test.ts"],
    exclude: ["**/node_modules/**", "dist/**"],
    environment: "node",
    pool: "forks",
    runner: "./scripts/test-runner.mjs",
    reporters: ["default", "./scripts/closing-line-reporter.mjs"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    coverage: {
      provider: "v8",
      reportsDirectory: "coverage",
      reporter: ["text-summary", "json-summary", "html"],
      include: ["packages/*/src/**/*.ts"],
      exclude: ["**/*.test.ts", "**/*.d.ts", "packages/*/src/**/test-support/**", "packages/*/src/**/testing/**"],
      thresholds: {
        lines: 85,
        "packages/core/src/guard/**": securityRoom,
        "packages/storage/src/audit/**": securityRoom,
        "packages/storage/src/crypto/**": securityRoom,
        "packages/execution/src/egress/**": securityRoom,
      },
    },
  },
});
