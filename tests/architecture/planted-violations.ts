/** One planted violation or more for each wall: what a careless or hostile change would look like. */
export type Planted = {
  readonly says: string;
  readonly path: string;
  readonly text: string;
  /** The second reader's wall that must report it. */
  readonly wall: string;
  /** The rule of dependency-cruiser that must report it, where a wall can be seen from imports alone. */
  readonly rule?: string;
};

const KNOW = "who may know whom";
const DOORS = "rooms are entered by their index";
const PURE = "core is pure";
const PROCESSES = "processes are started only in execution/sandbox";
const SOCKETS = "sockets are opened only in execution/egress";
const PRIMITIVES = "primitives live only in storage/crypto";
const ENVIRONMENT = "the environment is read only in gateway/settings";
const LIBRARY = "a library has one owner room";
const HIDDEN = "no hidden doors";
const DISABLING = "no comment disables a wall";

const core = (name: string): string => `packages/core/src/guard/${name}.ts`;
const pure = (says: string, text: string): Planted => ({ says, wall: PURE, path: core("planted"), text });

export const PLANTED: readonly Planted[] = [
  ...["ingress", "core", "execution", "storage"].flatMap((zone): readonly Planted[] => {
    const other = zone === "storage" ? "@moltbot/execution/egress" : "@moltbot/storage/vault";
    const path = `packages/${zone}/src/${{ ingress: "http", core: "guard", execution: "tools", storage: "vault" }[zone] ?? ""}/planted.ts`;
    const rule = `zone-${zone}-knows-only-contracts`;
    return [
      { says: `${zone} imports another zone`, wall: KNOW, rule, path, text: `import { x } from "${other}"; x();` },
      {
        says: `${zone} imports another zone's types`,
        wall: KNOW,
        rule,
        path,
        text: `import type { X } from "${other}"; export type Y = X;`,
      },
      { says: `${zone} names another zone in a type`, wall: KNOW, path, text: `export type Y = import("${other}").X;` },
      {
        says: `${zone} loads another zone late`,
        wall: KNOW,
        rule,
        path,
        text: `export const x = await import("${other}");`,
      },
      { says: `${zone} hands another zone on`, wall: KNOW, rule, path, text: `export * from "${other}";` },
    ];
  }),
  {
    says: "web imports the gateway",
    wall: KNOW,
    rule: "web-knows-only-client-and-contracts",
    path: "packages/web/src/planted.ts",
    text: `import "@moltbot/gateway";`,
  },
  {
    says: "cli imports storage",
    wall: KNOW,
    rule: "cli-knows-only-client-and-contracts",
    path: "packages/cli/src/planted.ts",
    text: `import "@moltbot/storage/audit";`,
  },
  {
    says: "cli loads more of the plugins' kit than its texts",
    wall: KNOW,
    rule: "cli-knows-only-client-and-contracts",
    path: "packages/cli/src/planted.ts",
    text: `export const x = await import("@moltbot/plugin-sdk");`,
  },
  {
    says: "the plugins' kit imports contracts",
    wall: KNOW,
    rule: "plugin-sdk-knows-nobody",
    path: "packages/plugin-sdk/src/planted.ts",
    text: `import "@moltbot/contracts";`,
  },
  {
    says: "cli reads yaml outside its room",
    wall: LIBRARY,
    rule: "yaml-only-in-packages",
    path: "packages/cli/src/commands/planted.ts",
    text: `import { parse } from "yaml"; parse("");`,
  },
  {
    says: "client imports ingress",
    wall: KNOW,
    rule: "client-knows-only-contracts",
    path: "packages/client/src/planted.ts",
    text: `import "@moltbot/ingress/http";`,
  },
  {
    says: "the runner imports contracts",
    wall: KNOW,
    rule: "runner-knows-nobody",
    path: "packages/sandbox-runner/src/planted.ts",
    text: `import "@moltbot/contracts";`,
  },
  {
    says: "contracts import a room",
    wall: KNOW,
    rule: "gateway-alone-introduces",
    path: "packages/contracts/src/planted.ts",
    text: `import "@moltbot/core/guard";`,
  },
  {
    says: "a zone imports the gateway",
    wall: KNOW,
    rule: "nobody-imports-the-gateway",
    path: core("planted"),
    text: `import "@moltbot/gateway";`,
  },
  {
    says: "contracts import a library",
    wall: "contracts depend on zod alone",
    rule: "contracts-know-nobody",
    path: "packages/contracts/src/planted.ts",
    text: `import pino from "pino"; pino();`,
  },
  {
    says: "contracts import a built-in module",
    wall: "contracts depend on zod alone",
    rule: "contracts-know-nobody",
    path: "packages/contracts/src/planted.ts",
    text: `import { readFileSync } from "node:fs"; readFileSync("x");`,
  },
  {
    says: "a room reaches past its neighbour's door",
    wall: DOORS,
    rule: "rooms-are-entered-by-index",
    path: "packages/storage/src/vault/planted.ts",
    text: `import { seal } from "../crypto/planted-inner.ts"; seal();`,
  },
  {
    says: "the wiring reaches past a room's door",
    wall: DOORS,
    rule: "no-unknown-doors",
    path: "packages/gateway/src/planted.ts",
    text: `import { decide } from "@moltbot/core/guard/decide.ts"; decide();`,
  },
  {
    says: "the wiring reaches into a package by path",
    wall: DOORS,
    rule: "rooms-are-entered-by-index-from-outside",
    path: "packages/gateway/src/planted.ts",
    text: `import { seal } from "../../storage/src/crypto/planted-inner.ts"; seal();`,
  },
  {
    says: "the wiring reaches past the door of settings",
    wall: DOORS,
    rule: "settings-are-entered-by-index",
    path: "packages/gateway/src/planted.ts",
    text: `import { x } from "./settings/planted-inner.ts"; x();`,
  },
  {
    says: "contracts are entered beside their door",
    wall: DOORS,
    rule: "no-unknown-doors",
    path: core("planted"),
    text: `import { ok } from "@moltbot/contracts/result.ts"; ok();`,
  },
  {
    says: "a file stands outside every room",
    wall: "every file of a zone stands in a room",
    path: "packages/core/src/planted.ts",
    text: `export const x = 1;`,
  },

  {
    says: "core imports a built-in module",
    wall: PURE,
    rule: "core-is-pure",
    path: core("planted"),
    text: `import { readFileSync } from "node:fs"; readFileSync("x");`,
  },
  {
    says: "core imports a built-in module by its bare name",
    wall: PURE,
    rule: "core-is-pure",
    path: core("planted"),
    text: `import { readFileSync } from "fs"; readFileSync("x");`,
  },
  {
    says: "core imports a library",
    wall: PURE,
    rule: "core-is-pure",
    path: core("planted"),
    text: `import pino from "pino"; pino();`,
  },
  pure("core reads the clock", `export const now = Date.now();`),
  pure("core reads the clock with new Date()", `export const now = new Date();`),
  pure("core keeps the clock under another name", `const clock = Date; export const now = clock.now();`),
  pure("core reads the clock by a computed name", `export const now = Date["now"]();`),
  pure("core throws dice", `export const dice = Math.random();`),
  pure("core reads the process", `export const pid = process.pid;`),
  pure("core starts a timer", `setTimeout(() => undefined, 1);`),
  pure("core uses the ambient crypto", `export const id = crypto.randomUUID();`),
  pure("core calls fetch", `await fetch("https://example.org");`),
  pure("core keeps fetch for later", `export const send: typeof fetch = fetch;`),
  pure("core reaches a global through globalThis", `await globalThis.fetch("https://example.org");`),
  pure("core destructures the global object", `const { fetch: send } = globalThis; await send("https://example.org");`),

  {
    says: "a tool starts a process",
    wall: PROCESSES,
    rule: "processes-only-in-sandbox",
    path: "packages/execution/src/tools/planted.ts",
    text: `import { spawn } from "node:child_process"; spawn("ls");`,
  },
  {
    says: "storage starts a worker",
    wall: PROCESSES,
    rule: "processes-only-in-sandbox",
    path: "packages/storage/src/database/planted.ts",
    text: `import { Worker } from "worker_threads"; new Worker("x");`,
  },
  {
    says: "the gateway starts a process late",
    wall: PROCESSES,
    rule: "processes-only-in-sandbox",
    path: "packages/gateway/src/planted.ts",
    text: `const { spawn } = await import("node:child_process"); spawn("ls");`,
  },
  {
    says: "a tool opens a socket",
    wall: SOCKETS,
    rule: "sockets-only-in-egress",
    path: "packages/execution/src/tools/planted.ts",
    text: `import { connect } from "node:net"; connect(25);`,
  },
  {
    says: "a model dials by itself",
    wall: SOCKETS,
    rule: "sockets-only-in-egress",
    path: "packages/execution/src/models/planted.ts",
    text: `import { request } from "undici"; await request("https://example.org");`,
  },
  {
    says: "identity resolves names",
    wall: SOCKETS,
    rule: "sockets-only-in-egress",
    path: "packages/ingress/src/identity/planted.ts",
    text: `import { lookup } from "node:dns/promises"; await lookup("example.org");`,
  },
  {
    says: "a tool calls fetch",
    wall: SOCKETS,
    path: "packages/execution/src/tools/planted.ts",
    text: `export const page = await fetch("https://example.org");`,
  },
  {
    says: "web opens a socket of its own",
    wall: SOCKETS,
    path: "packages/web/src/planted.ts",
    text: `new WebSocket("wss://example.org");`,
  },
  {
    says: "the vault uses a primitive",
    wall: PRIMITIVES,
    rule: "primitives-only-in-crypto",
    path: "packages/storage/src/vault/planted.ts",
    text: `import { createCipheriv } from "node:crypto"; createCipheriv("x", "y", "z");`,
  },
  {
    says: "identity uses the ambient crypto",
    wall: PRIMITIVES,
    path: "packages/ingress/src/identity/planted.ts",
    text: `export const id = crypto.randomUUID();`,
  },
  {
    says: "a room reads the environment",
    wall: ENVIRONMENT,
    path: "packages/execution/src/tools/planted.ts",
    text: `export const key = process.env["KEY"];`,
  },
  {
    says: "the wiring reads the environment",
    wall: ENVIRONMENT,
    path: "packages/gateway/src/planted.ts",
    text: `const { env } = process; export const key = env["KEY"];`,
  },
  {
    says: "the process comes as a module",
    wall: ENVIRONMENT,
    path: "packages/storage/src/vault/planted.ts",
    text: `import { env } from "node:process"; export const key = env["KEY"];`,
  },

  {
    says: "the vault opens the database file",
    wall: LIBRARY,
    rule: "database-library-only-in-database",
    path: "packages/storage/src/vault/planted.ts",
    text: `import Database from "better-sqlite3-multiple-ciphers"; new Database("x");`,
  },
  {
    says: "a tool speaks to a database server",
    wall: LIBRARY,
    rule: "postgres-library-only-in-database",
    path: "packages/execution/src/tools/planted.ts",
    text: `import pg from "pg"; new pg.Client("postgres://elsewhere");`,
  },
  {
    says: "a tool calls a vendor's library",
    wall: LIBRARY,
    rule: "model-libraries-only-in-models",
    path: "packages/execution/src/tools/planted.ts",
    text: `import { createOpenAICompatible } from "@ai-sdk/openai-compatible"; createOpenAICompatible();`,
  },
  {
    says: "the gateway parses a model file in its own process",
    wall: LIBRARY,
    rule: "model-files-only-in-the-runner",
    path: "packages/execution/src/models/planted.ts",
    text: `import { loadModel } from "@fugood/llama.node"; loadModel();`,
  },
  {
    says: "the gateway's side of plugins runs one itself",
    wall: LIBRARY,
    rule: "plugin-engines-only-in-the-runner",
    path: "packages/execution/src/plugins/planted.ts",
    text: `import ivm from "isolated-vm"; new ivm.Isolate();`,
  },
  {
    says: "identity listens too",
    wall: LIBRARY,
    rule: "listener-library-only-in-http",
    path: "packages/ingress/src/identity/planted.ts",
    text: `import fastify from "fastify"; fastify();`,
  },
  {
    says: "the wiring evaluates a policy by itself",
    wall: LIBRARY,
    rule: "policy-library-only-in-policy",
    path: "packages/gateway/src/planted.ts",
    text: `import { isAuthorized } from "@cedar-policy/cedar-wasm/nodejs"; isAuthorized();`,
  },
  {
    says: "the wiring reads a config file",
    wall: LIBRARY,
    rule: "config-files-only-in-settings",
    path: "packages/gateway/src/planted.ts",
    text: `import JSON5 from "json5"; JSON5.parse("{}");`,
  },

  {
    says: "code is made from text",
    wall: HIDDEN,
    path: "packages/execution/src/tools/planted.ts",
    text: `export const f = new Function("return 1");`,
  },
  {
    says: "text is evaluated",
    wall: HIDDEN,
    path: "packages/execution/src/tools/planted.ts",
    text: `export const f = (0, eval)("1");`,
  },
  {
    says: "a module is named at run time",
    wall: HIDDEN,
    rule: "no-unknown-doors",
    path: "packages/execution/src/tools/planted.ts",
    text: `const name = "node:" + "net"; export const m = await import(name);`,
  },
  {
    says: "a module is required",
    wall: HIDDEN,
    path: "packages/execution/src/tools/planted.ts",
    text: `import { createRequire } from "node:module"; createRequire("/")("net");`,
  },
  {
    says: "a global is named at run time",
    wall: HIDDEN,
    path: "packages/execution/src/tools/planted.ts",
    text: `const name = "fet" + "ch"; export const f = globalThis[name as never];`,
  },
  {
    says: "a built-in module is asked of the process",
    wall: HIDDEN,
    path: "packages/execution/src/tools/planted.ts",
    text: `export const net = process.getBuiltinModule("net");`,
  },
  {
    says: "a program loads a fake",
    wall: "programs load no test code",
    rule: "no-test-code-in-programs",
    path: core("planted"),
    text: `import { x } from "./planted-inner.test.ts"; x();`,
  },

  {
    says: "every rule is disabled",
    wall: DISABLING,
    path: core("planted"),
    text: `// oxlint-disable-next-line\nexport const x = 1;`,
  },
  {
    says: "a wall's rule is disabled, with a reason",
    wall: DISABLING,
    path: core("planted"),
    text: `// eslint-disable-next-line typescript/no-explicit-any -- in a hurry\nexport const x = 1;`,
  },
  {
    says: "a rule is disabled without a reason",
    wall: DISABLING,
    path: core("planted"),
    text: `/* oxlint-disable no-console */\nexport const x = 1;`,
  },
  {
    says: "the compiler is silenced",
    wall: DISABLING,
    path: core("planted"),
    text: `// @ts-ignore\nexport const x = 1;`,
  },
];

