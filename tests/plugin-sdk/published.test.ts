/** The package as authors get it: built, read by publint, loaded by plain Node, and checked by a strict compiler. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const home = mkdtempSync(join(tmpdir(), "plugin-sdk-"));
const built = join(home, "node_modules", "@moltbot", "plugin-sdk");

const node = (...argv: readonly string[]): string =>
  execFileSync(process.execPath, argv, { cwd: home, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

beforeAll(() => {
  mkdirSync(built, { recursive: true });
  node(join(root, "packages", "plugin-sdk", "build.mjs"), built);
}, 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe("the published plugin-sdk", () => {
  it("has nothing that publint remarks", async () => {
    const { messages } = await publint({ pkgDir: built, strict: true, pack: false });
    expect(messages).toEqual([]);
  });

  it("depends on nothing, and names nothing of ours", () => {
    const manifest: unknown = JSON.parse(readFileSync(join(built, "package.json"), "utf8"));
    expect(manifest).not.toHaveProperty("dependencies");
    expect(manifest).not.toHaveProperty("private");
    // The template holds the text of a plugin, which imports the SDK.
    const files = readdirSync(built, { recursive: true, encoding: "utf8" }).filter(
      (name) => /\.(js|d\.ts)$/.test(name) && name !== "template.js",
    );
    expect(files.length).toBeGreaterThan(5);
    const named = files.flatMap((name) =>
      [...readFileSync(join(built, name), "utf8").matchAll(/^(?:import|export) .* from "([^"]+)";$/gm)].map(
        ([, what]) => what,
      ),
    );
    expect(named.filter((what) => !/^\.\.?\/[\w./-]+\.js$/.test(what ?? ""))).toEqual([]);
  });

  it("is loaded by plain Node, through each of its doors", () => {
    writeFileSync(
      join(home, "main.mjs"),
      `import { definePlugin } from "@moltbot/plugin-sdk";
import { runPlugin } from "@moltbot/plugin-sdk/testing";
import { templateFiles } from "@moltbot/plugin-sdk/template";
const text = (path) => templateFiles("greeter").find((file) => file.path === path).text;
const plugin = definePlugin({ tools: { greet: ({ who }) => "hello " + who } });
const report = await runPlugin(plugin, { manifest: JSON.parse(text("plugin.json")) }).call("greet", { who: "Ada" });
process.stdout.write(JSON.stringify(report.result));`,
    );
    expect(node(join(home, "main.mjs"))).toBe('"hello Ada"');
  });

  it("is typed for a strict compiler that checks the libraries too, and lets no wrong plugin pass", () => {
    const check = (name: string, text: string): string => {
      writeFileSync(join(home, name), text);
      const options =
        "--ignoreConfig --noEmit --strict --module nodenext --target es2024 --lib es2024,dom --allowJs --checkJs";
      try {
        return node(join(root, "node_modules", "typescript", "bin", "tsc"), ...options.split(" "), join(home, name));
      } catch (thrown) {
        return String((thrown as { stdout: unknown }).stdout); // execFileSync throws what holds it
      }
    };
    const plugin = (inside: string): string =>
      `import { definePlugin } from "@moltbot/plugin-sdk";
import "@moltbot/plugin-sdk/testing";
/** @param {{ who: string, often?: number }} args @param {import("@moltbot/plugin-sdk").Host} host */
const greet = async ({ who }, host) => { ${inside} };
export default definePlugin({ tools: { greet } });`;
    expect(
      check("right.mjs", plugin("host.log(who); return { who, body: (await host.http.fetch({ url: who })).body };")),
    ).toBe("");
    expect(
      check("method.mjs", plugin("await host.http.fetch({ url: who, method: 'CONNECT' }); return null;")),
    ).toContain("TS2322");
    expect(check("handle.mjs", plugin("await host.http.fetch({ url: who, secret: 'text' }); return null;"))).toContain(
      "TS2322",
    );
    expect(check("answer.mjs", plugin("return () => who;"))).toContain("TS2322");
  });
});
