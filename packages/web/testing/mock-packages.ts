/** The mock gateway's plugins, skills and signers: the same shapes, kept in memory; a signature is good unless it begins with `bad`. */
import {
  contentBytes,
  effectOf,
  hostsOf,
  instantOf,
  moltbotError,
  openPackage,
  PackageContent,
  packageFile,
  permissionOf,
  SigningKey,
} from "@moltbot/contracts";
import type {
  AgentId,
  ErrorCode,
  EventName,
  EventPayload,
  OpenedPackage,
  OperationInput,
  OperationName,
  PackageReport,
  PluginChoices,
  PluginInfo,
  PluginManifest,
  Principal,
  Signer,
  SkillInfo,
} from "@moltbot/contracts";
import { FEEDS, ISSUE_TOOLS, ISSUES, RESEARCH, TIDY, WEATHER } from "./mock-manifests.ts";
import type { Manifest } from "./mock-manifests.ts";

export interface PackagesPorts {
  readonly me: Principal;
  readonly agentId: AgentId;
  readonly publish: <N extends EventName>(name: N, payload: EventPayload<N>) => void;
  readonly refuse: (code: ErrorCode, context?: Readonly<Record<string, string | number>>) => never;
}

type Context = Readonly<Record<string, string | number>>;
type Plugin = Omit<PluginInfo, "waiting" | "touches" | "effect"> & { readonly waits: string | null };

const DAY = 86_400_000;
const ago = (days: number) => instantOf(Date.now() - days * DAY);
const keyOf = (letters: string): SigningKey => SigningKey.parse(`mk1_${letters.repeat(3).slice(0, 42)}A`);
export const OWN_KEY = keyOf("Xk3vQ9_bTz7RwLm2");
export const EXAMPLES_KEY = keyOf("p8HdS4-yFc6NaJe1");
export const STRANGE_KEY = keyOf("Zq5WtU0gBvKo3xYi");

/** A package file as base64; `key` null: nobody signed it. `good` false: its bytes were changed since. */
export const mockPackage = (
  kind: "plugin" | "skill",
  manifest: Manifest,
  key: SigningKey | null,
  good = true,
): string => {
  const path = kind === "plugin" ? "main.js" : "SKILL.md";
  const content = PackageContent.parse({ kind, manifest, files: [{ path, text: "# Words\n".repeat(40) }] });
  const signature = key === null ? null : { key, signature: `${good ? "ok_" : "bad"}${"A".repeat(83)}` };
  return Buffer.from(packageFile(contentBytes(content), signature)).toString("base64");
};

/** Stands for SHA-256: two files differ in it. */
const digestOf = (archive: string): string => {
  let sum = 2_166_136_261;
  for (const letter of archive) sum = Math.imul(sum ^ letter.charCodeAt(0), 16_777_619) >>> 0;
  return sum.toString(16).padStart(8, "0").repeat(8);
};

const touchesOf = (manifest: PluginManifest, choices: PluginChoices): readonly string[] => {
  const http = permissionOf(manifest, "http");
  const hosts = hostsOf(manifest, choices).map((host) => host.replace(/:443$/, ""));
  const box = permissionOf(manifest, "storage");
  const secret = permissionOf(manifest, "secret");
  const lines = [
    ...(http === null
      ? []
      : [`Sends web requests (${http.methods.join(", ")}) to ${hosts.join(" and ") || "no host yet"}.`]),
    ...(http?.chosen === true ? ["Sends the same to every host that you name for it."] : []),
    ...(box === null ? [] : [`Keeps up to ${box.bytes / 1024} KiB of its own for each person.`]),
    ...(secret === null
      ? []
      : [`May use the secret ${secret.name}, sent only to ${secret.host.replace(/:443$/, "")}.`]),
  ];
  return lines.length === 0 ? ["Nothing beyond what it is given."] : lines;
};

