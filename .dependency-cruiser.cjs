// The walls of ARCHITECTURE.md for the first reader, dependency-cruiser. The second reader is tests/architecture; it
// was written without looking here and also sees what code does with globals. Each rule says why it stands.
// The cruiser sees import skeletons of our sources (scripts/walls.mjs says why), hence no file endings below.

const POWERLESS = ["\\.test\\.", "/(testing|test-support)/"]; // tests may start servers and read clocks

const zone = (name) => `^packages/${name}/src/`;
const builtin = (...names) => `^(node:)?(${names.join("|")})(/|$)`;
const library = (...names) => `node_modules/(${names.join("|")})/`;

/** A power or a library belongs to its owners; everyone else who imports it is reported. */
const ownedBy = (name, to, owners, comment, { typesAllowed = true } = {}) => ({
  name,
  comment,
  severity: "error",
  from: { path: "^packages/", pathNot: [...owners, ...POWERLESS] },
  to: { path: to, ...(typesAllowed ? { dependencyTypesNot: ["type-only"] } : {}) },
});

const zonesKnowOnlyContracts = ["ingress", "core", "execution", "storage"].map((name) => ({
  name: `zone-${name}-knows-only-contracts`,
  comment: "Zones never meet: a stranger's bytes reach an action only through gateway, where the guard stands.",
  severity: "error",
  from: { path: zone(name) },
  to: { path: "^packages/", pathNot: [zone(name), zone("contracts")] },
}));

// What it starts and where it dials is behind the wall already, in namespaces where nobody else is.
const FORWARDER = "^packages/sandbox-runner/src/forward";

// `start` runs the gateway in its own process, and an exported log is checked offline, trusting no gateway.
const CLI_DOORS = ["^packages/cli/src/main", "^packages/cli/src/commands/audit"];

// `plugin new` writes the texts of a new plugin: a file of texts, published with the rest.
const TEMPLATE = "^packages/plugin-sdk/src/template";

const peopleSurfaces = ["web", "cli"].map((name) => ({
  name: `${name}-knows-only-client-and-contracts`,
  comment: "What people use has no more power than any other client of the gateway.",
  severity: "error",
  from: { path: `^packages/${name}/`, pathNot: [...CLI_DOORS, ...POWERLESS] },
  to: {
    path: "^packages/",
    pathNot: [
      `^packages/${name}/`,
      zone("client"),
      zone("contracts"),
      "^packages/design/",
      ...(name === "cli" ? [TEMPLATE] : []),
    ],
  },
}));

const cliDoors = [
  ["main", "gateway"],
  ["commands/audit", "storage"],
].map(([from, to]) => ({
  name: `cli-${to}-door-leads-there-alone`,
  comment: "A door that is an exception leads to one room, not to the house.",
  severity: "error",
  from: { path: `^packages/cli/src/${from}(\\.|$)` },
  to: {
    path: "^packages/",
    pathNot: [
      zone("cli"),
      zone("client"),
      zone("contracts"),
      to === "storage" ? "^packages/storage/src/audit/" : zone(to),
    ],
  },
}));

