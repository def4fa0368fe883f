/**
 * The second reader's judgement. Each wall says what it keeps apart and why, and answers for one file at a time; the
 * test hands it every file of the house. Exceptions stand beside their wall, each with its reason.
 */
import { posix } from "node:path";
import type { Import, SourceFile } from "./read-source.ts";

export type Violation = { readonly wall: string; readonly path: string; readonly line: number; readonly says: string };

type Finding = { readonly line: number; readonly says: string };

export type Wall = {
  readonly name: string;
  readonly reason: string;
  readonly check: (file: SourceFile) => readonly Finding[];
};

const ZONES = new Set(["ingress", "core", "execution", "storage"]);

type Place = { readonly package: string; readonly room: string };

/** `packages/core/src/guard/decide.ts` stands in room `guard` of `core`; a file directly in src stands in no room. */
function placeOf(path: string): Place {
  const [, name = "", , ...rest] = path.split("/");
  return { package: name, room: rest.length > 1 ? (rest[0] ?? "") : "" };
}

const isTest = (path: string): boolean => /\.test\.ts$|\/(testing|test-support)\//.test(path);
const inside = (path: string, folders: readonly string[]): boolean =>
  folders.some((folder) => path === folder || path.startsWith(`${folder}/`));

/** Where an import leads: a place of ours, a built-in module, or a library. */
type Target =
  | { readonly kind: "ours"; readonly package: string; readonly path: string }
  | { readonly kind: "builtin"; readonly name: string }
  | { readonly kind: "library"; readonly name: string };

const BUILTINS = new Set(
  (
    "assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain events fs http " +
    "http2 https inspector module net os path perf_hooks process punycode querystring readline repl stream string_decoder sys " +
    "timers tls trace_events tty url util v8 vm wasi worker_threads zlib"
  ).split(" "),
);

function targetOf(from: string, specifier: string): Target {
  if (specifier.startsWith(".")) {
    const path = posix.normalize(posix.join(posix.dirname(from), specifier));
    return { kind: "ours", package: path.split("/")[1] ?? "", path };
  }
  if (specifier.startsWith("@moltbot/")) {
    const [, name = "", ...door] = specifier.split("/");
    return { kind: "ours", package: name, path: ["packages", name, "src", ...door].join("/") };
  }
  const bare = specifier.replace(/^node:/, "");
  const first = bare.split("/")[0] ?? "";
  if (specifier.startsWith("node:") || BUILTINS.has(first)) return { kind: "builtin", name: first };
  return { kind: "library", name: specifier.startsWith("@") ? specifier.split("/").slice(0, 2).join("/") : first };
}

const eachImport =
  (judge: (item: Import, target: Target, file: SourceFile) => string | undefined) =>
  (file: SourceFile): readonly Finding[] =>
    file.imports.flatMap((item) => {
      const says = judge(item, targetOf(file.path, item.specifier), file);
      return says === undefined ? [] : [{ line: item.line, says }];
    });

/** What each package may know of the others. */
const MAY_KNOW: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  ingress: ["contracts"],
  core: ["contracts"],
  execution: ["contracts"],
  storage: ["contracts"],
  gateway: ["contracts", "ingress", "core", "execution", "storage"],
  "sandbox-runner": [],
  client: ["contracts"],
  cli: ["client", "contracts"],
  web: ["client", "contracts", "design"],
  design: [],
  // Strangers load it: whatever it brought along would be theirs too.
  "plugin-sdk": [],
};

/** Two doors of the command line lead past the client, each in one file and each opened only when a person asks. */
const CLI_DOORS: Readonly<Record<string, string>> = {
  "packages/cli/src/main.ts": "@moltbot/gateway", // `start` runs the gateway in this process
  "packages/cli/src/commands/audit.ts": "@moltbot/storage/audit", // a log is checked offline, trusting no gateway
};

/** The one door of a published package that another package may use, with the reason. */
const PUBLISHED_DOORS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  cli: {
    "@moltbot/plugin-sdk/template":
      "`plugin new` writes the texts of a new plugin, which are published with the rest; they are no code of cli's",
  },
};

const knowledge: Wall = {
  name: "who may know whom",
  reason: "Zones never meet; gateway introduces them, and what people use knows no more than a stranger's client.",
  check: eachImport((item, target, file) => {
    const here = placeOf(file.path).package;
    if (target.kind !== "ours" || target.package === here) return undefined;
    const allowed = MAY_KNOW[here] ?? [];
    // A test of the far side may speak the near side's words.
    if (here === "sandbox-runner" && isTest(file.path) && target.package === "contracts") return undefined;
    if (CLI_DOORS[file.path] === item.specifier) return undefined;
    if (PUBLISHED_DOORS[here]?.[item.specifier] !== undefined) return undefined;
    return allowed.includes(target.package) ? undefined : `${here} must not know ${target.package} (${item.specifier})`;
  }),
};

