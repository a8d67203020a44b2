import { defineConfig } from "vitest/config";

/** Every screen in a real Chromium against a fake server: `npm run screens`. Pictures land in `artifacts/`. */
export default defineConfig({
  test: {
    include: ["test/screens/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
