import { defineConfig } from "vitest/config";

// The server's content security policy allows nothing inline, so no asset may become a `data:` address and no module a
// preload script: every file is one of its own under a hashed name.
export default defineConfig({
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    // pdf.js calls its worker `.mjs`; under `.js` every server knows that it is a script.
    rolldownOptions: {
      output: {
        assetFileNames: ({ names }) =>
          names.some((name) => name.endsWith(".mjs")) ? "assets/[name]-[hash].js" : "assets/[name]-[hash][extname]",
      },
    },
  },
  server: { proxy: { "/ws": { target: "http://localhost:8080", ws: true }, "/api": "http://localhost:8080" } },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"], environment: "node" },
});