const doors: Wall = {
  name: "rooms are entered by their index",
  reason: "A room keeps its promise at its door; behind it, files may change without asking anyone.",
  check: eachImport((item, target, file) => {
    if (target.kind !== "ours") return undefined;
    const here = placeOf(file.path);
    if (target.package !== here.package) {
      if (item.specifier.startsWith("."))
        return `another package is reached by its name, not by path (${item.specifier})`;
      const door = item.specifier.split("/").slice(2);
      const asset = /\.(css|json|svg)$/.test(item.specifier);
      if (ZONES.has(target.package) && door.length !== 1) return `${item.specifier} is not the door of a room`;
      // Other packages may have further doors (`client/node`); that they exist is the first reader's business.
      const isDoor = door.length === 0 || (door.length === 1 && !/\.[cm]?[jt]s$/.test(item.specifier));
      if (!ZONES.has(target.package) && !isDoor && !asset)
        return `${item.specifier} is not the door of ${target.package}`;
      return undefined;
    }
    if (!item.specifier.startsWith(".")) return undefined;
    const there = placeOf(target.path);
    const hasRooms = ZONES.has(here.package) || (here.package === "gateway" && there.room === "settings");
    if (!hasRooms || there.room === here.room || there.room === "") return undefined;
    return target.path === `packages/${there.package}/src/${there.room}/index.ts`
      ? undefined
      : `${item.specifier} goes past the door of ${there.package}/${there.room}`;
  }),
};

const rooms: Wall = {
  name: "every file of a zone stands in a room",
  reason: "A file that belongs to no room has no promise and no owner.",
  check: (file) => {
    const place = placeOf(file.path);
    return ZONES.has(place.package) && place.room === ""
      ? [{ line: 1, says: "this file stands outside every room" }]
      : [];
  },
};

const contractsAlone: Wall = {
  name: "contracts depend on zod alone",
  reason: "The words are below everything; whatever they load, every room loads.",
  check: eachImport((item, target, file) => {
    if (placeOf(file.path).package !== "contracts" || isTest(file.path)) return undefined;
    if (target.kind === "ours") return undefined;
    return target.kind === "library" && target.name === "zod"
      ? undefined
      : `contracts must not import ${item.specifier}`;
  }),
};

const AMBIENT_IN_CORE =
  /^(Date\.now|new Date\(\)|Date\(\)|Date|Math\.random|process(\..*)?|setTimeout|setInterval|setImmediate|queueMicrotask|crypto(\..*)?|fetch|performance(\..*)?|console(\..*)?|WebSocket|EventSource|XMLHttpRequest|Buffer(\..*)?|navigator(\..*)?|localStorage(\..*)?|Temporal\.Now|Intl\.DateTimeFormat|(globalThis|global|window|self)(\..*|\[…\])?|eval|Function|require|Worker)$/;

/** Pure functions without imports of their own, each with the reason why core needs it. */
const PURE_LIBRARIES: Readonly<Record<string, string>> = {
  canonicalize: "the digest of a call needs the one spelling of its arguments (RFC 8785)",
};

/** Files of core that use one ambient name, each with the reason why that is no power there. */
const HARMLESS_IN_CORE: Readonly<Record<string, { readonly name: string; readonly reason: string }>> = {
  "packages/core/src/guard/constraints/time-window.ts": {
    name: "Intl.DateTimeFormat",
    reason: "says what time an instant that is handed in is in a zone that is named; it reads no clock",
  },
};

const purity: Wall = {
  name: "core is pure",
  reason: "A decision that reads no clock, chance, file or network can be replayed and proven.",
  check: (file) => {
    if (placeOf(file.path).package !== "core" || isTest(file.path)) return [];
    return [
      ...file.imports.flatMap(({ specifier, line }) => {
        const target = targetOf(file.path, specifier);
        const pure = target.kind === "library" && Object.hasOwn(PURE_LIBRARIES, target.name);
        return target.kind === "ours" || pure ? [] : [{ line, says: `core imports ${specifier}` }];
      }),
      ...file.uses
        .filter(({ name }) => AMBIENT_IN_CORE.test(name) && HARMLESS_IN_CORE[file.path]?.name !== name)
        .map(({ name, line }) => ({ line, says: `core uses ${name}` })),
    ];
  },
};