const powersOf = (manifest: PluginManifest): readonly string[] => {
  const http = permissionOf(manifest, "http");
  const secret = permissionOf(manifest, "secret");
  return [
    ...hostsOf(manifest, { hosts: [] }).map((host) => `It may send web requests to ${host}.`),
    ...(http?.methods ?? []).map((method) => `Its requests may be ${method}.`),
    ...(secret === null ? [] : [`It may use the secret ${secret.name}, sent to ${secret.host}.`]),
    ...manifest.tools.map(({ name, description }) => `A tool ${manifest.name}.${name}: “${description}”.`),
  ];
};
const widensOf = (before: PluginManifest, after: PluginManifest): readonly string[] => {
  const known = powersOf(before);
  return powersOf(after).filter((line) => !known.includes(line));
};

const problemOf = (
  opened: OpenedPackage,
  signers: ReadonlyMap<string, Signer>,
): readonly [ErrorCode, Context] | null => {
  const { name } = opened.content.manifest;
  const { signature } = opened;
  if (signature === null) return ["PACKAGE_UNSIGNED", { name }];
  if (signature.signature.startsWith("bad")) return ["PACKAGE_ALTERED", { name }];
  return signers.has(signature.key) ? null : ["SIGNER_UNKNOWN", { name, key: signature.key }];
};

