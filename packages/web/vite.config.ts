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

/**
 * Of marked the page needs the lexer; the rest, which writes HTML strings, hangs on it by assignments that no bundler may
 * drop. It is cut off here; a version that is put together differently fails the build.
 */
const lexerAlone = (): Plugin => ({
  name: "moltbot-lexer-alone",
  enforce: "pre",
  transform(code, id) {
    if (!/\/marked\.esm\.js(\?|$)/.test(id)) return null;
    const end = /var (\w+)=new \w+;function \w+\(\w+,\w+\)\{return \1\.parse\(/.exec(code)?.index;
    const lexer = /(\w+) as Lexer\b/.exec(code)?.[1];
    if (end === undefined || lexer === undefined) this.error("marked is put together differently: see lexerAlone");
    return { code: `${code.slice(0, end)}export{${lexer} as Lexer};`, map: null };
  },
});

/** Templates are indented for whoever reads them here; browsers need none of it. */
const withoutIndents = (): Plugin => ({
  name: "moltbot-without-indents",
  enforce: "pre",
  transform: (code, id) => (/\/web\/src\/(elements|views)\/[\w-]+\.ts$/.test(id) ? code.replace(/\n\s+/g, "\n") : null),
});

export default defineConfig({
  base: "/",
  plugins: [lexerAlone(), withoutIndents(), sizes()],
  build: {
    outDir: "../../dist/web",
    emptyOutDir: true,
    target: ["chrome123", "firefox128", "safari17.5"],
    // Nothing may be inlined: the page's policy allows no script and no style from a data URL.
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: {
      // The client loads the contracts only to check answers, which the page does not ask for.
      external: ["@moltbot/contracts"],
    },
  },
});
