/** Small valid values for tests of the page about plugins and skills. */
import { instantOf, PackageReport, PluginInfo, Signer, SigningKey, SkillInfo } from "@moltbot/contracts";
import type { Agent } from "@moltbot/contracts";
import { AGENT, ME } from "./samples.ts";

type Change = Readonly<Record<string, unknown>>;

export const KEY = SigningKey.parse(`mk1_${"Abc9".repeat(11).slice(0, 43)}`);
export const DIGEST = "ab".repeat(32);

export const weatherManifest = (change: Change = {}): Change => ({
  manifest: 1,
  name: "weather",
  version: "1.0.0",
  title: "Weather",
  description: "Says what the weather will be.",
  tools: [
    {
      name: "forecast",
      title: "Forecast",
      description: "The weather of a place.",
      input: {
        type: "object",
        properties: {
          place: { type: "string", description: "A town.", enum: ["Brest", "Kiel"] },
          days: { type: "array", description: "Which days.", items: { type: "integer", description: "Of this week." } },
        },
      },
    },
  ],
  permissions: [{ kind: "http", hosts: ["api.test:443"], methods: ["GET"], why: "To ask for it." }],
  sees: ["Names of places."],
  ...change,
});
export const skillManifest = (change: Change = {}): Change => ({
  name: "tidy-notes",
  version: "1.0.0",
  description: "How notes are kept tidy.",
  origin: "imported",
  ...change,
});

export const plugin = (change: Change = {}): PluginInfo =>
  PluginInfo.parse({
    name: "weather",
    version: "1.0.0",
    digest: DIGEST,
    signer: { key: KEY, name: "Harbour Tools" },
    manifest: weatherManifest(),
    choices: { hosts: [], secrets: {} },
    effect: "fetch",
    touches: ["Sends web requests (GET) to api.test."],
    state: "ready",
    problem: null,
    processes: 0,
    agents: [AGENT],
    waiting: null,
    installedAt: instantOf(0),
    updatedAt: instantOf(0),
    ...change,
  });

export const skill = (change: Change = {}): SkillInfo =>
  SkillInfo.parse({
    name: "tidy-notes",
    version: "1.0.0",
    digest: DIGEST,
    signer: { key: KEY, name: "Harbour Tools" },
    manifest: skillManifest(),
    trusted: false,
    files: [{ path: "SKILL.md", bytes: 2048 }],
    agents: [AGENT],
    installedAt: instantOf(0),
    updatedAt: instantOf(0),
    ...change,
  });

export const signer = (change: Change = {}): Signer =>
  Signer.parse({
    key: KEY,
    name: "Harbour Tools",
    own: false,
    trustedAt: instantOf(0),
    trustedBy: ME.id,
    packages: [],
    ...change,
  });

export const report = (change: Change = {}): PackageReport =>
  PackageReport.parse({
    kind: "plugin",
    name: "weather",
    version: "1.0.0",
    digest: DIGEST,
    bytes: 4096,
    signer: { key: KEY, trusted: true, name: "Harbour Tools" },
    manifest: weatherManifest(),
    files: [{ path: "main.js", bytes: 1024 }],
    touches: ["Sends web requests (GET) to api.test."],
    refusals: [],
    warnings: [],
    difference: null,
    ...change,
  });

/** An agent of one's own, as far as the page looks at it. */
export const ownAgent = { id: AGENT, name: "Molty", ownerId: ME.id } as Agent; // nothing else of it is read here