/** What these operations answer. */
export const packagesHandlers = ({ me, agentId, publish, refuse }: PackagesPorts, inhabited: boolean) => {
  const plugins = new Map<string, Plugin>();
  const skills = new Map<string, SkillInfo>();
  const signers = new Map<string, Signer>();

  const open = (archive: string): OpenedPackage => {
    const opened = openPackage(Buffer.from(archive, "base64"));
    return opened.ok ? opened.value : refuse("PACKAGE_INVALID", { problem: String(opened.error.context["problem"]) });
  };
  const trust = (key: SigningKey, name: string, own = false, days = 0): Signer => {
    const signer: Signer = { key, name, own, trustedAt: ago(days), trustedBy: me.id, packages: [] };
    signers.set(key, signer);
    return signer;
  };
  /** The name that a key has; null: it is not trusted. A name is one key's. */
  const nameBefore = (key: SigningKey, name: string, rename: boolean): string | null => {
    const plain = (text: string): string => text.normalize("NFKC").trim().toLowerCase();
    const other = [...signers.values()].find((one) => one.key !== key && plain(one.name) === plain(name));
    if (other !== undefined) refuse("SIGNER_NAME_TAKEN", { name, key: other.key });
    const before = signers.get(key)?.name ?? null;
    if (before !== null && before !== name && !rename) refuse("SIGNER_HAS_NAME", { name: before });
    return before;
  };
  const shownSigner = (signer: Signer): Signer => ({
    ...signer,
    packages: [...plugins.values(), ...skills.values()].flatMap((one) =>
      one.signer.key === signer.key ? [one.name] : [],
    ),
  });
  const signerOf = (opened: OpenedPackage): PluginInfo["signer"] => {
    const key = opened.signature?.key ?? OWN_KEY;
    return { key, name: signers.get(key)?.name ?? "" };
  };

  const putPlugin = (archive: string, wish: Partial<Plugin> = {}): Plugin => {
    const opened = open(archive);
    if (opened.content.kind !== "plugin") return refuse("PACKAGE_INVALID", { problem: "it is a skill, no plugin" });
    const { manifest } = opened.content;
    const plugin: Plugin = {
      name: manifest.name,
      version: manifest.version,
      digest: digestOf(archive),
      signer: signerOf(opened),
      manifest,
      choices: { hosts: [], secrets: {} },
      state: "ready",
      problem: null,
      processes: 0,
      agents: [agentId],
      waits: null,
      installedAt: ago(0),
      updatedAt: ago(0),
      ...wish,
    };
    plugins.set(plugin.name, plugin);
    return plugin;
  };
  const putSkill = (archive: string, agents: readonly AgentId[]): SkillInfo => {
    const opened = open(archive);
    if (opened.content.kind !== "skill") return refuse("PACKAGE_INVALID", { problem: "it is a plugin, no skill" });
    const { manifest, files } = opened.content;
    const signer = signerOf(opened);
    const skill: SkillInfo = {
      name: manifest.name,
      version: manifest.version,
      digest: digestOf(archive),
      signer,
      manifest,
      trusted: manifest.origin === "own" && signers.get(signer.key)?.own === true,
      files: files.map((file) => ({ path: file.path, bytes: "text" in file ? file.text.length : file.base64.length })),
      agents,
      installedAt: ago(0),
      updatedAt: ago(0),
    };
    skills.set(skill.name, skill);
    return skill;
  };

  const infoOf = ({ waits, ...plugin }: Plugin): PluginInfo => {
    const opened = waits === null ? null : open(waits);
    return {
      ...plugin,
      signer: { ...plugin.signer, name: signers.get(plugin.signer.key)?.name ?? plugin.signer.name },
      effect: effectOf(plugin.manifest),
      touches: touchesOf(plugin.manifest, plugin.choices),
      waiting:
        opened?.content.kind !== "plugin" || waits === null
          ? null
          : {
              version: opened.content.manifest.version,
              digest: digestOf(waits),
              widens: widensOf(plugin.manifest, opened.content.manifest),
            },
    };
  };
  const known = (name: string): Plugin => plugins.get(name) ?? refuse("NOT_FOUND", { kind: "package" });
  const changed = (kind: "plugin" | "skill", name: string): void => publish("package:changed", { kind, name });
  const kept = (plugin: Plugin): PluginInfo => {
    plugins.set(plugin.name, plugin);
    changed("plugin", plugin.name);
    return infoOf(plugin);
  };
  const check = (archive: string): OpenedPackage => {
    const opened = open(archive);
    const problem = problemOf(opened, signers);
    return problem === null ? opened : refuse(...problem);
  };

  if (inhabited) {
    trust(OWN_KEY, "You", true, 30);
    trust(EXAMPLES_KEY, "Harbour Tools", false, 12);
    putPlugin(mockPackage("plugin", WEATHER, OWN_KEY), { processes: 1 });
    const issues = {
      ...ISSUES,
      permissions: [{ kind: "http", hosts: ["api.github.com:443"], why: "To read issues." }],
    };
    putPlugin(mockPackage("plugin", { ...issues, tools: ISSUE_TOOLS.slice(0, 1) }, EXAMPLES_KEY), {
      waits: mockPackage("plugin", { ...ISSUES, version: "2.2.0" }, EXAMPLES_KEY),
    });
    putPlugin(mockPackage("plugin", { ...FEEDS, name: "tides", title: "Tides" }, EXAMPLES_KEY), {
      state: "faulty",
      problem: "tides is not what was signed: its bytes were changed since.",
      agents: [],
    });
    putSkill(mockPackage("skill", TIDY, OWN_KEY), [agentId]);
    putSkill(mockPackage("skill", RESEARCH, EXAMPLES_KEY), []);
  }

  const reportOf = (archive: string): PackageReport => {
    const opened = open(archive);
    const { kind, manifest, files } = opened.content;
    const key = opened.signature?.key;
    const problem = problemOf(opened, signers);
    const before = plugins.get(manifest.name)?.manifest;
    const remark = (code: ErrorCode, context: Context) => {
      const { message, next } = moltbotError(code, context);
      return { code, says: message, next };
    };
    return {
      kind,
      name: manifest.name,
      version: manifest.version,
      digest: digestOf(archive),
      bytes: archive.length,
      signer: key === undefined ? null : { key, trusted: signers.has(key), name: signers.get(key)?.name ?? null },
      manifest,
      files: files.map((file) => ({ path: file.path, bytes: "text" in file ? file.text.length : file.base64.length })),
      touches:
        kind === "plugin"
          ? touchesOf(manifest, { hosts: [], secrets: {} })
          : ["Is read by the models of agents that you choose; nothing of it runs by itself."],
      refusals: problem === null ? [] : [remark(...problem)],
      warnings: manifest.name === "wether" ? [remark("PACKAGE_LOOKS_LIKE", { name: "wether", other: "weather" })] : [],
      difference:
        kind !== "plugin" || before === undefined
          ? null
          : {
              from: before.version,
              to: manifest.version,
              widens: widensOf(before, manifest),
              narrows: [],
              files: { added: [], changed: ["main.js"], removed: [] },
            },
    };
  };

  const handlers: { readonly [N in OperationName]?: (input: OperationInput<N>) => unknown } = {
    "packages.inspect": ({ archive }) => reportOf(archive),
    "plugins.list": () => [...plugins.values()].map(infoOf),
    "plugins.install": ({ archive, agents, choices, anyway }) => {
      const { name } = check(archive).content.manifest;
      if (name === "wether" && !anyway) refuse("PACKAGE_LOOKS_LIKE", { name, other: "weather" });
      return kept(putPlugin(archive, { agents, choices }));
    },
    "plugins.update": ({ name, archive }) => {
      const before = known(name);
      const { content } = check(archive);
      if (content.kind !== "plugin") return refuse("PACKAGE_INVALID", { problem: "it is a skill, no plugin" });
      const waits = widensOf(before.manifest, content.manifest).length > 0;
      return kept(waits ? { ...before, waits: archive } : putPlugin(archive, { agents: before.agents }));
    },
    "plugins.accept": ({ name }) => {
      const { waits, agents } = known(name);
      return kept(putPlugin(waits ?? refuse("NOT_FOUND", { kind: "update" }), { agents }));
    },
    "plugins.change": ({ name, enabled, hosts, secrets, agents, refuse: thrown }) => {
      const before = known(name);
      if (thrown && before.waits === null) refuse("NOT_FOUND", { kind: "update" });
      if ((agents?.length ?? 0) > 0 && !(enabled ?? before.state !== "stopped"))
        refuse("PLUGIN_STOPPED", { plugin: name, problem: "it was stopped" });
      if (enabled === true && before.problem !== null) refuse("PACKAGE_ALTERED", { name });
      return kept({
        ...before,
        ...(enabled === undefined ? {} : { state: enabled ? "ready" : "stopped", processes: 0 }),
        choices: { hosts: hosts ?? before.choices.hosts, secrets: secrets ?? before.choices.secrets },
        agents: agents ?? before.agents,
        waits: thrown ? null : before.waits,
      });
    },
    "plugins.remove": ({ name }) => {
      known(name);
      plugins.delete(name);
      changed("plugin", name);
      return { name, items: 3, grants: 1 };
    },
    "skills.list": () =>
      [...skills.values()].map((skill) => ({
        ...skill,
        signer: { ...skill.signer, name: signers.get(skill.signer.key)?.name ?? skill.signer.name },
      })),
    "skills.install": ({ archive, agents }) => {
      check(archive);
      const skill = putSkill(archive, agents);
      changed("skill", skill.name);
      return skill;
    },
    "skills.change": ({ name, agents }) => {
      const before = skills.get(name) ?? refuse("NOT_FOUND", { kind: "package" });
      const after = { ...before, agents };
      skills.set(name, after);
      changed("skill", name);
      return after;
    },
    "skills.remove": ({ name }) => {
      skills.delete(name);
      changed("skill", name);
      return {};
    },
    "signers.list": () => [...signers.values()].map(shownSigner),
    "signers.trust": ({ key, name, own, rename }) => {
      const was = nameBefore(key, name, rename);
      return { ...shownSigner(trust(key, name, own)), was: was === name ? null : was };
    },
    "signers.remove": ({ key }) => {
      const { packages } = shownSigner(signers.get(key) ?? refuse("NOT_FOUND", { kind: "signer" }));
      if (packages.length > 0) refuse("SIGNER_IN_USE", { packages: packages.join(", ") });
      signers.delete(key);
      return {};
    },
  };
  return { handlers };
};
