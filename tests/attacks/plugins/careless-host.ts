import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostilePlugin } from "./hostile/hostile-plugin.ts";

/** What a host does that believes plugins: it imports them, and gives them functions of its own. */
const RUNNER = `
import { readFileSync } from "node:fs";
const refuse = (code) => Promise.reject(Object.assign(new Error("refused"), { code }));
const host = {
  http: { fetch: (ask) => { String(ask?.url); return refuse("PLUGIN_MAY_NOT"); } },
  storage: { get: () => refuse("PLUGIN_MAY_NOT"), set: (key, value) => { JSON.stringify(value); return refuse("PLUGIN_MAY_NOT"); }, delete: () => refuse("PLUGIN_MAY_NOT"), keys: () => refuse("PLUGIN_MAY_NOT") },
  secrets: { handle: () => refuse("PLUGIN_MAY_NOT") }, events: { emit: () => refuse("PLUGIN_MAY_NOT") }, tools: { call: () => refuse("PLUGIN_MAY_NOT") },
  log: (text) => void String(text),
};
process.on("unhandledRejection", () => undefined);
process.on("uncaughtException", () => undefined);
const soon = (work) => Promise.race([work, new Promise((resolve) => setTimeout(resolve, 1_000, "it does not end"))]);
const all = JSON.parse(readFileSync(process.argv[2], "utf8"));
for (const { id, code, tools } of all) {
  const said = [];
  try {
    const plugin = (await soon(import("data:text/javascript;base64," + Buffer.from(code).toString("base64")))).default;
    for (const tool of tools ?? ["run"]) try { said.push(JSON.stringify(await soon(plugin.tools[tool]({}, host)))); } catch (error) { said.push("threw " + String(error)); }
  } catch (error) { said.push("not loaded: " + String(error)); }
  delete Error.prepareStackTrace;
  console.log(JSON.stringify({ id, said: said.join(" ").slice(0, 4000) }));
}
process.exit(0);
`;

/** Runs them where nothing holds them, and gives what each said, by its id. For programs that come to an end by themselves. */
export const playCarelessly = async (these: readonly HostilePlugin[]): Promise<ReadonlyMap<string, string>> => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-careless-"));
  try {
    const [runner, list] = [join(folder, "runner.mjs"), join(folder, "plugins.json")];
    writeFileSync(runner, RUNNER);
    writeFileSync(list, JSON.stringify(these));
    const out = await new Promise<string>((resolve) => {
      execFile(process.execPath, [runner, list], { timeout: 60_000, maxBuffer: 32_000_000, env: {} }, (_error, said) =>
        resolve(said),
      );
    });
    const lines = out.split("\n").filter((line) => line.startsWith('{"id"'));
    return new Map(
      lines.map((line) => JSON.parse(line) as { id: string; said: string }).map(({ id, said }) => [id, said]),
    ); // as the runner wrote it
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