module.exports = {
  forbidden: [
    ...zonesKnowOnlyContracts,
    ...peopleSurfaces,
    ...cliDoors,
    {
      name: "contracts-know-nobody",
      comment: "The words are below everything: if they imported a room, every room would import it.",
      severity: "error",
      from: { path: zone("contracts"), pathNot: POWERLESS },
      to: { pathNot: [zone("contracts"), library("zod")] },
    },
    {
      name: "client-knows-only-contracts",
      comment: "The client is published; it must not drag a zone along.",
      severity: "error",
      from: { path: zone("client") },
      to: { path: "^packages/", pathNot: [zone("client"), zone("contracts")] },
    },
    {
      name: "plugin-sdk-knows-nobody",
      comment: "Strangers load it: whatever it brought along would be theirs too.",
      severity: "error",
      from: { path: zone("plugin-sdk"), pathNot: POWERLESS },
      to: { path: "^packages/", pathNot: [zone("plugin-sdk")] },
    },
    {
      name: "runner-knows-nobody",
      comment: "The runner stands on the far side of the sandbox and trusts nobody; none of our code goes with it.",
      severity: "error",
      from: { path: zone("sandbox-runner"), pathNot: POWERLESS },
      to: { path: "^packages/", pathNot: [zone("sandbox-runner")] },
    },
    {
      name: "gateway-alone-introduces",
      comment: "Composition happens in one small place that a reviewer can read whole.",
      severity: "error",
      from: { path: "^packages/(contracts|client|cli|web|design|sandbox-runner|plugin-sdk)/", pathNot: CLI_DOORS },
      to: { path: "^packages/(ingress|core|execution|storage|gateway)/" },
    },
    {
      name: "nobody-imports-the-gateway",
      comment: "The gateway introduces rooms to each other; a room that imports it would close a circle.",
      severity: "error",
      from: { path: "^packages/", pathNot: ["^packages/gateway/", ...CLI_DOORS] },
      to: { path: "^packages/gateway/" },
    },
    {
      name: "rooms-are-entered-by-index",
      comment: "A room keeps its promise at its door; behind it, files may change without asking.",
      severity: "error",
      from: { path: "^packages/([^/]+)/src/([^/]+)/" },
      to: {
        path: "^packages/(ingress|core|execution|storage)/src/[^/]+/",
        pathNot: ["^packages/$1/src/$2/", "^packages/[^/]+/src/[^/]+/index\\.mjs$"],
      },
    },
    {
      name: "rooms-are-entered-by-index-from-outside",
      comment: "The same door for the files of the gateway that lie in no room.",
      severity: "error",
      from: { path: "^packages/(gateway|cli|client|web|contracts|sandbox-runner)/src/" },
      to: {
        path: "^packages/(ingress|core|execution|storage)/src/",
        pathNot: "^packages/[^/]+/src/[^/]+/index\\.mjs$",
      },
    },
    {
      name: "settings-are-entered-by-index",
      comment: "Settings are read in one room; the wiring asks at its door.",
      severity: "error",
      from: { path: "^packages/gateway/src/", pathNot: "^packages/gateway/src/settings/" },
      to: { path: "^packages/gateway/src/settings/", pathNot: "/index\\.mjs$" },
    },
    {
      name: "core-is-pure",
      comment: "core decides; clock, randomness, files and network come as ports, so each decision can be replayed.",
      severity: "error",
      from: { path: zone("core"), pathNot: POWERLESS },
      // canonicalize is one pure function without imports (RFC 8785): the digest of a call needs its one spelling.
      to: { pathNot: ["^packages/", library("canonicalize")] },
    },
    ownedBy(
      "processes-only-in-sandbox",
      builtin("child_process", "worker_threads", "cluster"),
      ["^packages/execution/src/sandbox/", zone("cli"), FORWARDER],
      "One room starts processes, so one room sets their limits. Excepted: cli starts the gateway; the forwarder is behind the wall already.",
    ),
    ownedBy(
      "sockets-only-in-egress",
      `${builtin("net", "tls", "http", "https", "http2", "dgram", "dns", "inspector")}|${library("undici")}`,
      ["^packages/execution/src/egress/", "^packages/ingress/src/http/", zone("client"), zone("cli"), FORWARDER],
      "One room dials out, where addresses are checked. Excepted: ingress/http listens; client and cli speak to the gateway; the forwarder, behind the wall, to its gate.",
    ),
    ownedBy(
      "primitives-only-in-crypto",
      builtin("crypto"),
      ["^packages/storage/src/crypto/"],
      "A primitive used twice is used wrongly once.",
    ),
    ownedBy(
      "database-library-only-in-database",
      library("better-sqlite3-multiple-ciphers"),
      ["^packages/storage/src/database/"],
      "One room opens the file, with its key, pragmas and migrations.",
    ),
    ownedBy(
      "postgres-library-only-in-database",
      library("pg"),
      ["^packages/storage/src/database/"],
      "It opens the socket to PostgreSQL, to the one place that the settings name: the named exception to egress.",
    ),
    ownedBy(
      "model-libraries-only-in-models",
      library("@ai-sdk/[^/]+", "ai"),
      ["^packages/execution/src/models/"],
      "Vendors' code sees prompts; it lives in one room, behind one port, and dials through egress.",
    ),
    ownedBy(
      "model-files-only-in-the-runner",
      library("@fugood/[^/]+"),
      [zone("sandbox-runner")],
      "A model file is a stranger's bytes read by native code; it is parsed in its own process.",
    ),
    ownedBy(
      "plugin-engines-only-in-the-runner",
      library("isolated-vm", "quickjs-emscripten[^/]*", "@jitl/[^/]+"),
      [zone("sandbox-runner")],
      "A plugin is a stranger's code; its engine runs in a process of its own, behind the wall.",
    ),
    ownedBy(
      "listener-library-only-in-http",
      library("fastify", "@fastify/[^/]+"),
      ["^packages/ingress/src/http/"],
      "One room listens.",
    ),
    ownedBy(
      "policy-library-only-in-policy",
      library("@cedar-policy/[^/]+"),
      ["^packages/gateway/src/policy/"],
      "One room reads the operator's policy, and can be replaced with its library.",
    ),
    ownedBy(
      "config-files-only-in-settings",
      library("json5"),
      ["^packages/gateway/src/settings/"],
      "One room reads configuration, so one schema judges it.",
    ),
    ownedBy(
      "yaml-only-in-packages",
      library("yaml"),
      ["^packages/cli/src/packages/"],
      "One room reads the heads of strangers' skills.",
    ),
    {
      name: "no-test-code-in-programs",
      comment: "A fake that reaches a program is a hole in a wall.",
      severity: "error",
      from: { path: "^packages/", pathNot: POWERLESS },
      to: { path: POWERLESS },
    },
    {
      name: "no-circles",
      comment: "Two files that need each other are one file, or a port is missing.",
      severity: "error",
      from: { path: "^packages/" },
      to: { circular: true, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-unknown-doors",
      comment: "An import that leads nowhere, or into a package beside its exports, is not a door.",
      severity: "error",
      from: { path: "^packages/" },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    moduleSystems: ["es6"],
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default"],
      mainFields: ["module", "main"],
    },
  },
};
