import { gzipSync } from "node:zlib";
import { defineConfig } from "vite";
import type { Plugin } from "vite";

/** The budget for what a browser loads before chat works. */
const BUDGET_BYTES = 140 * 1024;

const sizes = (): Plugin => ({
  name: "moltbot-sizes",
  generateBundle(_options, bundle) {
    let total = 0;
    for (const part of Object.values(bundle)) {
      const source = part.type === "chunk" ? part.code : part.source;
      if (!/\.(js|css)$/.test(part.fileName)) continue;
      const bytes = gzipSync(source).byteLength;
      total += bytes;
      process.stderr.write(`  web            ${part.fileName} ${(bytes / 1024).toFixed(1)} KB gz\n`);
    }
    process.stderr.write(`  web            total ${(total / 1024).toFixed(1)} of ${BUDGET_BYTES / 1024} KB gz\n`);
    if (total > BUDGET_BYTES) this.error(`the web app is over its budget of ${BUDGET_BYTES} bytes`);
  },
});

export default defineConfig({
  base: "/",
  plugins: [sizes()],
  build: {
    outDir: "../../dist/web",
    emptyOutDir: true,
    target: ["chrome123", "firefox128", "safari17.5"],
    // Nothing may be inlined: the page's policy allows no script and no style from a data URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // The client loads the contracts only to check answers, which the page does not ask for.
      external: ["@moltbot/contracts"],
    },
  },
});