type Power = {
  readonly name: string;
  readonly reason: string;
  readonly modules: readonly string[];
  readonly libraries?: readonly string[];
  readonly uses?: RegExp;
  /** Imported names that carry no power, with the reason in `reason`. */
  readonly harmless?: readonly string[];
  readonly owners: readonly string[];
  /** Folder → why it is excepted. */
  readonly exceptions: Readonly<Record<string, string>>;
};

const POWERS: readonly Power[] = [
  {
    name: "processes are started only in execution/sandbox",
    reason: "One room starts processes, so one room sets their limits and their empty environment.",
    modules: ["child_process", "worker_threads", "cluster"],
    uses: /^(Worker|process\.execve)$/,
    owners: ["packages/execution/src/sandbox"],
    exceptions: {
      "packages/cli/src": "cli starts the gateway, which then starts everything else",
      "packages/sandbox-runner/src/forward.ts": "behind the wall already: it starts the program that was to run there",
    },
  },
  {
    name: "sockets are opened only in execution/egress",
    reason: "One room dials out, where each address is checked. From net, arithmetic on addresses opens no socket.",
    modules: ["net", "tls", "http", "https", "http2", "dgram", "dns", "inspector"],
    libraries: ["undici"],
    uses: /^(fetch|WebSocket|EventSource|XMLHttpRequest|navigator\.sendBeacon)$/,
    harmless: ["isIP", "isIPv4", "isIPv6"],
    owners: ["packages/execution/src/egress"],
    exceptions: {
      "packages/ingress/src/http": "the listener",
      "packages/client/src": "the client talks to the gateway and to nothing else",
      "packages/cli/src": "cli asks whether its gateway answers",
      "packages/sandbox-runner/src/forward.ts": "behind the wall, where nobody is but the gate's socket",
    },
  },
  {
    name: "primitives live only in storage/crypto",
    reason: "A primitive that is used twice is used wrongly once; each has its published vectors in that room.",
    modules: ["crypto"],
    uses: /^crypto(\..*)?$/,
    owners: ["packages/storage/src/crypto"],
    exceptions: {
      "packages/web/src": "a browser that is a device has a key that never leaves the platform's own WebCrypto",
      "packages/cli/src":
        "cli reads the public keys that its person hands in, and signs packages with their own, with the platform's own WebCrypto",
    },
  },
  {
    name: "the environment is read only in gateway/settings",
    reason: "One schema judges every setting; a secret in the environment has one reader.",
    modules: ["process"],
    uses: /^(process\.env|process\.\[…\]|process|process\.loadEnvFile)$/,
    owners: ["packages/gateway/src/settings"],
    exceptions: { "packages/cli/src": "cli reads its own connection" },
  },
];

const powerWalls: readonly Wall[] = POWERS.map((power) => {
  const allowed = [...power.owners, ...Object.keys(power.exceptions)];
  return {
    name: power.name,
    reason: power.reason,
    check: (file) => {
      if (isTest(file.path) || inside(file.path, allowed)) return [];
      const imports = file.imports.filter((item) => {
        const target = targetOf(file.path, item.specifier);
        if (item.typeOnly || target.kind === "ours") return false;
        if (target.kind === "library") return power.libraries?.includes(target.name) ?? false;
        const onlyHarmless = item.names.length > 0 && item.names.every((name) => power.harmless?.includes(name));
        return power.modules.includes(target.name) && !onlyHarmless;
      });
      const uses = file.uses.filter(({ name }) => power.uses?.test(name) ?? false);
      return [
        ...imports.map(({ specifier, line }) => ({ line, says: `imports ${specifier}` })),
        ...uses.map(({ name, line }) => ({ line, says: `uses ${name}` })),
      ];
    },
  };
});