/** Files that planted imports lead to. */
export const PLANTED_TARGETS: readonly (readonly [string, string])[] = [
  ["packages/storage/src/crypto/planted-inner.ts", "export const seal = (): void => undefined;"],
  ["packages/gateway/src/settings/planted-inner.ts", "export const x = (): void => undefined;"],
  ["packages/core/src/guard/planted-inner.test.ts", "export const x = (): void => undefined;"],
];

/** Code that looks like a violation and is none: a reader that cries wolf is switched off. */
export const HARMLESS: readonly (readonly [says: string, path: string, text: string])[] = [
  ["a port called crypto", core("planted"), `export const f = (crypto: { hash(): string }): string => crypto.hash();`],
  [
    "a destructured port called fetch",
    core("planted"),
    `export const f = ({ fetch }: { fetch(): void }): void => fetch();`,
  ],
  [
    "a member called process",
    core("planted"),
    `export const f = (x: { process: { env: number } }): number => x.process.env;`,
  ],
  ["a key called setTimeout", core("planted"), `export const ports = { setTimeout: 1 };`],
  [
    "a date from a number that was handed in",
    core("planted"),
    `export const f = (at: number): string => new Date(at).toISOString();`,
  ],
  [
    "a type from a module with power",
    "packages/execution/src/tools/planted.ts",
    `import type { Socket } from "node:net"; export type S = Socket;`,
  ],
  ["the type of fetch", "packages/execution/src/tools/planted.ts", `export type Send = typeof fetch;`],
  [
    "a word in a string and in a comment",
    core("planted"),
    `// Date.now() and process.env are not read here\nexport const x = "fetch(process.env)";`,
  ],
  [
    "arithmetic on addresses",
    "packages/gateway/src/planted.ts",
    `import { isIP } from "node:net"; export const f = isIP;`,
  ],
  [
    "the texts of a new plugin",
    "packages/cli/src/planted.ts",
    `export const x = await import("@moltbot/plugin-sdk/template");`,
  ],
  [
    "a rule disabled with its name and reason",
    "packages/cli/src/planted.ts",
    `// oxlint-disable-next-line no-await-in-loop -- one after the other on purpose\nexport const x = 1;`,
  ],
  ["a test that reads the clock", "packages/core/src/guard/planted.test.ts", `export const now = Date.now();`],
];