/** Libraries that carry a power or a stranger's bytes, and the one place that may load each. */
const LIBRARY_OWNERS: readonly (readonly [library: RegExp, owner: string, reason: string])[] = [
  [/^better-sqlite3/, "packages/storage/src/database", "one room opens the file, with its key and its migrations"],
  [
    /^pg$/,
    "packages/storage/src/database",
    "it opens the socket to PostgreSQL, to the one place that the settings name: the named exception to egress",
  ],
  [/^(ai|@ai-sdk\/.*)$/, "packages/execution/src/models", "vendors' code sees prompts; it stays behind one port"],
  [/^@fugood\//, "packages/sandbox-runner/src", "a model file is read by native code in a process of its own"],
  [
    /^(isolated-vm|quickjs-emscripten.*|@jitl\/.*)$/,
    "packages/sandbox-runner/src",
    "a plugin's engine runs in a process of its own, behind the wall",
  ],
  [/^(fastify|@fastify\/.*)$/, "packages/ingress/src/http", "one room listens"],
  [
    /^@cedar-policy\//,
    "packages/gateway/src/policy",
    "one room reads the operator's policy and can be replaced with it",
  ],
  [/^json5$/, "packages/gateway/src/settings", "one room reads configuration"],
  [/^(commander|@clack\/.*)$/, "packages/cli/src", "the terminal belongs to cli"],
  [/^yaml$/, "packages/cli/src/packages", "one room reads the heads of strangers' skills"],
  [/^(lit|marked)$/, "packages/web/src", "the page belongs to web"],
];

const libraries: Wall = {
  name: "a library has one owner room",
  reason: "What only one room loads, only one room has to distrust, update and replace.",
  check: eachImport((item, target, file) => {
    if (target.kind !== "library" || item.typeOnly || isTest(file.path)) return undefined;
    const owned = LIBRARY_OWNERS.find(([library]) => library.test(target.name));
    if (owned === undefined || inside(file.path, [owned[1]])) return undefined;
    return `${target.name} belongs to ${owned[1]}: ${owned[2]}`;
  }),
};

const HIDDEN =
  /^(eval|Function|require|createRequire|process\.(binding|dlopen|getBuiltinModule)|(globalThis|global|window|self)(\[…\])?)$/;

/** Doors that stand open by name, each with its reason. */
const OPEN_DOORS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "process.dlopen": {
    "packages/sandbox-runner/src/plugin/isolate-engine.ts":
      "behind the wall, where the one addon that it was given lies at a fixed place",
  },
};

const hiddenDoors: Wall = {
  name: "no hidden doors",
  reason: "Code that is made from text, or modules that are named at run time, cannot be read by any wall.",
  check: (file) => {
    if (isTest(file.path)) return [];
    return [
      ...file.uses
        .filter(({ name }) => HIDDEN.test(name) && OPEN_DOORS[name]?.[file.path] === undefined)
        .map(({ name, line }) => ({ line, says: `uses ${name}` })),
      ...file.imports
        .filter(
          ({ specifier, names }) =>
            specifier === "[computed]" || names.includes("createRequire") || /^(node:)?(vm|repl|wasi)$/.test(specifier),
        )
        .map(({ specifier, names, line }) => ({ line, says: `imports ${specifier} (${names.join(", ")})` })),
    ];
  },
};

const programsWithoutFakes: Wall = {
  name: "programs load no test code",
  reason: "A fake that reaches a program is a hole in a wall.",
  check: eachImport((item, target, file) =>
    !isTest(file.path) && target.kind === "ours" && item.specifier.startsWith(".") && isTest(target.path)
      ? `${item.specifier} is for tests`
      : undefined,
  ),
};

const WALL_RULES =
  /no-restricted|no-eval|no-new-func|no-explicit-any|no-non-null-assertion|no-unsafe|no-floating|no-misused|exhaustive/;

function judgeComment(text: string): string | undefined {
  if (/@ts-(ignore|nocheck)/.test(text)) return "@ts-ignore and @ts-nocheck silence the compiler";
  if (/^\s*(dependency-cruiser|knip)[- ]?ignore/.test(text)) return "a wall is not argued with in a comment";
  if (/\b(v8|c8|istanbul) ignore\b/.test(text)) return "what is not covered is shown, not hidden";
  const directive = /(?:eslint|oxlint)-disable(?:-next-line|-line)?\b(.*)/s.exec(text);
  if (directive === null) return undefined;
  const [rules = "", why = ""] = (directive[1] ?? "").split(/\s--\s/);
  if (rules.trim() === "") return "this comment disables every rule";
  if (WALL_RULES.test(rules)) return `${rules.trim()} must not be disabled`;
  return why.trim() === "" ? "a disabled rule needs its reason after --" : undefined;
}

const noDisabling: Wall = {
  name: "no comment disables a wall",
  reason: "A rule that a comment can lift is advice.",
  check: (file) =>
    file.comments.flatMap(({ text, line }) => {
      const says = judgeComment(text);
      return says === undefined ? [] : [{ line, says }];
    }),
};

export const WALLS: readonly Wall[] = [
  knowledge,
  doors,
  rooms,
  contractsAlone,
  purity,
  ...powerWalls,
  libraries,
  hiddenDoors,
  programsWithoutFakes,
  noDisabling,
];

/** Every broken wall in these files; throws when there are none, because an empty house proves nothing. */
export function judge(files: readonly SourceFile[]): readonly Violation[] {
  if (files.length === 0) throw new Error("no source files were found; walls without a house prove nothing");
  return files.flatMap((file) =>
    WALLS.flatMap((wall) => wall.check(file).map((finding) => ({ wall: wall.name, path: file.path, ...finding }))),
  );
}
